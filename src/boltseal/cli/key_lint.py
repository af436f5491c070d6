"""`boltseal key lint`: key files and folders in, what is wrong with them out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from boltseal.cli import compat
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.passwords import VARIABLE
from boltseal.core import keylint
from boltseal.core.keylint import Finding, KeyFile, Level
from boltseal.errors import FileUnusable, KeyUnusable
from boltseal.flows.keycare import Version, lint
from boltseal.reports import keys
from boltseal.stores.githistory import git_in, read_history
from boltseal.stores.keyfiles import LARGEST, read

MOST_FILES = 20_000
_LEFT_OUT = frozenset({".git", ".hg", "node_modules", ".venv", "__pycache__"})


def run(given: Given) -> int:
    """Look at every file, tell the findings, and fail if one of them is an error."""
    words = given.words or (".",)
    files = [file for word in words for file in _files(word)]
    unique = tuple({os.path.realpath(file.path): file for file in files}.values())
    said = given.around.environment.get(VARIABLE)
    password = None if said is None else said.encode("utf-8", "surrogateescape")

    def history() -> Sequence[Version]:
        return _history(given, words, unique) if given.flag("history", default=True) else ()

    findings = lint(unique, password=password, history=history)
    return _tell(given, findings, len(unique))


def _tell(given: Given, findings: tuple[Finding, ...], files: int) -> int:
    around = given.around
    if given.text("output") == "json":
        around.put(keys.structured(findings, files=files).encode())
    else:
        around.tell(keys.text(findings, files=files, colour=around.colour))
    errors = sum(finding.level is Level.ERROR for finding in findings)
    if not errors:
        return 0
    around.say(f"Error: {errors} of these findings must be mended before a key can be relied on")
    return KeyUnusable.exit_code


def _files(word: str) -> Iterator[KeyFile]:
    if not os.path.isdir(word):
        yield KeyFile(word, read(word), _mode(Path(word)))
        return
    for path in _walk(Path(word)):
        data = read(path)
        if keylint.holds_key(data):
            yield KeyFile(str(path), data, _mode(path))


def _walk(folder: Path) -> Iterator[Path]:
    """Give the small regular files of a folder that can be read, at most 20,000, no links."""
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            seen += 1
            if seen > MOST_FILES:
                raise FileUnusable(
                    f"{str(folder)!r} has more than {MOST_FILES} files; name the folder of the keys"
                )
            path = Path(place, name)
            found = os.lstat(path)
            if (
                stat.S_ISREG(found.st_mode)
                and found.st_size <= LARGEST
                and os.access(path, os.R_OK)
            ):
                yield path


def _mode(path: Path) -> int | None:
    return None if os.name == "nt" else stat.S_IMODE(os.stat(path).st_mode)


def _history(given: Given, words: Sequence[str], files: Sequence[KeyFile]) -> list[Version]:
    """Return what the histories of the repositories around these files and folders hold."""
    folders = {Path(os.path.realpath(word)) for word in words}
    around = {folder if folder.is_dir() else folder.parent for folder in folders}
    versions: dict[tuple[str, str], Version] = {}
    for folder in sorted(around):
        git = git_in(folder, given.around.environment)
        top = git(("rev-parse", "--show-toplevel"), b"")
        if top is None:
            if any((place / ".git").exists() for place in (folder, *folder.parents)):
                given.around.say(
                    f"Note: the history of {folder} was not looked at: git is not there, or "
                    "refuses this repository (safe.directory)"
                )
            continue
        root = Path(os.fsdecode(top.rstrip(b"\n")))
        suspects = frozenset(_within(file, root) for file in files)
        history = read_history(git, suspects=suspects)
        for limit in history.limits if history else ():
            given.around.say(f"Note: {root}: {limit}")
        for held in history.held if history else ():
            called = f"the history of git (blob {held.blob[:12]})"
            versions[str(root), held.blob] = (held.path, called, held.data)
    return list(versions.values())


def _within(file: KeyFile, root: Path) -> str:
    try:
        return Path(os.path.realpath(file.path)).relative_to(root).as_posix()
    except ValueError:
        return ""


VERB = Verb(
    name="key lint",
    summary="Tell what is wrong with key files.",
    about="""\
Looks at key files, or at all that are in a folder (the current one by default): empty and weak
passwords (estimated on this machine; the one to judge is that in COSIGN_PASSWORD), keys that are
not encrypted, modes that let others read them, unusable or small keys, pairs that do not belong
together, and private keys that the history of git still holds. Nothing of a key or a password is
printed. Findings that are errors end with exit code 5.""",
    examples=(
        ("look at the keys of this repository and its history", "boltseal key lint"),
        (
            "judge the password too, for a program",
            'COSIGN_PASSWORD="$PASSWORD" boltseal key lint --output json cosign.key cosign.pub',
        ),
    ),
    run=run,
    flags=(
        Flag(
            "history",
            "=false: do not look into the history of git",
            Kind.BOOL,
            default="true",
            own=True,
        ),
        Flag(
            "output",
            "text on standard error, or json on standard output",
            choices=("text", "json"),
            default="text",
            own=True,
        ),
    ),
    arguments=Arguments("FILE_OR_FOLDER", 0, None),
    cosign=compat.COMPLETION,
)
