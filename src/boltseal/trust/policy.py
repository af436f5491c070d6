"""How much belief is enough: distinct anchors counted against what was required."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from boltseal.core.verdict import Anchor
from boltseal.errors import UsageError


@dataclass(frozen=True, slots=True)
class Requirement:
    """A number of distinct anchors, out of those that are known, that must stand behind an image.

    Anchors count by their fingerprints: one key that signed many times is one, and so is a key
    that is listed under two names.
    """

    known: tuple[Anchor, ...]
    count: int

    @classmethod
    def parse(cls, text: str, *, known: tuple[Anchor, ...]) -> Requirement:
        """Read `any`, `all` or a number from 1 to the number of known anchors.

        Raise UsageError for anything else, and where nothing is known that could be believed.
        """
        distinct = len({anchor.fingerprint for anchor in known})
        if not distinct:
            raise UsageError("no key was given to verify with; use --key")
        if text == "any":
            return cls(known, 1)
        if text == "all":
            return cls(known, distinct)
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= distinct:
            raise UsageError(
                f"--require {text!r} asks for what cannot be: write any, all or a number from "
                f"1 to {distinct}, the number of distinct keys given"
            )
        return cls(known, int(text))

    def met_by(self, anchors: Iterable[Anchor]) -> bool:
        """Tell whether enough distinct known anchors are among `anchors`."""
        return self._matched(anchors) >= self.count

    def shortfall(self, anchors: Iterable[Anchor]) -> str:
        """Say how many are there and which are missing."""
        found = {anchor.fingerprint for anchor in anchors}
        missing = [anchor.name for anchor in self.known if anchor.fingerprint not in found]
        return (
            f"{self._matched(anchors)} of {self.count} required keys signed it; "
            f"no trusted signature by {', '.join(missing)}"
        )

    def _matched(self, anchors: Iterable[Anchor]) -> int:
        known = {anchor.fingerprint for anchor in self.known}
        return len(known & {anchor.fingerprint for anchor in anchors})
