"""The secrets of a forge's Actions: written through its API and never read back.

GitHub, and GitHub Enterprise Server, take a value sealed for a key of theirs (libsodium's sealed
box); Gitea and Forgejo take it as it is, within TLS. Sources: GitHub's REST reference, 'Actions
secrets'; Gitea's API, `updateRepoSecret`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from boltseal.core.reading import parse_json
from boltseal.errors import Malformed, ServiceError, UsageError
from boltseal.stores.registry.addresses import host_reach
from boltseal.stores.registry.exchange import Failure, Request, Response, Transport, shown_url
from boltseal.stores.registry.patience import Clockwork

GITHUB = "https://api.github.com"
LARGEST_ANSWER = 256 * 1024
_SECONDS = 30.0
_KEY_SIZE = 32
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
_GITEA = "/api/v1"
_NEEDED = {
    "repository": "'Secrets: write' of the repository (a classic token: the scope repo)",
    "environment": "'Environments: write' of the repository (a classic token: the scope repo)",
    "organisation": "'Secrets: write' of the organisation (a classic token: the scope admin:org)",
}
_NEEDED_BY_GITEA = {
    "repository": "the scope write:repository, of an owner or administrator of the repository",
    "organisation": "the scope write:organization, of an owner of the organisation",
}


@dataclass(frozen=True, slots=True)
class SecretTarget:
    """Where a secret is kept: `kind` is repository, environment or organisation, `name` of which.

    `repository` is `owner/name`, also for an organisation's secret, which it may use then.
    """

    kind: str
    repository: str
    name: str = ""

    @classmethod
    def parse(cls, text: str, *, repository: str) -> SecretTarget:
        """Read `repository`, `environment:NAME` or `organisation:NAME`; raise UsageError."""
        owner, slash, project = repository.partition("/")
        if not slash or not all(_PART.fullmatch(p) and p.strip(".") for p in (owner, project)):
            raise UsageError(f"{repository[:100]!r} is no repository of a forge; write owner/name")
        kind, _, name = text.partition(":")
        kind = {"organization": "organisation"}.get(kind, kind)
        allowed = {"repository": re.compile(""), "environment": _ENVIRONMENT, "organisation": _PART}
        if kind not in allowed or not allowed[kind].fullmatch(name):
            raise UsageError(
                f"{text[:100]!r} is no place for a secret; write repository, environment:NAME or "
                "organisation:NAME"
            )
        return cls(kind, repository, name)

    def __str__(self) -> str:
        told = {"repository": self.repository, "environment": f"{self.name} of {self.repository}"}
        return f"the {self.kind} {told.get(self.kind, self.name)}"


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """How to reach a forge's API: its base URL, and a token that stays out of the repr."""

    url: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, url: str, token: str) -> ForgeSettings:
        """Check both; raise UsageError for a URL without TLS that is not on loopback."""
        try:
            parts = urlsplit(url)
            sound = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        except ValueError:
            sound = False
        if not sound or parts.query or parts.fragment:
            raise UsageError(f"the API URL {shown_url(url)} is none; write https://HOST/PATH")
        if parts.scheme == "http" and host_reach(parts.hostname or "") != "loopback":
            raise UsageError(f"the API URL {shown_url(url)} is without TLS; write https://")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError("the token of the forge has characters that no token has")
        return cls(url.rstrip("/"), token)

    @property
    def seals(self) -> bool:
        """Whether the forge takes sealed values, as GitHub does."""
        return not self.url.endswith(_GITEA)


