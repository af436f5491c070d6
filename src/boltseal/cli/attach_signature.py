"""`boltseal attach signature`: store a signature that was made elsewhere."""

from __future__ import annotations

import base64

from boltseal.cli import wiring
from boltseal.cli.attaching import place, read
from boltseal.cli.compat_carrying import ATTACH_SIGNATURE
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.annotations import Annotations
from boltseal.core.reading import parse_object
from boltseal.core.signature import Artifact
from boltseal.core.signature import Kind as Stored
from boltseal.core.writing import go_json
from boltseal.errors import Malformed, UsageError
from boltseal.flows.attach import bundled, find_target, payload, signature
from boltseal.formats.simplesigning import BUNDLE, CERTIFICATE, CHAIN, TIMESTAMP


def run(given: Given) -> int:
    """Store a signature with its payload, or a bundle."""
    if given.text("bundle"):
        return place(given, [_bundle(given)], kind=Stored.SIGNATURE)
    signed = read(given, given.text("signature") or "-")
    if not signed:
        raise UsageError("the signature is empty; give --signature FILE, or write it to the input")
    if given.text("payload"):
        content = read(given, given.text("payload"))
    else:
        with wiring.registry(given) as store:
            target = find_target(wiring.named(given.words)[0], store=store)
        content = payload(target, annotations=Annotations())
    artifact = signature(content, signed, notes=_notes(given))
    return place(given, [artifact], kind=Stored.SIGNATURE)


def _bundle(given: Given) -> Artifact:
    others = [name for name in ("signature", "payload", "certificate") if given.text(name)]
    if others:
        raise UsageError(f"--bundle holds everything itself; leave out --{others[0]}")
    path = given.text("bundle")
    return bundled(read(given, path), what=f"--bundle {path}", now=given.around.now())


def _notes(given: Given) -> dict[str, str]:
    notes: dict[str, str] = {}
    for flag, name in (("certificate", CERTIFICATE), ("certificate-chain", CHAIN)):
        if given.text(flag):
            notes[name] = _pem(given, flag)
    if given.text("rekor-response"):
        notes[BUNDLE] = _log(given)
    if given.text("tsr"):
        stamp = base64.b64encode(read(given, given.text("tsr"))).decode("ascii")
        notes[TIMESTAMP] = go_json({"SignedRFC3161Timestamp": stamp}).decode("utf-8")
    return notes


def _pem(given: Given, flag: str) -> str:
    path = given.text(flag)
    content = read(given, path)
    if b"-----BEGIN CERTIFICATE-----" not in content or not content.isascii():
        raise Malformed(f"--{flag} {path} holds no certificate in PEM")
    return content.decode("ascii")


def _log(given: Given) -> str:
    path = given.text("rekor-response")
    what = f"--rekor-response {path}"
    document = parse_object(read(given, path), what=what)
    if set(document) != {"SignedEntryTimestamp", "Payload"}:
        raise Malformed(
            f"{what} is not what stands beside a signature: an object with the members "
            "SignedEntryTimestamp and Payload; answers of other shapes are not converted"
        )
    return go_json(document).decode("utf-8")


VERB = Verb(
    name="attach signature",
    summary="Store a signature that was made elsewhere.",
    about="""\
The other half of signing where no registry is reached: boltseal generate prints the payload, any
program signs it, and this stores both. A payload about another image is refused; whether the
signature holds is for verify to say. The same signature over the same payload is stored once.""",
    examples=(
        (
            "store what openssl signed",
            "boltseal attach signature --payload payload.json --signature payload.sig "
            "registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag("signature", "the signature, base64 or raw; standard input by default", Kind.FILE),
        Flag("payload", "what was signed; by default what generate prints", Kind.FILE),
        Flag("certificate", "certificate of the signer (PEM) to store beside it", Kind.FILE),
        Flag("certificate-chain", "certificates above it (PEM)", Kind.FILE),
        Flag("rekor-response", "entry of a transparency log (JSON) to store beside it", Kind.FILE),
        Flag("tsr", "answer of a timestamp authority (DER) to store beside it", Kind.FILE),
        Flag("bundle", "store this bundle instead, as a referrer", Kind.FILE),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=ATTACH_SIGNATURE,
)
