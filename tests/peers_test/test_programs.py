"""A peer is looked for where it may be, skipped where it is not, and run in a clean environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.peers.programs import Program, find, require

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs here are shell scripts")
SHELL = Program(name="sh", path=Path("/bin/sh"), version="unknown")


def script(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    place.chmod(0o755)
    return place


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(folder / "home"), "PATH": str(folder / "path"), **more}


def test_the_chosen_folder_comes_before_the_default_one_and_before_path(tmp_path: Path) -> None:
    """A program is taken from $BOLTSEAL_PEERS, then ~/.cache/boltseal-peers, then PATH."""
    known = environ(tmp_path, BOLTSEAL_PEERS=str(tmp_path / "chosen"))
    places = [
        tmp_path / "path" / "crane",
        tmp_path / "home" / ".cache" / "boltseal-peers" / "bin" / "crane",
        tmp_path / "chosen" / "bin" / "crane",
    ]
    for place in places:
        script(place, "echo 1.2.3")
        found = find("crane", environ=known)
        assert found is not None
        assert found.path == place


def test_the_package_version_is_read_from_beside_the_programs(tmp_path: Path) -> None:
    """A version that the installer wrote down is believed without asking the program."""
    chosen = tmp_path / "chosen"
    script(chosen / "bin" / "cosign-2.5", "exit 1")
    (chosen / "versions").write_text("crane 1\ncosign-2.5 2.5.0-2+b4\n", "utf-8")
    found = find("cosign-2.5", environ=environ(tmp_path, BOLTSEAL_PEERS=str(chosen)))
    assert found is not None
    assert found.version == "2.5.0-2+b4"


@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("echo 'GitVersion:    v2.5.0'", "cosign-2.5", "cosign-3.1"),
        ("echo 'GitVersion:    v3.1.1'", "cosign-3.1", "cosign-2.5"),
        ("echo 'GitVersion: devel'", "cosign-2.5", "cosign-3.1"),
        ("echo GitVersion: devel; echo --use-signing-config=true:", "cosign-3.1", "cosign-2.5"),
    ],
)
def test_a_plain_cosign_is_taken_for_its_own_generation(
    tmp_path: Path, text: str, taken: str, left: str
) -> None:
    """A `cosign` on PATH stands in for the generation that it is, and for no other."""
    place = script(tmp_path / "path" / "cosign", f"{text}; echo 'GoVersion: go1.24.4'")
    found = find(taken, environ=environ(tmp_path))
    assert found is not None
    assert found.path == place
    assert find(left, environ=environ(tmp_path)) is None


def test_an_absent_peer_skips_its_test(tmp_path: Path) -> None:
    """A program that is nowhere skips the test, and says what installs it."""
    with pytest.raises(pytest.skip.Exception, match=r"'crane' is not here; \.ci/peers installs it"):
        require("crane", environ=environ(tmp_path))


def test_an_absent_peer_fails_its_test_where_all_are_demanded(tmp_path: Path) -> None:
    """A program that is nowhere fails the test under BOLTSEAL_REQUIRE_PEERS=1."""
    with pytest.raises(pytest.fail.Exception, match="'crane' is not here"):
        require("crane", environ=environ(tmp_path, BOLTSEAL_REQUIRE_PEERS="1"))


def test_a_program_sees_nothing_of_our_environment() -> None:
    """A run has PATH, HOME and what it was given; HOME is new and gone afterwards."""
    said = SHELL.run(["-c", 'echo "$HOME"; env | cut -d= -f1 | sort'], env={"GIVEN": "1"})
    home, *names = said.check().stdout.split()
    assert set(names) - {"PWD", "OLDPWD", "SHLVL", "_"} == {"GIVEN", "HOME", "PATH"}
    assert not Path(home).exists()


def test_standard_input_is_a_pipe_even_when_it_is_empty() -> None:
    """An empty input is a pipe at its end, never /dev/null, which cosign takes for a terminal."""
    said = SHELL.run(["-c", "test -p /dev/stdin && cat && echo end"])
    assert said.check().stdout == "end\n"


def test_bytes_that_are_not_text_come_back_whole() -> None:
    """Output that is not UTF-8 is kept byte for byte, and line ends are not touched."""
    said = SHELL.run(["-c", r"printf 'a\r\n\377'"])
    assert said.stdout.encode("utf-8", "surrogateescape") == b"a\r\n\xff"


def test_a_failed_check_tells_all_that_the_program_said() -> None:
    """A non-zero exit fails the test with the command, the status and both outputs."""
    with pytest.raises(AssertionError, match=r"(?s)exited 3.*out.*err"):
        SHELL.run(["-c", "echo out; echo err >&2; exit 3"]).check()
