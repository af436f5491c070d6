"""Many writers of one tag, on a store without compare-and-swap: nothing is lost."""

from __future__ import annotations

import random
import threading
import time

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.core.signature import Artifact, Form
from boltseal.errors import NotStored
from boltseal.stores.merging import Pace
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf
from tests.support.making import Clock, house
from tests.support.memory import MemoryStore


def _artifact(number: int) -> Artifact:
    return Artifact(
        form=Form.CLASSIC,
        media_type="application/vnd.dev.cosign.simplesigning.v1+json",
        content=b"payload",
        annotations={"dev.cosignproject.cosign/signature": f"signature {number}"},
    )


def _bundle(number: int) -> Artifact:
    return Artifact(
        form=Form.BUNDLE,
        media_type="application/vnd.dev.sigstore.bundle.v0.3+json",
        content=f"bundle {number}".encode(),
    )


class SlowStore(MemoryStore):
    """A memory store that takes a random while for each read and write of a tag."""

    def manifest(self, reference: Reference):  # type: ignore[no-untyped-def]
        """Read, slowly."""
        time.sleep(random.uniform(0, 0.01))
        found = super().manifest(reference)
        time.sleep(random.uniform(0, 0.01))
        return found

    def put_manifest(self, reference: Reference, manifest) -> None:  # type: ignore[no-untyped-def]
        """Write, slowly."""
        time.sleep(random.uniform(0, 0.01))
        super().put_manifest(reference, manifest)


@pytest.mark.parametrize("form", list(Form))
def test_eight_writers_at_once_leave_eight_artifacts(form: Form) -> None:
    """Eight threads that add to one tag at once lose nothing, in either form."""
    store = SlowStore(api=False)
    home = house(store)
    described = store.resolve(home.image)
    start = threading.Barrier(8)

    def work(number: int) -> None:
        shelf = TagShelf(store) if form is Form.CLASSIC else ReferrerShelf(store)
        artifact = _artifact(number) if form is Form.CLASSIC else _bundle(number)
        start.wait()
        shelf.confirm(shelf.place(artifact, home.image, described))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shelf = TagShelf(store) if form is Form.CLASSIC else ReferrerShelf(store)
    assert len(shelf.find(home.image).artifacts) == 8


def test_a_writer_that_was_overwritten_merges_again() -> None:
    """What another writer took away between write and read-back is added to what it left."""
    store = MemoryStore(api=False)
    home = house(store)
    clock = Clock()
    mine = TagShelf(store, pace=clock.pace())
    placed = mine.place(_artifact(1), home.image, None)
    tag = mine.reference(home.image)
    store.tags.pop((tag.repository, str(tag.tag)))
    TagShelf(store, pace=Clock().pace()).place(_artifact(2), home.image, None)
    mine.confirm(placed)
    found = mine.find(home.image).artifacts
    assert {a.annotations["dev.cosignproject.cosign/signature"] for a in found} == {
        "signature 1",
        "signature 2",
    }


def test_reading_back_waits_until_other_writers_must_be_done() -> None:
    """The read-back comes no sooner than another writer's window may last."""
    store = MemoryStore(api=False)
    home = house(store)
    clock = Clock()
    pace = Pace(now=clock.now, sleep=clock.sleep, spread=lambda: 0.0)
    shelf = TagShelf(store, pace=pace)
    placed = shelf.place(_artifact(1), home.image, None)
    shelf.confirm(placed)
    assert clock.time >= 0.15


def test_a_bundle_that_shows_late_is_waited_for() -> None:
    """A manifest that a registry shows only after some looks is read back all the same."""
    store = MemoryStore()
    home = house(store)
    shelf = ReferrerShelf(store, pace=Clock().pace())
    placed = shelf.place(_bundle(1), home.image, store.resolve(home.image))
    location = (placed.location.repository, Digest.parse(placed.location.target))
    hidden = store.manifests.pop(location)
    looks: list[str] = []

    def appear(line: str) -> bool:
        looks.append(line)
        if len(looks) == 3:
            store.manifests[location] = hidden
        return False

    store.broken = appear
    assert shelf.confirm(placed) == placed
    assert len(looks) >= 3


def test_a_bundle_that_never_shows_is_not_stored() -> None:
    """A registry that keeps nothing is found out in bounded time."""
    store = MemoryStore()
    home = house(store)
    shelf = ReferrerShelf(store, pace=Clock().pace())
    placed = shelf.place(_bundle(1), home.image, store.resolve(home.image))
    store.manifests.clear()
    with pytest.raises(NotStored):
        shelf.confirm(placed)
