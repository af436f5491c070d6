"""A peer is found in one of three places and always runs in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import pytest

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PLAIN = re.compile(r"cosign-(?P<generation>[23])\.\d+")


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what one run of a program left behind.

    The texts are UTF-8; bytes that are not come back with
    `text.encode("utf-8", "surrogateescape")`. Line ends are as the program wrote them.
    """

    args: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    def check(self) -> Result:
        """Return this result, or fail the test with everything that the program said."""
        if self.returncode:
            raise AssertionError(self.told())
        return self

    def told(self) -> str:
        """Tell the command line, the exit status and both outputs, for a failing test to show."""
        return (
            f"{' '.join(self.args)}\nexited {self.returncode}"
            f"\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


@dataclass(frozen=True, slots=True)
class Program:
    """Name one real program, where it lies and in which version.

    `version` is the Debian package's where the installer wrote it down, otherwise what the
    program says, and `unknown` where it says nothing usable (Debian's cosign and crane).
    """

    name: str
    path: Path
    version: str

    def run(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        cwd: Path | None = None,
        home: Path | None = None,
        timeout: float = 120,
    ) -> Result:
        """Run to the end with only PATH, HOME and `env` set, and `input` on a pipe.

        HOME is a folder that is gone afterwards, unless `home` names one to keep. Standard input
        is a pipe even when it is empty: cosign takes `/dev/null`, a character device, for a
        terminal and asks it for the password. Raises subprocess.TimeoutExpired.
        """
        with tempfile.TemporaryDirectory(prefix="peer-home-") as scratch:
            variables = {"PATH": self.search_path(), "HOME": str(home or scratch), **(env or {})}
            ended = subprocess.run(
                [str(self.path), *args],
                input=input,
                capture_output=True,
                check=False,
                env=variables,
                cwd=cwd or scratch,
                timeout=timeout,
            )
        return Result(
            args=(self.name, *args),
            returncode=ended.returncode,
            stdout=ended.stdout.decode("utf-8", "surrogateescape"),
            stderr=ended.stderr.decode("utf-8", "surrogateescape"),
        )

    def search_path(self) -> str:
        """Give the PATH that this program runs with: its own folder, then the system's."""
        return f"{self.path.parent}:{SYSTEM_PATH}"


def find(name: str, *, environ: Mapping[str, str] | None = None) -> Program | None:
    """Find a peer in `$BOLTSEAL_PEERS/bin`, in the default folder, or on PATH.

    `cosign-2.5` and `cosign-3.1` may also be a plain `cosign` on PATH of that generation.
    """
    known = dict(os.environ if environ is None else environ)
    for folder in _folders(known):
        found = folder / "bin" / name
        if os.access(found, os.X_OK):
            return Program(name=name, path=found, version=_written_version(folder, name=name))
    return _on_path(name, path=known.get("PATH", ""))


def require(name: str, *, environ: Mapping[str, str] | None = None) -> Program:
    """Give a peer, or skip the test, or fail it where `BOLTSEAL_REQUIRE_PEERS=1` is set."""
    found = find(name, environ=environ)
    if found is None:
        absent(f"the real program '{name}' is not here; .ci/peers installs it", environ=environ)
    return found


def absent(reason: str, *, environ: Mapping[str, str] | None = None) -> NoReturn:
    """Skip the test for this reason, or fail it where `BOLTSEAL_REQUIRE_PEERS=1` is set."""
    known = os.environ if environ is None else environ
    if known.get("BOLTSEAL_REQUIRE_PEERS") == "1":
        pytest.fail(f"{reason} (BOLTSEAL_REQUIRE_PEERS=1 demands it)", pytrace=False)
    pytest.skip(reason)


def default_folder(environ: Mapping[str, str]) -> Path:
    """Name the folder that `.ci/peers` installs into when nothing else is said."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return Path(home, ".cache", "boltseal-peers")


def _folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    chosen = environ.get("BOLTSEAL_PEERS")
    default = default_folder(environ)
    return (Path(chosen).absolute(), default) if chosen else (default,)


def _written_version(folder: Path, *, name: str) -> str:
    try:
        lines = (folder / "versions").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return "unknown"
    pairs = (line.partition(" ") for line in lines)
    return next((version for program, _, version in pairs if program == name), "unknown")


def _on_path(name: str, *, path: str) -> Program | None:
    found = shutil.which(name, path=path)
    if found:
        return Program(name=name, path=Path(found), version=_said_version(found))
    plain = _PLAIN.fullmatch(name)
    cosign = shutil.which("cosign", path=path) if plain else None
    if plain is None or cosign is None or _generation(cosign) != plain["generation"]:
        return None
    return Program(name=name, path=Path(cosign), version=_said_version(cosign))


@lru_cache
def _said_version(path: str) -> str:
    """Ask a program of unknown origin for its version: `version`, then `--version`."""
    asked = Program(name=Path(path).name, path=Path(path), version="unknown")
    for argument in ("version", "--version"):
        said = asked.run([argument], timeout=30)
        numbers = re.search(r"\bv?(\d+\.\d+\.\d+[\w.+~-]*)", _without_go_version(said.stdout))
        if said.returncode == 0 and numbers:
            return numbers[1]
    return "unknown"


def _without_go_version(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lower().startswith("go"))


@lru_cache
def _generation(path: str) -> str:
    """Tell the generation by the version, or by a default flag where cosign says `devel`."""
    version = _said_version(path)
    if version != "unknown":
        return version.partition(".")[0]
    helped = Program(name="cosign", path=Path(path), version="unknown").run(["sign", "--help"])
    return "3" if "--use-signing-config=true" in helped.stdout + helped.stderr else "2"
