"""An action reads and writes the job's own files, wherever a path points."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from boltseal.actions.workspace import Workspace, read_event
from boltseal.errors import FileUnusable, UsageError
from tests.peers.act import commit


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name in ("checkout", "scratch", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name, "utf-8")
    environment = {
        "GITHUB_WORKSPACE": str(tmp_path / "checkout"),
        "RUNNER_TEMP": str(tmp_path / "scratch"),
    }
    return Workspace.of(environment)


def test_paths_are_read_from_the_checkout_and_the_runners_folder(workspace: Workspace) -> None:
    """Relative paths start at the checkout; the temporary folder is named from its root."""
    assert workspace.read("file") == b"checkout"
    assert workspace.read("./file") == b"checkout"
    assert workspace.scratch is not None
    assert workspace.read(str(workspace.scratch / "file")) == b"scratch"


@pytest.mark.parametrize(
    "path",
    [
        "../outside/file",
        "/etc/passwd",
        "/proc/self/environ",
        "sub/../../outside/file",
        "a\0b",
        "a\nb",
    ],
)
def test_a_path_out_of_the_job_is_refused(workspace: Workspace, path: str) -> None:
    """Parents, roots and odd characters lead nowhere, for reading and for writing."""
    with pytest.raises(UsageError):
        workspace.read(path)
    with pytest.raises(UsageError):
        workspace.write(path, "x")


def test_links_are_followed_within_the_job_only(workspace: Workspace, tmp_path: Path) -> None:
    """A checked-out link may lead to another file of the job and to none outside."""
    (workspace.root / "inner").symlink_to("file")
    (workspace.root / "outer").symlink_to(tmp_path / "outside")
    assert workspace.read("inner") == b"checkout"
    with pytest.raises(UsageError):
        workspace.read("outer/file")
    with pytest.raises(UsageError):
        workspace.write("outer/new", "x")
    assert not (tmp_path / "outside" / "new").exists()


def test_what_is_no_readable_file_is_named(workspace: Workspace) -> None:
    """A missing file, a folder, a pipe and a loop of links are errors, and nothing hangs."""
    (workspace.root / "loop").symlink_to("loop")
    os.mkfifo(workspace.root / "pipe")
    for path in ("absent", ".", "pipe", "loop"):
        with pytest.raises(FileUnusable):
            workspace.read(path)


def test_a_file_is_written_whole_with_its_folders(workspace: Workspace) -> None:
    """What is written replaces what was there, and leaves nothing beside it."""
    workspace.write("new/report.json", "one")
    workspace.write("new/report.json", "two")
    assert workspace.read("new/report.json") == b"two"
    assert os.listdir(workspace.root / "new") == ["report.json"]


def test_git_tells_when_a_commit_was_made(tmp_path: Path) -> None:
    """The commit's time comes from the checkout, and no setting in it starts a program."""
    sha = commit(tmp_path / "project", files={"a": "1"})
    marker = tmp_path / "started"
    for setting in ("core.fsmonitor", "log.showSignature", "core.pager"):
        value = "true" if setting == "log.showSignature" else f"touch {marker}"
        subprocess.run(["git", "config", setting, value], cwd=tmp_path / "project", check=True)
    workspace = Workspace((tmp_path / "project").resolve())
    assert workspace.commit_time(sha) == "1767225600"
    assert not marker.exists()
    for odd in ("0" * 40, "--help", "", "HEAD; id"):
        assert workspace.commit_time(odd) is None


def test_a_folder_that_is_no_repository_tells_no_time(tmp_path: Path) -> None:
    """Without a checkout there is no time; a bare repository among the files is none."""
    folder = tmp_path / "work"
    folder.mkdir()
    assert Workspace(folder).commit_time("HEAD") is None
    bare = ["git", "init", "--quiet", "--bare", str(folder)]
    subprocess.run(bare, check=True)
    assert Workspace(folder).commit_time("HEAD") is None


def test_an_event_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    """A payload that is absent, broken or ambiguous is an empty one."""
    place = tmp_path / "event.json"
    environment = {"GITHUB_EVENT_PATH": str(place)}
    assert read_event({}) == read_event(environment) == {}
    for content in ("{", "[]", '{"a": 1, "a": 2}'):
        place.write_text(content, "utf-8")
        assert read_event(environment) == {}
    place.write_text('{"ref": "x"}', "utf-8")
    assert read_event(environment) == {"ref": "x"}
