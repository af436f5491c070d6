"""Manifests, indexes and descriptors are read strictly and keep the bytes they came in."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.names import Digest
from boltseal.core.oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    LARGEST_MANIFEST,
    OCI_CONFIG,
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    artifact_config,
    parse_manifest,
)
from boltseal.errors import IntegrityError, Malformed
from tests.golden.cases import cases, content

CONTENT = b"content"
DIGEST = str(Digest.of(CONTENT))
CONFIG = {"mediaType": OCI_CONFIG, "size": 7, "digest": DIGEST}
LAYER = {"mediaType": "application/octet-stream", "size": 7, "digest": DIGEST}
IMAGE = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": CONFIG, "layers": [LAYER]}
INDEX = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [LAYER]}


def raw(base: dict[str, Any], **changes: Any) -> bytes:
    """Write a document with members changed, or left out where they are changed to `...`."""
    return json.dumps({k: v for k, v in {**base, **changes}.items() if v is not ...}).encode()


def layer(**changes: Any) -> bytes:
    """Write an image whose layer is changed."""
    return raw(IMAGE, layers=[json.loads(raw(LAYER, **changes))])


# name: bytes, Content-Type, words of the error
REFUSED: dict[str, tuple[bytes, str | None, str]] = {
    "no JSON": (b"<html>", OCI_MANIFEST, "not JSON"),
    "a list": (b"[]", OCI_MANIFEST, "not an object"),
    "cut": (raw(IMAGE)[:-9], OCI_MANIFEST, "not JSON"),
    "a member twice": (
        raw(IMAGE)[:-1] + b',"layers":[]}',
        OCI_MANIFEST,
        "ambiguous: member 'layers'",
    ),
    "schema 1": (raw(IMAGE, schemaVersion=1), None, "schema version 2"),
    "no schema": (raw(IMAGE, schemaVersion=...), None, "schema version 2"),
    "schema true": (raw(IMAGE, schemaVersion=True), None, "schema version 2"),
    "both image and index": (raw(IMAGE, manifests=[]), OCI_MANIFEST, "both layers and manifests"),
    "both index and image": (raw(INDEX, config=CONFIG), OCI_INDEX, "both layers and manifests"),
    "an index said to be an image": (
        raw(INDEX, mediaType=OCI_MANIFEST),
        OCI_MANIFEST,
        "members say otherwise",
    ),
    "an image said to be an index": (raw(IMAGE, mediaType=OCI_INDEX), None, "say otherwise"),
    "an image that came as an index": (raw(IMAGE), OCI_INDEX, "came as"),
    "an OCI image that came as Docker's": (raw(IMAGE), DOCKER_MANIFEST, "came as"),
    "an untyped index that came as an image": (
        raw(INDEX, mediaType=...),
        OCI_MANIFEST,
        "say otherwise",
    ),
    "an unknown type": (raw(IMAGE, mediaType="text/plain"), None, "unknown media type"),
    "a type that is no text": (raw(IMAGE, mediaType=7), None, "'mediaType' is not a string"),
    "no config": (raw(IMAGE, config=...), None, "config is not an object"),
    "config null": (raw(IMAGE, config=None), None, "config is not an object"),
    "layers an object": (raw(IMAGE, layers={}), None, "'layers' is not a list"),
    "layers false": (raw(IMAGE, layers=False), None, "'layers' is not a list"),
    "layers of text": (raw(IMAGE, layers=["x"]), None, "layer 0 is not an object"),
    "manifests zero": (raw(INDEX, manifests=0), None, "'manifests' is not a list"),
    "entries of null": (raw(INDEX, manifests=[LAYER, None]), None, "entry 1 is not an object"),
    "subject a text": (raw(IMAGE, subject=DIGEST), None, "subject is not an object"),
    "annotations a list": (raw(IMAGE, annotations=[]), None, "'annotations' is not an object"),
    "an annotation of null": (raw(IMAGE, annotations={"a": None}), None, "other than text"),
    "a number as annotation": (layer(annotations={"a": 1}), None, "layer 0: member 'annotations'"),
    "size negative": (layer(size=-1), None, "negative size"),
    "size a text": (layer(size="7"), None, "'size' is not an integer"),
    "size a fraction": (layer(size=7.5), None, "'size' is not an integer"),
    "size true": (layer(size=True), None, "'size' is not an integer"),
    "size missing": (layer(size=...), None, "'size' is missing"),
    "no type of a layer": (layer(mediaType=...), None, "'mediaType' is missing"),
    "digest missing": (layer(digest=...), None, "'digest' is missing"),
    "digest upper case": (layer(digest=DIGEST.upper()), None, "is not a digest"),
    "digest in capitals": (layer(digest="sha256:" + "AB" * 32), None, "is not a digest"),
    "digest short": (layer(digest=DIGEST[:-1]), None, "is not a digest"),
    "digest with a line break": (layer(digest=DIGEST + "\n"), None, "is not a digest"),
    "digest a path": (layer(digest="sha256:../../etc/passwd"), None, "is not a digest"),
    "digest md5": (layer(digest="md5:" + "0" * 32), None, "is not a digest"),
    "digest sha1": (layer(digest="sha1:" + "0" * 40), None, "is not a digest"),
    "digest sha512": (layer(digest="sha512:" + "0" * 128), None, "is not a digest"),
    "data no base64": (layer(data="content"), None, "data is not"),
    "data too long": (
        layer(data=base64.b64encode(CONTENT + b"!").decode()),
        None,
        "inline data has 8 bytes where 7 were announced",
    ),
    "data of another digest": (
        layer(data=base64.b64encode(b"cOntent").decode()),
        None,
        "inline data does not have the digest",
    ),
    "too large": (b" " * LARGEST_MANIFEST + raw(IMAGE), None, "larger than"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_or_ambiguous_manifest_is_refused(name: str) -> None:
    """Whatever is not one image or one index to every reader is refused, and the words say why."""
    data, media_type, words = REFUSED[name]
    with pytest.raises(Malformed) as caught:
        parse_manifest(data, media_type=media_type, what="reg.example.com/app:v1")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("media_type", "claimed"),
    [
        (OCI_MANIFEST, OCI_MANIFEST),
        (DOCKER_MANIFEST, DOCKER_MANIFEST),
        (DOCKER_MANIFEST, "application/json"),
        (DOCKER_MANIFEST, None),
        (..., OCI_MANIFEST),
        (..., None),
        (..., "text/html"),
    ],
)
def test_an_image_is_read_by_what_it_says_of_itself(media_type: Any, claimed: str | None) -> None:
    """Its own type counts; the type it came with only where it has none and that one is known."""
    data = raw(IMAGE, mediaType=media_type)
    image = parse_manifest(data, media_type=claimed, what="x")
    assert isinstance(image, Manifest)
    assert image.media_type == (OCI_MANIFEST if media_type is ... else media_type)
    assert (image.raw, image.digest) == (data, Digest.of(data))


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST, ...])
def test_an_index_is_read_by_what_it_says_of_itself(media_type: Any) -> None:
    """Both kinds of index are read, and one without a type by its members."""
    index = parse_manifest(raw(INDEX, mediaType=media_type), media_type=None, what="x")
    assert isinstance(index, Index)
    assert index.media_type == (OCI_INDEX if media_type is ... else media_type)


@pytest.mark.parametrize("layers", [None, [], ...])
def test_an_image_may_have_no_layers(layers: Any) -> None:
    """Go writes an empty list as null, so null is no fault."""
    image = parse_manifest(raw(IMAGE, layers=layers), media_type=None, what="x")
    assert isinstance(image, Manifest)
    assert image.layers == ()


def test_foreign_layers_keep_their_addresses_and_nothing_else_is_made_of_them() -> None:
    """URLs of a descriptor are data that is written again, not a place to fetch from."""
    data = layer(urls=["https://evil.example/x", 7])
    image = parse_manifest(data, media_type=None, what="x")
    assert isinstance(image, Manifest)
    assert image.layers[0].urls == ("https://evil.example/x",)


def test_content_is_checked_against_its_descriptor() -> None:
    """Other size or other digest: refused; the right bytes come back."""
    described = Descriptor.of(CONTENT, "text/plain")
    assert described.check(CONTENT, what="blob") == CONTENT
    with pytest.raises(IntegrityError, match="blob has 6 bytes where 7 were announced"):
        described.check(CONTENT[:-1], what="blob")
    with pytest.raises(IntegrityError, match="blob does not have the digest"):
        described.check(b"cOntent", what="blob")


@pytest.mark.parametrize(
    ("platform", "notes", "is_child"),
    [
        ("linux/amd64", {}, True),
        ("unknown/unknown", {"vnd.docker.reference.type": "attestation-manifest"}, False),
        ("unknown/unknown", {}, True),
        ("linux/amd64", {"vnd.docker.reference.type": "attestation-manifest"}, True),
        ("unknown/unknown", {"vnd.docker.reference.type": "other"}, True),
        (None, {}, True),
    ],
)
def test_only_marked_attestations_leave_the_children(
    platform: str | None, notes: dict[str, str], is_child: bool
) -> None:
    """BuildKit's mark is the platform and the annotation together; one of them hides nothing."""
    system, _, architecture = (platform or "").partition("/")
    named = {"os": system, "architecture": architecture} if platform else None
    entry = Descriptor.of(CONTENT, OCI_MANIFEST, annotations=notes, platform=named)
    assert Index.build((entry,)).children() == ((entry,) if is_child else ())
    assert entry.platform_name == platform


