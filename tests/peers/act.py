"""A workflow file runs for real, on this machine's shell, without GitHub and without a network."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.peers.actlog import ActResult, read
from tests.peers.programs import Program, require

_HOST_MODE = (
    "--platform=ubuntu-latest=-self-hosted",
    "--no-cache-server",
    "--container-daemon-socket=-",
    "--json",
)
# Commits need an author, and the same files at the same time make the same commit.
_GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.invalid",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


def run_workflow(
    workdir: Path,
    event: str = "push",
    *,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    job: str | None = None,
    event_json: Mapping[str, object] | None = None,
    workflow: Path | None = None,
    local_repositories: Mapping[str, Path] | None = None,
    path: Sequence[Path] = (),
    options: Sequence[str] = (),
    timeout: float = 600,
) -> ActResult:
    """Run the workflows of a git repository for one event, and tell how each job and step ended.

    `job` runs that job and those it needs; `workflow` one file, relative to `workdir`.
    `local_repositories` maps `owner/name@ref` to a folder that `uses:` then finds there. act
    gives its own environment to every step, so this is a clean one: HOME (removed afterwards), a
    PATH of `path`, the peers, this Python and the system, and `env`. `secrets` may hold several
    lines; they go through a file of mode 0600 and never through the process list.
    """
    program = require("act")
    with tempfile.TemporaryDirectory(prefix="act-") as scratch:
        folder = Path(scratch)
        args = [event, *_HOST_MODE, *_files(folder, secrets=secrets, event_json=event_json)]
        if job is not None:
            args.append(f"--job={job}")
        if workflow is not None:
            args.append(f"--workflows={workflow}")
        for name, place in (local_repositories or {}).items():
            args.append(f"--local-repository={name}={place}")
        variables = {"PATH": _search_path(program, first=path), **(env or {})}
        home = folder / "home"
        home.mkdir()
        ended = program.run(
            [*args, *options], env=variables, cwd=workdir, home=home, timeout=timeout
        )
    return read(ended.stdout.splitlines(), returncode=ended.returncode, errors=ended.stderr)


def commit(
    folder: Path,
    *,
    files: Mapping[str, str] | None = None,
    repository: str = "owner/project",
    message: str = "Change something",
) -> str:
    """Write `files`, commit everything in `folder`, and give the commit's SHA.

    Makes the repository first where there is none, on branch `main`, with an `origin` from which
    act takes GITHUB_REPOSITORY. An executable bit is given to what starts with `#!`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (files or {}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        if text.startswith("#!"):
            place.chmod(0o755)
    if not (folder / ".git").exists():
        _git(folder, "init", "--quiet", "--initial-branch=main")
        _git(folder, "remote", "add", "origin", f"https://github.com/{repository}.git")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return _git(folder, "rev-parse", "HEAD").strip()


def _files(
    folder: Path,
    *,
    secrets: Mapping[str, str] | None,
    event_json: Mapping[str, object] | None,
) -> list[str]:
    """Write what act reads from files, and give the flags that name them.

    The empty ones keep act from reading `.env`, `.input` and `.vars` of the working directory.
    """
    flags = []
    contents = {"secret": dict(secrets or {}), "env": {}, "input": {}, "var": {}}
    for kind, values in contents.items():
        place = folder / f"{kind}.yml"
        place.touch(mode=0o600)
        place.write_text(json.dumps(values), "utf-8")
        flags.append(f"--{kind}-file={place}")
    if event_json is not None:
        place = folder / "event.json"
        place.write_text(json.dumps(event_json), "utf-8")
        flags.append(f"--eventpath={place}")
    return flags


def _search_path(program: Program, *, first: Sequence[Path]) -> str:
    """Put the caller's folders first; the Python is the one that our environment was made from."""
    folders = [*first, program.path.parent, Path(sys.base_prefix, "bin")]
    return ":".join([*(str(folder) for folder in folders), program.search_path()])


def _git(folder: Path, *args: str) -> str:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **_GIT_ENVIRONMENT}
    ended = subprocess.run(
        ["git", *args], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return ended.stdout
