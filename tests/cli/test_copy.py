"""`copy`: an image and all that stands beside it, from place to place, as often as it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from boltseal.core.oci import OCI_CONFIG, Descriptor, Manifest
from boltseal.stores.pieces import PIECE
from tests.cli.desk import Desk, push, push_index
from tests.support.registry import Answer, Options, Outcome, Registry, Request

PREDICATE = b'{"hello":"world"}'


@pytest.fixture
def mirror() -> Iterator[Registry]:
    """Serve a second registry, one without the referrers API."""
    with Registry(options=Options(referrers=False)) as running:
        yield running


def _sign(desk: Desk, image: str, *flags: str, key: str = "release") -> None:
    ran = desk.run("sign", "--key", desk.keys(key)[0], *flags, image)
    assert ran.code == 0, ran.err


def _attest(desk: Desk, image: str) -> None:
    predicate = desk.write("predicate.json", PREDICATE)
    line = ("attest", "--key", desk.path("release.key"), "--predicate", predicate)
    ran = desk.run(*line, "--type", "https://example.com/x", image)
    assert ran.code == 0, ran.err


def _verified(desk: Desk, image: str, *flags: str, key: str = "release") -> int:
    return desk.run("verify", "--key", desk.keys(key)[1], *flags, image).code


def _attested(desk: Desk, image: str) -> int:
    line = ("verify-attestation", "--key", desk.path("release.pub"))
    return desk.run(*line, "--type", "https://example.com/x", image).code


def _copied(desk: Desk, *words: str) -> str:
    ran = desk.run("copy", *words)
    assert ran.code == 0, ran.err
    return ran.err


def _there(image: str, registry: Registry, name: str) -> str:
    return f"{registry.host}/{name}@{image.rpartition('@')[2]}"


@pytest.mark.parametrize("form", ["classic", "bundle"])
def test_an_index_is_copied_with_all_that_stands_beside_it(
    desk: Desk, registry: Registry, mirror: Registry, form: str
) -> None:
    """Platforms, signatures and attestations are at the destination and verify there."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    _sign(desk, image, "--recursive")
    _attest(desk, image)
    told = _copied(desk, image, f"{mirror.host}/mirror/app:v1")
    assert "✔ copied" in told
    copy = _there(image, mirror, "mirror/app")
    assert _verified(desk, copy, "--recursive", "--format", form) == 0
    assert _attested(desk, copy) == 0
    assert desk.run("triangulate", "--type", "digest", f"{mirror.host}/mirror/app:v1").out == (
        f"{copy}\n".encode()
    )


def test_no_tag_of_an_image_takes_the_name_of_the_fallback_list(
    desk: Desk, registry: Registry, mirror: Registry
) -> None:
    """Where cosign's copy would leave sha256-<hex> naming the image, there is a list or nothing."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    _copied(desk, image, f"{mirror.host}/mirror/app:v1")
    assert [r.path for r in mirror.requests if r.method == "PUT" and "sha256-" in r.path] == []
    _sign(desk, _there(image, mirror, "mirror/app"), "--format", "bundle")


def test_a_second_run_writes_nothing(desk: Desk, registry: Registry, mirror: Registry) -> None:
    """What is there is not sent again: the second run only looks."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    _sign(desk, image, "--recursive")
    target = f"{mirror.host}/mirror/app:v1"
    _copied(desk, image, target)
    registry.clear()
    mirror.clear()
    assert "✔ there already" in _copied(desk, image, target)
    assert {r.method for r in (*registry.requests, *mirror.requests)} <= {"GET", "HEAD"}
    assert registry.count(path="/blobs/") == mirror.count(path="/blobs/") == 0


def test_a_run_that_failed_goes_on_where_it_stopped(desk: Desk, registry: Registry) -> None:
    """After a failure there is no tag, and the next run sends only what is missing."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    _sign(desk, image)
    broken = [True]

    def script(request: Request) -> Outcome:
        fails = broken[0] and request.method == "PUT" and request.path.endswith(".sig")
        return Answer(400) if fails else None

    with Registry(script=script) as mirror:
        target = f"{mirror.host}/mirror/app:v1"
        failed = desk.run("copy", "--retries", "0", image, target)
        assert failed.code == 3, failed.err
        assert "✘ failed" in failed.err
        assert desk.run("triangulate", "--type", "digest", target).code == 11
        broken[0] = False
        mirror.clear()
        _copied(desk, image, target)
        assert mirror.count(method="PUT", path="/blobs/") == 2  # of the bundle
        assert _verified(desk, target) == 0


def test_within_a_registry_blobs_are_mounted(desk: Desk, registry: Registry) -> None:
    """No blob travels between repositories of one registry."""
    image = push(registry, "team/app")
    _sign(desk, image)
    registry.clear()
    target = f"{registry.host}/other/app:v1"
    assert "mounted" in _copied(desk, image, target)
    assert registry.count(method="GET", path="/blobs/") == 0
    assert registry.count(method="PUT", path="/blobs/") == 0
    assert _verified(desk, target) == 0


def test_signatures_at_the_destination_are_kept(
    desk: Desk, registry: Registry, mirror: Registry
) -> None:
    """The copy joins signatures with those that another key made there, in both forms."""
    image, same = push(registry, "team/app"), push(mirror, "mirror/app")
    _sign(desk, image)
    _sign(desk, same, key="other")
    _copied(desk, image, f"{mirror.host}/mirror/app:v1")
    for key in ("release", "other"):
        for form in ("classic", "bundle"):
            assert _verified(desk, same, "--format", form, key=key) == 0


def test_a_tag_of_another_image_is_moved_on_demand_only(
    desk: Desk, registry: Registry, mirror: Registry
) -> None:
    """Without -f nothing at all is written, in cosign's words; with it the tag moves."""
    image = push(registry, "team/app")
    push(mirror, "mirror/app:v1", "another")
    target = f"{mirror.host}/mirror/app:v1"
    mirror.clear()
    refused = desk.run("copy", image, target)
    assert refused.code == 2
    assert f'image "{target}" already exists. Use `-f` to overwrite' in refused.err
    assert {r.method for r in mirror.requests} <= {"GET", "HEAD"}
    _copied(desk, "-f", image, target)
    assert desk.run("triangulate", "--type", "digest", target).out.decode().strip() == _there(
        image, mirror, "mirror/app"
    )


