"""Names, digests and what builds say of themselves become references, or contradict each other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.actions.images import gather, parse_artifacts, parse_metadata
from boltseal.errors import UsageError

ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def _target(names: str | None, digest: str | None = ONE) -> dict[str, Any]:
    value: dict[str, Any] = {"buildx.build.ref": "builder/builder0/x"}
    if names is not None:
        value["image.name"] = names
    if digest is not None:
        value["containerimage.digest"] = digest
    return value


def _gather(*images: str, digest: str = "", metadata: object = None) -> list[str]:
    data = None if metadata is None else json.dumps(metadata).encode()
    found = gather(images, digest=digest, metadata=data).references
    return [f"{r.repository}{f':{r.tag}' if r.tag else ''} {str(r.digest)[7:8]}" for r in found]


def test_one_digest_is_meant_for_all_names() -> None:
    """Every name gets the build's digest, tags kept."""
    found = _gather("a.example/x:1", "a.example/x:2", "b.example/y", digest=ONE)
    assert found == ["a.example/x:1 1", "a.example/x:2 1", "b.example/y:latest 1"]


def test_capitals_of_a_repository_are_lowered_with_a_notice() -> None:
    """ghcr.io/${{ github.repository }} is read as the registry spells it; the tag is not."""
    named = gather(["a.example/Owner/App:V1"], digest="", metadata=None)
    assert str(named.references[0]) == "a.example/owner/app:V1"
    assert "lower case" in named.notices[0]


def test_buildx_metadata_has_names_and_digest() -> None:
    """build-push-action's metadata alone says what was pushed, and where."""
    assert _gather(metadata=_target("a.example/x:1, a.example/x:2")) == [
        "a.example/x:1 1",
        "a.example/x:2 1",
    ]


def test_bake_metadata_has_them_for_each_target() -> None:
    """Targets are taken one by one, and what is beside them is passed over."""
    metadata = {
        "app": _target("a.example/app:1"),
        "web": _target("a.example/web:1", OTHER),
        "buildx.build.warnings": [{"level": 1}],
    }
    assert _gather(metadata=metadata) == ["a.example/app:1 1", "a.example/web:1 2"]
    assert _gather("a.example/web:1", metadata=metadata) == ["a.example/web:1 2"]
    assert _gather("a.example/web:extra", metadata=metadata) == ["a.example/web:extra 2"]
    with pytest.raises(UsageError, match="it has none"):
        _gather("a.example/else:1", metadata=metadata)


def test_metadata_without_names_gives_its_digest_to_the_names_given() -> None:
    """A push by digest leaves no name in the metadata; `images` has it then."""
    assert _gather("a.example/x:1", metadata=_target(None)) == ["a.example/x:1 1"]
    with pytest.raises(UsageError, match="no name with it"):
        _gather(metadata=_target(None))
    with pytest.raises(UsageError, match="no name with it"):
        _gather(digest=ONE)


@pytest.mark.parametrize(
    ("images", "digest", "metadata", "reason"),
    [
        ([f"a.example/x@{ONE}"], OTHER, None, "has another digest"),
        (["a.example/x"], OTHER, _target("a.example/x"), "build-metadata has another digest"),
        (["a.example/x"], "sha256:abc", None, "is not a digest"),
        (["a.example/x y"], "", None, "is not an image reference"),
        ([], "", {}, "names no image"),
        ([], "", {"x": 1}, "names no image"),
        ([], "", _target("a.example/x", None), "was not pushed"),
        ([], "", {"t": _target("a.example/x", None)}, "target 't'"),
        ([], "", [1], "not an object"),
        ([], "", {**_target("x"), "image.name": 1}, "not text"),
    ],
)
def test_contradictions_and_odd_shapes_are_wrong_use(
    images: list[str], digest: str, metadata: object, reason: str
) -> None:
    """Where two inputs disagree, or one is of no known shape, the sentence says which."""
    with pytest.raises(UsageError, match=reason):
        _gather(*images, digest=digest, metadata=metadata)


def test_nothing_given_is_nothing_found() -> None:
    """No input at all gives no images, which the caller refuses in its own words."""
    assert _gather() == []


def test_declared_artifacts_are_read_from_the_runners_list() -> None:
    """Images of the list are taken by digest, files are passed over, an empty file is none."""
    subjects = [
        {"name": "a.example/x", "digest": ONE, "kind": "oci"},
        {"name": "tool.tar", "digest": OTHER, "kind": "file"},
    ]
    data = json.dumps({"version": 1, "subjects": subjects}).encode()
    assert [str(r) for r in parse_artifacts(data)] == [f"a.example/x@{ONE}"]
    assert parse_artifacts(b"  ") == ()
    for odd in (b"{", b"[]", b'{"version": 2, "subjects": []}', b'{"version": 1}'):
        with pytest.raises(UsageError):
            parse_artifacts(odd)
    bad = {"version": 1, "subjects": [{"kind": "oci", "name": "x", "digest": 3}]}
    with pytest.raises(UsageError):
        parse_artifacts(json.dumps(bad).encode())


SHAPES = st.recursive(
    st.none() | st.text(max_size=9) | st.integers() | st.just(ONE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["containerimage.digest", "image.name", "version", "subjects", "kind"]),
            inner,
            max_size=4,
        )
    ),
)


@given(SHAPES | st.binary())
def test_no_metadata_raises_anything_of_pythons_own(value: object) -> None:
    """Whatever a file holds, it is read or refused."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    for read in (parse_metadata, parse_artifacts):
        try:
            read(data)
        except UsageError:
            continue
