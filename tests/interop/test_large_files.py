"""Files of any size are signed and verified in little memory; with real peers demanded, 4 GiB."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.tables import Record, tell

TABLE = "large files: memory and time"
KEYS = Path(__file__).parents[1] / "vectors" / "keys"
MOST_MIB = 100
# Hashing four gibibytes takes minutes on a small machine, so every run is content with less.
DEMANDED = os.environ.get("BOLTSEAL_REQUIRE_PEERS") == "1"
MIB = 4096 if DEMANDED else 192
# VmHWM belongs to the program that runs; ru_maxrss would count the test's own memory too, which
# the process shared for the moment between fork and exec.
_MEASURED = """
import re, sys
from boltseal.cli.main import main
code = main(sys.argv[1:])
sys.stdout.write(re.search(r"VmHWM:\\s*([0-9]+) kB", open("/proc/self/status").read())[1])
sys.exit(code)
"""

pytestmark = [pytest.mark.peers, pytest.mark.skipif(sys.platform != "linux", reason="VmHWM")]


def _measured(folder: Path, *args: str, stdin: Path | None = None) -> tuple[int, float]:
    """Run a command line in a process of its own; return its peak in MiB, and its seconds."""
    began = time.monotonic()
    with open(stdin or os.devnull, "rb") as source:
        ended = subprocess.run(
            [sys.executable, "-I", "-c", _MEASURED, *args],
            stdin=source,
            capture_output=True,
            check=False,
            text=True,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "COSIGN_PASSWORD": "imported"},
            timeout=1800,
        )
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout) // 1024, time.monotonic() - began


@pytest.mark.parametrize(
    ("key", "mib"),
    [("p256-pkcs8", MIB), ("rsa2048-pkcs1", MIB), ("ed25519-pkcs8", 192)],
)
def test_a_large_file_is_signed_and_verified_in_little_memory(
    tmp_path: Path, key: str, mib: int, record_property: Record
) -> None:
    """Signing and verifying stay under 100 MiB, however large the file, for every kind of key."""
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(mib * 1024 * 1024)
    named = str(KEYS / f"imported31-{key}")
    (tmp_path / "small.bin").write_bytes(b"small")
    # The first start of all compiles the modules, which takes memory that no later one does.
    _measured(tmp_path, "sign-blob", "--key", f"{named}.key", "--bundle", "s.json", "small.bin")
    out = ["--bundle", "large.sigstore.json", "large.bin"]
    signing, signed = _measured(tmp_path, "sign-blob", "--key", f"{named}.key", *out)
    verifying, verified = _measured(tmp_path, "verify-blob", "--key", f"{named}.pub", *out)
    told = f"sign {signing} MiB {signed:.0f} s", f"verify {verifying} MiB {verified:.0f} s"
    tell(record_property, TABLE, key, f"{mib} MiB", *told)
    assert max(signing, verifying) < MOST_MIB


def test_standard_input_is_streamed_too(tmp_path: Path, record_property: Record) -> None:
    """A large file on standard input is verified in as little memory, by its bundle."""
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(192 * 1024 * 1024)
    named = str(KEYS / "imported31-p256-pkcs8")
    out = ["--bundle", "large.sigstore.json", "-"]
    signing, _ = _measured(tmp_path, "sign-blob", "--key", f"{named}.key", *out, stdin=large)
    verifying, _ = _measured(tmp_path, "verify-blob", "--key", f"{named}.pub", *out, stdin=large)
    assert max(signing, verifying) < MOST_MIB
