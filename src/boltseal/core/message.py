"""What is signed, as a signature sees it: its digests, and all of its bytes only where a scheme
wants them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

HASHES = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Message:
    """A message that need not be held in memory.

    `digests` are raw digests by the name of the hash (`HASHES`). All bytes are at hand as `whole`
    where they are in memory, or piece by piece from `again`, as often as it is called; where
    nothing but digests was kept, neither is there.
    """

    digests: Mapping[str, bytes]
    whole: bytes | None = None
    again: Callable[[], Iterable[bytes]] | None = None

    @classmethod
    def of(cls, content: bytes, *, hashes: Iterable[str] = HASHES) -> Message:
        """Take a message that is in memory."""
        digests = {name: hashlib.new(name, content).digest() for name in hashes}
        return cls(digests, content)

    @classmethod
    def read(
        cls,
        chunks: Iterable[bytes],
        *,
        hashes: Iterable[str],
        again: Callable[[], Iterable[bytes]] | None = None,
    ) -> Message:
        """Take a message that comes in chunks, in one pass and without keeping it.

        `again` gives the same chunks once more, for the schemes that want them all.
        """
        running = {name: hashlib.new(name) for name in hashes}
        for chunk in chunks:
            for one in running.values():
                one.update(chunk)
        return cls({name: one.digest() for name, one in running.items()}, again=again)

    @property
    def complete(self) -> bool:
        """Whether all bytes are at hand, not only digests."""
        return self.whole is not None or self.again is not None

    def pieces(self) -> Iterable[bytes]:
        """Give all bytes in order, in pieces; nothing where they were not kept."""
        if self.whole is not None:
            return [self.whole]
        return self.again() if self.again is not None else []

    def __repr__(self) -> str:
        known = [f"{name}:{digest.hex()}" for name, digest in self.digests.items()]
        return f"Message({', '.join(known)})"
