"""What cosign prints of attestations: each trusted envelope on a line, the rest as of signatures.

Source: cosign's cmd/cosign/cli/verify/verify_attestation.go, releases 2.5.0 and 3.1.1.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from boltseal.core.signature import Form, Signature
from boltseal.core.verdict import ImageReport, Judged
from boltseal.core.writing import proto_json
from boltseal.errors import BoltsealError, NoSignature, NotTrusted
from boltseal.reports.cosign import failure_text as failure_of_signatures
from boltseal.reports.escape import terminal

LOG_SKIPPED = (
    "WARNING: Skipping tlog verification is an insecure practice that lacks transparency and "
    "auditability verification for the attestation.\n"
)
_IN_TOTO = "application/vnd.in-toto+json"


def stdout(image: ImageReport) -> bytes:
    """Return the envelope of each trusted attestation of one image as JSON, one on a line.

    A classic one is printed as it is stored, that of a bundle as cosign 3.1 prints it. A
    statement that one key signed in both forms is printed once.
    """
    return b"".join(_envelope(signature) + b"\n" for signature in _once(image))


def failure_text(error: BoltsealError) -> str:
    """Return the two lines that cosign ends with when it fails, with our reason after its words."""
    if not isinstance(error, NoSignature | NotTrusted):
        return failure_of_signatures(error)
    message = f"no matching attestations: {terminal(str(error), limit=4000)}"
    return f"Error: {message}\nerror during command execution: {message}\n"


def _once(image: ImageReport) -> Iterator[Signature]:
    seen: set[object] = set()
    for judged in sorted(image.trusted, key=lambda one: one.signature.form is Form.BUNDLE):
        said = _said(judged)
        if said.isdisjoint(seen):
            yield judged.signature
        seen |= said


def _said(judged: Judged) -> set[object]:
    """Return by what an attestation is known again: who said what, and the envelope it is in."""
    signature, anchor = judged.signature, judged.checks.anchor
    key = anchor.fingerprint if anchor else ""
    return {(signature.payload, key)} | ({signature.envelope} if signature.envelope else set())


def _envelope(signature: Signature) -> bytes:
    if signature.envelope:
        return signature.envelope.strip()
    return proto_json(
        {
            "payload": base64.b64encode(signature.payload).decode("ascii"),
            "payloadType": _IN_TOTO,
            "signatures": [{"sig": base64.b64encode(signature.proof.signature).decode("ascii")}],
        }
    )
