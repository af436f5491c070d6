"""Where bytes live and how a signature is found there: the protocols that flows see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.core.signature import Artifact, Form


@dataclass(frozen=True, slots=True)
class Found:
    """What a shelf holds for one digest.

    `artifacts` are what could be read; `faults` tell, one sentence each, of things that stand on
    the shelf and are no readable artifacts (a damaged blob, an entry of another kind).
    `left_out` counts what was passed over on purpose, such as referrers of other kinds.
    """

    artifacts: tuple[Artifact, ...] = ()
    faults: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an artifact stands now: the manifest's reference, by digest, and its tag if it has one."""

    reference: Reference
    tag: str | None = None
    notices: tuple[str, ...] = field(default=())


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

    def referrers(self, repository: Repository, digest: Digest) -> Sequence[Descriptor] | None:
        """List what names `digest` as its subject; None where the store has no such API."""


class Shelf(Protocol):
    """One place where artifacts of one form are found and put, given the subject's digest."""

    @property
    def form(self) -> Form:
        """The form of the artifacts that stand here."""

    def find(self, subject: Reference) -> Found:
        """Return what stands here for the digest of `subject`; empty if nothing does."""

    def place(self, artifact: Artifact, subject: Reference, described: Descriptor | None) -> Placed:
        """Add an artifact beside what is there, losing nothing of anyone's, and return where."""
