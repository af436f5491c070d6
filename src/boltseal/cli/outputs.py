"""Files that `sign` writes of what it signs, as cosign writes them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from boltseal.cli.files import save
from boltseal.cli.flags import Given
from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Descriptor
from boltseal.core.signature import Artifact, Form
from boltseal.errors import UsageError
from boltseal.formats.simplesigning import SIGNATURE
from boltseal.stores import Found, Placed, Shelf

_FORM_OF = {
    "output-signature": Form.CLASSIC,
    "output-payload": Form.CLASSIC,
    "bundle": Form.BUNDLE,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What was signed in one run, by form and digest, in the order of signing. Thread-safe."""

    artifacts: dict[tuple[Form, Digest], list[Artifact]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, artifact: Artifact, digest: Digest | None) -> None:
        """Keep one artifact."""
        if digest is not None:
            with self.lock:
                self.artifacts.setdefault((artifact.form, digest), []).append(artifact)


@dataclass(frozen=True, slots=True)
class KeepingShelf:
    """A shelf that also keeps what is placed; with `uploads` off, it keeps it and no more."""

    inner: Shelf
    kept: Kept
    uploads: bool

    @property
    def form(self) -> Form:
        """The form of the inner shelf."""
        return self.inner.form

    def find(self, subject: Reference, *, only: Sequence[bytes] | None = None) -> Found:
        """Search the inner shelf; without uploads there is nothing to compare with."""
        return self.inner.find(subject, only=only) if self.uploads else Found()

    def place(
        self,
        artifact: Artifact,
        subject: Reference,
        described: Descriptor | None,
        *,
        seen: Found | None = None,
    ) -> Placed:
        """Keep the artifact and place it."""
        self.kept.add(artifact, subject.digest)
        if not self.uploads:
            return Placed(artifact, subject, subject)
        return self.inner.place(artifact, subject, described, seen=seen)

    def confirm(self, placed: Placed) -> Placed:
        """Read back on the inner shelf what was placed there."""
        return self.inner.confirm(placed) if self.uploads else placed

    def remove(self, artifacts: Sequence[Artifact], subject: Reference) -> tuple[str, ...]:
        """Remove from the inner shelf."""
        return self.inner.remove(artifacts, subject) if self.uploads else ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files asked for, by flag, and whether the signatures are uploaded too."""

    files: tuple[tuple[str, str], ...]
    uploads: bool
    recursive: bool
    kept: Kept = field(default_factory=Kept)

    @classmethod
    def of(cls, given: Given, forms: Sequence[Form]) -> Outputs:
        """Read the flags; raise UsageError where a file would not be written as asked."""
        files = tuple((name, given.text(name)) for name in _FORM_OF if given.text(name))
        uploads = given.flag("upload", default=True)
        if not files and not uploads:
            raise UsageError(
                "--upload=false signs for files, and none is named; "
                "give --output-signature, --output-payload or --bundle FILE"
            )
        for name, _ in files:
            _check(name, given, forms)
        return cls(files, uploads, given.flag("recursive"))

    def around(self, shelves: Sequence[Shelf]) -> tuple[Shelf, ...]:
        """Return the shelves, made to keep what the files need."""
        if not self.files:
            return tuple(shelves)
        return tuple(KeepingShelf(shelf, self.kept, self.uploads) for shelf in shelves)

    def write(self) -> None:
        """Write the files for you alone; several signatures of one image are joined by line breaks.

        With --recursive each name ends in `-sha256-<hex>`, as cosign's do. Raise FileUnusable.
        """
        for name, path in self.files:
            for (form, digest), artifacts in self.kept.artifacts.items():
                if form is _FORM_OF[name]:
                    place = f"{path}-sha256-{digest.hex}" if self.recursive else path
                    save(place, b"\n".join(_content(name, a) for a in artifacts), mode=0o600)


def _check(name: str, given: Given, forms: Sequence[Form]) -> None:
    form = _FORM_OF[name]
    if form not in forms:
        raise UsageError(
            f"{given.called(name)} writes the {form} form; give --format {form} or both"
        )
    if len(given.words) > 1:
        raise UsageError(f"{given.called(name)} names one file, and several images were given")
    if given.flag("dry-run"):
        raise UsageError(
            f"{given.called(name)} and --dry-run: nothing is signed, so none is written"
        )
    if given.text("on-existing") in ("skip", "fail"):
        raise UsageError(
            f"{given.called(name)} writes what is signed now; give --on-existing append or replace"
        )


def _content(name: str, artifact: Artifact) -> bytes:
    if name == "output-signature":
        return artifact.annotations[SIGNATURE].encode("ascii")
    return artifact.content
