"""The one adapter to a CI runner: its inputs, outputs, masks, log, annotations and summary.

GitHub's protocol (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands)
over actions-toolkit, which reads inputs, writes outputs and masks well and leaves the rest open:
names of outputs, empty masks, flushing, the job summary, and commands in what others wrote.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence

from actions_toolkit import core

from boltseal.actions.declaring import Declared
from boltseal.errors import FileUnusable
from boltseal.reports.annotations import Command
from boltseal.reports.escape import terminal

_OUTPUT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# GitHub drops all of a job's outputs together when they pass 1 MiB.
LARGEST_OUTPUT = 256 * 1024
LARGEST_SUMMARY = 1000 * 1024
_LONGEST_LINE = 4000
# A mask of a few characters would cover half of every log.
_SHORTEST_MASK = 6


class Runner:
    """The runner that this process was started by; it speaks through standard output and files."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the process's own environment, which actions-toolkit reads by itself too."""
        self._environment = environment
        # Windows' code pages cannot write what a registry may send, and half of a line is worse.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")

    def inputs(self, wanted: Iterable[Declared]) -> dict[str, str]:
        """Return the texts of inputs by name, untouched; one that is not there is empty."""
        # A password is taken as it is, white space and all.
        texts = {one.name: one.variable.removeprefix("INPUT_") for one in wanted}
        return {name: core.get_input(text, trim_whitespace=False) for name, text in texts.items()}

    def output(self, name: str, value: str) -> None:
        """Set an output of this step; raise ValueError for a name that no YAML can map.

        One that is too large for a runner is left out, with a warning, since it would take all
        others with it.
        """
        if not _OUTPUT.fullmatch(name):
            raise ValueError(name)
        if len(value) > LARGEST_OUTPUT:
            self.say(f"the output {name} has {len(value)} characters and is left out: too large")
            return
        # Without the file the toolkit falls back to a command that runners refuse by now.
        if not self._environment.get("GITHUB_OUTPUT"):
            self.say(f"{name}={value}")
            return
        try:
            core.set_output(name, _clean(value))
        except Exception as error:  # the toolkit raises nothing more exact
            raise FileUnusable(f"cannot write to GITHUB_OUTPUT: {error}") from error

    def mask(self, secret: str) -> None:
        """Have the runner hide a secret, its lines, and what it becomes in JSON and base64.

        Outside of a runner nothing hides what is printed here, so nothing is. Short texts are
        left alone.
        """
        if self._environment.get("GITHUB_ACTIONS") != "true":
            return
        for form in _forms(secret):
            core.set_secret(form)
        sys.stdout.flush()

    def say(self, line: str) -> None:
        """Print one line; what came from outside is shown, never obeyed."""
        self._write(terminal(line, limit=_LONGEST_LINE) + "\n")

    def show(self, text: str) -> None:
        """Print a report that is escaped already, with commands stopped all the same."""
        token = secrets.token_hex(16)
        calm = text if text.endswith("\n") else text + "\n"
        self._write(f"::stop-commands::{token}\n{calm}::{token}::\n")

    def annotate(self, command: Command) -> None:
        """Print a workflow command that annotates."""
        self._write(f"{command}\n")

    def debug(self, line: str) -> None:
        """Print a line that is shown where the workflow's debug logging is on."""
        core.debug(terminal(line, limit=_LONGEST_LINE))
        sys.stdout.flush()

    @property
    def debugging(self) -> bool:
        """Whether debug logging is on."""
        return self._environment.get("RUNNER_DEBUG") == "1"

    def summary(self, markdown: str) -> None:
        """Add to this step's part of the job summary; over 1 MiB a runner drops all of it."""
        size = len(markdown.encode("utf-8", "backslashreplace"))
        if size > LARGEST_SUMMARY:
            markdown = f"*The summary has {size} bytes, more than a runner takes; see the log.*\n"
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def artifacts(self, references: Iterable[str]) -> None:
        """Declare images by digest as what this step made, where the runner has such a list."""
        lines = "".join(f"oci://{reference}\n" for reference in references)
        self._append("GITHUB_ARTIFACTS", lines)

    def paths(self, folders: Sequence[str]) -> None:
        """Put folders in front of PATH for later steps; raise FileUnusable where that cannot be.

        Without the file that a runner gives for it, the command that it replaced is of no use.
        """
        if folders and not self._environment.get("GITHUB_PATH"):
            raise FileUnusable("GITHUB_PATH is not set, so that no folder can be put on PATH")
        self._append("GITHUB_PATH", "".join(f"{folder}\n" for folder in folders))

    def _append(self, variable: str, text: str) -> None:
        path = self._environment.get(variable)
        if not path or not text:
            return
        try:
            with open(path, "a", encoding="utf-8", newline="\n") as file:
                file.write(_clean(text))
        except OSError as error:
            raise FileUnusable(f"cannot write to {variable}: {error.strerror}") from error

    def _write(self, text: str) -> None:
        sys.stdout.write(_clean(text))
        sys.stdout.flush()


def process_runner() -> Runner:
    """Return the runner of this process."""
    return Runner(os.environ)


def _clean(text: str) -> str:
    """Write half of a surrogate pair as an escape; no file in UTF-8 could hold it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _forms(secret: str) -> list[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    forms = [secret, *secret.splitlines(), json.dumps(secret)[1:-1]]
    forms.append(base64.b64encode(raw).decode("ascii"))
    whole = [_clean(form.strip()) for form in forms]
    return list(dict.fromkeys(form for form in whole if len(form) >= _SHORTEST_MASK))
