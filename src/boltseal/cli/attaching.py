"""What the verbs under `attach` share: reading files, and placing artifacts on one shelf."""

from __future__ import annotations

from collections.abc import Sequence

from boltseal.cli import wiring
from boltseal.cli.files import load
from boltseal.cli.flags import Given
from boltseal.core.signature import Artifact, Form
from boltseal.core.signature import Kind as Stored
from boltseal.errors import FileUnusable
from boltseal.flows.attach import attach, find_target

LARGEST = 128 * 1024 * 1024


def read(given: Given, path: str) -> bytes:
    """Return a file's bytes, `-` being standard input; raise FileUnusable."""
    if path != "-":
        return load(path, limit=LARGEST)
    if given.around.stdin is None:
        raise FileUnusable("there is no standard input to read; name a file")
    content = given.around.stdin.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise FileUnusable(f"standard input has more than {LARGEST} bytes")
    return content


def place(given: Given, artifacts: Sequence[Artifact], *, kind: Stored) -> int:
    """Store artifacts beside the image; those of each form on its own shelf."""
    forms = tuple(dict.fromkeys(artifact.form for artifact in artifacts))
    with wiring.registry(given, writes=True) as store:
        image = wiring.named(given.words)[0]
        target = find_target(image, store=store, look=Form.BUNDLE in forms)
        for shelf in wiring.shelves(given, store, forms, kind=kind):
            mine = [artifact for artifact in artifacts if artifact.form is shelf.form]
            attach(mine, target, kind=kind, shelf=shelf)
    return 0
