"""A folder in OCI layout holds images and their signatures as a registry does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boltseal.core.names import Reference
from boltseal.errors import FileUnusable, IntegrityError, Malformed, UsageError
from boltseal.flows.sign import Workshop, sign
from boltseal.flows.verify import Bench, examine
from boltseal.signers.local import LocalSigner
from boltseal.stores.layout import LayoutStore
from boltseal.stores.open import BOTH, open_shelves
from boltseal.stores.routing import RoutingStore
from tests.support.making import NOON, demand, image_manifest, index_of, key, order
from tests.support.memory import MemoryStore


def _layout(folder: Path) -> Reference:
    store = LayoutStore(folder, make=True)
    store.put_manifest(Reference.parse_place(f"oci:{folder}"), image_manifest("one"))
    return Reference.parse_place(f"oci:{folder}")


def _store(*, make: bool = False) -> RoutingStore:
    return RoutingStore(lambda: MemoryStore(), make=make)


def test_an_image_in_a_folder_is_signed_and_verified(tmp_path: Path) -> None:
    """Both forms are written into the folder and found there again."""
    image = _layout(tmp_path / "image")
    store = _store()
    workshop = Workshop(store, open_shelves(store, BOTH), LocalSigner(key("a")), now=lambda: NOON)
    named = order(identities=("registry.example.com/app",))
    assert sign([image], named, workshop=workshop).error is None
    fresh = _store()
    report = examine([image], demand("a"), bench=Bench(fresh, open_shelves(fresh, BOTH)))
    assert report.error is None
    assert len(report.images[0].trusted) == 2


def test_signatures_carry_the_kind_that_cosign_looks_for(tmp_path: Path) -> None:
    """`index.json` names the image and its signatures by cosign's annotation."""
    folder = tmp_path / "image"
    image = _layout(folder)
    store = _store()
    workshop = Workshop(store, open_shelves(store, BOTH), LocalSigner(key("a")), now=lambda: NOON)
    sign([image], order(identities=("registry.example.com/app",)), workshop=workshop)
    entries = json.loads((folder / "index.json").read_text())["manifests"]
    assert [entry["annotations"]["kind"] for entry in entries] == [
        "dev.cosignproject.cosign/image",
        "dev.cosignproject.cosign/sigs",
    ]
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_the_classic_form_needs_a_name_for_an_image_in_a_folder(tmp_path: Path) -> None:
    """A folder has no name to sign, so one must be given."""
    image = _layout(tmp_path / "image")
    store = _store()
    workshop = Workshop(store, open_shelves(store, BOTH), LocalSigner(key("a")), now=lambda: NOON)
    report = sign([image], order(), workshop=workshop)
    assert isinstance(report.error, UsageError)
    assert "--sign-container-identity" in str(report.error)


def test_a_folder_that_is_no_layout_is_told_so(tmp_path: Path) -> None:
    """A folder without an index is an error about that folder."""
    with pytest.raises(FileUnusable, match="no folder in OCI layout"):
        LayoutStore(tmp_path).manifest(Reference.parse_place(f"oci:{tmp_path}"))


def test_a_folder_with_several_images_wants_one_to_be_named(tmp_path: Path) -> None:
    """Without a tag or digest, two images in a folder are ambiguous."""
    store = LayoutStore(tmp_path, make=True)
    for text in ("one", "two"):
        store.put_manifest(Reference.parse_place(f"oci:{tmp_path}:{text}"), image_manifest(text))
    with pytest.raises(Malformed, match="holds 2 images"):
        store.manifest(Reference.parse_place(f"oci:{tmp_path}"))
    found = store.manifest(Reference.parse_place(f"oci:{tmp_path}:two"))
    assert found is not None
    assert found.raw == image_manifest("two").raw


def test_a_blob_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    """Bytes under a digest are checked against it."""
    image = _layout(tmp_path)
    store = LayoutStore(tmp_path)
    found = store.resolve(image)
    assert found is not None
    (tmp_path / "blobs" / "sha256" / found.digest.hex).write_bytes(b"{}")
    with pytest.raises(IntegrityError):
        store.manifest(image)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    """A blob that is a symbolic link is refused, whatever it points to."""
    image = _layout(tmp_path / "image")
    store = LayoutStore(tmp_path / "image")
    found = store.resolve(image)
    assert found is not None
    path = tmp_path / "image" / "blobs" / "sha256" / found.digest.hex
    (tmp_path / "secret").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(FileUnusable):
        store.manifest(image)


def test_an_index_in_a_folder_is_found_with_its_platforms(tmp_path: Path) -> None:
    """An index and its children are signed and verified together."""
    store = _store(make=True)
    index, images = index_of("amd64", "arm64")
    top = Reference.parse_place(f"oci:{tmp_path}")
    for image in images:
        store.put_manifest(top.repository.at(image.digest), image)
    store.put_manifest(top, index)
    workshop = Workshop(store, open_shelves(store, BOTH), LocalSigner(key("a")), now=lambda: NOON)
    done = sign([top], order(recursive=True, identities=("example.com/x",)), workshop=workshop)
    assert done.error is None
    bench = Bench(store, open_shelves(store, BOTH))
    assert len(examine([top], demand("a", recursive=True), bench=bench).images) == 3
    assert examine([top], demand("a", recursive=True), bench=bench).error is None


def test_what_is_no_blob_is_passed_over(tmp_path: Path) -> None:
    """A file that another writer has not finished, or a stray one, hinders no search."""
    image = _layout(tmp_path)
    found = LayoutStore(tmp_path).resolve(image)
    assert found is not None
    (tmp_path / "blobs" / "sha256" / ".part-x").symlink_to(tmp_path / "nowhere")
    (tmp_path / "blobs" / "sha256" / "note").mkdir()
    assert LayoutStore(tmp_path).referrers(image.repository, found.digest) == []


@pytest.mark.parametrize(
    ("text", "folder", "tag"),
    [
        ("oci:a", "a", ""),
        ("oci:a/b:v1", "a/b", "v1"),
        ("oci:/tmp/x", "/tmp/x", ""),
        ("oci:a@sha256:" + "0" * 64, "a", None),
    ],
)
def test_places_in_folders_are_read(text: str, folder: str, tag: str | None) -> None:
    """`oci:` names a folder, with a tag or digest where given."""
    place = Reference.parse_place(text)
    assert (place.repository.path, place.tag) == (folder, tag)
    assert place.repository.is_layout
    assert str(place) == text


def test_a_manifest_never_names_a_folder() -> None:
    """What other files name is an image called `oci`, not a folder beside them."""
    assert str(Reference.parse("oci:1.0")) == "index.docker.io/library/oci:1.0"
