"""Make, once a job, the environment that boltseal runs in, and print the path of its Python.

Only the standard library is used here, and nothing of the workspace: every package is checked
against the hashes of `requirements.txt`, boltseal itself comes from this checkout of the action.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src" / "boltseal"
LOCK, UV_LOCK = HERE / "requirements.txt", HERE / "uv.txt"
WINDOWS = os.name == "nt"
# No secret of the job's, and no setting that would change what is installed where, reaches an
# installer; what an administrator says about indexes, proxies and certificates does.
_WITHHELD = ("INPUT_", "COSIGN_", "GITHUB_", "ACTIONS_", "PYTHON", "PIP_", "UV_", "VIRTUAL_ENV")
_INDEX_SETTINGS = """
PIP_CERT PIP_CLIENT_CERT PIP_CONFIG_FILE PIP_DEFAULT_TIMEOUT PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
PIP_INDEX_URL PIP_KEYRING_PROVIDER PIP_NO_INDEX PIP_PROXY PIP_RETRIES PIP_TIMEOUT PIP_TRUSTED_HOST
UV_CONFIG_FILE UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_HTTP_TIMEOUT UV_INDEX
UV_INDEX_URL UV_INSECURE_HOST UV_KEYRING_PROVIDER UV_NATIVE_TLS UV_SYSTEM_CERTS
"""
_PASSED = frozenset(_INDEX_SETTINGS.split())
# What pip's settings are called by uv, which reads none of them, and how several are joined.
_FOR_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}
_SECTIONS = ("global", "install", ":env:")
_TAIL = 12


class Failed(Exception):
    """Tell in a sentence why there is no environment, and what an installer said last."""

    def __init__(self, sentence: str, said: str = "") -> None:
        super().__init__(sentence)
        self.said = said


def main() -> int:
    """Print the path of the environment's Python; tell a failure as an annotation."""
    try:
        python = environment(os.environ)
    except Failed as failure:
        _tell(str(failure), failure.said)
        return 14
    except OSError as error:
        _tell(f"boltseal's environment cannot be written: {error}", "")
        return 14
    # Not through text mode, which on Windows would end the line with a carriage return.
    sys.stdout.buffer.write(str(python).encode("utf-8"))
    return 0


def environment(variables: Mapping[str, str]) -> Path:
    """Return the Python of an environment for this very source, lock and interpreter.

    A finished one appears by a single rename, so that jobs at the same time see all of it or
    nothing, and whoever comes second takes what is there.
    """
    folder = home(variables)
    place = folder / key()[:32]
    if not (place.is_dir() and _only_ours(place)):
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            _make(scratch, variables)
            place = _publish(scratch / "environment", place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return _python_of(place)


def home(variables: Mapping[str, str]) -> Path:
    """Return the folder of environments, which only this user can write to.

    RUNNER_TEMP comes first: it is emptied between jobs, so that on a machine of one's own no
    job can prepare the environment in which a later one opens a key.
    """
    for name in ("RUNNER_TEMP", "RUNNER_TOOL_CACHE"):
        root = variables.get(name)
        if not root or not os.path.isdir(root) or not os.access(root, os.W_OK):
            continue
        folder = Path(root).resolve() / "boltseal"
        folder.mkdir(mode=0o700, exist_ok=True)
        if _only_ours(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="boltseal-")).resolve()


def _only_ours(folder: Path) -> bool:
    if WINDOWS:
        return True
    found = os.lstat(folder)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022 and not folder.is_symlink()


