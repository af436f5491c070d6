"""Small things that many tests need: keys, images and workshops, made once a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache

from boltseal.core.annotations import Annotations
from boltseal.core.keys import PrivateKey
from boltseal.core.names import Reference
from boltseal.core.oci import (
    OCI_CONFIG,
    Descriptor,
    Index,
    Manifest,
)
from boltseal.flows.sign import Order, Workshop
from boltseal.flows.verify import Bench, Demand
from boltseal.signers.local import LocalSigner
from boltseal.stores import Shelf, Store
from boltseal.stores.merging import Pace
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement
from tests.support.memory import MemoryStore

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=timezone.utc)


class Clock:
    """A clock that stands still but for who sleeps by it."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the time in seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.time += seconds

    def pace(self) -> Pace:
        """Return a pace that runs by this clock."""
        return Pace(now=self.now, sleep=self.sleep, spread=lambda: 0.5)


@lru_cache
def key(name: str) -> PrivateKey:
    """Return the private key of that name, always the same within a process."""
    return PrivateKey.generate()


@dataclass(frozen=True)
class House:
    """A store with one image, its shelves, and signers and readers that work on them."""

    store: Store
    image: Reference
    shelves: tuple[Shelf, ...]

    def workshop(self, name: str = "release") -> Workshop:
        """Return a workshop that signs with the key of that name."""
        return Workshop(self.store, self.shelves, LocalSigner(key(name)), now=lambda: NOON)

    def bench(self) -> Bench:
        """Return a bench that searches every shelf."""
        return Bench(self.store, self.shelves)


def house(store: MemoryStore | None = None, *, text: str = "image") -> House:
    """Return a memory store with one image in it, and both shelves at a pace without waiting."""
    store = store or MemoryStore()
    image = store.seed("registry.example.com/team/app:v1", image_manifest(text).raw)
    pace = Clock().pace()
    return House(store, image, (TagShelf(store, pace=pace), ReferrerShelf(store, pace=pace)))


def image_manifest(text: str) -> Manifest:
    """Return the manifest of an image that differs with `text`."""
    config = Descriptor.of(f'{{"text":"{text}"}}'.encode(), OCI_CONFIG)
    return Manifest.build(config, ())


def index_of(*texts: str) -> tuple[Index, list[Manifest]]:
    """Return an index with one platform image for each text."""
    images = [image_manifest(text) for text in texts]
    entries = tuple(
        image.descriptor(platform={"architecture": text, "os": "linux"})
        for image, text in zip(images, texts, strict=True)
    )
    return Index.build(entries), images


def demand(*names: str, require: str = "any", **more: object) -> Demand:
    """Return a demand for signatures by the keys of these names."""
    trust = KeyTrust.of([(name, key(name).public_key) for name in names or ("release",)])
    requirement = Requirement.parse(require, known=trust.anchors)
    return Demand(trust, requirement, **more)  # type: ignore[arg-type]


def order(**more: object) -> Order:
    """Return an order with the annotations given as a mapping, and the rest as it is."""
    annotations = more.pop("annotations", {})
    assert isinstance(annotations, dict)
    return Order(annotations=Annotations.of(annotations), **more)  # type: ignore[arg-type]
