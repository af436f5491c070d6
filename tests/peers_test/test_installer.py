"""The installer finds the machine's own mirror and keyring, and names no host of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

INSTALLER = Path(__file__).parents[2] / ".ci" / "peers"

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("awk") is None,
    reason="the installer is a bash script for Debian",
)


def read(function: str, *, text: str, folder: Path) -> str:
    source = folder / "sources"
    source.write_text(text, "utf-8")
    script = f'source "{INSTALLER}"; CODENAME=bookworm; {function} "{source}"'
    ended = subprocess.run(
        ["bash", "-c", script], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return ended.stdout.strip()


STANZA = """\
# a comment
Types: deb
URIs: http://mirror.invalid/debian-security
Suites: bookworm-security
Components: main
Signed-By: /keys/security.gpg

Enabled: no
Types: deb
URIs: http://off.invalid/debian
Suites: bookworm

Types: deb deb-src
URIs: http://mirror.invalid/debian http://second.invalid/debian
Suites: bookworm bookworm-updates
Components: main
"""


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", "http://mirror.invalid/debian"),
        ("Signed-By: /keys/debian.gpg\n", "http://mirror.invalid/debian /keys/debian.gpg"),
        ("Signed-By:\n -----BEGIN PGP\n .\n abc\n", "http://mirror.invalid/debian"),
    ],
)
def test_the_mirror_is_read_from_a_deb822_file(tmp_path: Path, more: str, found: str) -> None:
    """The first enabled stanza of the release itself counts, with its keyring's file."""
    assert read("mirror_from_deb822", text=STANZA + more, folder=tmp_path) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deb http://m.invalid/debian bookworm main contrib\n", "http://m.invalid/debian"),
        (
            "deb-src http://m.invalid/debian bookworm main\n"
            "# deb http://off.invalid/debian bookworm main\n"
            "deb http://m.invalid/security bookworm-security main\n"
            "deb [arch=amd64 signed-by=/keys/d.gpg] http://m.invalid/debian stable main\n",
            "http://m.invalid/debian /keys/d.gpg",
        ),
        ("deb http://m.invalid/other jammy main\n", ""),
    ],
)
def test_the_mirror_is_read_from_a_sources_list(tmp_path: Path, text: str, found: str) -> None:
    """The first line of the release itself counts, with its keyring; another system has none."""
    assert read("mirror_from_list", text=text, folder=tmp_path) == found


def test_no_mirror_is_written_in_the_installer() -> None:
    """Packages come from where the machine's own sources say, and from nowhere else."""
    assert re.findall(r"https?://", INSTALLER.read_text("utf-8")) == []