@dataclass(frozen=True, slots=True)
class Forge:
    """The secrets of one target; every request has a deadline, and no redirect is followed."""

    settings: ForgeSettings
    target: SecretTarget
    transport: Transport
    time: Clockwork

    def has_secret(self, name: str) -> bool:
        """Tell whether a secret of that name is there; raise ServiceError as `store_secret` does.

        It proves that the token may read their names, which those that may write them do.
        """
        _check_name(name)
        if self.settings.seals:
            return self._asked("GET", f"{self._place()}/{name}", also=(404,)).status == 200
        found = self._json(self._asked("GET", self._place()))
        listed = found if isinstance(found, list) else []
        return any(isinstance(one, dict) and one.get("name") == name.upper() for one in listed)

    def check(self) -> None:
        """Raise ServiceError where the target is not there or the token may not see it."""
        if self.settings.seals:
            self._key()
        else:
            self._asked("GET", self._place())

    def store_secret(self, name: str, value: bytes) -> None:
        """Write a secret; raise ServiceError that names the permission that is missing."""
        _check_name(name)
        if not self.settings.seals:
            body: dict[str, Any] = {"data": value.decode("utf-8")}
        else:
            identity, key = self._key()
            body = {"encrypted_value": _sealed(value, key=key), "key_id": identity}
            if self.target.kind == "organisation":
                body |= {"visibility": "selected", "selected_repository_ids": [self._id()]}
        self._asked("PUT", f"{self._place()}/{name}", body=body)

    def _place(self) -> str:
        if self.target.kind == "organisation":
            return f"/orgs/{self.target.name}/actions/secrets"
        if self.target.kind == "repository":
            return f"/repos/{self.target.repository}/actions/secrets"
        if not self.settings.seals:
            raise UsageError("this forge has no secrets of environments; write repository")
        name = quote(self.target.name, safe="")
        return f"/repos/{self.target.repository}/environments/{name}/secrets"

    def _key(self) -> tuple[str, bytes]:
        found = self._json(self._asked("GET", f"{self._place()}/public-key"))
        identity = found.get("key_id") if isinstance(found, dict) else None
        text = found.get("key") if isinstance(found, dict) else None
        try:
            key = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        except (binascii.Error, ValueError):
            key = b""
        if not isinstance(identity, str) or len(key) != _KEY_SIZE:
            raise ServiceError(f"{self.settings.url} gave out no public key for secrets")
        return identity, key

    def _id(self) -> int:
        found = self._json(self._asked("GET", f"/repos/{self.target.repository}"))
        number = found.get("id") if isinstance(found, dict) else None
        if not isinstance(number, int):
            raise ServiceError(f"{self.settings.url} does not tell the number of the repository")
        return number

    def _asked(
        self, method: str, path: str, *, body: Any = None, also: tuple[int, ...] = ()
    ) -> Response:
        request = Request(
            method,
            self.settings.url + path,
            (
                ("Authorization", f"{'Bearer' if self.settings.seals else 'token'} {self._token}"),
                ("Accept", "application/json"),
                ("Content-Type", "application/json"),
            ),
            json.dumps(body).encode() if body is not None else b"",
            follow="none",
        )
        deadline = self.time.clock() + _SECONDS
        answer = self.transport.send(request, limit=LARGEST_ANSWER, deadline=deadline)
        if isinstance(answer, Failure):
            raise ServiceError(f"{request.shown}: the forge did not answer: {answer.reason}")
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        raise ServiceError(f"{request.shown}: {self._refusal(answer)}")

    @property
    def _token(self) -> str:
        return self.settings.token

    def _refusal(self, answer: Response) -> str:
        needed = (_NEEDED if self.settings.seals else _NEEDED_BY_GITEA).get(self.target.kind, "")
        if answer.status == 401:
            return "the forge does not know the token (401); it may have ended, or be another's"
        if answer.status in (403, 404):
            said = f"; the forge says: {_message(answer)}" if answer.status == 403 else ""
            return (
                f"the forge refused it ({answer.status}): {self.target} is not there, or the token "
                f"lacks {needed}. A workflow's own GITHUB_TOKEN never has it{said}"
            )
        if 300 <= answer.status < 400:
            return (
                f"the forge points elsewhere ({answer.status}), and a token is not sent on; the "
                "repository may have been renamed: give its name with --repository"
            )
        return f"the forge answered {answer.status}: {_message(answer)}"

    def _json(self, answer: Response) -> Any:
        if not answer.whole:
            raise ServiceError(f"{self.settings.url}: more came than such an answer holds")
        try:
            return parse_json(answer.body, what="the answer of the forge")
        except Malformed as error:
            raise ServiceError(f"{self.settings.url}: {error}; is it the URL of an API?") from error


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
        raise UsageError(
            f"{name[:100]!r} is no name for a secret: letters, digits and _, not first a digit or "
            "GITHUB_"
        )


def _sealed(value: bytes, *, key: bytes) -> str:
    from nacl.public import PublicKey, SealedBox

    return base64.b64encode(SealedBox(PublicKey(key)).encrypt(value)).decode("ascii")


def _message(answer: Response) -> str:
    """Return what the forge says of it, shortened; it holds nothing that was sent."""
    try:
        found = parse_json(answer.body, what="the answer")
    except Malformed:
        return "no reason given"
    said = found.get("message") if isinstance(found, dict) else None
    return said[:300] if isinstance(said, str) else "no reason given"
