"""The one place where an action begins and ends: inputs in, outputs out, every error told once."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn, Protocol, TypeVar

from boltseal.actions.around import Around
from boltseal.actions.declaring import declared, read_inputs
from boltseal.actions.runner import Runner, process_runner
from boltseal.actions.telling import Told, failure, failure_summary
from boltseal.actions.workspace import Workspace
from boltseal.errors import BoltsealError


class Summarized(Protocol):
    """What every action's inputs have, whatever else is among them."""

    @property
    def summary(self) -> bool:
        """Whether a job summary is wanted."""


Inputs = TypeVar("Inputs", bound=Summarized)
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


def run(cls: type[Inputs], work: Callable[[Inputs, Around], Told]) -> NoReturn:
    """Run one action to its end and exit with the code of its kind of failure, 0 for none.

    The signals by which a runner cancels a job end the work at its next request, so that what
    was begun is told.
    """
    runner = process_runner()
    environment = dict(os.environ)
    around = Around(
        environment,
        Workspace.of(environment),
        say=runner.say,
        trace=runner.debug if runner.debugging else None,
    )

    def stop(number: int, frame: FrameType | None) -> None:
        around.stop.set()

    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    sys.exit(finish(told(cls, work, runner=runner, around=around), runner=runner))


def told(
    cls: type[Inputs],
    work: Callable[[Inputs, Around], Told],
    *,
    runner: Runner,
    around: Around,
) -> Told:
    """Read the inputs, mask what is secret in them, and do the work; an error becomes a value."""
    summary = True
    try:
        texts = runner.inputs(declared(cls))
        for secret in ("password", "registry-password"):
            runner.mask(texts.get(secret, ""))
        inputs = read_inputs(cls, texts)
        summary = inputs.summary
        end = work(inputs, around)
        return end if summary else _without_summary(end)
    except BoltsealError as error:
        return _ended(error, summary)
    except Exception as error:
        if runner.debugging:
            for line in "".join(traceback.format_tb(error.__traceback__)).splitlines():
                runner.debug(line)
        return _ended(_unforeseen(error), summary)


def _ended(error: BoltsealError, summary: bool) -> Told:
    return Told(
        summary=failure_summary(error) if summary else "", commands=(failure(error),), error=error
    )


def _without_summary(end: Told) -> Told:
    return Told(end.outputs, end.text, "", end.commands, end.artifacts, end.error, end.paths)


def _unforeseen(error: Exception) -> BoltsealError:
    """Say what kind of error it was and where; what it says itself might hold anything."""
    frames: Any = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return BoltsealError(
        f"an error that boltseal did not foresee: {type(error).__name__}{place}. Please report it, "
        "with the log of a run that has debug logging on (secret ACTIONS_STEP_DEBUG: true)"
    )


def finish(end: Told, *, runner: Runner) -> int:
    """Tell the runner everything, the outputs before all else, and return the exit code."""
    error = end.error
    try:
        for name, value in end.outputs.items():
            runner.output(name, value)
        runner.summary(end.summary)
        if error is None:
            runner.artifacts(end.artifacts)
            runner.paths(end.paths)
    except BoltsealError as unwritable:
        runner.annotate(failure(unwritable))
        error = error or unwritable
    if end.text:
        runner.show(end.text)
    for command in end.commands:
        runner.annotate(command)
    return 0 if error is None else error.exit_code
