"""Parts of a GitHub job summary, and the one limit that matters: over 1 MiB it is dropped whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from boltseal.reports.facts import counted

# GitHub's limit is 1 MiB for one step's file; another step's summary, or our own notes, may
# stand in the same file.
LARGEST = 900 * 1024
# Rows may take this much before the details below them get theirs.
LARGEST_TABLE = 600 * 1024
_REST = 200
LOST = ", whose details did not fit"


def row(cells: Sequence[str]) -> str:
    """Return one line of a table; every cell is Markdown already and holds no pipe."""
    return f"| {' | '.join(cells)} |\n"


def table(head: Sequence[str], rows: Iterable[str], *, noun: str, room: int = LARGEST_TABLE) -> str:
    """Return a table with as many rows as fit into `room` bytes, and how many more there are."""
    top = row(head) + row(["---"] * len(head))
    body = fitting(rows, room=room - len(top.encode()), noun=noun)
    return f"{top}{body}\n"


def fitting(pieces: Iterable[str], *, room: int, noun: str, lost: str = "") -> str:
    """Join as many of `pieces`, whole and in order, as fit into `room` bytes of UTF-8.

    Where some are left out, the last line says `and N more` of the noun, and what was `lost`.
    """
    waiting = list(pieces)
    taken: list[str] = []
    room -= _REST
    for piece in waiting:
        room -= len(piece.encode("utf-8"))
        if room < 0:
            break
        taken.append(piece)
    left = len(waiting) - len(taken)
    rest = f"\n*and {counted(left, f'more {noun}')}{lost}*\n" if left else ""
    return "".join(taken) + rest


def details(summary: str, body: str, *, opened: bool) -> str:
    """Return a folded part; `summary` is HTML, `body` Markdown."""
    state = " open" if opened else ""
    return f"<details{state}>\n<summary>{summary}</summary>\n\n{body.strip()}\n\n</details>\n\n"
