"""Where bytes live and how a signature is found there: the protocols that flows see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from boltseal.core.message import Message
from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.core.signature import Artifact, Form
from boltseal.errors import BoltsealError


@dataclass(frozen=True, slots=True)
class Found:
    """What a shelf holds for one digest.

    `artifacts` are what could be read. `faults` are what stands there and could not: Malformed
    for what is no artifact, Undecided for what could not be fetched. `left_out` counts what was
    passed over on purpose, such as referrers of other kinds. `state` is what the shelf's tag
    named when it was read, `at` when that began (in the seconds of the shelf's own clock): who
    goes on to place something need not read it again.
    """

    artifacts: tuple[Artifact, ...] = ()
    faults: tuple[BoltsealError, ...] = ()
    left_out: int = 0
    state: Manifest | Index | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an artifact was put: the manifest by digest, and the tag it is found by, if any.

    `state` is what the tag named after the write, `written` when that was (in the seconds of the
    shelf's own clock), `window` how long the tag was open to another writer: `Shelf.confirm`
    waits by them.
    """

    artifact: Artifact
    subject: Reference
    location: Reference
    tag: str | None = None
    state: Digest | None = None
    written: float = 0.0
    window: float = 0.0


class Store(Protocol):
    """Manifests and blobs by repository: a registry, or a folder in OCI layout.

    Every method raises RegistryError or AccessDenied where the answer could not be found out,
    and IntegrityError where bytes are not those of their digest. None stands for 'the store says
    that it is not there', never for 'no answer'.
    """

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Return the descriptor (type, size, digest) of a manifest without its bytes."""

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Return a manifest; by digest, its bytes are checked against it."""

    def blob(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Return a blob of at most `limit` bytes, checked against size and digest."""

    def put_blob(self, repository: Repository, content: bytes) -> Digest:
        """Store a blob unless this store knows that it is there."""

    def put_manifest(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store a manifest under its digest or a tag."""

    def delete(self, reference: Reference) -> bool:
        """Delete a manifest by digest or a tag; False if it was not there.

        Raise RegistryError where the store does not let clients delete.
        """

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor] | None:
        """List what names `digest` as its subject; None where the store has no such API."""

    def lists_referrers(self, repository: Repository, digest: Digest) -> bool:
        """Tell whether `referrers` is answered here, asking only if that is not known yet."""


class How(str, Enum):
    """How a blob came to be where it was wanted."""

    THERE = "there"
    MOUNTED = "mounted"
    SENT = "sent"

    def __str__(self) -> str:
        return self.value


class Carrier(Protocol):
    """What brings content from one place to another without holding it in memory.

    Every method raises what a Store raises.
    """

    def copy_blob(self, descriptor: Descriptor, *, source: Repository, target: Repository) -> How:
        """Bring a blob of any size to `target`, its size and digest checked on the way."""

    def send_blob(
        self,
        descriptor: Descriptor,
        *,
        target: Repository,
        pieces: Callable[[], Iterator[bytes]],
    ) -> How:
        """Store a blob whose bytes `pieces` gives from the beginning each time that it is called.

        Size and digest are checked on the way.
        """

    def join_layers(self, image: Manifest, where: Reference) -> bool:
        """Add the layers of an image of artifacts to the one that a tag names.

        What is there stays byte for byte. The blobs of `image` are at `where` already. Return
        whether anything had to be written.
        """

    def list_referrer(self, manifest: Manifest, repository: Repository) -> bool:
        """See that a manifest with a subject, which is there already, is found by that subject.

        Return whether a fallback tag had to be written, which is so where a registry has no
        referrers API.
        """


class Shelf(Protocol):
    """One place where artifacts of one form are found and put, given the subject's digest."""

    @property
    def form(self) -> Form:
        """The form of the artifacts that stand here."""

    def find(self, subject: Reference, *, only: Sequence[bytes] | None = None) -> Found:
        """Return what stands here for the digest of `subject`; empty if nothing does.

        With `only`, artifacts whose content is none of these may be left out unread. Raise
        Undecided where nobody could say what stands here.
        """

    def place(
        self,
        artifact: Artifact,
        subject: Reference,
        described: Descriptor | None,
        *,
        seen: Found | None = None,
    ) -> Placed:
        """Add an artifact beside what is there and return where it was put.

        `described` is the subject's own descriptor, which the bundle form writes down. `seen` is
        what `find` has just returned, if it was asked.
        """

    def confirm(self, placed: Placed) -> Placed:
        """Read back and return once the artifact stands there for good, placing it again if needed.

        On a registry without compare-and-swap another writer may have taken a tag back to a
        state without this artifact. Raise NotStored when the registry keeps losing it.
        """

    def remove(self, artifacts: Sequence[Artifact], subject: Reference) -> tuple[str, ...]:
        """Take artifacts off the shelf; return notices of what the registry would not let go."""


class Files(Protocol):
    """Local files by path, `-` being standard input.

    Every method raises FileUnusable where a file cannot be read or written.
    """

    def message(
        self, path: str, *, hashes: Iterable[str], whole: bool
    ) -> AbstractContextManager[Message]:
        """Meet a file of any size as a message with these digests; `whole` adds all its bytes."""

    def read(self, path: str, *, limit: int) -> bytes:
        """Return the content of a small file, of at most `limit` bytes."""

    def write(self, path: str, content: bytes) -> None:
        """Put a file in place whole, readable by its owner alone, over what stood there."""

    def exists(self, path: str) -> bool:
        """Tell whether something stands at a path."""
