"""What anyone on the machine can read of a run: its command lines, and those of its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from boltseal.flows.keypair import generate
from tests.support.making import image_manifest
from tests.support.registry import Bearer, Options, Registry, Request

PASSWORD = "the password of the key"
LOGIN = "the password of the registry"
PROGRAM = f"""#!/bin/sh
read server
cat /proc/[0-9]*/cmdline > "$SEEN" 2>/dev/null
printf '{{"ServerURL":"%s","Username":"robot","Secret":"{LOGIN}"}}' "$server"
"""


def _command_lines() -> bytes:
    seen = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen += path.read_bytes() + b"\n"
        except OSError:
            continue
    return seen


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc to read")
def test_no_secret_stands_in_the_process_list(tmp_path: Path) -> None:
    """While signing with --verbose, no command line on the machine holds a password or token."""
    seen: list[bytes] = []
    tokens: set[str] = set()

    def script(request: Request) -> None:
        seen.append(_command_lines())
        tokens.add(request.header("Authorization").partition(" ")[2])

    with Registry(Options(auth=Bearer("robot", LOGIN)), script=script) as registry:
        ended = subprocess.run(
            [
                sys.executable,
                "-I",
                "-m",
                "boltseal",
                "sign",
                "--verbose",
                "--key",
                "env://KEY",
                _pushed(registry),
            ],
            env=_environment(tmp_path, registry.host),
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    assert ended.returncode == 0, ended.stderr
    seen.append((tmp_path / "seen").read_bytes())
    assert any(b"docker-credential-test" in lines for lines in seen)
    assert any(b"boltseal" in lines for lines in seen)
    secrets = {PASSWORD, LOGIN, *(token for token in tokens if token)}
    assert len(secrets) > 2
    told = b"".join(seen) + ended.stdout + ended.stderr
    assert not [secret for secret in secrets if secret.encode() in told]


def _pushed(registry: Registry) -> str:
    image = image_manifest("listed")
    registry.put_blob("team/app", b'{"text":"listed"}')
    digest = registry.put_manifest("team/app", image.raw, media_type=image.media_type)
    return f"{registry.host}/team/app@{digest}"


def _environment(folder: Path, host: str) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "docker-credential-test"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (folder / ".docker").mkdir()
    config = json.dumps({"credHelpers": {host: "test"}})
    (folder / ".docker" / "config.json").write_text(config)
    return {
        "HOME": str(folder),
        "PATH": f"{programs}:{os.defpath}",
        "SEEN": str(folder / "seen"),
        "KEY": generate(password=PASSWORD.encode(), entropy=os.urandom).private.decode(),
        "COSIGN_PASSWORD": PASSWORD,
    }
