"""What an action tells the workflow at its end, as one value, and what it tells on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from boltseal.errors import BoltsealError
from boltseal.reports.annotations import LONGEST, MOST, Command, Level
from boltseal.reports.escape import code, prose, terminal


@dataclass(frozen=True, slots=True)
class Told:
    """The end of an action: outputs by name, a summary in Markdown, a text for the log, and so on.

    `error` decides the exit code; None is success. `commands` are what is annotated beside it,
    `artifacts` the images by digest that this step made, `paths` the folders that are put in
    front of PATH for later steps.
    """

    outputs: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    summary: str = ""
    commands: tuple[Command, ...] = ()
    artifacts: tuple[str, ...] = ()
    error: BoltsealError | None = None
    paths: tuple[str, ...] = ()


class Telling:
    """A progress that prints a line for each image, and keeps the notices. Thread-safe."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` prints one line."""
        self._say = say
        self._lock = threading.Lock()
        self.notices: list[str] = []

    def started(self, total: int) -> None:
        """Say nothing: the log has the images one by one."""

    def finished(self, image: str, outcome: str) -> None:
        """Print how it went with one image."""
        with self._lock:
            self._say(f"{image}: {outcome}")

    def notice(self, text: str) -> None:
        """Print a notice, and keep it for the annotations."""
        with self._lock:
            if text not in self.notices:
                self.notices.append(text)
                self._say(f"Note: {text}")


def notices(texts: Sequence[str]) -> tuple[Command, ...]:
    """Return notices as annotations, those beyond a runner's ten as one."""
    if len(texts) <= MOST:
        return tuple(Command(Level.NOTICE, "boltseal", terminal(text)) for text in texts)
    rest = "\n".join(f"- {terminal(text, limit=300)}" for text in texts[MOST - 1 :])
    last = Command(Level.NOTICE, "boltseal", f"and {len(texts) - MOST + 1} more\n{rest}"[:LONGEST])
    return (*notices(texts[: MOST - 1]), last)


def failure(error: BoltsealError) -> Command:
    """Return the annotation for an error that stopped the action before it had a report."""
    return Command(Level.ERROR, f"boltseal: {error.title}", terminal(str(error), limit=LONGEST))


def failure_summary(error: BoltsealError) -> str:
    """Return the job summary for an error that stopped the action before it had a report."""
    return f"## ❌ boltseal: {error.title}\n\n{prose(str(error))}\n\n"


def listed(head: str, texts: Sequence[str]) -> str:
    """Return a Markdown list of references or commands under a bold head, nothing for none."""
    return f"**{head}**\n\n" + "".join(f"- {code(text)}\n" for text in texts) if texts else ""
