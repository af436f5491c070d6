"""The action `setup`: `boltseal` on PATH for the later steps of the job.

environment of this very step -> program in a folder of its own -> GITHUB_PATH
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from boltseal import __version__
from boltseal.actions.around import Around
from boltseal.actions.declaring import wanted
from boltseal.actions.reading import word
from boltseal.actions.seam import run
from boltseal.actions.telling import Told
from boltseal.errors import FileUnusable, UsageError

SETUP_OUTPUTS = {
    "version": "The version of boltseal, such as 0.1.0.",
    "path": "The folder that was put in front of PATH, with the program boltseal in it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupInputs:
    """Inputs of actions/setup: which Python, and from where packages come."""

    python: str = wanted(
        word, "", "The Python to run with, 3.10 or newer; by default the first on PATH."
    )
    wheelhouse: str = wanted(
        word,
        "",
        """A folder of wheels to install from, for runners without a package index; made with
        `pip download -r actions/requirements.txt`.""",
    )

    @property
    def summary(self) -> bool:
        """Never: there is nothing to tell in a summary."""
        return False


def work(inputs: SetupInputs, around: Around) -> Told:
    """Put the program of this step's own environment in place, and return its folder."""
    # Beside its Python, in the environment that only this user can write to.
    return set_up(Path(sys.prefix), around)


def set_up(prefix: Path, around: Around) -> Told:
    """Put the program into `prefix`, an environment's folder, and return what to tell."""
    folder = place(prefix / "path", python=Path(sys.executable))
    around.say(f"boltseal {__version__} is on PATH for the steps that follow: {folder}")
    outputs = {"version": __version__, "path": str(folder)}
    return Told(outputs, paths=(str(folder),))


def place(folder: Path, *, python: Path) -> Path:
    """Write the program that starts boltseal with `python`, and return its folder.

    It starts Python with -I, as the actions do, so that nothing of a step's working directory is
    imported. Several jobs may do this at once. Raise FileUnusable, and UsageError for a path that
    could not stand on PATH.
    """
    if os.pathsep in str(folder) or "\n" in str(folder):
        raise UsageError(f"{str(folder)!r} cannot be put on PATH: it holds {os.pathsep!r}")
    programs = {"boltseal": f'#!/bin/sh\nexec {shlex.quote(str(python))} -I -m boltseal "$@"\n'}
    if os.name == "nt":
        programs = {
            "boltseal": f'#!/bin/sh\nexec {shlex.quote(python.as_posix())} -I -m boltseal "$@"\n',
            "boltseal.cmd": f'@"{python}" -I -m boltseal %*\r\n',
        }
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, text in programs.items():
            _write(folder / name, text)
    except OSError as error:
        raise FileUnusable(
            f"the program boltseal cannot be written to {str(folder)!r}: {error.strerror}"
        ) from error
    return folder


def _write(path: Path, text: str) -> None:
    """Write a program so that whoever starts it meanwhile sees the old or the new one, whole."""
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    os.chmod(name, 0o700)
    os.replace(name, path)


if __name__ == "__main__":
    run(SetupInputs, work)
