"""Bring content from store to store: what is there is not sent, what others put is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from boltseal.core.names import Reference, Repository
from boltseal.core.oci import Descriptor, Manifest
from boltseal.errors import Malformed
from boltseal.stores import How, Store
from boltseal.stores.merging import Merge, Pace, confirm, write
from boltseal.stores.pieces import Streams
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf


@dataclass(frozen=True, slots=True)
class StoreCarrier:
    """A Carrier over a store that has `streams` for every repository."""

    store: Store
    streams: Callable[[Repository], Streams]
    pace: Pace = field(default_factory=Pace)

    def copy_blob(self, descriptor: Descriptor, *, source: Repository, target: Repository) -> How:
        """Bring a blob of any size to `target`: asked for first, then mounted, then sent."""
        there = self.streams(target)
        if source == target or there.has_blob(target, descriptor):
            return How.THERE
        if there.mount_blob(target, descriptor, source=source):
            return How.MOUNTED

        def pieces() -> Iterator[bytes]:
            if descriptor.data is not None:
                return iter((descriptor.data,))
            return self.streams(source).pieces(source, descriptor)

        there.put_pieces(target, descriptor, pieces)
        return How.SENT

    def send_blob(
        self,
        descriptor: Descriptor,
        *,
        target: Repository,
        pieces: Callable[[], Iterator[bytes]],
    ) -> How:
        """Store a blob that is given in pieces, unless it is there."""
        there = self.streams(target)
        if there.has_blob(target, descriptor):
            return How.THERE
        there.put_pieces(target, descriptor, pieces)
        return How.SENT

    def join_layers(self, image: Manifest, where: Reference) -> bool:
        """Add the layers of an image of artifacts to the one that a tag names."""
        shelf = TagShelf(self.store, where.repository, pace=self.pace)
        return self._merged(shelf.joining(image, where))

    def list_referrer(self, manifest: Manifest, repository: Repository) -> bool:
        """List a manifest in the fallback tag of its subject, where there is no referrers API."""
        if manifest.subject is None:
            raise Malformed(f"{repository}@{manifest.digest} has no subject to be listed under")
        subject = repository.at(manifest.subject.digest)
        if self.store.lists_referrers(repository, manifest.subject.digest):
            return False
        shelf = ReferrerShelf(self.store, repository, pace=self.pace)
        return self._merged(shelf.listing(manifest, subject))

    def _merged(self, merge: Merge) -> bool:
        before = self.store.manifest(merge.reference)
        if before is not None and merge.holds(before):
            return False
        began = self.pace.now()
        written = write(self.store, merge, pace=self.pace, before=before, read_at=began)
        confirm(self.store, merge, written, pace=self.pace)
        return True