@pytest.mark.parametrize(
    ("flags", "signed", "attested"),
    [
        (("--only", "sign"), 0, 10),
        (("--only=sig,att",), 0, 0),
        (("--only", "att"), 10, 0),
        (("--sig-only",), 0, 10),
    ],
)
def test_only_what_was_asked_for_is_copied(
    desk: Desk,
    registry: Registry,
    mirror: Registry,
    flags: tuple[str, ...],
    signed: int,
    attested: int,
) -> None:
    """--only takes what stands beside the image, and leaves the image itself."""
    image = push(registry, "team/app")
    _sign(desk, image)
    _attest(desk, image)
    _copied(desk, *flags, image, f"{mirror.host}/mirror/app:v1")
    copy = _there(image, mirror, "mirror/app")
    assert desk.run("triangulate", "--type", "digest", f"{mirror.host}/mirror/app:v1").code == 11
    assert (_verified(desk, copy), _attested(desk, copy)) == (signed, attested)


def test_one_platform_is_copied_alone(desk: Desk, registry: Registry, mirror: Registry) -> None:
    """--platform takes the one image of an index; one that is not there is named."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    target = f"{mirror.host}/mirror/app:v1"
    told = _copied(desk, "--platform", "linux/arm64", image, target)
    assert "1 manifest" not in told
    assert mirror.count(method="PUT", path="/manifests/") == 2
    missing = desk.run("copy", "--platform", "linux/s390x", image, target)
    assert missing.code == 2
    assert "linux/amd64, linux/arm64" in missing.err


def test_one_image_that_fails_is_named_and_the_others_are_copied(
    desk: Desk, registry: Registry, mirror: Registry
) -> None:
    """Many images from a file: the failure stands by its image, the code is its own."""
    good = push(registry, "team/app")
    host = mirror.host
    lines = f"# all\n{good} {host}/a/one:v1\n\n{registry.host}/team/no:v1 {host}/a/two:v1\n"
    listed = desk.write("images.txt", lines.encode())
    ran = desk.run("copy", "--from", listed, "--output", "json")
    assert ran.code == 11
    results = [(one["target"], one["result"]) for one in json.loads(ran.out)["images"]]
    assert results == [(f"{host}/a/one:v1", "copied"), (f"{host}/a/two:v1", "failed")]
    assert "failed" in ran.err


@pytest.mark.parametrize(
    "words", [(), ("a/b:v1",), ("--only", "nonsense", "a/b:v1", "c/d:v1"), ("a/b:v1", "Wrong")]
)
def test_what_cannot_be_meant_is_wrong_use(desk: Desk, words: tuple[str, ...]) -> None:
    """A missing destination and a wrong name end before anything is asked."""
    assert desk.run("copy", *words).code == 2


def test_a_folder_is_a_place_like_a_registry(
    desk: Desk, registry: Registry, mirror: Registry
) -> None:
    """Copied into a folder, an image is signed, attested, listed and verified there, and copied."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    _sign(desk, image)
    folder = f"oci:{desk.path('folder')}"
    _copied(desk, image, folder)
    assert _verified(desk, folder) == 0
    _sign(desk, folder, "--sign-container-identity", "example.com/app", key="second")
    _attest(desk, folder)
    listed = desk.run("tree", folder)
    assert listed.out.decode().count("└── ") >= 4, listed.out
    target = f"{mirror.host}/mirror/app:v1"
    _copied(desk, folder, target)
    for key in ("release", "second"):
        for form in ("classic", "bundle"):
            assert _verified(desk, target, "--format", form, key=key) == 0
    assert _attested(desk, target) == 0


def test_a_large_layer_travels_in_pieces(desk: Desk, registry: Registry, mirror: Registry) -> None:
    """A layer of more than a piece is read by ranges and sent by chunks, to a folder as well."""
    layer = b"0123456789abcdef" * (PIECE // 16) + b"end"
    config = b"{}"
    image = Manifest.build(
        Descriptor.of(config, OCI_CONFIG), (Descriptor.of(layer, "application/x-layer"),)
    )
    for blob in (config, layer):
        registry.put_blob("team/app", blob)
    registry.put_manifest("team/app", image.raw, media_type=image.media_type, tag="v1")
    source = f"{registry.host}/team/app:v1"
    _copied(desk, source, f"{mirror.host}/mirror/app:v1", source, f"oci:{desk.path('folder')}")
    assert mirror.count(method="PATCH") == 2
    assert mirror.store.blob("mirror/app", str(Descriptor.of(layer, "").digest)) == layer
    (large,) = [
        p for p in (desk.folder / "folder/blobs/sha256").iterdir() if p.stat().st_size > 999
    ]
    assert large.read_bytes() == layer
