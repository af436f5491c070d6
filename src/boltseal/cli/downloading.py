"""What the verbs under `download` share: places, flags, and the line of an artifact."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.flags import Flag, Given
from boltseal.cli.progress import shown
from boltseal.core.signature import Artifact, Form
from boltseal.core.signature import Kind as Stored
from boltseal.flows.download import artifacts, find_target
from boltseal.formats.simplesigning import downloaded

PLATFORM = Flag("platform", "the one image of an index to look at", metavar="OS/ARCH")


def print_all(given: Given, kind: Stored, *, predicate_type: str | None = None) -> int:
    """Print what is stored of a kind, one document a line."""
    forms = wiring.forms(given, bundles="bundle")
    with wiring.registry(given) as store, shown(given.around) as progress:
        image = wiring.named(given.words)[0]
        target = find_target(image, store=store, platform=given.text("platform"))
        found = artifacts(
            target,
            kind,
            shelves=wiring.shelves(given, store, forms, kind=kind),
            progress=progress,
            predicate_type=predicate_type,
        )
    for artifact in found:
        given.around.put(_line(artifact, kind) + b"\n")
    return 0


def _line(artifact: Artifact, kind: Stored) -> bytes:
    if artifact.form is Form.CLASSIC and kind is Stored.SIGNATURE:
        return downloaded(artifact)
    # An envelope or a bundle as it is stored; a line break in it would end the document.
    return b" ".join(artifact.content.split(b"\n")).strip()
