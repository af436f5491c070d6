"""Key files appear whole or not at all, are not overwritten in silence, and are read with a cap."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from boltseal.errors import FileUnusable, UsageError
from boltseal.stores import keyfiles


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def write(
    prefix: Path | str,
    private: bytes = b"private",
    public: bytes = b"public",
    *,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    return keyfiles.write_pair(prefix, private, public, overwrite=overwrite)


# --- writing -------------------------------------------------------------------------------


def test_a_pair_is_written_with_the_modes_of_cosign(tmp_path: Path) -> None:
    """The private key is its owner's only, the public one everybody's; nothing else is left."""
    private, public = write(tmp_path / "cosign")
    assert (private, public) == (tmp_path / "cosign.key", tmp_path / "cosign.pub")
    assert (private.read_bytes(), public.read_bytes()) == (b"private", b"public")
    assert modes(private, public) == [0o600, 0o644]
    assert sorted(os.listdir(tmp_path)) == ["cosign.key", "cosign.pub"]


def test_a_prefix_may_hold_dots(tmp_path: Path) -> None:
    """The endings are added to the prefix, whatever it looks like."""
    private, _ = write(str(tmp_path / "release.v1"))
    assert private.name == "release.v1.key"


@pytest.mark.parametrize("ending", ["key", "pub"])
@pytest.mark.parametrize("kind", ["file", "link to nowhere", "folder"])
def test_what_is_there_is_not_overwritten(tmp_path: Path, ending: str, kind: str) -> None:
    """If either name is taken, by whatever, neither is written and what is there stays."""
    taken = tmp_path / f"cosign.{ending}"
    if kind == "file":
        taken.write_bytes(b"old")
    elif kind == "folder":
        taken.mkdir()
    else:
        taken.symlink_to("nowhere")
    with pytest.raises(FileUnusable, match="already there and is not overwritten") as caught:
        write(tmp_path / "cosign")
    assert taken.name in str(caught.value)
    assert os.listdir(tmp_path) == [taken.name]
    assert kind != "file" or taken.read_bytes() == b"old"


def test_overwriting_on_demand_replaces_both(tmp_path: Path) -> None:
    """With `overwrite`, both files are new, with the modes of new ones."""
    for path in write(tmp_path / "cosign", b"old", b"old"):
        path.chmod(0o666)
    private, public = write(tmp_path / "cosign", overwrite=True)
    assert (private.read_bytes(), public.read_bytes()) == (b"private", b"public")
    assert modes(private, public) == [0o600, 0o644]
    assert sorted(os.listdir(tmp_path)) == ["cosign.key", "cosign.pub"]


def test_overwriting_needs_nothing_to_overwrite(tmp_path: Path) -> None:
    """With `overwrite`, a pair is written also where there is none."""
    private, _ = write(tmp_path / "cosign", overwrite=True)
    assert private.read_bytes() == b"private"


def test_a_failed_overwrite_keeps_the_old_pair(tmp_path: Path) -> None:
    """If the second file cannot be replaced, the first is put back: no half of a pair."""
    (tmp_path / "cosign.key").write_bytes(b"old")
    (tmp_path / "cosign.pub").mkdir()
    with pytest.raises(FileUnusable, match="no regular file"):
        write(tmp_path / "cosign", overwrite=True)
    assert (tmp_path / "cosign.key").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["cosign.key", "cosign.pub"]


def test_a_failed_overwrite_leaves_no_new_half(tmp_path: Path) -> None:
    """If the second file cannot be written and the first was not there, it is gone again."""
    (tmp_path / "cosign.pub").mkdir()
    with pytest.raises(FileUnusable):
        write(tmp_path / "cosign", overwrite=True)
    assert os.listdir(tmp_path) == ["cosign.pub"]


def test_overwriting_replaces_a_link_and_does_not_follow_it(tmp_path: Path) -> None:
    """A symbolic link in the place of the key is replaced; what it names stays as it is."""
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "cosign.key").symlink_to("elsewhere")
    private, _ = write(tmp_path / "cosign", overwrite=True)
    assert not private.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def no_links(staged: Path, place: Path) -> None:
    raise PermissionError("this file system has no hard links")


def test_without_hard_links_a_name_is_still_claimed(tmp_path: Path) -> None:
    """Where files cannot be linked, a free name is taken and a taken one refused all the same."""
    staged, place = tmp_path / "staged", tmp_path / "cosign.key"
    staged.write_bytes(b"new")
    keyfiles._claim(staged, place, link=no_links)
    assert place.read_bytes() == b"new"
    staged.write_bytes(b"newer")
    with pytest.raises(FileExistsError):
        keyfiles._claim(staged, place, link=no_links)
    assert place.read_bytes() == b"new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A prefix in a folder that is not there is the machine's affair, and named."""
    with pytest.raises(FileUnusable, match=r"cannot write the key pair .*No such file"):
        write(tmp_path / "missing" / "cosign")


