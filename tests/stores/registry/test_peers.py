"""The client against real registries: Debian's distribution, open and locked, and crane's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from boltseal.core.names import Digest, Repository
from boltseal.core.oci import Index
from boltseal.errors import AccessDenied
from boltseal.stores.registry.blobs import SinglePost
from tests.peers.registry import Registry, crane_registry, distribution

from .world import sample, store_on

pytestmark = pytest.mark.peers


def started(kind: str, folder: Path) -> AbstractContextManager[Registry]:
    if kind == "crane":
        return crane_registry(folder)
    if kind == "locked":
        return distribution(folder, username="robot$ci", password="pass: word")
    return distribution(folder)


@pytest.fixture(scope="module", params=["open", "locked", "crane"])
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    with started(request.param, tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.mark.parametrize("single_post", ["off", "auto", "on"])
def test_a_real_registry_takes_and_gives_what_it_was_given(
    peer: Registry, single_post: SinglePost
) -> None:
    """Blobs, manifests, an index, tags, no referrers API, deletion."""
    login: dict[str, Any] = {"username": peer.username, "password": peer.password}
    store = store_on(**login, writes=True, single_post=single_post)
    where = Repository.parse(f"{peer.host}/org/{single_post}/app")
    assert store.resolve(where.at("latest")) is None
    assert store.tags(where) is None
    layer = b"x" * 300_000
    manifest = sample(layer)
    for content in (layer, b"{}"):
        store.put_blob(where, content)
    store.put_manifest(where.at("latest"), manifest)
    index = Index.build((manifest.descriptor(),))
    store.put_manifest(where.at(index.digest), index)
    reader = store_on(**login)
    assert reader.resolve(where.at("latest")) == manifest.descriptor()
    assert reader.manifest(where.at(manifest.digest)) == manifest
    assert reader.resolve(where.at(index.digest)) == index.descriptor()
    assert reader.blob(where, manifest.layers[0], limit=len(layer)) == layer
    assert reader.manifest(where.at(Digest.of(b"nothing"))) is None
    assert "latest" in (reader.tags(where) or ())
    assert reader.referrers(where, manifest.digest) is None
    other = Repository.parse(f"{peer.host}/org/{single_post}/other")
    store.put_blob(other, layer, mount=where)
    assert reader.blob(other, manifest.layers[0], limit=len(layer)) == layer
    assert store.delete(where.at(manifest.digest))
    assert store_on(**login).manifest(where.at(manifest.digest)) is None


def test_a_locked_registry_says_who_was_refused(peer: Registry) -> None:
    """A wrong password is access denied, with the registry's own words."""
    if peer.username is None:
        store = store_on(username=None, password=None)
        assert store.resolve(Repository.parse(f"{peer.host}/none").at("x")) is None
        return
    with pytest.raises(AccessDenied, match=r"401 \(UNAUTHORIZED.*robot"):
        store_on(username="robot$ci", password="wrong").resolve(
            Repository.parse(f"{peer.host}/none").at("x")
        )
