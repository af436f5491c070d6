"""The files that an action may touch: those of the job, wherever a path in an input points."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boltseal.core.reading import parse_object
from boltseal.errors import FileUnusable, Malformed, UsageError

LARGEST = 32 * 1024 * 1024
_GIT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Workspace:
    """The job's folders: the checkout, and the runner's folder for temporary files."""

    root: Path
    scratch: Path | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Workspace:
        """Take the folders from GitHub's variables, the working directory where there are none."""
        scratch = environment.get("RUNNER_TEMP")
        root = Path(environment.get("GITHUB_WORKSPACE") or os.getcwd())
        return cls(root.resolve(), Path(scratch).resolve() if scratch else None)

    def path(self, text: str) -> Path:
        """Return the real path of an input, relative ones from the checkout's root.

        Raise UsageError for a path that leads out of the job's folders, through `..`, from the
        root, or by a symbolic link: a checked-out file must not choose what else is read.
        """
        if "\0" in text or "\n" in text:
            raise UsageError(f"{text[:80]!r} is no path")
        try:
            real = (self.root / text).resolve()
        except (OSError, RuntimeError) as error:
            raise FileUnusable(f"the path {text[:200]!r} cannot be followed: {error}") from error
        if not any(real.is_relative_to(folder) for folder in self._folders()):
            raise UsageError(
                f"the path {text[:200]!r} leads out of the workspace; give one inside it or under "
                "the runner's temporary folder, or the content through env://NAME"
            )
        return real

    def _folders(self) -> tuple[Path, ...]:
        return (self.root, self.scratch) if self.scratch else (self.root,)

    def read(self, text: str) -> bytes:
        """Read a regular file of at most 32 MiB; raise FileUnusable where that cannot be."""
        return read_file(self.path(text), shown=text)

    def write(self, text: str, content: str) -> None:
        """Write a file whole or not at all, its folders made; raise FileUnusable otherwise."""
        place = self.path(text)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)
            os.chmod(name, 0o644)
            os.replace(name, place)
        except OSError as error:
            raise FileUnusable(f"cannot write {text[:200]!r}: {error.strerror}") from error

    def commit_time(self, commit: str) -> str | None:
        """Ask git when a commit was made, in seconds since 1970; None if it does not know."""
        git = shutil.which("git")
        if git is None or not commit or commit.startswith("-"):
            return None
        # The checkout may belong to another user (container jobs), and what is checked out must
        # not be taken for a repository, nor start a program by its settings.
        safe = ("safe.directory=*", "safe.bareRepository=explicit", "core.fsmonitor=false")
        settings = [word for one in safe for word in ("-c", one)]
        command = [git, *settings, "--no-pager", "-C", str(self.root), "log", "-1"]
        try:
            ended = subprocess.run(
                [*command, "--no-show-signature", "--format=%ct", commit, "--"],
                capture_output=True,
                check=False,
                timeout=_GIT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        said = ended.stdout.decode("ascii", "replace").strip()
        return said if ended.returncode == 0 and said.isdigit() else None


def read_file(path: Path, *, shown: str) -> bytes:
    """Read a regular file that a resolved path names; raise FileUnusable where it cannot be."""
    # Between resolving and opening the last part could have become a link.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "it is not there"
            raise FileUnusable(f"cannot read {shown[:200]!r}: {reason}")
        with os.fdopen(os.open(path, flags), "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise FileUnusable(f"cannot read {shown[:200]!r}: {error.strerror}") from error
    if len(data) > LARGEST:
        raise FileUnusable(f"{shown[:200]!r} has more than {LARGEST} bytes")
    return data


def read_event(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the payload of the event that started the run; what cannot be read tells nothing."""
    path = environment.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        return parse_object(read_file(Path(path).resolve(), shown=path), what="the event")
    except (FileUnusable, Malformed):
        return {}
