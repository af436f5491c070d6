"""What signing and verifying hand on: draft, proof, artifact and, at the waist, signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from boltseal.core.message import Message
from boltseal.core.names import Digest, Reference


class Form(str, Enum):
    """The two ways in which cosign stores what it signed."""

    CLASSIC = "classic"
    BUNDLE = "bundle"

    def __str__(self) -> str:
        return self.value


class Kind(str, Enum):
    """What a signature speaks of: the image itself, or a statement about it."""

    SIGNATURE = "signature"
    ATTESTATION = "attestation"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be signed.

    `payload` is what will be stored, `signed` what the key signs: the payload itself, or the
    DSSE pre-authentication encoding of it, or a file that is not held in memory.
    """

    form: Form
    subject: Digest
    payload: bytes
    signed: bytes | Message
    predicate_type: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a signer adds to a draft. `hint` is base64 of SHA-256 of the key's SPKI DER.

    Certificates are DER, leaf first; log entries and timestamps are kept as they came. `pair`
    allows r and s side by side in place of DER, which only a bare signature of a file has.
    """

    signature: bytes
    hint: str | None = None
    certificates: tuple[bytes, ...] = ()
    log_entries: tuple[Mapping[str, Any], ...] = ()
    timestamps: tuple[bytes, ...] = ()
    pair: bool = False


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is stored, or was found: one blob and the notes that its form puts beside it.

    In the classic form it is one layer of the image under the tag; in the bundle form it is the
    one layer of a manifest of its own. `origin` is where it was found.
    """

    form: Form
    media_type: str
    content: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)
    manifest_annotations: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    location: Reference | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that a signature claims to speak of, with the annotations signed for it."""

    digest: Digest | None
    annotations: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """One opened signature: every format opens into it, every trust reads it.

    `payload` keeps the exact bytes, `signed` the bytes that the proof is over. `reference` is
    the docker-reference of a classic payload; `predicate_type` and `statement` are those of a
    statement. `envelope` is the JSON that an attestation was stored as, for whoever prints it;
    empty for a bundle, whose envelope follows from the rest. `origin` says where it was found,
    for reports.
    """

    form: Form
    kind: Kind
    payload: bytes
    signed: bytes | Message
    subjects: tuple[Subject, ...]
    proof: Proof
    reference: str | None = None
    predicate_type: str | None = None
    statement: Mapping[str, Any] | None = None
    envelope: bytes = b""
    origin: str = ""

    def subject(self, digest: Digest) -> Subject | None:
        """Return the subject that is `digest`, or None: this signature is over something else."""
        return next((subject for subject in self.subjects if subject.digest == digest), None)
