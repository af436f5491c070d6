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
INSTALLERS = HERE / "installers.txt"
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
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def main(environment: Path, lock: Path) -> int:
    """Make the environment where it is missing or broken, and bring it to the lock's state."""
    if sys.version_info < FLOOR:
        return _fail("Python 3.10 or newer is needed; this is " + sys.version.split()[0])
    python = _python_of(environment)
    if not _works(python):
        _make(environment)
    if not _has_pip(python) and not _bring_pip(python):
        return _fail(
            f"{sys.executable} can make no environment with pip in it: install the package that "
            "has ensurepip (on Debian and Ubuntu: apt-get install python3-venv ca-certificates)"
        )
    return 0 if _by_uv(python, lock) or _by_pip(python, lock) else 1


def _python_of(environment: Path) -> Path:
    folder = "Scripts" if os.name == "nt" else "bin"
    return environment.absolute() / folder / ("python.exe" if os.name == "nt" else "python")


def _works(python: Path) -> bool:
    """Tell whether an environment's Python starts and is new enough: its base may be gone."""
    if not python.exists():
        return False
    script = f"import sys; sys.exit(sys.version_info < {FLOOR})"
    return subprocess.run([str(python), "-c", script], check=False).returncode == 0


def _has_pip(python: Path) -> bool:
    asked = subprocess.run([str(python), *_PIP, "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def _make(environment: Path) -> None:
    """Make the environment; without pip where this Python's maker left ensurepip out."""
    base = [sys.executable, "-m", "venv", "--clear", str(environment)]
    if subprocess.run(base, capture_output=True, check=False).returncode != 0:
        subprocess.run([*base, "--without-pip"], check=True)


def _by_uv(python: Path, lock: Path) -> bool:
    """Install with uv, which is installed first, by pip and by hash; False where that fails."""
    uv = python.with_name("uv.exe" if os.name == "nt" else "uv")
    wanted = [str(python), *_PIP, "install", "--quiet", *_hashed(INSTALLERS)]
    if not uv.exists() and _run(wanted) != 0:
        return False
    environment = {**os.environ, **_uv_settings(python)}
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    # Any index may have a file as long as the lock knows its hash, which is how pip sees it too.
    strategy = ["--index-strategy", "unsafe-best-match"]
    done = _run([*install, *strategy, *_hashed(lock)], env=environment) == 0
    return done and _run([*install, *_project()], env=environment) == 0


def _by_pip(python: Path, lock: Path) -> bool:
    print("uv could not do it; trying pip, which takes longer", file=sys.stderr)
    install = [str(python), *_PIP, "install", "--quiet"]
    return _run([*install, *_hashed(lock)]) == 0 and _run([*install, *_project()]) == 0


def _hashed(lock: Path) -> list[str]:
    return ["--require-hashes", "--requirement", str(lock)]


def _project() -> list[str]:
    """Name this project, editable, built by the backend that the lock has just brought."""
    return ["--no-deps", "--no-build-isolation", "--editable", str(HERE.parent)]


def _run(command: list[str], *, env: dict[str, str] | None = None) -> int:
    # A user's setting that installs elsewhere has no say in an environment.
    variables = {**(env or os.environ), "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return subprocess.run(command, check=False, env=variables).returncode


def _uv_settings(python: Path) -> dict[str, str]:
    """Translate pip's own settings (environment and files) for uv, which reads none of them."""
    listed = subprocess.run(
        [str(python), *_PIP, "config", "list"], capture_output=True, text=True, check=False
    )
    settings: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        variable = _FOR_UV.get(name.rpartition(".")[2])
        if variable and variable not in os.environ:
            words = str(ast.literal_eval(value)).split()
            settings[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(words)
    return settings


def _bring_pip(python: Path) -> bool:
    """Install the locked pip from its wheel, which runs from where it lies."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = _fetch_pip(Path(scratch))
        if wheel is None:
            return False
        command = [str(python), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)]
        return _run(command) == 0


def _fetch_pip(folder: Path) -> Path | None:
    """Find the locked wheel on the index's page (PEP 503) and check its hash."""
    known = set(re.findall(r"sha256:([0-9a-f]{64})", INSTALLERS.read_text("utf-8")))
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
