"""The demo does what it tells, and would say so if it did not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.stage import Stage, Surprise
from demo.story import tell
from tests.support.registry import Registry

ROOT = Path(__file__).parents[2]


def test_the_demo_lets_one_image_through_and_stops_the_others(tmp_path: Path) -> None:
    """The demo ends with 0 after the refusals, on a machine where nothing is set up."""
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "COSIGN_REPOSITORY": "elsewhere.test"}
    ended = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    codes = [line.split()[-1] for line in ended.stdout.splitlines() if "[exit code" in line]
    assert codes == ["0]", "0]", "0]", "12]", "10]", "0]", "0]", "12]", "0]", "0]", "12]"]
    assert "annotation 'commit' is" in ended.stdout
    assert not list(tmp_path.iterdir()), "the demo leaves nothing in HOME"


def test_the_demo_fails_with_a_program_that_lets_everything_through(tmp_path: Path) -> None:
    """A boltseal that trusts a changed image makes the demo fail, not look good."""
    gullible = tmp_path / "bin" / "boltseal"
    gullible.parent.mkdir()
    gullible.write_text(
        f'#!/bin/sh\n"{Path(sys.executable).parent}/boltseal" "$@"\nexit 0\n', "utf-8"
    )
    gullible.chmod(0o755)
    stage = Stage(tmp_path, io.StringIO(), programs=gullible.parent)
    with Registry() as registry, pytest.raises(Surprise, match="ended with 0, not 12"):
        tell(stage, registry=registry)
