"""Files are read in chunks whatever their size, and written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from pathlib import Path

import pytest

from boltseal.errors import FileUnusable, Interrupted, UsageError
from boltseal.stores.files import SMALL, LocalFiles, expand

CONTENT = b"content of a file"


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1])
def test_a_file_of_any_size_is_met_with_its_digest_and_bytes(tmp_path: Path, size: int) -> None:
    """A message has the file's digests; where it is asked for, its bytes as often as wanted."""
    path = tmp_path / "file"
    content = os.urandom(size)
    path.write_bytes(content)
    with LocalFiles().message(str(path), hashes=["sha256"], whole=False) as message:
        assert message.digests == {"sha256": hashlib.sha256(content).digest()}
        assert not message.complete
    with LocalFiles().message(str(path), hashes=["sha512"], whole=True) as message:
        assert message.digests == {"sha512": hashlib.sha512(content).digest()}
        assert [b"".join(message.pieces()) for _ in range(2)] == [content, content]


@pytest.mark.parametrize("size", [0, 10, SMALL + 1])
def test_standard_input_can_be_read_again_once_it_is_kept(size: int) -> None:
    """What is piped in is spooled where a key wants all of it, and streamed where not."""
    content = os.urandom(size)
    files = LocalFiles(io.BytesIO(content))
    with files.message("-", hashes=["sha256"], whole=True) as message:
        assert b"".join(message.pieces()) == content
        assert message.digests["sha256"] == hashlib.sha256(content).digest()


def test_standard_input_is_kept_up_to_a_limit_that_is_named() -> None:
    """Too much to keep is refused with the number of bytes and the way out."""
    files = LocalFiles(io.BytesIO(bytes(100)), largest_spool=99)
    with (
        pytest.raises(UsageError, match=r"more than 99 bytes.*give the file itself"),
        files.message("-", hashes=["sha256"], whole=True),
    ):
        pass


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    """A named pipe, as process substitution makes it, is a message too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CONTENT,))
    writer.start()
    with LocalFiles().message(str(pipe), hashes=["sha256"], whole=True) as message:
        assert b"".join(message.pieces()) == CONTENT
    writer.join()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, a folder, no standard input and an impossible name each have a sentence."""
    files = LocalFiles()
    for path, reason in (
        (str(tmp_path / "absent"), "No such file"),
        (str(tmp_path), "is a folder"),
        ("-", "no standard input"),
        ("a\0b", "null"),
    ):
        with pytest.raises(FileUnusable, match=reason):
            files.read(path, limit=10)
    big = tmp_path / "big"
    big.write_bytes(bytes(11))
    with pytest.raises(FileUnusable, match="more than 10 bytes"):
        files.read(str(big), limit=10)


def test_a_long_reading_stops_when_the_run_is_stopped(tmp_path: Path) -> None:
    """Whoever ends the run ends the reading of a file too."""

    def stop() -> None:
        raise Interrupted("stopped")

    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with (
        pytest.raises(Interrupted),
        LocalFiles(check=stop).message(str(path), hashes=["sha256"], whole=False),
    ):
        pass


def test_an_output_replaces_what_stood_there(tmp_path: Path) -> None:
    """A file is written with mode 0600 over an older one, and nothing is left beside it."""
    place = tmp_path / "out.sig"
    place.write_bytes(b"older and longer than what comes now")
    place.chmod(0o644)
    LocalFiles().write(str(place), CONTENT)
    assert place.read_bytes() == CONTENT
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["out.sig"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """An output never lands in a file that a link in its place points to."""
    target = tmp_path / "target"
    target.write_bytes(b"kept")
    link = tmp_path / "out.sig"
    link.symlink_to(target)
    LocalFiles().write(str(link), CONTENT)
    assert target.read_bytes() == b"kept"
    assert link.read_bytes() == CONTENT
    assert not link.is_symlink()


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A folder that is not there, and a folder in the place, are named; no half file is left."""
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent" / "out", tmp_path / "folder"):
        with pytest.raises(FileUnusable, match="cannot write"):
            LocalFiles().write(str(path), CONTENT)
    assert os.listdir(tmp_path) == ["folder"]


def test_patterns_stand_for_files_and_names_for_themselves(tmp_path: Path) -> None:
    """Patterns give sorted files without the endings left out; names are taken as they are."""
    (tmp_path / "sub").mkdir()
    for name in ("b.bin", "a.bin", "a.bin.sig", "sub/c.bin", "odd[1].bin"):
        (tmp_path / name).write_bytes(CONTENT)
    root = f"{tmp_path}/"

    def named(*words: str) -> list[str]:
        found = expand([root + word for word in words], leave_out=(".sig",))
        return [path.removeprefix(root) for path in found]

    assert named("*.bin*") == ["a.bin", "b.bin", "odd[1].bin"]
    assert named("**/c.bin", "a.bin", "*.bin") == [
        "sub/c.bin",
        "a.bin",
        "b.bin",
        "odd[1].bin",
    ]
    assert named("odd[1].bin", "absent", "a.bin.sig") == ["odd[1].bin", "absent", "a.bin.sig"]
    with pytest.raises(UsageError, match="matches no file"):
        expand([f"{root}*.none"])