def key() -> str:
    """Return a hash over everything that makes one environment different from another."""
    digest = hashlib.sha256()
    machine = (sys.version, sys.platform, platform.machine(), os.path.realpath(sys.executable))
    for part in machine:
        digest.update(part.encode() + b"\0")
    for path in (LOCK, UV_LOCK, Path(__file__), *_source_files()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\0".encode() + content)
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    yield from sorted(p for p in SOURCE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _make(scratch: Path, variables: Mapping[str, str]) -> None:
    """Fill `scratch/environment` with the locked packages and boltseal."""
    place = scratch / "environment"
    venv.EnvBuilder(with_pip=False, symlinks=not WINDOWS).create(place)
    Installer(scratch, variables).install(place)
    shutil.copytree(
        SOURCE, _packages_of(place) / "boltseal", ignore=shutil.ignore_patterns("__pycache__")
    )


def _publish(made: Path, place: Path) -> Path:
    for wait in (0.1, 0.5, 2.0, None):
        try:
            os.rename(made, place)
        except OSError as error:
            if place.is_dir() and _only_ours(place):
                return place  # another job was faster
            # On Windows a scanner may hold a new file open for a moment.
            if wait is None or not WINDOWS:
                raise Failed(f"boltseal's environment cannot be put in place: {error}") from error
            time.sleep(wait)
        else:
            return place
    raise AssertionError("unreachable")


def _python_of(place: Path) -> Path:
    return place / "Scripts" / "python.exe" if WINDOWS else place / "bin" / "python"


def _packages_of(place: Path) -> Path:
    if WINDOWS:
        return place / "Lib" / "site-packages"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return place / "lib" / version / "site-packages"


class Installer:
    """Installs from a lock, with uv where it can be had, else with pip, from a neutral folder."""

    def __init__(self, scratch: Path, variables: Mapping[str, str]) -> None:
        self._scratch = scratch
        self._variables = installer_variables(variables)
        self._wheels = _wheelhouse(variables)
        self._said = ""
        self._pip = self._find_pip()

    def install(self, place: Path) -> None:
        """Install the locked packages; raise Failed with what the installer said."""
        uv = self._find_uv()
        if uv is not None and self._by_uv(uv, place):
            return
        if self._by_pip(LOCK, _packages_of(place)):
            return
        if uv is None and self._pip is None:
            raise Failed(
                f"{sys.executable} has neither pip nor ensurepip, and there is no uv on PATH; "
                "install one of them, or name another Python with the input python"
            )
        raise Failed(
            "boltseal's packages could not be installed: the index that pip is set to could not "
            "be reached, or it lacks a file of the lock. Behind a mirror, set PIP_INDEX_URL or "
            "pip.conf for the runner; without any network, give the input wheelhouse",
            self._said,
        )

    def _find_pip(self) -> list[str] | None:
        own = [sys.executable, "-I", "-m", "pip"]
        if self._run([*own, "--version"]) is not None:
            return own
        # Debian splits pip off, and others leave the wheel of it in ensurepip.
        aside = self._scratch / "pip"
        made = self._run([sys.executable, "-I", "-m", "venv", str(aside)])
        return [str(_python_of(aside)), "-I", "-m", "pip"] if made is not None else None

    def _find_uv(self) -> str | None:
        wanted = re.search(r"^uv==([0-9.]+)", UV_LOCK.read_text("utf-8"), re.MULTILINE)
        there = shutil.which("uv")
        if there and os.path.isabs(there) and wanted:
            said = self._run([there, "--version"]) or ""
            if self._pip is None or said.split()[1:2] == [wanted[1]]:
                return there
        folder = self._scratch / "uv"
        if not self._by_pip(UV_LOCK, folder):
            return None
        name = ("Scripts", "uv.exe") if WINDOWS else ("bin", "uv")
        found = folder.joinpath(*name)
        return str(found if found.exists() else folder / "bin" / name[1])

    def _by_uv(self, uv: str, place: Path) -> bool:
        command = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--no-cache",
            "--python",
            str(_python_of(place)),
        ]
        # Whichever index has the file, the lock knows its hash; pip looks at all of them too.
        strategy = ["--index-strategy", "unsafe-best-match"]
        options = [*_LOCKED, *strategy, *self._sources(), "--requirement", str(LOCK)]
        return self._run([*command, *options], more=self._uv_settings()) is not None

    def _by_pip(self, lock: Path, target: Path) -> bool:
        if self._pip is None:
            return False
        command = [*self._pip, "install", "--quiet", "--no-cache-dir", "--no-input"]
        options = [*_LOCKED, *self._sources(), "--target", str(target), "--requirement", str(lock)]
        return self._run([*command, *options]) is not None

    def _sources(self) -> list[str]:
        return ["--no-index", "--find-links", str(self._wheels)] if self._wheels else []

    def _uv_settings(self) -> dict[str, str]:
        if self._wheels or self._pip is None:
            return {}
        listed = self._run([*self._pip, "config", "list"]) or ""
        return uv_settings(listed, set(self._variables))

    def _run(self, command: Sequence[str], *, more: Mapping[str, str] | None = None) -> str | None:
        """Return what a command printed, None if it failed; what it said is kept either way."""
        try:
            ended = subprocess.run(
                command,
                cwd=self._scratch,
                env={**self._variables, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            self._said = str(error)
            return None
        said = ended.stdout.decode("utf-8", "replace")
        if ended.returncode == 0:
            return said
        self._said = said
        return None


_LOCKED = ("--no-deps", "--require-hashes", "--only-binary", ":all:")


def installer_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer: no secrets, no surprises, the same indexes."""
    kept = {
        name: value
        for name, value in variables.items()
        if name.upper() in _PASSED or not name.upper().startswith(_WITHHELD)
    }
    # What a pip.conf says about users and environments is not meant for this one.
    fixed = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {**kept, **fixed}


def uv_settings(listed: str, known: set[str]) -> dict[str, str]:
    """Translate what `pip config list` prints into uv's variables; those in `known` stay."""
    found: dict[str, tuple[int, str]] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, setting = name.rpartition(".")
        variable, joint = _FOR_UV.get(setting, ("", ""))
        if not variable or variable in known or section not in _SECTIONS:
            continue
        rank = _SECTIONS.index(section)
        try:
            words = str(ast.literal_eval(value)).split()
        except (SyntaxError, ValueError):
            continue
        if rank >= found.get(variable, (0, ""))[0]:
            found[variable] = (rank, joint.join(words))
    return {variable: value for variable, (_, value) in found.items()}


def _wheelhouse(variables: Mapping[str, str]) -> Path | None:
    text = variables.get("INPUT_WHEELHOUSE", "").strip()
    if not text:
        return None
    folder = Path(variables.get("GITHUB_WORKSPACE", "."), text).resolve()
    if not folder.is_dir():
        raise Failed(f"the input wheelhouse names {text!r}, which is no folder")
    return folder


def _tell(sentence: str, said: str) -> None:
    """Print the failure where a runner looks for it; what an installer says starts no command."""
    safe = sentence.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    lines = [line.replace("##", "#_#") for line in said.splitlines() if line.strip()][-_TAIL:]
    told = [*(f"  | {line}" for line in lines), f"::error title=boltseal::{safe}"]
    sys.stderr.write("\n".join(told) + "\n")


if __name__ == "__main__":
    sys.exit(main())