@pytest.mark.parametrize("prefix", ["", "folder/", "a\0b"])
def test_an_odd_prefix_is_wrong_use(prefix: str) -> None:
    """A prefix without a name, or with a NUL, is refused before anything is written."""
    with pytest.raises(UsageError, match="is no prefix"):
        write(prefix)


def test_two_writers_leave_one_whole_pair(tmp_path: Path) -> None:
    """Of writers that race for one name, one wins with both of its files."""
    refused: list[FileUnusable] = []

    def race(text: bytes) -> None:
        try:
            write(tmp_path / "cosign", text, text)
        except FileUnusable as error:
            refused.append(error)

    threads = [threading.Thread(target=race, args=(b"%d" % n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert sorted(os.listdir(tmp_path)) == ["cosign.key", "cosign.pub"]
    assert (tmp_path / "cosign.key").read_bytes() == (tmp_path / "cosign.pub").read_bytes()


# --- reading -------------------------------------------------------------------------------


def test_files_are_read_up_to_the_limit(tmp_path: Path) -> None:
    """A file of just the limit is read, one byte more is refused."""
    path = tmp_path / "key"
    path.write_bytes(b"x" * 100)
    assert keyfiles.read(path, limit=100) == b"x" * 100
    with pytest.raises(FileUnusable, match="more than 99 bytes"):
        keyfiles.read(path, limit=99)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    """A symbolic link is followed: `/dev/stdin` is one."""
    (tmp_path / "key").write_bytes(b"key")
    (tmp_path / "link").symlink_to("key")
    assert keyfiles.read(tmp_path / "link") == b"key"


def test_a_pipe_is_read_to_its_end_but_no_further_than_the_limit(tmp_path: Path) -> None:
    """A named pipe gives what is written into it, in however many pieces."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def feed() -> None:
        with open(path, "wb", buffering=0) as pipe:
            for _ in range(3):
                pipe.write(b"piece ")

    thread = threading.Thread(target=feed)
    thread.start()
    assert keyfiles.read(path) == b"piece piece piece "
    thread.join()


def test_an_open_pipe_is_read_by_its_number() -> None:
    """What a shell's process substitution hands over is read."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"key")
        os.close(writing)
        assert keyfiles.read(f"/dev/fd/{reading}") == b"key"
    finally:
        os.close(reading)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Folders, devices and names that do not exist are each refused by name."""
    with pytest.raises(FileUnusable, match="is a folder"):
        keyfiles.read(tmp_path)
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(FileUnusable, match="a device or a socket"):
            keyfiles.read(device)
    with pytest.raises(FileUnusable, match="No such file"):
        keyfiles.read(tmp_path / "missing")
    with pytest.raises(FileUnusable, match="null"):
        keyfiles.read("a\0b")


def test_a_socket_is_refused() -> None:
    """A socket in the place of a key is refused by name."""
    # Not tmp_path: the name of a socket must be short.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/s")
        with pytest.raises(FileUnusable, match="a device or a socket"):
            keyfiles.read(f"{folder}/s")


# --- modes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o601])
def test_a_private_key_that_others_can_reach_is_warned_of(tmp_path: Path, mode: int) -> None:
    """A mode that lets anybody but the owner in is told, with the cure."""
    path = tmp_path / "cosign.key"
    path.write_bytes(b"key")
    path.chmod(mode)
    warning = keyfiles.exposed(path)
    assert warning is not None
    assert f"{mode:04o}" in warning
    assert "chmod 600" in warning


def test_a_closed_key_a_pipe_or_nothing_is_not_warned_of(tmp_path: Path) -> None:
    """There is no warning for the owner's own file, for a pipe, and for what is not there."""
    path = tmp_path / "cosign.key"
    path.write_bytes(b"key")
    path.chmod(0o400)
    os.mkfifo(tmp_path / "pipe", 0o666)
    assert keyfiles.exposed(path) is None
    assert keyfiles.exposed(tmp_path / "pipe") is None
    assert keyfiles.exposed(tmp_path / "missing") is None
    assert keyfiles.exposed("a\0b") is None
