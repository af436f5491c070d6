"""What a git repository's history still holds, read with git and bounded in time and size.

Only plumbing that reads is run, with nothing of the repository's own that could start a program.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from boltseal.errors import FileUnusable

MOST_BLOBS = 5000
LARGEST = 64 * 1024
_MOST_OUTPUT = 256 * 1024 * 1024
_SECONDS = 120.0
_ENDS = frozenset({".key", ".pem", ".p8", ".pk8", ".priv", ".private", ".sec"})
_STARTS = ("id_", "cosign", "sigstore")
_GIT = ("git", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.pager=cat")

# Words behind `git`, and what goes to its standard input; what it prints, None if it failed.
Git = Callable[[Sequence[str], bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Held:
    """A file that some commit holds: one path of it, its blob, its content."""

    path: str
    blob: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class History:
    """The small files with names of keys in all commits; `limits` says what was not looked at."""

    held: tuple[Held, ...] = ()
    limits: tuple[str, ...] = ()


def git_in(folder: Path, environment: Mapping[str, str]) -> Git:
    """Return what runs git in `folder`, without settings that point it elsewhere."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    calm = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}

    def git(words: Sequence[str], stdin: bytes) -> bytes | None:
        try:
            ended = subprocess.run(
                [*_GIT, *words],
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={**kept, **calm, "LC_ALL": "C"},
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FileUnusable(
                f"git took more than {_SECONDS:.0f} s for the history of {str(folder)!r}; leave "
                "the history out with --history=false"
            ) from error
        except OSError:
            return None
        return ended.stdout if ended.returncode == 0 else None

    return git


def read_history(git: Git, *, suspects: frozenset[str] = frozenset()) -> History | None:
    """Return every version of files that are named like keys, or as in `suspects`, of all commits.

    None outside of a repository, or where there is no git. At most 5000 of them and 64 KiB each
    are read, and the limits that were met are told.
    """
    if git(("rev-parse", "--git-dir"), b"") is None:
        return None
    listed = git(("rev-list", "--objects", "--all"), b"")
    if listed is None or len(listed) > _MOST_OUTPUT:
        return History(limits=("the history could not be listed, or is too long",))
    named = _named(listed, suspects)
    limits = []
    if (git(("rev-parse", "--is-shallow-repository"), b"") or b"").strip() == b"true":
        limits.append("the clone is shallow: older commits were not looked at (fetch-depth: 0)")
    if len(named) > MOST_BLOBS:
        limits.append(f"only {MOST_BLOBS} of {len(named)} files named like keys were looked at")
    wanted = dict(list(named.items())[:MOST_BLOBS])
    return History(_read(git, wanted), tuple(limits))


def _named(listed: bytes, suspects: frozenset[str]) -> dict[str, str]:
    """Return blob and path of what is named like a key; trees among them are left out later."""
    named: dict[str, str] = {}
    for line in listed.splitlines():
        blob, _, path = line.decode("utf-8", "replace").partition(" ")
        if not path:
            continue
        name = PurePosixPath(path)
        likely = name.suffix.lower() in _ENDS or name.name.lower().startswith(_STARTS)
        if (likely and name.suffix != ".pub") or path in suspects:
            named.setdefault(blob, path)
    return named


def _read(git: Git, named: Mapping[str, str]) -> tuple[Held, ...]:
    small = _small(git, named)
    content = git(("cat-file", "--batch"), "".join(f"{blob}\n" for blob in small).encode()) or b""
    held: list[Held] = []
    place = 0
    for blob in small:
        end = content.find(b"\n", place)
        words = content[place:end].split()
        if end < 0 or len(words) != 3 or not words[2].isdigit():
            break
        size = int(words[2])
        held.append(Held(named[blob], blob, content[end + 1 : end + 1 + size]))
        place = end + 1 + size + 1
    return tuple(held)


def _small(git: Git, named: Mapping[str, str]) -> list[str]:
    asked = "".join(f"{blob}\n" for blob in named).encode()
    told = git(("cat-file", "--batch-check"), asked) or b""
    rows = [line.split() for line in told.splitlines()]
    return [
        row[0].decode("ascii")
        for row in rows
        if len(row) == 3 and row[1] == b"blob" and row[2].isdigit() and int(row[2]) <= LARGEST
    ]
