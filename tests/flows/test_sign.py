"""Signing: what stands in the store afterwards, and what is said about it."""

from __future__ import annotations

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Index, Manifest
from boltseal.core.signature import Form
from boltseal.core.signing import Action
from boltseal.errors import (
    AlreadySigned,
    ImageNotFound,
    Moved,
    NotStored,
    RegistryError,
    UsageError,
)
from boltseal.flows.sign import OnExisting, sign
from boltseal.flows.verify import examine
from tests.support.making import House, demand, house, image_manifest, index_of, order
from tests.support.memory import MemoryStore


def _signatures(home: House) -> list[Form]:
    report = examine([home.image], demand("release", "other"), bench=home.bench())
    return [judged.signature.form for judged in report.images[0].judged]


def test_both_forms_stand_in_the_registry_and_are_trusted() -> None:
    """Signing writes the classic and the bundle form, and each is trusted."""
    home = house()
    report = sign([home.image], order(annotations={"commit": "abc"}), workshop=home.workshop())
    assert report.error is None
    assert [o.action for o in report.images[0].outcomes] == [Action.SIGNED, Action.SIGNED]
    verified = examine([home.image], demand(), bench=home.bench())
    assert verified.error is None
    assert verified.images[0].forms == (Form.BUNDLE, Form.CLASSIC)


def test_an_equal_signature_is_left_as_it_is() -> None:
    """Signing twice with the same annotations writes nothing the second time."""
    home = house()
    sign([home.image], order(), workshop=home.workshop())
    assert isinstance(home.store, MemoryStore)
    home.store.log.clear()
    report = sign([home.image], order(), workshop=home.workshop())
    assert [o.action for o in report.images[0].outcomes] == [Action.SKIPPED, Action.SKIPPED]
    assert not [line for line in home.store.log if line.startswith(("PUT", "UPLOAD"))]


def test_other_annotations_or_another_key_are_another_signature() -> None:
    """What differs in payload or key is added beside what is there."""
    home = house()
    sign([home.image], order(), workshop=home.workshop())
    sign([home.image], order(annotations={"run": "2"}), workshop=home.workshop())
    sign([home.image], order(), workshop=home.workshop("other"))
    assert len(_signatures(home)) == 6


def test_append_adds_even_an_equal_signature() -> None:
    """With append, an equal signature is added again."""
    home = house()
    append = order(on_existing=OnExisting.APPEND)
    sign([home.image], append, workshop=home.workshop())
    sign([home.image], append, workshop=home.workshop())
    assert len(_signatures(home)) == 4


def test_replace_leaves_one_signature_a_form_by_this_key_and_all_by_others() -> None:
    """With replace, older signatures by the same key go once the new one stands; others stay."""
    home = house()
    sign([home.image], order(annotations={"run": "1"}), workshop=home.workshop())
    sign([home.image], order(annotations={"run": "1"}), workshop=home.workshop("other"))
    replacing = order(annotations={"run": "2"}, on_existing=OnExisting.REPLACE)
    report = sign([home.image], replacing, workshop=home.workshop())
    assert {o.action for o in report.images[0].outcomes} == {Action.REPLACED}
    judged = examine([home.image], demand("release", "other"), bench=home.bench()).images[0].judged
    runs = sorted(
        (str(j.checks.anchor and j.checks.anchor.name), j.signature.subjects[0].annotations["run"])
        for j in judged
    )
    assert runs == [("other", "1"), ("other", "1"), ("release", "2"), ("release", "2")]


def test_fail_names_what_is_there_and_writes_nothing() -> None:
    """With fail, an equal signature is an error of its own."""
    home = house()
    sign([home.image], order(), workshop=home.workshop())
    report = sign([home.image], order(on_existing=OnExisting.FAIL), workshop=home.workshop())
    assert isinstance(report.error, AlreadySigned)


def test_dry_run_writes_nothing() -> None:
    """A dry run says what would be signed and stores nothing."""
    home = house()
    report = sign([home.image], order(dry_run=True), workshop=home.workshop())
    assert [o.action for o in report.images[0].outcomes] == [Action.PLANNED, Action.PLANNED]
    assert isinstance(home.store, MemoryStore)
    assert not [line for line in home.store.log if line.startswith(("PUT", "UPLOAD"))]


def test_many_tags_of_one_digest_are_signed_once() -> None:
    """Two references to one digest of a repository make one signature a form."""
    home = house()
    tag = Reference.parse("registry.example.com/team/app:v1")
    sign([tag, home.image], order(), workshop=home.workshop())
    assert len(_signatures(home)) == 2


