"""A store that keeps everything in memory, for tests of flows and shelves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest, parse_manifest
from boltseal.errors import IntegrityError, RegistryError


@dataclass
class MemoryStore:
    """Manifests, tags and blobs by repository; `api` says whether it lists referrers.

    `log` keeps what was asked, one word and reference each. `meanwhile` is called before each
    manifest is stored under a tag, so that a test can play another writer.
    """

    api: bool = True
    deletes: bool = True
    manifests: dict[tuple[Repository, Digest], Manifest | Index] = field(default_factory=dict)
    tags: dict[tuple[Repository, str], Digest] = field(default_factory=dict)
    blobs: dict[tuple[Repository, Digest], bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    broken: Callable[[str], bool] = lambda _: False
    meanwhile: Callable[[Reference], None] = lambda _: None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def _note(self, verb: str, what: object) -> None:
        self.log.append(f"{verb} {what}")
        if self.broken(f"{verb} {what}"):
            raise RegistryError(f"{what}: the registry answered 500")

    def seed(self, reference: str, raw: bytes, *, media_type: str | None = None) -> Reference:
        """Store raw manifest bytes under a reference, tag or digest, and return it by digest."""
        parsed = Reference.parse(reference)
        manifest = parse_manifest(raw, media_type=media_type, what=reference)
        self.manifests[parsed.repository, manifest.digest] = manifest
        if parsed.tag:
            self.tags[parsed.repository, parsed.tag] = manifest.digest
        return parsed.pinned(manifest.digest)

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Look a manifest up without reading it."""
        self._note("HEAD", reference)
        found = self._find(reference)
        return found.descriptor() if found else None

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Read a manifest."""
        self._note("GET", reference)
        return self._find(reference)

    def _find(self, reference: Reference) -> Manifest | Index | None:
        with self._lock:
            digest = reference.digest or self.tags.get((reference.repository, str(reference.tag)))
            return self.manifests.get((reference.repository, digest)) if digest else None

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Read a blob."""
        self._note("BLOB", f"{repository}@{descriptor.digest}")
        content = self.blobs.get((repository, descriptor.digest))
        if content is None:
            raise IntegrityError(f"{repository}@{descriptor.digest} is not there")
        if descriptor.size > limit:
            raise IntegrityError(f"{repository}@{descriptor.digest} is too large")
        return descriptor.check(content, what=str(descriptor.digest))

    def put_blob(self, repository: Repository, content: bytes) -> Digest:
        """Store a blob."""
        digest = Digest.of(content)
        if (repository, digest) not in self.blobs:
            self._note("UPLOAD", f"{repository}@{digest}")
            self.blobs[repository, digest] = content
        return digest

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store a manifest."""
        if reference.tag and not reference.digest:
            self.meanwhile(reference)
        self._note("PUT", reference)
        with self._lock:
            self.manifests[reference.repository, manifest.digest] = manifest
            if reference.tag and not reference.digest:
                self.tags[reference.repository, reference.tag] = manifest.digest

    def delete(self, reference: Reference) -> bool:
        """Delete a manifest by digest, or a tag."""
        self._note("DELETE", reference)
        if not self.deletes:
            raise RegistryError(f"{reference}: the registry does not let clients delete")
        with self._lock:
            if reference.digest:
                self.manifests.pop((reference.repository, reference.digest), None)
            else:
                self.tags.pop((reference.repository, str(reference.tag)), None)
        return True

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor] | None:
        """List the manifests that name `digest` as their subject."""
        self._note("REFERRERS", f"{repository}@{digest}")
        if not self.api:
            return None
        with self._lock:
            return [
                manifest.descriptor(artifact_type=manifest.artifact_type)
                for (where, _), manifest in self.manifests.items()
                if where == repository and manifest.subject and manifest.subject.digest == digest
            ]

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Tell whether the API is there."""
        return self.api
