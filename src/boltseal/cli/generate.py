"""`boltseal generate`: what sign would sign, for a key that is somewhere else."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import GENERATE
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.shared import ANNOTATIONS, PLACES, REGISTRY
from boltseal.flows.attach import find_target, payload


def run(given: Given) -> int:
    """Print the payload, without a line break at its end: those are the bytes to sign."""
    annotations = wiring.annotations_of(given)
    with wiring.registry(given) as store:
        target = find_target(wiring.named(given.words)[0], store=store)
    given.around.put(payload(target, annotations=annotations))
    return 0


VERB = Verb(
    name="generate",
    summary="Print what sign would sign about an image.",
    about="""\
The payload of the classic form, byte for byte, to be signed by any program that has the key; then
boltseal attach signature stores it.""",
    examples=(
        (
            "sign with openssl where no registry is reached",
            "boltseal generate registry.example.com/app:v1 > payload.json && "
            "openssl dgst -sha256 -sign key.pem -out payload.sig payload.json",
        ),
    ),
    run=run,
    flags=(ANNOTATIONS, *(flag for flag in PLACES if not flag.own), *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=GENERATE,
)
