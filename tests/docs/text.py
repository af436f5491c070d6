"""What tests read out of our Markdown: code blocks with their markers, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_EXITS = re.compile(r"exits (\d+)")
_NEEDS = re.compile(r"needs (\w+)")


@dataclass(frozen=True, slots=True)
class Block:
    """Hold a code block; `mark` is the comment right above it, such as `run, exits 12`."""

    mark: str
    kind: str
    text: str

    @property
    def runs(self) -> bool:
        """Tell whether a test runs it."""
        return self.mark.split(",")[0] == "run"

    @property
    def exits(self) -> int:
        """Give the exit code that it should end with."""
        found = _EXITS.search(self.mark)
        return int(found[1]) if found else 0

    @property
    def needs(self) -> str:
        """Give the program beyond ours that it cannot do without, or nothing."""
        found = _NEEDS.search(self.mark)
        return found[1] if found else ""


def read(name: str) -> str:
    """Read a page by its name in the repository."""
    return (ROOT / name).read_text("utf-8")


def blocks(page: str) -> Iterator[Block]:
    """Give a page's code blocks in order."""
    for found in _BLOCK.finditer(page):
        yield Block(mark=found["mark"] or "", kind=found["kind"], text=found["text"])


def links(page: str) -> list[str]:
    """Give the targets of a page's links into this repository."""
    return [target for target in _LINK.findall(page) if "://" not in target]


def rows(page: str, *, below: str) -> list[list[str]]:
    """Give the cells of the first table after the line `below`, without its head."""
    after = page.split(f"{below}\n", 1)[1]
    lines = [line for line in after.splitlines() if line.strip()]
    table: list[str] = []
    for line in lines:
        if line.startswith("|"):
            table.append(line)
        elif table:
            break
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
