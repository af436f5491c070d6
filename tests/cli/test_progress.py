"""How far a run is: lines where nobody watches, a bar on a terminal."""

from __future__ import annotations

import io
import os

from boltseal.cli.around import Around
from boltseal.cli.progress import shown
from tests.support.making import NOON


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _around(stderr: io.StringIO) -> Around:
    return Around({"TERM": "xterm"}, None, io.BytesIO(), stderr, lambda: NOON, os.urandom)


def _told(stderr: io.StringIO, total: int) -> str:
    with shown(_around(stderr)) as progress:
        progress.started(total)
        progress.notice("mind\x1b[2J this")
        for number in range(total):
            progress.finished(f"image-{number}", "signed")
    return stderr.getvalue()


def test_lines_are_counted() -> None:
    """Off a terminal each image that is done is a line, and a note is escaped."""
    assert _told(io.StringIO(), 2) == (
        "Note: mind\\x1b[2J this\nsigned 1 of 2: image-0\nsigned 2 of 2: image-1\n"
    )


def test_one_image_needs_no_progress() -> None:
    """For a single image only notes are written, on a terminal as well as off it."""
    assert _told(io.StringIO(), 1) == _told(_Terminal(), 1) == "Note: mind\\x1b[2J this\n"


def test_a_terminal_gets_a_bar() -> None:
    """On a terminal several images move a bar, and a note stands above it."""
    told = _told(_Terminal(), 3)
    assert "100%" in told
    assert "Note: mind\\x1b[2J this" in told
    assert "image-0" not in told
