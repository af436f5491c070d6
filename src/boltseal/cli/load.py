"""`boltseal load`: an image and what stands beside it, from a folder into a registry."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import SAVE
from boltseal.cli.copy import tell
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.progress import shown
from boltseal.cli.save import DIR, of_folder
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.names import Reference
from boltseal.flows.copy import Cart, Choice, copy


def run(given: Given) -> int:
    """Copy the folder's only image to a name."""
    target = Reference.parse_place(given.words[0])
    choice = Choice(force=True, prefix=given.text("attachment-tag-prefix"))
    with (
        wiring.places(given, writes=True) as (store, carrier),
        shown(given.around) as progress,
    ):
        pair = (of_folder(given), target)
        report = copy([pair], choice, cart=Cart(store, carrier, 1, progress))
    return tell(given, report)


VERB = Verb(
    name="load",
    summary="Load a saved image and what stands beside it into a registry.",
    about="""\
Reads a folder that boltseal save, cosign save or another writer of OCI layouts made. The name is
given to the image even if another one has it, as cosign does; signatures that are there stay.""",
    examples=(("push a saved image", "boltseal load --dir app mirror.example.com/app:v1"),),
    run=run,
    flags=(DIR, *(flag for flag in PLACES if not flag.own), *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=SAVE,
)
