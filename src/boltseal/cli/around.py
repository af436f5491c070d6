"""What surrounds a run, as one value: environment, streams, clock, chance, and the wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, TextIO

from boltseal.errors import FileUnusable, Interrupted
from boltseal.reports.escape import terminal

_LONGEST_LINE = 4000


@dataclass(frozen=True, slots=True)
class Around:
    """Everything that a verb may see of the process; a test makes one of its own.

    `stdin` is None where there is none. `now` gives the time with its zone, `entropy(n)` n random
    bytes. Whoever sets `stop` ends the run at the next request. `began` is monotonic time.
    """

    environment: Mapping[str, str] = field(repr=False)
    stdin: BinaryIO | None
    stdout: BinaryIO
    stderr: TextIO
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    stop: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise Interrupted once the run is to stop; the transport asks between its steps."""
        if self.stop.is_set():
            raise Interrupted("the run was stopped by a signal before its end")

    def say(self, line: str) -> None:
        """Write one line to standard error; what came from outside is shown, never obeyed."""
        self.stderr.write(terminal(line, limit=_LONGEST_LINE) + "\n")
        self.stderr.flush()

    def tell(self, text: str) -> None:
        """Write text to standard error that a report has escaped already."""
        self.stderr.write(text)
        self.stderr.flush()

    def put(self, content: bytes) -> None:
        """Write a result to standard output; raise FileUnusable where it takes none."""
        try:
            self.stdout.write(content)
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileUnusable(f"standard output cannot be written: {error.strerror}") from error

    @property
    def asks(self) -> bool:
        """Whether somebody sits at standard input who can be asked."""
        return self.stdin is not None and self.stdin.isatty()

    @property
    def colour(self) -> bool:
        """Whether standard error is a terminal that wants colour (https://no-color.org)."""
        return self.stderr.isatty() and not self.environment.get("NO_COLOR")
