"""The rows of the matrix: who signs, with whose key, what, under which name, and who reads it how.

Every writer meets every key, and every combination of annotations, name and shape; every key meets
every value of each of these. What is left out is the product of all of it with all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

READERS = ("boltseal", "2.5", "3.1")
# Program and forms. cosign 2.5 signs images in the classic form only.
WRITERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("boltseal", ("classic",)),
    ("boltseal", ("bundle",)),
    ("boltseal", ("classic", "bundle")),
    ("2.5", ("classic",)),
    ("3.1", ("classic",)),
    ("3.1", ("bundle",)),
)
# Kind of the key, and who made it: by itself or by importing a key of openssl's. Debian's 2.5
# imports Ed25519 only, so 3.1 stands for both cosigns where keys are imported.
KEYS = (
    ("P-256", "boltseal"),
    ("P-256", "2.5"),
    ("P-256", "3.1"),
    *product(("RSA", "P-384", "P-521", "Ed25519"), ("boltseal", "3.1")),
)
# With annotations or without, by tag or by digest, one image or an index with --recursive.
HOWS = tuple(product((False, True), (False, True), (False, True)))
# Keys that cosign 3.1 signs with a hash of its own choosing and verifies with another one.
_OWN_HASH = ("P-384", "P-521", "Ed25519")

TRUSTED, REFUSED, UNSIGNED = "trusted", "refused", "unsigned"


@dataclass(frozen=True, slots=True)
class Row:
    """One image that one program signs with one key."""

    number: int
    writer: str
    forms: tuple[str, ...]
    kind: str
    maker: str
    noted: bool
    by_tag: bool
    index: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """The row in words, as the table prints it."""
        return (
            f"{self.writer} {'+'.join(self.forms)}",
            f"{self.kind} by {self.maker}",
            "hard annotations" if self.noted else "no annotation",
            "by tag" if self.by_tag else "by digest",
            "index" if self.index else "image",
        )

    @property
    def odd_hash(self) -> bool:
        """Whether the signature has a hash that neither cosign verifies without being told."""
        return self.writer == "3.1" and self.kind in _OWN_HASH

    def expected(self, reader: str) -> str:
        """What a reader says of the sound signature, with the right key and annotations."""
        if reader == "boltseal":
            return TRUSTED
        if reader == "2.5" and "classic" not in self.forms:
            return UNSIGNED
        return REFUSED if self.odd_hash else TRUSTED


def rows() -> tuple[Row, ...]:
    """Return every row, each writer with each key, the rest turned so that all of it meets."""
    return tuple(
        _row(number, *divmod(number, len(KEYS))) for number in range(len(WRITERS) * len(KEYS))
    )


def _row(number: int, w: int, k: int) -> Row:
    (writer, forms), (kind, maker) = WRITERS[w], KEYS[k]
    noted, by_tag, index = HOWS[(k + 3 * w) % len(HOWS)]
    return Row(number, writer, forms, kind, maker, noted=noted, by_tag=by_tag, index=index)
