"""A file's text, of which every character has a line and a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from boltseal.core.places import Place
from boltseal.errors import Malformed

LARGEST = 5 * 1024 * 1024
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Block:
    """Where in another text each line of this one stands, or at least where all of it does.

    `columns` gives, for every line, how many characters stand before it; None where the line
    differs from what is written there, because of escapes or folding.
    """

    first_line: int
    columns: tuple[int | None, ...]
    start: Place


@dataclass(frozen=True, slots=True)
class Source:
    r"""A text with its path; lines end at `\n`, and a `\r` before it is part of the end."""

    path: str
    text: str
    starts: tuple[int, ...]
    block: Block | None = None

    @classmethod
    def parse(cls, path: str, text: str) -> Source:
        """Take a text of at most 5 MiB without NULs; a byte order mark in front is dropped.

        Raise Malformed for anything else, UsageError for a path outside the repository.
        """
        Place(path, 1)
        if len(text) > LARGEST:
            raise Malformed(f"{path} is larger than {LARGEST >> 20} MiB, which no manifest is")
        if "\0" in text:
            raise Malformed(f"{path} holds NUL characters, so it is no text file")
        if not text.isascii() and _SURROGATE.search(text):
            raise Malformed(f"{path} is not UTF-8 text")
        return cls._of(path, text.removeprefix("\ufeff"))

    @classmethod
    def _of(cls, path: str, text: str, block: Block | None = None) -> Source:
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        return cls(path, text, tuple(starts), block)

    def within(self, text: str, *, start: int, literal: bool) -> Source:
        """Return the text of a scalar that begins at `start` as a source of its own.

        `literal` says that the scalar is a literal block, whose lines stand in this source one
        by one, indented; places in it are then exact.
        """
        first = self._line_of(start) + 1
        columns: list[int | None] = []
        for number, line in enumerate(text.split("\n")):
            written = self.line(first + number) if literal else None
            same = written is not None and written.endswith(line)
            columns.append(len(written) - len(line) if written is not None and same else None)
        block = Block(first, tuple(columns), self.place(start))
        if self.block is not None:
            block = Block(first, (None,) * len(columns), self.place(start))
        return Source._of(self.path, text, block)

    def line(self, index: int) -> str | None:
        """Return line `index`, counted from 0, without its end; None beyond the last."""
        if index >= len(self.starts):
            return None
        last = index + 1 == len(self.starts)
        end = len(self.text) if last else self.starts[index + 1] - 1
        return self.text[self.starts[index] : end].removesuffix("\r")

    def place(self, start: int, end: int | None = None) -> Place:
        """Return where the characters from `start` up to, not including, `end` stand."""
        line = self._line_of(start)
        column = start - self.starts[line] + 1
        stop = None
        if end is not None and end >= start and self._line_of(end) == line:
            stop = end - self.starts[line] + 1
        if self.block is None:
            return Place(self.path, line + 1, column, stop)
        before = self.block.columns[line] if line < len(self.block.columns) else None
        if before is None:
            return self.block.start
        number = self.block.first_line + line + 1
        return Place(self.path, number, column + before, None if stop is None else stop + before)

    def _line_of(self, offset: int) -> int:
        return bisect_right(self.starts, max(offset, 0)) - 1
