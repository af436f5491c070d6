"""`boltseal save`: an image and what stands beside it, in a folder."""

from __future__ import annotations

from pathlib import Path

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import SAVE
from boltseal.cli.copy import tell
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.names import Reference, Repository
from boltseal.errors import UsageError
from boltseal.flows.copy import Cart, Choice, copy

DIR = Flag("dir", "the folder", Kind.FILE)


def run(given: Given) -> int:
    """Copy the image into the folder, whose index then names nothing else."""
    image = Reference.parse_place(given.words[0])
    choice = Choice(
        force=True, beside=wiring.attachments(given), prefix=given.text("attachment-tag-prefix")
    )
    folder = of_folder(given)
    with (
        wiring.places(given, make=True) as (store, carrier),
        shown(given.around) as progress,
    ):
        if store.resolve(image) is not None:
            store.layout(folder.repository).begin_anew()
        report = copy([(image, folder)], choice, cart=Cart(store, carrier, 1, progress))
    return tell(given, report)


def of_folder(given: Given) -> Reference:
    """Return the only image of the folder that --dir names; raise UsageError without it."""
    path = given.text("dir")
    if not path:
        raise UsageError("no --dir was given; write --dir FOLDER")
    return Reference(Repository("", str(Path(path))), tag="")


VERB = Verb(
    name="save",
    summary="Save an image and what stands beside it in a folder.",
    about="""\
Writes a folder in OCI layout with cosign's annotations, which cosign load and cosign verify
--local-image read. The folder's index is written anew; blobs that are there already are not fetched
again. Bundles are in the folder as blobs, as cosign 3 saves them; cosign 2 does not see them.""",
    examples=(
        (
            "carry an image to where no registry is reached",
            "boltseal save --dir app registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(DIR, *PLACES, *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=SAVE,
)
