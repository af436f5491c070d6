"""Reports made by hand, as the flows make them, for everything that renders reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boltseal.core.names import Digest, Reference
from boltseal.core.signature import Form, Kind, Proof, Signature, Subject
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.core.verdict import Anchor, Check, Checks, ImageReport, Judged, Report, Verdict
from boltseal.core.writing import go_json, proto_json
from boltseal.errors import (
    AccessDenied,
    BoltsealError,
    NoSignature,
    NotTrusted,
    RegistryError,
    Undecided,
)

RELEASE = Anchor("release.pub", "sha256:" + "9f86d081884c7d65" * 4)
BUILT = {
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "ref": "refs/tags/v1.2.3",
    "timestamp": "2026-03-01T10:00:00Z",
}
HOSTILE = (
    "x\x1b[31m|`\n::error title=a::b\r##[add-mask]x <img src=x onerror=1> @octocat #1 "
    "https://evil.example www.evil.example [a](b) ![c](d) **e** _f_ \u202egnp.exe\u200b "
    "</details><script> $(id) ${{ secrets.X }} %0A::stop-commands::x \x9b2J :smile: $a$ \\|"
)


def digest(number: int) -> Digest:
    """Give a digest of its own to every number."""
    return Digest(f"{number:064x}")


def classic(of: Digest, annotations: Mapping[str, Any] | None = None, **more: Any) -> Signature:
    """Give a classic signature of a digest, with the payload that cosign writes."""
    payload: bytes | None = more.pop("payload", None)
    if payload is None:
        payload = go_json(_payload(of, annotations))
    return Signature(
        form=Form.CLASSIC,
        kind=Kind.SIGNATURE,
        payload=payload,
        signed=payload,
        subjects=(Subject(of, annotations or {}),),
        proof=more.pop("proof", Proof(b"proof")),
        reference="registry.example/team/app",
        origin=more.pop("origin", f"registry.example/team/app:sha256-{of.hex}.sig layer 1"),
    )


def _payload(of: Digest, annotations: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "critical": {
            "identity": {"docker-reference": "registry.example/team/app"},
            "image": {"docker-manifest-digest": str(of)},
            "type": "cosign container image signature",
        },
        "optional": annotations,
    }


def bundle(of: Digest, annotations: Mapping[str, Any] | None = None, **more: Any) -> Signature:
    """Give a bundle about a digest."""
    kind = more.pop("kind", Kind.SIGNATURE)
    statement = {"subject": [{"digest": {"sha256": of.hex}, "annotations": annotations or {}}]}
    return Signature(
        form=Form.BUNDLE,
        kind=kind,
        payload=proto_json(statement),
        signed=b"pae",
        subjects=more.pop("subjects", (Subject(of, annotations or {}),)),
        proof=Proof(b"proof", hint="n4bQgYhMfWU="),
        predicate_type=more.pop("predicate_type", "https://sigstore.dev/cosign/sign/v1"),
        origin=more.pop("origin", f"registry.example/team/app@{digest(of.raw[-1] + 1000)}"),
    )


def passed(signature: Signature, anchor: Anchor = RELEASE) -> Judged:
    """Judge a signature trusted."""
    checks = (Check("subject", True, "it is"), Check("signature", True, "by the key"))
    return Judged(signature, Checks(checks, anchor))


def refused(signature: Signature, reason: str, name: str = "signature") -> Judged:
    """Judge a signature not trusted, for a reason."""
    return Judged(signature, Checks((Check("subject", True), Check(name, False, reason))))


def trusted(number: int = 1, annotations: Mapping[str, Any] | None = None) -> ImageReport:
    """Report an image trusted by both forms."""
    of, said = digest(number), BUILT if annotations is None else annotations
    reference = Reference.parse(f"registry.example/team/app{number}:1.2.3")
    return ImageReport(
        asked=str(reference),
        verdict=Verdict.TRUSTED,
        resolved=reference.pinned(of),
        reference=reference,
        judged=(passed(classic(of, said)), passed(bundle(of, said))),
    )


def failed(
    number: int,
    *,
    error: BoltsealError | None = None,
    judged: tuple[Judged, ...] | None = None,
    **more: Any,
) -> ImageReport:
    """Report an image whose signatures are there and not trusted, or that failed by `error`."""
    of = digest(number)
    reference = Reference.parse(f"registry.example/team/db{number}:2")
    tried = "the given key did not make it; tried sha256:" + "ab" * 32
    found = (refused(classic(of, {"commit": "feed"}), tried),) if judged is None else judged
    if error is None:
        error = NotTrusted(f"{reference.pinned(of)}: its signature may not be trusted: {tried}")
    return ImageReport(
        asked=more.pop("asked", str(reference)),
        verdict=Verdict.UNDECIDED if isinstance(error, Undecided) else Verdict.NOT_TRUSTED,
        resolved=reference.pinned(of),
        reference=reference,
        judged=found,
        reason=more.pop("reason", str(error)),
        advice=more.pop(
            "advice",
            "give the public key that belongs to the signer, or sign again with the right key",
        ),
        error=error,
        **more,
    )


def unsigned(number: int = 3) -> ImageReport:
    """Report an image without any signature."""
    name = f"registry.example/team/db{number}@{digest(number)}"
    error = NoSignature(f"{name}: no signature is stored for this digest")
    advice = "sign it in the workflow that pushed it (the boltseal action), by this digest"
    return failed(number, error=error, judged=(), advice=advice, left_out=2)


def throttled(number: int = 4) -> ImageReport:
    """Report an image of which nothing could be found out."""
    said = "registry.example answered 429 (too many requests) for 60 s of retries"
    return failed(
        number,
        error=RegistryError(f"could not be decided: {said}"),
        judged=(),
        faults=(said,),
        advice="nothing was decided: run again; if it stays, look at the registry",
    )


def hostile(number: int = 5) -> ImageReport:
    """Report an image of which every text is an attack."""
    of = digest(number)
    said = {HOSTILE: HOSTILE, "commit": HOSTILE, "timestamp": HOSTILE}
    anchor = Anchor(HOSTILE, RELEASE.fingerprint)
    return ImageReport(
        asked=HOSTILE,
        verdict=Verdict.NOT_TRUSTED,
        resolved=Reference.parse(f"registry.example/evil@{of}"),
        judged=(
            passed(classic(of, said, origin=HOSTILE), anchor),
            refused(bundle(of, said, origin=HOSTILE), HOSTILE),
        ),
        faults=(HOSTILE,),
        reason=HOSTILE,
        advice=HOSTILE,
        error=NotTrusted(HOSTILE),
        platform=HOSTILE,
    )


def mixed() -> Report:
    """Report one image of every kind."""
    return Report((trusted(1), failed(2), unsigned(3), throttled(4)))


def signing() -> SignReport:
    """Report a sign run in which one image was signed, one skipped and one refused."""
    done = []
    for number, actions in ((1, (Action.SIGNED,) * 2), (2, (Action.SKIPPED, Action.SIGNED))):
        reference = Reference.parse(f"registry.example/team/app{number}:1.2.3")
        stands = reference.repository.at(f"sha256-{digest(number).hex}.sig")
        outcomes = tuple(
            Outcome(form, action, stands if form is Form.CLASSIC else reference.pinned(digest(77)))
            for form, action in zip((Form.CLASSIC, Form.BUNDLE), actions, strict=True)
        )
        done.append(SignedImage(str(reference), reference, digest(number), None, outcomes))
    denied = AccessDenied(
        "registry.example does not let this run push to team/db3 (401); give the job "
        "`packages: write`, or log in with docker/login-action before this step"
    )
    third = Reference.parse("registry.example/team/db3:2")
    notice = "repository names are lower case: Team/db3 was read as team/db3"
    done.append(SignedImage(str(third), third, digest(3), "linux/arm64", (), denied, (notice,)))
    return SignReport(tuple(done))
