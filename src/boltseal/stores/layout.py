"""A folder in OCI layout as a store: images and what belongs to them, carried without a registry.

Source: OCI image specification 1.1, image-layout; cosign pkg/oci/layout for the annotation
`kind`, by which `cosign load` and `cosign verify --local-image` find their way.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import (
    INDEX_TYPES,
    LARGEST_MANIFEST,
    OCI_INDEX,
    Descriptor,
    Index,
    Manifest,
    parse_manifest,
)
from boltseal.errors import FileUnusable, IntegrityError, Malformed
from boltseal.stores.pieces import PIECE, checked

MARKER = b'{\n    "imageLayoutVersion": "1.0.0"\n}'
KIND = "kind"
IMAGE = "dev.cosignproject.cosign/image"
IMAGE_INDEX = "dev.cosignproject.cosign/imageIndex"
SIGNATURES = "dev.cosignproject.cosign/sigs"
ATTESTATIONS = "dev.cosignproject.cosign/atts"
NAME = "org.opencontainers.image.ref.name"
_BY_SUFFIX = {".sig": SIGNATURES, ".att": ATTESTATIONS}
# The tags at which cosign keeps what stands beside an image, a prefix before them or not.
_BESIDE = re.compile(r".*sha256-[0-9a-f]{64}(\.sig|\.att|\.sbom)")
_HEX = re.compile(r"[0-9a-f]{64}")
MOST_BLOBS = 50_000


@dataclass(frozen=True, slots=True)
class LayoutStore:
    """One folder in OCI layout; the repository of a reference plays no part in it.

    A tag is an entry of `index.json` with that name; the empty tag stands for the only image.
    With `make`, the folder is made at the first write. Files are written whole and renamed into
    place, links are not followed.
    """

    folder: Path
    make: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Return the descriptor of a manifest by digest or tag."""
        if reference.digest is None:
            return self._entry(str(reference.tag))
        manifest = self.manifest(reference)
        return None if manifest is None else manifest.descriptor()

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Return a manifest, its bytes checked against the digest that names it."""
        digest = reference.digest
        if digest is None:
            entry = self._entry(str(reference.tag))
            if entry is None:
                return None
            digest = entry.digest
        content = self._read(self._path(digest), limit=LARGEST_MANIFEST)
        if content is None:
            return None
        if Digest.of(content) != digest:
            raise IntegrityError(f"{self._path(digest)} does not hold what its name says")
        return parse_manifest(content, media_type=None, what=str(self._path(digest)))

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Return a blob of at most `limit` bytes, checked against size and digest."""
        if descriptor.size > limit:
            raise Malformed(f"{descriptor.digest} has {descriptor.size} bytes; {limit} are read")
        if descriptor.data is not None:
            return descriptor.data
        path = self._path(descriptor.digest)
        content = self._read(path, limit=limit)
        if content is None:
            raise IntegrityError(f"{path} is named by a manifest and is not there")
        return descriptor.check(content, what=str(path))

    def has_blob(self, repository: Repository, descriptor: Descriptor) -> bool:
        """Tell whether a blob is there, whole by its size; links count as absent."""
        try:
            found = self._path(descriptor.digest).lstat()
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == descriptor.size

    def pieces(self, repository: Repository, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob piece by piece; raise IntegrityError at the end if it was not that blob."""
        path = self._path(descriptor.digest)
        with self._opened(path) as file:
            yield from checked(iter(lambda: file.read(PIECE), b""), descriptor, what=str(path))

    def put_pieces(
        self,
        repository: Repository,
        descriptor: Descriptor,
        pieces: Callable[[], Iterator[bytes]],
    ) -> None:
        """Store a blob piece by piece; nothing stands under its name before it is whole."""
        path = self._path(descriptor.digest)
        with self._placing(path) as file:
            for piece in checked(pieces(), descriptor, what=str(descriptor.digest)):
                file.write(piece)

    def mount_blob(
        self, repository: Repository, descriptor: Descriptor, *, source: Repository
    ) -> bool:
        """Always false: folders share nothing."""
        return False

    def put_blob(self, repository: Repository, content: bytes) -> Digest:
        """Store a blob under its digest."""
        digest = Digest.of(content)
        path = self._path(digest)
        if not path.is_file():
            self._write(path, content)
        return digest

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store a manifest and, for a tag, let the index name it."""
        self.put_blob(reference.repository, manifest.raw)
        if reference.digest is None:
            entry = _named(manifest, str(reference.tag))
            self._reindex(str(reference.tag), entry)

    def delete(self, reference: Reference) -> bool:
        """Take a tag out of the index, or delete a manifest by digest."""
        if reference.digest is None:
            there = self._entry(str(reference.tag)) is not None
            if there:
                self._reindex(str(reference.tag), None)
            return there
        path = self._path(reference.digest)
        if not path.is_file():
            return False
        path.unlink()
        return True

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor]:
        """List the manifests in the folder that name `digest` as their subject.

        cosign stores them as blobs that nothing names, so every blob that could be a manifest is
        looked at.
        """
        found = []
        for path in self._blobs():
            manifest = self._as_manifest(path, digest)
            if manifest is not None:
                found.append(manifest.descriptor(artifact_type=manifest.artifact_type))
        return found

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Always true: the folder itself is searched."""
        return True

    def begin_anew(self) -> None:
        """Let the index name nothing, so that only what is put from now on is in the folder.

        Blobs stay: what is put again need not be brought again.
        """
        with self._lock:
            self._write_index(())

    def entries(self) -> tuple[Descriptor, ...]:
        """Return what `index.json` names, in its order."""
        return self._index().manifests

    def _blobs(self) -> Iterator[Path]:
        folder = self.folder / "blobs" / "sha256"
        try:
            # What is being written by others has a name of another kind, and may vanish.
            names = sorted(name for name in os.listdir(folder) if _HEX.fullmatch(name))
        except OSError as error:
            raise FileUnusable(f"{folder} cannot be read: {error.strerror}") from error
        if len(names) > MOST_BLOBS:
            raise Malformed(f"{folder} has {len(names)} files; {MOST_BLOBS} are looked at")
        return (folder / name for name in names)

    def _as_manifest(self, path: Path, subject: Digest) -> Manifest | Index | None:
        # Only what is small enough, is JSON and speaks of the subject is worth parsing.
        if path.is_symlink() or path.stat().st_size > LARGEST_MANIFEST:
            return None
        content = self._read(path, limit=LARGEST_MANIFEST) or b""
        if not content.startswith(b"{") or subject.hex.encode() not in content:
            return None
        try:
            manifest = parse_manifest(content, media_type=None, what=str(path))
        except Malformed:
            return None
        named = manifest.subject is not None and manifest.subject.digest == subject
        return manifest if named and Digest.of(content).hex == path.name else None

    def _entry(self, tag: str) -> Descriptor | None:
        entries = self._index().manifests
        for entry in entries:
            if tag and entry.annotations.get(NAME) == tag:
                return entry
        images = [entry for entry in entries if _is_image(entry)]
        if not tag:
            return self._only(images)
        return _attached(entries, images, tag)

    def _only(self, images: list[Descriptor]) -> Descriptor | None:
        if len(images) > 1:
            raise Malformed(
                f"{self.folder} holds {len(images)} images; say which: oci:FOLDER@DIGEST"
            )
        return images[0] if images else None

    def _index(self) -> Index:
        path = self.folder / "index.json"
        content = self._read(path, limit=LARGEST_MANIFEST)
        if content is None:
            if self.make:
                return Index.build(())
            raise FileUnusable(f"{self.folder} is no folder in OCI layout: {path} is not there")
        index = parse_manifest(content, media_type=OCI_INDEX, what=str(path))
        if not isinstance(index, Index):
            raise Malformed(f"{path} is not an image index")
        return index

    def _reindex(self, tag: str, entry: Descriptor | None) -> None:
        with self._lock:
            old = self._index()
            present = self._entry(tag)
            kept = tuple(e for e in old.manifests if e is not present and e != present)
            manifests = (*kept, entry) if entry is not None else kept
            self._write_index(manifests, old.annotations)

    def _write_index(
        self, manifests: tuple[Descriptor, ...], annotations: Mapping[str, str] | None = None
    ) -> None:
        index = json.loads(Index.build(manifests, annotations=annotations).raw)
        self._write(self.folder / "oci-layout", MARKER)
        content = json.dumps(index, indent=3, ensure_ascii=False).encode("utf-8")
        self._write(self.folder / "index.json", content)

    def _path(self, digest: Digest) -> Path:
        return self.folder / "blobs" / "sha256" / digest.hex

    def _read(self, path: Path, *, limit: int) -> bytes | None:
        if not os.path.lexists(path):
            return None
        with self._opened(path) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise Malformed(f"{path} is larger than {limit} bytes")
        return content

    @contextmanager
    def _opened(self, path: Path) -> Iterator[BinaryIO]:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(path, flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise FileUnusable(f"{path} is not a regular file")
                yield file
        except OSError as error:
            raise FileUnusable(f"{path} cannot be read: {error.strerror}") from error

    def _write(self, path: Path, content: bytes) -> None:
        with self._placing(path) as file:
            file.write(content)

    @contextmanager
    def _placing(self, path: Path) -> Iterator[BinaryIO]:
        """Give a file that takes its name once it is whole, and is gone if it never is."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        except OSError as error:
            raise FileUnusable(f"{path} cannot be written: {error.strerror}") from error
        try:
            with os.fdopen(number, "wb") as file:
                yield file
            os.chmod(name, 0o644)
            os.replace(name, path)
        except OSError as error:
            raise FileUnusable(f"{path} cannot be written: {error.strerror}") from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)


