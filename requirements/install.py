"""Put exactly the packages of a lock file, and this project, into a virtual environment.

usage: python requirements/install.py ENVIRONMENT LOCK

Every file is checked against the lock's hashes. uv does it in a second or two; where uv cannot be
had, pip does the same. Both ask the index that pip is configured for. Only the standard library is
used here, since nothing else is there yet.
"""

from __future__ import annotations

import ast
import configparser
import hashlib
import importlib.util
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urldefrag, urljoin

HERE = Path(__file__).resolve().parent
PIP_LOCK = HERE / "pip.txt"
UV_LOCK = HERE.parent / "actions" / "uv.txt"
FLOOR = (3, 10)
# What pip is told, and the variable that tells uv the same.
_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}
_QUIET = ("--disable-pip-version-check", "--no-input", "--quiet")


def main(environment: Path, lock: Path) -> int:
    """Make the environment where it is missing or broken, and bring it to the lock's state."""
    if sys.version_info < FLOOR:
        return _fail("Python 3.10 or newer is needed; this is " + sys.version.split()[0])
    python = _python_of(environment)
    if not _works(python):
        # Without pip: to unpack it takes longer than all the rest, and its wheel runs as it is.
        make = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(environment)]
        subprocess.run(make, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        pip = _find_pip(python, scratch=Path(scratch))
        if pip is None:
            return _fail(
                f"{sys.executable} has no pip to begin with: install the package that has "
                "ensurepip (on Debian and Ubuntu: apt-get install python3-venv ca-certificates)"
            )
        return 0 if _by_uv(python, lock, pip=pip) or _by_pip(lock, pip=pip) else 1


def _python_of(environment: Path) -> Path:
    folder = "Scripts" if os.name == "nt" else "bin"
    return environment.absolute() / folder / ("python.exe" if os.name == "nt" else "python")


def _works(python: Path) -> bool:
    """Tell whether an environment's Python starts and is new enough: its base may be gone."""
    if not python.exists():
        return False
    script = f"import sys; sys.exit(sys.version_info < {FLOOR})"
    return subprocess.run([str(python), "-c", script], check=False).returncode == 0


def _find_pip(python: Path, *, scratch: Path) -> list[str] | None:
    """Give the words that start a pip on the environment, from wherever there is one."""
    if (
        subprocess.run(
            [str(python), "-c", "import pip"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        return [str(python), "-m", "pip"]
    wheel = _bundled_pip() or _fetch_pip(scratch)
    return None if wheel is None else [str(python), f"{wheel}/pip"]


def _bundled_pip() -> Path | None:
    """Find the wheel that this Python's ensurepip would unpack, wherever the system keeps it."""
    found = importlib.util.find_spec("ensurepip")
    folders = [Path(found.origin).parent / "_bundled"] if found and found.origin else []
    if sys.base_prefix == "/usr":
        folders.append(Path("/usr/share/python-wheels"))
    return next((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), None)


def _by_uv(python: Path, lock: Path, *, pip: list[str]) -> bool:
    """Install with uv, which is installed first, by pip and by hash; False where that fails."""
    uv = python.with_name("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists() and _run([*pip, "install", *_QUIET, *_hashed(UV_LOCK)]) != 0:
        return False
    environment = {**os.environ, **_uv_settings(pip)}
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    # Any index may have a file as long as the lock knows its hash, which is how pip sees it too.
    strategy = ["--index-strategy", "unsafe-best-match"]
    locks = _hashed(PIP_LOCK, lock)
    done = _run([*install, *strategy, *locks], env=environment) == 0
    return done and _run([*install, *_project()], env=environment) == 0


def _by_pip(lock: Path, *, pip: list[str]) -> bool:
    print("uv could not do it; trying pip, which takes longer", file=sys.stderr)
    install = [*pip, "install", *_QUIET]
    locks = _hashed(PIP_LOCK, lock)
    return _run([*install, *locks]) == 0 and _run([*install, *_project()]) == 0


def _hashed(*locks: Path) -> list[str]:
    return ["--require-hashes", *(word for lock in locks for word in ("--requirement", str(lock)))]


def _project() -> list[str]:
    """Name this project, editable, built by the backend that the lock has just brought."""
    return ["--no-deps", "--no-build-isolation", "--editable", str(HERE.parent)]


def _run(command: list[str], *, env: dict[str, str] | None = None) -> int:
    # A user's setting that installs elsewhere has no say in an environment.
    variables = {**(env or os.environ), "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return subprocess.run(command, check=False, env=variables).returncode


def _uv_settings(pip: list[str]) -> dict[str, str]:
    """Translate pip's own settings (environment and files) for uv, which reads none of them."""
    command = [*pip, "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    settings: dict[str, str] = {}
    # As for pip: the environment goes before what is said for `install`, and that before the rest.
    for section in ("global", "install", ":env:"):
        for line in listed.stdout.splitlines():
            name, _, value = line.partition("=")
            variable = _FOR_UV.get(name.removeprefix(f"{section}."))
            if variable and variable not in os.environ:
                words = str(ast.literal_eval(value)).split()
                settings[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(words)
    return settings


def _fetch_pip(folder: Path) -> Path | None:
    """Find the locked wheel on the index's page (PEP 503) and check its hash."""
    known = set(re.findall(r"sha256:([0-9a-f]{64})", PIP_LOCK.read_text("utf-8")))
    page = _index().rstrip("/") + "/pip/"
    try:
        for link in re.findall(r'href="([^"]+\.whl#sha256=[0-9a-f]{64})"', _get(page).decode()):
            address, fragment = urldefrag(urljoin(page, link))
            digest = fragment.partition("=")[2]
            if digest not in known:
                continue
            content = _get(address)
            if hashlib.sha256(content).hexdigest() != digest:
                continue
            wheel = folder / Path(address).name
            wheel.write_bytes(content)
            return wheel
    except OSError as error:
        print(f"{page}: {error}", file=sys.stderr)
    return None


def _index() -> str:
    """Read pip's index from where pip would, which is not there yet to be asked."""
    files = [
        "/etc/pip.conf",
        os.path.expanduser("~/.pip/pip.conf"),
        os.path.expanduser("~/.config/pip/pip.conf"),
        os.environ.get("PIP_CONFIG_FILE", ""),
    ]
    parser = configparser.RawConfigParser()
    parser.read(files)
    found = parser.get("global", "index-url", fallback="https://pypi.org/simple")
    found = parser.get("install", "index-url", fallback=found)
    return os.environ.get("PIP_INDEX_URL", found)


def _get(address: str) -> bytes:
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    with urllib.request.urlopen(address, timeout=60, context=context) as answer:
        content: bytes = answer.read()
        return content


def _fail(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(_fail(str(__doc__)))
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
