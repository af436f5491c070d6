"""How far a run is, on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from boltseal.cli.around import Around
from boltseal.flows import Progress
from boltseal.reports.escape import terminal

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class _Shown(Progress, Protocol):
    def close(self) -> None: ...


@contextmanager
def shown(around: Around) -> Iterator[Progress]:
    """Give a progress that suits standard error, and take it off the screen at the end."""
    progress: _Shown = BarProgress(around) if around.stderr.isatty() else LineProgress(around)
    try:
        yield progress
    finally:
        progress.close()


class LineProgress:
    """A line for each image that is done, where there are several. Thread-safe."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0

    def started(self, total: int) -> None:
        """Remember how many images there will be."""
        self._total = total

    def finished(self, image: str, outcome: str) -> None:
        """Write `signed 3 of 12: name@sha256:…`; children of an index count beyond the total."""
        with self._lock:
            self._done += 1
            if self._total > 1:
                of = f" of {self._total}" if self._done <= self._total else ""
                self._around.say(f"{outcome or 'done'} {self._done}{of}: {image}")

    def notice(self, text: str) -> None:
        """Write a note."""
        with self._lock:
            self._around.say(f"Note: {text}")

    def close(self) -> None:
        """Do nothing: lines stay."""


class BarProgress:
    """A bar, drawn by rich, where there are several images. Thread-safe."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def started(self, total: int) -> None:
        """Draw the bar, unless there is but one image."""
        if total < 2:
            return
        # Imported here: verbs on one image, and in CI, need none of it.
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(file=self._around.stderr), transient=True)
        self._task = self._bar.add_task("images", total=total)
        self._bar.start()

    def finished(self, image: str, outcome: str) -> None:
        """Move the bar on by one image."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def notice(self, text: str) -> None:
        """Write a note above the bar."""
        if self._bar is None:
            self._around.say(f"Note: {text}")
        else:
            self._bar.console.print(
                terminal(f"Note: {text}", limit=4000), markup=False, highlight=False, soft_wrap=True
            )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
