"""`upload blob`: plain files in a registry, as cosign puts them there."""

from __future__ import annotations

import json

import pytest

from boltseal.flows.upload import media_type_of
from boltseal.stores.pieces import PIECE
from tests.cli.desk import Desk
from tests.peers.cosign import cosign
from tests.support.registry import Registry


def _digest(registry: Registry, repository: str, tag: str) -> str | None:
    found = registry.store.manifest(repository, tag)
    return None if found is None else found.digest


def test_a_file_is_uploaded_and_signed(desk: Desk, registry: Registry) -> None:
    """What is printed is the reference by digest, and can be signed."""
    path = desk.write("app.bin", b"\x00\x01\x02")
    ran = desk.run("upload", "blob", "-f", path, f"{registry.host}/files/app:v1")
    assert ran.code == 0, ran.err
    assert "with media type [application/octet-stream]" in ran.err
    image = ran.out.decode().strip()
    assert image.startswith(f"{registry.host}/files/app@sha256:")
    assert desk.run("sign", "--key", desk.path("release.key"), image).code == 0


def test_a_large_file_is_sent_in_pieces_and_once(desk: Desk, registry: Registry) -> None:
    """More than a piece goes by chunks; a second run sends nothing of it."""
    path = desk.write("large", b"0123456789abcdef" * (PIECE // 16) + b"end")
    line = ("upload", "blob", "-f", path, f"{registry.host}/files/large:v1")
    assert desk.run(*line).code == 0
    assert registry.count(method="PATCH") == 2
    assert desk.run(*line).code == 0
    assert registry.count(method="PATCH") == 2


@pytest.mark.peers
@pytest.mark.parametrize(
    "flags",
    [
        ("-f", "a.txt", "-a", "k=v", "-a", "b=<c>"),
        ("-f", "c.bin", "--ct", "application/x-thing"),
        ("-f", "a.txt:linux"),
        ("-f", "a.txt:linux/amd64", "-f", "b.json:darwin"),
        ("-f", "d.gz:linux/amd64", "-f", "e.zip:linux/arm64", "-f", "f.wasm:wasi"),
    ],
)
@pytest.mark.parametrize("generation", ["2.5", "3.1"])
def test_the_bytes_are_the_real_cosigns(
    desk: Desk, registry: Registry, generation: str, flags: tuple[str, ...]
) -> None:
    """For the same files both programs leave a tag with the very same digest."""
    contents = {
        "a.txt": b"hello\n",
        "b.json": b'{"x":1}\n',
        "c.bin": b"\x00\x01\x02",
        "d.gz": b"\x1f\x8b\x08\x00rest",
        "e.zip": b"PK\x03\x04rest",
        "f.wasm": b"\x00asm\x01\x00\x00\x00",
    }
    for name, content in contents.items():
        desk.write(name, content)
    placed = [desk.path(flag) if flag.partition(":")[0] in contents else flag for flag in flags]
    ours = desk.run("upload", "blob", *placed, f"{registry.host}/files/ours:v1")
    assert ours.code == 0, ours.err
    peer = cosign("2.5" if generation == "2.5" else "3.1", home=desk.folder / "home")
    peer.run(
        ["upload", "blob", *flags, f"{registry.host}/files/theirs:v1"], cwd=desk.folder
    ).check()
    digests = [_digest(registry, f"files/{whose}", "v1") for whose in ("ours", "theirs")]
    assert digests[0] == digests[1] is not None


def test_files_that_could_not_be_told_apart_are_refused(desk: Desk, registry: Registry) -> None:
    """Several files need a platform each, and nothing is sent before that is known."""
    one, two = desk.write("one", b"1"), desk.write("two", b"2")
    image = f"{registry.host}/files/app:v1"
    for files in (("-f", one, "-f", two), ("-f", f"{one}:linux", "-f", f"{two}:linux"), ()):
        ran = desk.run("upload", "blob", *files, image)
        assert ran.code == 2
    assert desk.run("upload", "blob", "-f", desk.path("nothing"), image).code == 14
    assert registry.count() == 0


def test_a_file_is_uploaded_into_a_folder(desk: Desk) -> None:
    """An OCI layout takes files as a registry does."""
    path = desk.write("app.txt", b"text")
    ran = desk.run("upload", "blob", "-f", path, f"oci:{desk.path('folder')}:v1")
    assert ran.code == 0, ran.err
    index = json.loads((desk.folder / "folder/index.json").read_bytes())
    assert ran.out.decode().strip().endswith(index["manifests"][0]["digest"])


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "text/plain"),
        ("naïve\n".encode(), "text/plain"),
        (b"\x1b[0m", "text/plain"),
        (b"a\x00b", "application/octet-stream"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<?xml version='1.0'?>", "text/xml"),
    ],
)
def test_media_types_are_guessed_from_first_bytes(content: bytes, name: str) -> None:
    """Go's way to guess, for what is released as a file."""
    assert media_type_of(content) == name