def _is_image(entry: Descriptor) -> bool:
    beside = entry.annotations.get(KIND) in (SIGNATURES, ATTESTATIONS)
    return not beside and not _BESIDE.fullmatch(entry.annotations.get(NAME, ""))


def _attached(
    entries: Sequence[Descriptor], images: Sequence[Descriptor], tag: str
) -> Descriptor | None:
    """Find what cosign saved under a kind instead of a name: it saves one image a folder."""
    kind = next((kind for suffix, kind in _BY_SUFFIX.items() if tag.endswith(suffix)), None)
    of_this = [image for image in images if tag.startswith(f"sha256-{image.digest.hex}")]
    if kind is None or len(images) != 1 or not of_this:
        return None
    unnamed = [e for e in entries if e.annotations.get(KIND) == kind and NAME not in e.annotations]
    return unnamed[0] if unnamed else None


def _named(manifest: Manifest | Index, tag: str) -> Descriptor:
    kind = IMAGE_INDEX if manifest.media_type in INDEX_TYPES else IMAGE
    beside = _BESIDE.fullmatch(tag)
    if beside:
        # cosign keeps no SBOM in a folder, so there is no kind for one.
        named = {NAME: tag}
        attached = _BY_SUFFIX.get(beside[1])
        annotations = {KIND: attached, **named} if attached else named
        return replace(manifest.descriptor(), annotations=annotations)
    annotations = {KIND: kind, NAME: tag} if tag else {KIND: kind}
    return replace(manifest.descriptor(), annotations=annotations)
