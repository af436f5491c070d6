"""The marker `peers`: what needs real programs is skipped without them, or demanded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SKIPPED = 'import pytest\n\n{mark}\ndef test_it():\n    pytest.skip("{reason}")\n'
MARK = "@pytest.mark.peers"


def run(
    folder: Path, *, mark: str, reason: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(SKIPPED.format(mark=mark, reason=reason), "utf-8")
    return run_there(folder, **environment)


def run_there(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = peers\n", "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_skipped_peers_test_passes_where_nothing_is_demanded(tmp_path: Path) -> None:
    """Without the real program, its test is skipped and the run is green."""
    ended = run(tmp_path, mark=MARK, reason="no registry")
    assert (ended.returncode, "1 skipped" in ended.stdout) == (0, True), ended.stdout


def test_a_skipped_peers_test_fails_where_peers_are_demanded(tmp_path: Path) -> None:
    """`make test-peers` is red as soon as one test with a real peer does not run."""
    ended = run(tmp_path, mark=MARK, reason="no registry", BOLTSEAL_REQUIRE_PEERS="1")
    assert (ended.returncode, "1 failed" in ended.stdout) == (1, True), ended.stdout
    assert "no registry" in ended.stdout


def test_a_test_that_asks_for_a_peer_has_the_marker(tmp_path: Path) -> None:
    """A test that looks for a real program and is not marked fails, since nobody would run it."""
    reason = "the real program 'act' is not here; .ci/peers installs it"
    ended = run(tmp_path, mark="", reason=reason)
    assert (ended.returncode, "1 failed" in ended.stdout) == (1, True), ended.stdout


def test_another_skip_is_left_alone(tmp_path: Path) -> None:
    """A test that another system cannot run stays skipped, whatever is demanded of peers."""
    ended = run(tmp_path, mark="", reason="no bash", BOLTSEAL_REQUIRE_PEERS="1")
    assert (ended.returncode, "1 skipped" in ended.stdout) == (0, True), ended.stdout


STARTS = """import subprocess


def test_it():
    subprocess.run(["{program}", "--version"], check=True)
"""


def test_a_test_of_a_program_that_the_machine_lacks_is_skipped(tmp_path: Path) -> None:
    """A machine with Python and make alone passes the tests; one that demands all does not."""
    (tmp_path / "test_it.py").write_text(STARTS.format(program="git"), "utf-8")
    alone = run_there(tmp_path, PATH=str(tmp_path))
    assert (alone.returncode, "1 skipped" in alone.stdout) == (0, True), alone.stdout
    demanding = run_there(tmp_path, PATH=str(tmp_path), BOLTSEAL_REQUIRE_PEERS="1")
    assert demanding.returncode == 1, demanding.stdout


def test_a_program_of_our_own_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    """Only programs that are nobody's promise may be missing."""
    (tmp_path / "test_it.py").write_text(STARTS.format(program="boltseal"), "utf-8")
    assert run_there(tmp_path, PATH=str(tmp_path)).returncode == 1
