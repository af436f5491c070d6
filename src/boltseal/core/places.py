"""Where something stands in a file of the repository, so that a report can point at it."""

from __future__ import annotations

from dataclasses import dataclass

from boltseal.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, a line and the columns of a text in it.

    `path` is relative to the repository's root with `/` between its parts. Lines and columns
    count from 1, columns in Unicode code points; `end_column` is the one after the last
    character on the same line, None where the text goes on over several lines or is not known.
    A byte order mark is not counted.
    """

    path: str
    line: int
    column: int = 1
    end_column: int | None = None

    def __post_init__(self) -> None:
        """Refuse with UsageError what does not stay in the repository or cannot be pointed at."""
        parts = self.path.split("/")
        if "\\" in self.path or "\0" in self.path or any(part in {"", ".", ".."} for part in parts):
            raise UsageError(
                f"{self.path[:200]!r} is no path inside the repository; write it relative to the "
                "root, with '/' and without '.' or '..'"
            )
        if self.line < 1 or self.column < 1:
            raise UsageError(f"{self.path!r}: lines and columns count from 1")
        if self.end_column is not None and self.end_column < self.column:
            raise UsageError(f"{self.path!r}, line {self.line}: the end lies before the beginning")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"