def test_an_index_is_signed_with_its_platforms_but_not_buildkits_attestations() -> None:
    """Recursive signing covers the index and each platform image."""
    home = house()
    assert isinstance(home.store, MemoryStore)
    index, images = index_of("amd64", "arm64")
    repository = home.image.repository
    for image in images:
        home.store.manifests[repository, image.digest] = image
    top = home.store.seed("registry.example.com/team/app:multi", index.raw)
    report = sign([top], order(recursive=True), workshop=home.workshop())
    assert [image.platform for image in report.images] == [None, "linux/amd64", "linux/arm64"]
    checked = examine([top], demand(recursive=True), bench=home.bench())
    assert checked.error is None
    assert len(checked.images) == 3


def test_each_image_is_judged_on_its_own() -> None:
    """One image that is not there fails alone; the others are signed."""
    home = house()
    missing = home.image.repository.at(Digest.of(b"nothing"))
    report = sign([missing, home.image], order(), workshop=home.workshop())
    assert isinstance(report.error, ImageNotFound)
    by_digest = {image.digest: image.error for image in report.images}
    assert by_digest[home.image.digest] is None


def test_a_tag_that_moved_since_the_push_is_refused() -> None:
    """Given by tag and digest, an image whose tag names another digest by now is not signed."""
    home = house()
    assert isinstance(home.store, MemoryStore)
    home.store.seed("registry.example.com/team/app:v1", image_manifest("newer").raw)
    both = Reference(home.image.repository, "v1", home.image.digest)
    report = sign([both], order(tag_must_agree=True), workshop=home.workshop())
    assert isinstance(report.error, Moved)
    assert _signatures(home) == []


def test_nothing_to_sign_is_wrong_use() -> None:
    """An empty list of images is an error, not a success."""
    home = house()
    with pytest.raises(UsageError):
        sign([], order(), workshop=home.workshop())


def test_a_registry_that_says_yes_and_keeps_nothing_is_found_out() -> None:
    """A store that accepts the tag and does not show it makes signing fail in bounded time."""
    home = house()
    assert isinstance(home.store, MemoryStore)
    store = home.store

    class Forgetful(dict):  # type: ignore[type-arg]
        def __setitem__(self, name: object, value: object) -> None:
            pass

    store.tags = Forgetful(store.tags)
    report = sign([home.image], order(), workshop=home.workshop())
    assert isinstance(report.error, NotStored)


def test_an_unreadable_shelf_is_not_taken_for_an_empty_one() -> None:
    """A registry error while looking for signatures stops signing instead of overwriting them."""
    home = house()
    assert isinstance(home.store, MemoryStore)
    home.store.broken = lambda line: line.startswith("GET") and ".sig" in line
    report = sign([home.image], order(), workshop=home.workshop())
    assert isinstance(report.error, RegistryError)
    assert not [line for line in home.store.log if line.startswith("PUT")]


def test_without_the_referrers_api_bundles_are_listed_under_the_fallback_tag() -> None:
    """Where referrers are not listed by the registry, the fallback index names the bundle."""
    home = house(MemoryStore(api=False))
    sign([home.image], order(), workshop=home.workshop())
    assert isinstance(home.store, MemoryStore)
    assert home.image.digest is not None
    listed = home.store.manifest(home.image.repository.at(f"sha256-{home.image.digest.hex}"))
    assert isinstance(listed, Index)
    assert [e.artifact_type for e in listed.manifests] == [
        "application/vnd.dev.sigstore.bundle.v0.3+json"
    ]
    assert examine([home.image], demand(), bench=home.bench()).images[0].forms == (
        Form.BUNDLE,
        Form.CLASSIC,
    )


def test_foreign_layers_and_their_notes_stay_byte_for_byte() -> None:
    """Appending keeps every layer of another writer, annotations included."""
    home = house()
    assert isinstance(home.store, MemoryStore)
    sign([home.image], order(), workshop=home.workshop("other"))
    tag = home.image.repository.at(f"sha256-{home.image.digest.hex}.sig")  # type: ignore[union-attr]
    before = home.store.manifest(tag)
    sign([home.image], order(), workshop=home.workshop())
    after = home.store.manifest(tag)
    assert isinstance(before, Manifest)
    assert isinstance(after, Manifest)
    assert after.layers[:1] == before.layers
    assert len(after.layers) == 2
