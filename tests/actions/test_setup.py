"""`setup` leaves a program on PATH that starts this very boltseal, whatever lies around it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import boltseal
from boltseal.actions.runner import Runner
from boltseal.actions.seam import finish
from boltseal.actions.setup import SETUP_OUTPUTS, place, set_up
from boltseal.actions.telling import Told
from boltseal.errors import FileUnusable, UsageError
from tests.actions.desk import Desk


def _version(folder: Path, *, cwd: Path) -> str:
    ended = subprocess.run(
        ["boltseal", "version", "--json"],
        cwd=cwd,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout


def test_the_program_on_path_is_this_one(tmp_path: Path) -> None:
    """It runs in a folder that plants modules, and from a path that a shell would cut up."""
    folder = tmp_path / "a b'$(c)"
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    made = place(folder / "path", python=Path(sys.executable))
    work_folder = tmp_path / "work"
    (work_folder / "boltseal").mkdir(parents=True)
    (work_folder / "boltseal" / "__init__.py").write_text("raise SystemExit('planted')\n")
    assert f'"v{boltseal.__version__}"' in _version(made, cwd=work_folder)
    assert place(folder / "path", python=Path(sys.executable)) == made
    assert [path.name for path in made.iterdir()] == ["boltseal"]


def test_a_python_with_an_odd_name_is_started(tmp_path: Path) -> None:
    """Quotes, spaces and dollars in the path of Python stay what they are."""
    python = tmp_path / "p'y $(t)\"hon"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    made = place(tmp_path / "path", python=python)
    ended = subprocess.run(
        [str(made / "boltseal"), "a b", "$c"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "-I -m boltseal a b $c\n"


def test_a_folder_that_path_cannot_hold_is_refused(tmp_path: Path) -> None:
    """A colon would make two folders of one, the second of which anybody could make."""
    with pytest.raises(UsageError):
        place(tmp_path / "a:b", python=Path(sys.executable))
    with pytest.raises(FileUnusable):
        place(tmp_path / "missing" / "path", python=Path(sys.executable))


def test_what_is_set_up_is_told(desk: Desk) -> None:
    """The outputs are those that are declared, and the folder is handed on."""
    told = set_up(desk.folder, desk.around())
    assert set(told.outputs) == set(SETUP_OUTPUTS)
    assert told.paths == (told.outputs["path"],)
    assert (Path(told.paths[0]) / "boltseal").exists()


def test_the_folder_goes_into_the_runners_file(tmp_path: Path) -> None:
    """It is appended to GITHUB_PATH; without that file the action fails and says so."""
    file = tmp_path / "path"
    file.write_text("/first\n")
    runner = Runner({"GITHUB_PATH": str(file)})
    assert finish(Told(paths=("/opt/boltseal",)), runner=runner) == 0
    assert file.read_text() == "/first\n/opt/boltseal\n"
    assert finish(Told(paths=("/opt/boltseal",)), runner=Runner({})) == FileUnusable.exit_code
