"""Every command and every action has an example, and each example can be used as it stands."""

from __future__ import annotations

import importlib
import io
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from boltseal.cli.around import Around
from boltseal.cli.clicked import LazyGroup
from boltseal.cli.flags import Verb
from boltseal.cli.main import VERBS, program
from tests.docs.pages import ROOT, action_files, example_of, load
from tests.support.making import NOON

_ENDS = {"|", ">", "<", "&&", ";"}


def _lines() -> Iterator[tuple[str, str]]:
    for name, (module, _) in VERBS.items():
        verb: Verb = importlib.import_module(module).VERB
        yield from ((name, command) for _, command in verb.examples)


def _words(name: str, command: str) -> list[str]:
    """Give the words behind `boltseal NAME` up to where a shell would begin something else."""
    begun = command.index(f"boltseal {name}") + len(f"boltseal {name}")
    words = shlex.split(command[begun:].removesuffix(")"))
    return words[: next((i for i, word in enumerate(words) if word in _ENDS), len(words))]


def test_every_command_has_an_example() -> None:
    """No verb is without a command line that begins with it."""
    shown = {name for name, command in _lines() if f"boltseal {name}" in command}
    assert shown == set(VERBS)


@pytest.mark.parametrize(("name", "command"), list(_lines()))
def test_an_example_of_a_command_is_taken_by_it(name: str, command: str) -> None:
    """Its flags are there and have the values that they need; nothing is run."""
    errors = io.StringIO()
    around = Around({}, None, io.BytesIO(), errors, now=lambda: NOON, entropy=bytes)
    found: click.Command | None = program(VERBS)
    ctx = click.Context(program(VERBS), obj=around)
    for part in name.split():
        assert isinstance(found, LazyGroup)
        found = found.get_command(ctx, part)
    assert found is not None
    found.make_context(name, _words(name, command), parent=ctx).close()
    assert errors.getvalue() == ""


@pytest.mark.parametrize("path", action_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_an_example_of_an_action_uses_what_there_is(path: Path) -> None:
    """It names the action itself, and every input that it gives is one."""
    steps = yaml.safe_load(example_of(path))
    folder = path.parent.relative_to(ROOT).as_posix()
    name = "owner/boltseal" + ("" if folder == "." else f"/{folder}") + "@v1"
    (step,) = [step for step in steps if step.get("uses") == name]
    assert set(step.get("with", {})) <= set(load(path)["inputs"])
