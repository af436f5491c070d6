"""What cosign itself would print, byte for byte, so that what reads cosign's output reads ours.

Source: cosign's `PrintVerification` and `PrintVerificationHeader` (cmd/cosign/cli/verify), and
what releases 2.5.0 and 3.1.1 print. This is output for programs: annotations stand in it as
JSON, not escaped for a terminal, and a CI runner may take them for commands.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from boltseal.core.reading import parse_object
from boltseal.core.signature import Form, Kind, Signature
from boltseal.core.verdict import ImageReport
from boltseal.core.writing import go_json
from boltseal.errors import BoltsealError, ImageNotFound, NoSignature, NotTrusted
from boltseal.reports.escape import terminal
from boltseal.reports.facts import signed_annotations

Details = Callable[[Signature], Mapping[str, str]]
"""What cosign prints of a certificate among the annotations: `Subject`, `Issuer` and others."""

LOG_SKIPPED = (
    "WARNING: Skipping tlog verification is an insecure practice that lacks transparency and "
    "auditability verification for the signature.\n"
)
_HEADER = "The following checks were performed on each of these signatures:"
_LOGGED = ("body", "integratedTime", "logIndex", "logID")

# cosign's first words, which scripts look for, in front of our own sentence.
_FIRST_WORDS: tuple[tuple[type[BoltsealError], str], ...] = (
    (NoSignature, "no signatures found"),
    (NotTrusted, "no matching signatures"),
    (ImageNotFound, "image tag not found"),
)


def no_details(signature: Signature) -> Mapping[str, str]:
    """Tell nothing about a certificate: for signatures by plain keys."""
    return {}


def stdout_json(image: ImageReport, *, details: Details = no_details) -> bytes:
    """Return what `cosign verify` prints for the trusted signatures of one image.

    A line break, a JSON array, a line break. A classic payload is parsed and printed again as
    Go does it: unknown members dropped, `optional` kept as null, `{}` or sorted, numbers as Go
    prints a float64; what the log, a timestamp authority and a certificate add follows. Raise
    Malformed for a payload that is no JSON object.
    """
    objects = [_printed(s, image=image, details=details) for s in _in_order(image)]
    return b"\n[" + b",".join(objects) + b"]\n"


def stdout_text(image: ImageReport) -> bytes:
    """Return what `cosign verify --output text` prints: one payload a line.

    A classic payload is printed as it was signed, a bundle in the JSON of `stdout_json`.
    """
    return b"".join(
        (_bundle(s, image=image) if s.form is Form.BUNDLE else s.payload) + b"\n"
        for s in _in_order(image)
    )


def stderr_text(
    image: ImageReport,
    *,
    with_annotations: bool = False,
    with_claims: bool = True,
    with_log: bool = False,
    by_certificate: bool = False,
) -> str:
    """Return what `cosign verify` says on standard error about an image that it trusts.

    `with_log` tells that entries of a transparency log were verified offline. cosign 3.1 says
    so of every bundle, verified or not; whoever wants its very bytes passes it.
    """
    checks = (
        (with_annotations and with_claims, "The specified annotations were verified."),
        (with_claims, "The cosign claims were validated"),
        (with_log, "Existence of the claims in the transparency log was verified offline"),
        (
            not by_certificate,
            "The signatures were verified against the specified public key",
        ),
        (
            by_certificate,
            "The code-signing certificate was verified using trusted certificate authority "
            "certificates",
        ),
    )
    told = "".join(f"  - {words}\n" for made, words in checks if made)
    return f"\nVerification for {_name(image)} --\n{_HEADER}\n{told}"


def failure_text(error: BoltsealError) -> str:
    """Return the two lines that cosign ends with when it fails, with our reason after its words."""
    message = terminal(str(error), limit=4000)
    first = next((words for kind, words in _FIRST_WORDS if isinstance(error, kind)), "")
    if first and not message.startswith(first):
        message = f"{first}: {message}" if message else first
    return f"Error: {message}\nerror during command execution: {message}\n"


def _name(image: ImageReport) -> str:
    # The parsed name with its tag or digest, never as typed: go-containerregistry's `Name()`.
    return str(image.reference or image.resolved or terminal(image.asked))


def _in_order(image: ImageReport) -> list[Signature]:
    found = [j.signature for j in image.trusted if j.signature.kind is Kind.SIGNATURE]
    return sorted(found, key=lambda signature: signature.form is Form.BUNDLE)


def _printed(signature: Signature, *, image: ImageReport, details: Details) -> bytes:
    if signature.form is Form.BUNDLE:
        return _bundle(signature, image=image)
    return _classic(signature, details=details)


def _bundle(signature: Signature, *, image: ImageReport) -> bytes:
    # cosign names the first subject. A bundle that cosign signs has one; where there are more,
    # the one that was verified is the one that a reader may deploy.
    digest = image.digest or next((s.digest for s in signature.subjects if s.digest), "")
    return _object(
        reference=_name(image),
        digest=str(digest),
        kind=signature.predicate_type or "",
        optional=dict(signed_annotations(signature, image)),
    )


def _classic(signature: Signature, *, details: Details) -> bytes:
    document = parse_object(signature.payload, what=signature.origin or "payload")
    critical = _inner(document, "critical")
    optional = document.get("optional")
    added = {**details(signature), **_log(signature), **_timestamp(signature)}
    return _object(
        reference=_text(_inner(critical, "identity"), "docker-reference"),
        digest=_text(_inner(critical, "image"), "docker-manifest-digest"),
        kind=_text(critical, "type"),
        optional={**(optional or {}), **added} if added else optional,
    )


def _object(*, reference: str, digest: str, kind: str, optional: Mapping[str, Any] | None) -> bytes:
    # Go keeps the order of a struct's members and sorts those of a map.
    critical = {
        "identity": {"docker-reference": reference},
        "image": {"docker-manifest-digest": digest},
        "type": kind,
    }
    return go_json({"critical": critical, "optional": _in_map(optional)})


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


class _Struct(dict[str, Any]):
    """Stands for a Go struct: its members keep their order."""


def _log(signature: Signature) -> dict[str, Any]:
    for entry in signature.proof.log_entries:
        payload = entry.get("Payload")
        if "SignedEntryTimestamp" in entry and isinstance(payload, Mapping):
            logged = _Struct((name, payload.get(name)) for name in _LOGGED)
            signed = {"SignedEntryTimestamp": entry["SignedEntryTimestamp"]}
            return {"Bundle": _Struct({**signed, "Payload": logged})}
    return {}


def _timestamp(signature: Signature) -> dict[str, Any]:
    for stamp in signature.proof.timestamps:
        return {"RFC3161Timestamp": {"SignedRFC3161Timestamp": base64.b64encode(stamp).decode()}}
    return {}


def _in_map(value: Any) -> Any:
    """Return `value` as Go holds what it reads without a type: maps sorted, numbers as float64."""
    if isinstance(value, _Struct):
        return value
    if isinstance(value, Mapping):
        return {name: _in_map(value[name]) for name in sorted(value, key=str.encode)}
    if isinstance(value, list | tuple):
        return [_in_map(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