def test_a_platform_has_its_variant_in_its_name() -> None:
    """`os/architecture/variant`, as docker writes it."""
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"}
    assert Descriptor.of(b"", OCI_MANIFEST, platform=platform).platform_name == "linux/arm64/v8"


def test_documents_are_written_in_the_order_of_go_containerregistry() -> None:
    """Descriptor, manifest and index: its member order, annotations sorted, HTML escaped."""
    described = Descriptor.of(
        b"{}",
        OCI_EMPTY,
        data=b"{}",
        urls=("https://a.example/?b&c",),
        annotations={"b": "<", "a": ""},
        platform={"architecture": "amd64", "os": "linux"},
        artifact_type="text/x",
    )
    digest = Digest.of(b"{}")
    entry = (
        f'{{"mediaType":"{OCI_EMPTY}","size":2,"digest":"{digest}","data":"e30=",'
        r'"urls":["https://a.example/?b\u0026c"],"annotations":{"a":"","b":"\u003c"},'
        '"platform":{"architecture":"amd64","os":"linux"},"artifactType":"text/x"}'
    )
    subject = Descriptor.of(CONTENT, OCI_MANIFEST)
    image = Manifest.build(
        described, (described,), annotations={"z": "", "A": ">"}, subject=subject, artifact_type="t"
    )
    about = f'{{"mediaType":"{OCI_MANIFEST}","size":7,"digest":"{DIGEST}"}}'
    assert image.raw.decode() == (
        f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{entry},"layers":[{entry}],'
        rf'"annotations":{{"A":"\u003e","z":""}},"subject":{about},"artifactType":"t"}}'
    )
    assert Index.build((described,)).raw.decode() == (
        f'{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{entry}]}}'
    )


