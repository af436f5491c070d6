"""`boltseal triangulate`: the reference at which something about an image is stored."""

from __future__ import annotations

from boltseal.cli import compat, wiring
from boltseal.cli.flags import Arguments, Flag, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.attached import Spot, tag_of
from boltseal.core.names import Reference
from boltseal.flows.targets import locate

_PLACES = {
    "signature": Spot.SIGNATURES,
    "attestation": Spot.ATTESTATIONS,
    "sbom": Spot.SBOMS,
}


def run(given: Given) -> int:
    """Print one line; a tag is resolved first, a digest asks nothing of the registry."""
    word = given.words[0]
    with wiring.registry(given) as store:
        target = locate(Reference.parse_place(word), asked=word, store=store, look=False)
    where = wiring.attachments(given) or target.reference.repository
    kind = given.text("type", "signature")
    if kind == "digest":
        found = where.at(target.digest)
    else:
        prefix = given.text("attachment-tag-prefix")
        found = where.at(tag_of(target.digest, _PLACES[kind], prefix=prefix))
    given.around.put(f"{found}\n".encode())
    return 0


VERB = Verb(
    name="triangulate",
    summary="Print where an image's signatures are stored.",
    about="This is the place of the classic form; boltseal tree lists every place.",
    examples=(
        ("print the tag of the signatures", "boltseal triangulate registry.example.com/app:v1"),
        (
            "pin a tag to its digest",
            "boltseal triangulate --type digest registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag(
            "type",
            "what to locate",
            choices=(*_PLACES, "digest"),
            default="signature",
        ),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=compat.TRIANGULATE,
)
