"""Commands are shown as they are run, by a shell, so that each can be typed by whoever watches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

# A setting of the machine's own must not change the story.
_FOREIGN = ("COSIGN_", "BOLTSEAL_", "DOCKER_", "REGISTRY_", "SOURCE_DATE_EPOCH", "XDG_")
_SECONDS = 60


class Surprise(Exception):
    """Tell that a step did something else than the story says."""


class Stage:
    """A folder to work in, the environment of a shell that is in it, and the terminal."""

    def __init__(self, folder: Path, terminal: TextIO, *, programs: Path | None = None) -> None:
        self.folder = folder
        self._terminal = terminal
        self._environment = _environment(
            os.environ, folder=folder, programs=programs or Path(sys.executable).parent
        )
        self._colour = terminal.isatty() and "NO_COLOR" not in os.environ
        self._chapters = 0

    def chapter(self, title: str) -> None:
        """Begin a numbered part."""
        self._chapters += 1
        self._print("\n" + self._style("1", f"{self._chapters}. {title}"))

    def say(self, text: str) -> None:
        """Tell something, in lines that are short already."""
        self._print(text)

    def export(self, name: str, value: str) -> None:
        """Set a variable of the shell, and show it as it would be typed."""
        self._environment[name] = value
        self._print(self._style("36", f"$ export {name}='{value}'"))

    def run(self, line: str, *, code: int = 0, says: str = "") -> str:
        """Run one line of shell, show it and what it says, and return that.

        Raises Surprise where it ends with another code than `code` or does not say `says`.
        """
        self._print(self._style("36", f"$ {line}"))
        ended = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        text = ended.stdout.decode("utf-8", "replace")
        for shown in text.strip("\n").splitlines():
            self._print(f"  {shown}" if shown else "")
        mark = self._style("32" if code == 0 else "31", f"[exit code {ended.returncode}]")
        self._print(f"  {mark}")
        if ended.returncode != code:
            raise Surprise(f"'{line}' ended with {ended.returncode}, not {code}")
        if says not in text:
            raise Surprise(f"'{line}' did not say '{says}'")
        return text

    def _print(self, text: str) -> None:
        print(text, file=self._terminal, flush=True)

    def _style(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self._colour else text


def _environment(outer: Mapping[str, str], *, folder: Path, programs: Path) -> dict[str, str]:
    """Give a shell this environment's `boltseal` first on PATH, and a HOME without logins."""
    kept = {name: value for name, value in outer.items() if not name.startswith(_FOREIGN)}
    return {**kept, "HOME": str(folder), "PATH": f"{programs}:{outer.get('PATH', os.defpath)}"}
