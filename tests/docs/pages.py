"""Pages that are written from what they describe: `python -m tests.docs.pages` writes them again.

A test compares them with what is in docs/, so that neither can drift from the other.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_WRITTEN = "This page is written by `make docs`; change {source} instead.\n"


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, "utf-8")


def pages() -> dict[str, str]:
    """Give the text of each page by its name in docs/."""
    return {"actions.md": actions(), "commands.md": commands()}


def action_files() -> list[Path]:
    """Give the action files: the root's first, then those of actions/ by name."""
    return [ROOT / "action.yml", *sorted(ROOT.glob("actions/*/action.yml"))]


def load(path: Path) -> dict[str, Any]:
    """Read one action or workflow file."""
    document = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(document, dict), path
    return document


def actions() -> str:
    """Tell each action's inputs and outputs, from its YAML."""
    source = "`action.yml` and `actions/*/action.yml`"
    parts = ["# The actions\n", _WRITTEN.format(source=source)]
    for path in action_files():
        parts += _action(path)
    return "\n".join(parts)


def _action(path: Path) -> list[str]:
    action = load(path)
    folder = path.parent.relative_to(ROOT).as_posix()
    name = "owner/boltseal" + ("" if folder == "." else f"/{folder}") + "@v1"
    parts = [f"## `{name}`\n", _line(action["description"]) + "\n"]
    parts.append(f"```yaml\n{example_of(path)}```\n")
    inputs = [
        (f"`{key}`", _default(value), _line(value.get("description", "")))
        for key, value in action.get("inputs", {}).items()
    ]
    outputs = [
        (f"`{key}`", _line(value.get("description", "")))
        for key, value in action.get("outputs", {}).items()
    ]
    parts.append(_table(("input", "default", "meaning"), inputs))
    parts.append(_table(("output", "meaning"), outputs))
    return parts


def example_of(path: Path) -> str:
    """Give the steps that stand in an action file's opening comment, under `Example:`."""
    _, _, after = path.read_text("utf-8").partition("# Example:\n")
    lines = itertools.takewhile(lambda line: line.startswith("#   "), after.splitlines())
    return "".join(f"{line[4:]}\n" for line in lines)


def _default(value: Mapping[str, Any]) -> str:
    default = str(value.get("default", ""))
    return f"`{default}`" if default else ""


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def commands() -> str:
    """Tell each verb's help, as the program prints it on a terminal of 100 columns."""
    from boltseal.cli.main import VERBS

    parts = ["# The commands\n", _WRITTEN.format(source="the verbs in `src/boltseal/cli/`")]
    for verb in ("", *VERBS):
        title = f"boltseal {verb}".strip()
        parts.append(f"## `{title}`\n\n```text\n{help_of(verb)}```\n")
    return "\n".join(parts)


def help_of(verb: str) -> str:
    """Run `boltseal VERB --help` and give what it prints."""
    words = [*verb.split(), "--help"]
    ended = subprocess.run(
        [sys.executable, "-m", "boltseal", *words],
        cwd=ROOT,
        env={"PATH": os.defpath, "COLUMNS": "100", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return "\n".join(line.rstrip() for line in ended.stdout.splitlines()) + "\n"


if __name__ == "__main__":
    main()
