"""A store that hands out no blob larger than the user allows, whatever its reader would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.stores import Store


@dataclass(frozen=True, slots=True)
class CappedStore:
    """Another store, its blobs limited to `most` bytes; it never raises a reader's own limit."""

    inner: Store
    most: int

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Ask the inner store."""
        return self.inner.resolve(reference)

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Ask the inner store."""
        return self.inner.manifest(reference)

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Read a blob within the smaller of both limits; raise what the inner store raises."""
        return self.inner.blob(repository, descriptor, limit=min(limit, self.most))

    def put_blob(self, repository: Repository, content: bytes) -> Digest:
        """Store in the inner store."""
        return self.inner.put_blob(repository, content)

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store in the inner store."""
        self.inner.put_manifest(reference, manifest)

    def delete(self, reference: Reference) -> bool:
        """Delete from the inner store."""
        return self.inner.delete(reference)

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor] | None:
        """Ask the inner store."""
        return self.inner.referrers(repository, digest)

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Ask the inner store."""
        return self.inner.lists_referrers(repository, digest)
