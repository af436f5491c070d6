"""A registry as a Store: the distribution API's verbs over one caller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.errors import RegistryError
from boltseal.stores.registry.blobs import Blobs, SinglePost
from boltseal.stores.registry.caller import Caller
from boltseal.stores.registry.listings import Listings
from boltseal.stores.registry.manifests import Manifests
from boltseal.stores.registry.streams import Streamed


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a registry was seen to do; None where that is not known yet."""

    referrers: bool | None
    single_post: bool | None


class RegistryStore:
    """Manifests and blobs in registries; one for all registries and threads of a run.

    Implements the Store protocol. Every method raises RegistryError where the answer could not
    be found out, AccessDenied where credentials or permissions are missing, IntegrityError where
    bytes are not those of their digest and Malformed where they are not what they should be.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        single_post: SinglePost = "off",
        forbidden_means_missing: Collection[str] = (),
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._manifests = Manifests(caller, forbidden_means_missing=forbidden_means_missing)
        self._blobs = Blobs(caller, single_post=single_post)
        self._streamed = Streamed(caller, self._blobs)
        self._listings = Listings(caller)
        self._on_close = on_close

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Return the descriptor (type, size, digest) of a manifest without its bytes."""
        return self._manifests.resolve(reference)

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Return a manifest; by digest, its bytes are checked against it."""
        return self._manifests.manifest(reference)

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Return a blob of at most `limit` bytes, checked against size and digest."""
        return self._blobs.read(repository, descriptor, limit=limit)

    def put_blob(
        self,
        repository: Repository,
        content: bytes,
        *,
        mount: Repository | None = None,
        probe: bool = False,
    ) -> Digest:
        """Store a blob unless this process put or saw it there, and return its digest.

        `mount` names a repository of the same registry to take it from; `probe` asks by HEAD
        before sending, which costs a round trip and saves a large upload.
        """
        return self._blobs.put(repository, content, mount=mount, probe=probe)

    def has_blob(self, repository: Repository, descriptor: Descriptor) -> bool:
        """Tell whether a blob is there, by HEAD where that is not known."""
        return self._blobs.exists(repository, descriptor.digest)

    def pieces(self, repository: Repository, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob of any size in pieces; raise IntegrityError at the end if it is another."""
        return self._streamed.read(repository, descriptor)

    def put_pieces(
        self,
        repository: Repository,
        descriptor: Descriptor,
        pieces: Callable[[], Iterator[bytes]],
    ) -> None:
        """Store a blob of any size; `pieces` gives it from the beginning each time."""
        self._streamed.put(repository, descriptor, pieces)

    def mount_blob(
        self, repository: Repository, descriptor: Descriptor, *, source: Repository
    ) -> bool:
        """Let a blob of another repository of the registry stand here too; False if it will not."""
        return self._streamed.mount(repository, descriptor, source=source)

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store a manifest under its digest or a tag."""
        try:
            self._manifests.put(reference, manifest)
        except RegistryError:
            # What was taken for known may be what is missing (MANIFEST_BLOB_UNKNOWN).
            self._blobs.forget(reference.repository)
            raise

    def referrers(self, repository: Repository, digest: Digest) -> tuple[Descriptor, ...] | None:
        """List what names `digest` as its subject; None where the registry has no such API."""
        return self._listings.referrers(repository, digest)

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Tell whether the registry has the referrers API, asking only if it is not known yet."""
        known = self._listings.has_referrers.get(repository.registry)
        return self.referrers(repository, digest) is not None if known is None else known

    def tags(self, repository: Repository) -> tuple[str, ...] | None:
        """List the tags of a repository; None if the registry does not know it."""
        return self._listings.tags(repository)

    def delete(self, reference: Reference) -> bool:
        """Delete a manifest by digest, or a tag; False if it was not there."""
        return self._manifests.delete(reference)

    def capabilities(self, registry: str) -> Capabilities:
        """Say what was learnt of a registry so far; asks nothing."""
        return Capabilities(
            self._listings.has_referrers.get(registry),
            self._blobs.takes_single_post.get(registry),
        )

    def notices(self) -> tuple[str, ...]:
        """Return sentences that the user of the results should know."""
        if not self._manifests.quirk_used:
            return ()
        return ("403 was taken for 'not there' at a registry for which that was configured",)

    def close(self) -> None:
        """Close idle connections."""
        self._on_close()
