"""What is signed, as a signature sees it: its digests, and all of its bytes only where a scheme
wants them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

HASHES = ("sha256", "sha384", "sha512")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Message:
    """A message that need not be held in memory.

    `digests` are raw digests by the name of the hash (`HASHES`). `whole` is a view of all bytes,
    such as that of a mapped file; it is None where nothing but digests was kept.
    """

    digests: Mapping[str, bytes]
    whole: memoryview | None = None

    @classmethod
    def of(cls, content: bytes, *, hashes: Iterable[str] = HASHES) -> Message:
        """Take a message that is in memory."""
        digests = {name: hashlib.new(name, content).digest() for name in hashes}
        return cls(digests, memoryview(content))

    @classmethod
    def read(
        cls, chunks: Iterable[bytes], *, hashes: Iterable[str], whole: memoryview | None = None
    ) -> Message:
        """Take a message that comes in chunks, in one pass and without keeping it.

        `whole` is a view of the same bytes for the schemes that want them all.
        """
        running = {name: hashlib.new(name) for name in hashes}
        for chunk in chunks:
            for one in running.values():
                one.update(chunk)
        return cls({name: one.digest() for name, one in running.items()}, whole)

    def pieces(self) -> Iterator[bytes]:
        """Give all bytes in order, a mebibyte at a time; nothing where they were not kept."""
        if self.whole is not None:
            for start in range(0, len(self.whole), _PIECE):
                yield bytes(self.whole[start : start + _PIECE])

    def __repr__(self) -> str:
        known = [f"{name}:{digest.hex()}" for name, digest in self.digests.items()]
        return f"Message({', '.join(known)})"
