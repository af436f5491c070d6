"""Read what registries say when they say no, and turn it into errors that tell what to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boltseal.core.names import Repository
from boltseal.core.reading import parse_json
from boltseal.errors import AccessDenied, Malformed, RegistryError
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Response
from boltseal.stores.registry.scopes import Need

_LONGEST_TEXT = 300
_PAGES = ("text/html", "application/xhtml+xml")


def error_codes(response: Response) -> tuple[str, ...]:
    """Return the codes of an error body in upper case (OCI distribution, "Error Codes")."""
    return tuple(str(entry.get("code", "")).upper()[:60] for entry in _errors(response))


def told(response: Response) -> str:
    """Say in one line what an answer says: its status and the messages of its body.

    Control characters are escaped and the length is capped: the words are a stranger's, and end
    in terminals and in logs that read commands.
    """
    entries = _errors(response)
    if entries:
        text = "; ".join(
            ": ".join(str(entry[name]) for name in ("code", "message") if entry.get(name))
            for entry in entries[:5]
        )
    elif response.media_type in _PAGES:
        text = "a web page"
    else:
        text = response.body[: 4 * _LONGEST_TEXT].decode("utf-8", "replace")
    text = printable(text)
    return f"{response.status} ({text})" if text else str(response.status)


def printable(text: str) -> str:
    """Make a stranger's text safe to print on one line: escaped, single-spaced and capped."""
    line = " ".join(text.split())
    safe = "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
    return safe if len(safe) <= _LONGEST_TEXT else safe[:_LONGEST_TEXT] + "…"


def refuse_page(response: Response, *, what: str) -> None:
    """Raise RegistryError if an answer is a web page, as captive portals and proxies give them."""
    if response.media_type in _PAGES:
        raise RegistryError(
            f"{what} was answered with a web page ({response.status}), which is not a registry's "
            "answer; look at the registry's host name, and at proxies or portals on the way"
        )


def is_missing(response: Response) -> bool:
    """Say whether a 404 means 'the registry knows that it is not there'.

    Not, where its codes speak of permissions or limits. Source: OCI distribution specification:
    MANIFEST_UNKNOWN, NAME_UNKNOWN, BLOB_UNKNOWN; others write NOT_FOUND or nothing at all.
    """
    other = {"UNAUTHORIZED", "DENIED", "TOOMANYREQUESTS", "UNAVAILABLE"}
    return response.status == 404 and not other.intersection(error_codes(response))


def refusal(
    response: Response,
    need: Need,
    *,
    credentials: Credentials,
    redact: Callable[[str], str],
    what: str,
) -> RegistryError:
    """Make the error for an answer that is not what `what` (a clause in -ing) was to bring."""
    said = redact(told(response))
    where = f"{need.repository.registry} "
    codes = error_codes(response)
    if response.status == 429 or "TOOMANYREQUESTS" in codes:
        return RegistryError(
            f"{where}limits requests: {what} was answered with {said}{_limit(response)}; try again "
            "later, or log in, which raises the limit of most registries"
        )
    if response.status in (401, 403) or {"UNAUTHORIZED", "DENIED"}.intersection(codes):
        return AccessDenied(
            f"{where}does not let this run {need.verb} {need.repository.path}: {what} was answered "
            f"with {said}; {credentials.told}. {advice(need.repository, need, credentials)}"
        )
    return RegistryError(f"{where}failed: {what} was answered with {said}")


def advice(repository: Repository, need: Need, credentials: Credentials) -> str:
    """Say what to change so that the registry gives access."""
    if credentials.kind == "anonymous":
        return f"Log in to {repository.registry}, or give a username and a password"
    hint = next((hint for suffix, hint in _HINTS if _is_at(repository, suffix)), _PLAIN)
    return hint[1 if need.writes else 0]


_PLAIN = (
    "These credentials need the right to read that repository",
    "These credentials need the right to write to that repository",
)
_HINTS = (
    (
        "ghcr.io",
        (
            "The job needs `permissions: packages: read`, and the package has to give the "
            "repository access",
            "The job needs `permissions: packages: write`, and an existing package has to give "
            "the repository write access (package settings, Manage Actions access)",
        ),
    ),
    (
        "amazonaws.com",
        (
            "ECR tokens live 12 hours: log in again; the role needs ecr:BatchGetImage and "
            "ecr:GetDownloadUrlForLayer",
            "ECR tokens live 12 hours: log in again; the repository has to exist, and the role "
            "needs ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, "
            "ecr:BatchCheckLayerAvailability and ecr:PutImage",
        ),
    ),
    (
        "docker.io",
        (
            "The repository may not exist, or the access token may lack the scope Read",
            "The access token needs the scope Read & Write, and the account has to be allowed to "
            "push there",
        ),
    ),
    (
        "gitlab.com",
        (
            "The token needs read_registry",
            "The token needs write_registry (CI_JOB_TOKEN has it for the project's own registry)",
        ),
    ),
    ("azurecr.io", ("The identity needs the role AcrPull", "The identity needs the role AcrPush")),
    (
        "pkg.dev",
        (
            "The account needs roles/artifactregistry.reader",
            "The account needs roles/artifactregistry.writer",
        ),
    ),
    (
        "quay.io",
        ("The robot account needs Read", "The robot account needs Write on that repository"),
    ),
)


def _is_at(repository: Repository, suffix: str) -> bool:
    host = repository.host.lower()
    return host == suffix or host.endswith(f".{suffix}")


def _limit(response: Response) -> str:
    parts = [
        f"{name}: {printable(value)[:80]}"
        for name in ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining")
        if (value := response.header(name))
    ]
    return f" [{', '.join(parts)}]" if parts else ""


def _errors(response: Response) -> list[dict[str, Any]]:
    """Read the error shapes of registries and token servers: `errors`, or members of their own."""
    try:
        value = parse_json(response.body, what="the error") if response.body else None
    except Malformed:
        return []
    if not isinstance(value, dict):
        return []
    listed = value.get("errors")
    if isinstance(listed, list):
        return [entry for entry in listed if isinstance(entry, dict)]
    # OAuth 2 (RFC 6749 section 5.2), Docker Hub's `details`, others' `message`.
    message = next(
        (
            value[name]
            for name in ("error_description", "details", "detail", "message")
            if value.get(name)
        ),
        None,
    )
    code = value.get("error") or value.get("code")
    return [{"code": code, "message": message}] if code or message else []
