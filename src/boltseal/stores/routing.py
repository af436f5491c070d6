"""One store for references of every kind: folders in OCI layout by their path, registries else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.stores import Store
from boltseal.stores.layout import LayoutStore


@dataclass(frozen=True, slots=True)
class RoutingStore:
    """Hands each call to the store that the repository stands in.

    `registry` makes the store of registries, once and only if one is asked for: a run over
    folders opens no connection and reads no credentials. With `make`, folders are made.
    """

    registry: Callable[[], Store]
    make: bool = False
    _made: list[Store] = field(default_factory=list, repr=False, compare=False)
    _layouts: dict[str, LayoutStore] = field(default_factory=dict, repr=False, compare=False)

    def layout(self, repository: Repository) -> LayoutStore:
        """Return the store of a folder, the same one each time."""
        path = repository.path
        return self._layouts.setdefault(path, LayoutStore(Path(path), make=self.make))

    def _of(self, repository: Repository) -> Store:
        if repository.is_layout:
            return self.layout(repository)
        if not self._made:
            self._made.append(self.registry())
        return self._made[0]

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Ask the reference's store."""
        return self._of(reference.repository).resolve(reference)

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Ask the reference's store."""
        return self._of(reference.repository).manifest(reference)

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Ask the repository's store."""
        return self._of(repository).blob(repository, descriptor, limit=limit)

    def put_blob(self, repository: Repository, content: bytes) -> Digest:
        """Ask the repository's store."""
        return self._of(repository).put_blob(repository, content)

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Ask the reference's store."""
        self._of(reference.repository).put_manifest(reference, manifest)

    def delete(self, reference: Reference) -> bool:
        """Ask the reference's store."""
        return self._of(reference.repository).delete(reference)

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor] | None:
        """Ask the repository's store."""
        return self._of(repository).referrers(repository, digest)

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Ask the repository's store."""
        return self._of(repository).lists_referrers(repository, digest)
