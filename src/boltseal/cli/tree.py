"""`boltseal tree`: what stands beside an image."""

from __future__ import annotations

from boltseal.cli import compat, wiring
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.flows.tree import Grove, tree
from boltseal.reports.tree import render


def run(given: Given) -> int:
    """Look at every place and print what is there."""
    with wiring.registry(given) as store:
        grove = Grove(
            store,
            attachments=wiring.attachments(given),
            prefix=given.text("attachment-tag-prefix"),
        )
        found = tree(wiring.named(given.words)[0], grove=grove)
    given.around.put(render(found).encode())
    if found.left_out:
        given.around.say(f"Note: {found.left_out} further referrers are not listed")
    return 0


VERB = Verb(
    name="tree",
    summary="List what is stored beside an image.",
    about="""\
Signatures, attestations and SBOMs under their tags, and everything that names the image as its
subject (OCI referrers). Nothing is verified.""",
    examples=(("list what belongs to an image", "boltseal tree registry.example.com/app:v1"),),
    run=run,
    flags=(*PLACES, *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=compat.TREE,
)