def test_what_is_built_reads_back_as_the_same_value() -> None:
    """Reader and writer of manifests and indexes agree in every member."""
    described = Descriptor.of(CONTENT, "t", data=CONTENT, annotations={"a": "b"}, urls=("u",))
    subject = Descriptor.of(b"s", OCI_MANIFEST)
    image = Manifest.build(described, (described,), subject=subject, artifact_type="x")
    index = Index.build((described, subject), annotations={"c": "d"})
    assert parse_manifest(image.raw, media_type=OCI_MANIFEST, what="x") == image
    assert parse_manifest(index.raw, media_type=OCI_INDEX, what="x") == index
    assert image.descriptor().digest == image.digest
    assert index.descriptor(artifact_type="y").artifact_type == "y"


def test_the_config_of_an_image_of_signatures_is_cosigns() -> None:
    """A history entry and a diff_id a layer; none at all where there are no layers."""
    digest = Digest.of(CONTENT)
    assert artifact_config((Descriptor.of(CONTENT, "t"),)).decode() == (
        '{"architecture":"","created":"0001-01-01T00:00:00Z","history":'
        '[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers",'
        f'"diff_ids":["{digest}"]}},"config":{{}}}}'
    )
    assert b"history" not in artifact_config(())


def test_every_manifest_that_cosign_wrote_is_written_again_the_same() -> None:
    """What either cosign stored, parsed and built anew, has the very same bytes."""
    count = 0
    for one in cases():
        for held in one.registry:
            for digest, media_type in held["manifests"].items():
                data = content(digest)
                read = parse_manifest(data, media_type=media_type, what=digest)
                count += 1
                assert _again(read).raw == data
    assert count > 200


def _again(read: Manifest | Index) -> Manifest | Index:
    if isinstance(read, Index):
        return Index.build(read.manifests, annotations=read.annotations)
    return Manifest.build(
        read.config,
        read.layers,
        media_type=read.media_type,
        annotations=read.annotations,
        subject=read.subject,
        artifact_type=read.artifact_type,
    )


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(DIGEST)
NAMES = st.sampled_from(
    [*IMAGE, *INDEX, *LAYER, "annotations", "subject", "artifactType", "data", "urls", "platform"]
)
DOCUMENTS = st.recursive(
    SCALARS | st.sampled_from([OCI_MANIFEST, OCI_INDEX, 2, CONFIG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, DOCUMENTS), st.sampled_from([OCI_MANIFEST, OCI_INDEX, None]))
def test_no_document_raises_anything_but_malformed(
    document: dict[str, Any], media_type: str | None
) -> None:
    """Whatever stands where, it is a manifest, an index, or Malformed."""
    with suppress(Malformed):
        parse_manifest(json.dumps(document).encode(), media_type=media_type, what="x")
    with suppress(Malformed):
        whole = {"schemaVersion": 2, **document}
        parse_manifest(json.dumps(whole).encode(), media_type=media_type, what="x")
