"""Consent to overwrite a key: by flag or by an answer, never by silence."""

from __future__ import annotations

import os

from boltseal.cli.around import Around
from boltseal.cli.flags import Given
from boltseal.cli.passwords import VARIABLE
from boltseal.errors import FileUnusable, UsageError

_QUESTION = "Are you sure you would like to continue? [y/N] "


def may_overwrite(given: Given, prefix: str) -> bool:
    """Return whether files of this prefix are there and may be replaced; False if none is there.

    The answer is read from a terminal, or from a pipe that is not needed for the password.
    Raise FileUnusable where nobody consents, UsageError for an answer that is neither y nor n.
    """
    there = [f"{prefix}{end}" for end in (".key", ".pub") if os.path.lexists(f"{prefix}{end}")]
    if not there:
        return False
    if given.flag("yes"):
        return True
    around = given.around
    if not around.asks and VARIABLE not in around.environment:
        raise _declined(there[0], "nobody could be asked")
    around.say(f"WARNING: File {there[0]} already exists. Overwrite?")
    answer = _answer(around)
    if answer in ("y", "Y"):
        return True
    if answer in ("", "n", "N"):
        raise _declined(there[0], "user declined the prompt")
    raise UsageError(f"invalid input {answer!r} (allowed values y, n)")


def goes_on(given: Given, warning: str) -> bool:
    """Ask whether to do what `warning` says; without anybody to ask, nobody consents.

    Raise UsageError for an answer that is neither y nor n.
    """
    around = given.around
    around.say(f"WARNING: {warning}")
    answer = _answer(around)
    if answer in ("y", "Y"):
        return True
    if answer in ("", "n", "N"):
        around.say("Note: nothing was done; give --force, or answer y")
        return False
    raise UsageError(f"invalid input {answer!r} (allowed values y, n)")


def _answer(around: Around) -> str:
    around.tell(_QUESTION)
    line = around.stdin.readline(1024) if around.stdin else b""
    if not around.asks:
        around.tell("\n")
    return line.decode("utf-8", "replace").strip()


def _declined(path: str, why: str) -> FileUnusable:
    return FileUnusable(
        f"{why}: {path} is there and is kept; move it away, give another --output-key-prefix, or "
        "--yes to lose it"
    )
