"""`save` and `load`: an image in a folder, as cosign keeps it there, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.desk import Desk, push, push_index
from tests.support.registry import Registry

KINDS = "dev.cosignproject.cosign/"


def _signed(desk: Desk, registry: Registry, *flags: str) -> str:
    image = push_index(registry, "team/app", "amd64", "arm64")
    ran = desk.run("sign", "--key", desk.path("release.key"), *flags, image)
    assert ran.code == 0, ran.err
    return image


def _entries(desk: Desk) -> list[dict[str, Any]]:
    index = json.loads((desk.folder / "saved/index.json").read_bytes())
    entries: list[dict[str, Any]] = index["manifests"]
    return entries


def _save(desk: Desk, image: str) -> None:
    ran = desk.run("save", "--dir", desk.path("saved"), image)
    assert ran.code == 0, ran.err


def _verify(desk: Desk, *words: str) -> int:
    return desk.run("verify", "--key", desk.path("release.pub"), *words).code


def test_a_saved_image_is_verified_where_it_lies_and_where_it_is_loaded(
    desk: Desk, registry: Registry
) -> None:
    """Both forms go into the folder and out of it again, those of platform images too."""
    image = _signed(desk, registry, "--recursive")
    _save(desk, image)
    saved = desk.path("saved")
    assert _verify(desk, "--local-image", "--format", "classic", saved) == 0
    assert _verify(desk, "--local-image", "--format", "bundle", saved) == 0
    with Registry() as other:
        target = f"{other.host}/loaded/app:v1"
        loaded = desk.run("load", "--dir", saved, target)
        assert loaded.code == 0, loaded.err
        for form in ("classic", "bundle"):
            assert _verify(desk, "--recursive", "--format", form, target) == 0
    assert _verify(desk, "--local-image", desk.path("nothing")) == 14


def test_the_index_has_cosigns_kinds(desk: Desk, registry: Registry) -> None:
    """The index and its signatures are told apart as cosign load tells them."""
    image = _signed(desk, registry)
    _save(desk, image)
    kinds = [entry["annotations"]["kind"] for entry in _entries(desk)]
    assert sorted(kinds) == [f"{KINDS}imageIndex", f"{KINDS}sigs"]


def test_another_image_takes_the_place_of_the_saved_one(desk: Desk, registry: Registry) -> None:
    """Saving into a folder again leaves one image in its index; blobs that are there stay."""
    _save(desk, _signed(desk, registry))
    second = push(registry, "team/second")
    _save(desk, second)
    assert [entry["digest"] for entry in _entries(desk)] == [second.rpartition("@")[2]]
    assert _verify(desk, "--local-image", desk.path("saved")) == 10


def test_an_image_that_is_not_there_leaves_the_folder_alone(desk: Desk, registry: Registry) -> None:
    """A failed save of another image does not empty the folder."""
    _save(desk, _signed(desk, registry))
    before = _entries(desk)
    line = ("save", "--dir", desk.path("saved"), f"{registry.host}/team/app:no")
    assert desk.run(*line).code == 11
    assert _entries(desk) == before


def test_a_second_save_fetches_no_blob(desk: Desk, registry: Registry) -> None:
    """What is in the folder already is not read again."""
    image = _signed(desk, registry)
    _save(desk, image)
    registry.clear()
    _save(desk, image)
    assert registry.count(path="/blobs/") == 0


@pytest.mark.parametrize("verb", ["save", "load"])
def test_a_folder_has_to_be_named(desk: Desk, verb: str) -> None:
    """Without --dir the run is wrong use; a folder that is none cannot be loaded."""
    assert desk.run(verb, "registry.example.com/app:v1").code == 2
    line = ("load", "--dir", desk.path("nothing"), "registry.example.com/app:v1")
    assert desk.run(*line).code == 14
