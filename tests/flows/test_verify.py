"""Verifying: three verdicts, each signature on its own, nothing skipped in silence."""

from __future__ import annotations

import pytest

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Manifest
from boltseal.core.verdict import Verdict
from boltseal.errors import ImageNotFound, NoSignature, NotTrusted, RegistryError, UsageError
from boltseal.flows.sign import sign
from boltseal.flows.verify import examine, verify
from boltseal.stores.tags import TagShelf
from tests.support.making import House, demand, house, image_manifest, order
from tests.support.memory import MemoryStore


def _signed(*names: str) -> House:
    home = house()
    for name in names:
        sign([home.image], order(annotations={"by": name}), workshop=home.workshop(name))
    return home


def _store(home: House) -> MemoryStore:
    assert isinstance(home.store, MemoryStore)
    return home.store


def test_no_signature_is_its_own_failure() -> None:
    """An image without signatures is not trusted, with cosign's exit code 10."""
    home = house()
    report = examine([home.image], demand(), bench=home.bench())
    assert report.verdict is Verdict.NOT_TRUSTED
    assert isinstance(report.error, NoSignature)
    assert report.error.exit_code == 10


def test_a_signature_by_another_key_is_not_trusted() -> None:
    """A signature by a key that was not given does not count, and the report says so."""
    home = _signed("other")
    with pytest.raises(NotTrusted, match="signatures may"):
        verify([home.image], demand(), bench=home.bench())


def test_a_broken_registry_leaves_the_verdict_undecided() -> None:
    """Where no shelf can be read the verdict is undecided, never 'unsigned'."""
    home = _signed("release")
    _store(home).broken = lambda line: True
    report = examine([home.image], demand(), bench=home.bench())
    assert report.verdict is Verdict.UNDECIDED
    assert isinstance(report.error, RegistryError)


def test_a_broken_shelf_does_not_hide_a_good_signature() -> None:
    """One shelf that cannot be read is named, and the signature on the other one decides."""
    home = _signed("release")
    _store(home).broken = lambda line: line.startswith("REFERRERS")
    report = examine([home.image], demand(), bench=home.bench())
    assert report.verdict is Verdict.TRUSTED
    assert report.images[0].faults


def test_a_signature_of_another_image_is_not_this_ones() -> None:
    """A valid signature copied to another image's tag fails with both digests named."""
    home = _signed("release")
    store = _store(home)
    other = store.seed("registry.example.com/team/app:v2", image_manifest("other").raw)
    shelf = TagShelf(store)
    copied = store.manifest(shelf.reference(home.image))
    assert isinstance(copied, Manifest)
    store.put_manifest(shelf.reference(other), copied)
    with pytest.raises(NotTrusted, match=f"not over {other.digest}"):
        verify([other], demand(), bench=home.bench())


def test_annotations_are_asked_of_each_signature_alone() -> None:
    """Two signatures that each have one of two wanted annotations do not make one that has both."""
    home = house()
    sign([home.image], order(annotations={"env": "prod"}), workshop=home.workshop())
    sign([home.image], order(annotations={"commit": "abc"}), workshop=home.workshop())
    wanted = Annotations.of({"env": "prod", "commit": "abc"})
    report = examine([home.image], demand(annotations=wanted), bench=home.bench())
    assert isinstance(report.error, NotTrusted)
    one = examine(
        [home.image], demand(annotations=Annotations.of({"env": "prod"})), bench=home.bench()
    )
    assert one.error is None


def test_required_keys_are_counted_by_key_not_by_signature() -> None:
    """Two of two keys are not reached by one key that signed in two forms."""
    home = _signed("release")
    both = demand("release", "other", require="all")
    report = examine([home.image], both, bench=home.bench())
    assert isinstance(report.error, NotTrusted)
    assert "1 of 2 required keys" in str(report.error)
    sign([home.image], order(), workshop=home.workshop("other"))
    assert examine([home.image], both, bench=home.bench()).error is None


def test_too_few_keys_with_a_shelf_unread_is_undecided() -> None:
    """A missing key may stand on the shelf that could not be read, so nothing is decided."""
    home = _signed("release")
    _store(home).broken = lambda line: line.startswith("REFERRERS")
    report = examine([home.image], demand("release", "other", require="2"), bench=home.bench())
    assert report.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("text", ["0", "3", "-1", "two", "", "1.0", "٢"])
def test_a_requirement_that_cannot_be_is_refused(text: str) -> None:
    """A number out of range, or no number, is wrong use before anything is asked."""
    with pytest.raises(UsageError):
        demand("release", "other", require=text)


def test_the_signed_name_matters_only_where_it_is_asked_for() -> None:
    """A signature made for another repository passes, unless the identity must match."""
    home = house()
    named = order(identities=("registry.example.com/other/name",))
    sign([home.image], named, workshop=home.workshop())
    assert examine([home.image], demand(), bench=home.bench()).error is None
    strict = examine([home.image], demand(match_identity=True), bench=home.bench())
    assert isinstance(strict.error, NotTrusted)


def test_a_missing_tag_is_image_not_found() -> None:
    """A tag that the registry does not have fails with cosign's exit code 11."""
    home = house()
    report = examine(["registry.example.com/team/app:none"], demand(), bench=home.bench())
    assert isinstance(report.error, ImageNotFound)
    assert report.error.exit_code == 11


def test_nothing_to_verify_is_wrong_use() -> None:
    """A gate that is given no image does not open."""
    home = house()
    with pytest.raises(UsageError, match="nothing to verify"):
        verify([], demand(), bench=home.bench())


def test_a_report_is_no_truth_value() -> None:
    """A report cannot be used where someone would forget to look at its verdict."""
    home = _signed("release")
    with pytest.raises(TypeError):
        bool(examine([home.image], demand(), bench=home.bench()))


def test_one_image_is_looked_at_once_however_often_it_is_asked_for() -> None:
    """The same digest asked for twice is verified once and reported twice."""
    home = _signed("release")
    _store(home).log.clear()
    again = Reference.parse("registry.example.com/team/app:v1")
    report = examine([home.image, again], demand(), bench=home.bench())
    assert len(report.images) == 2
    assert sum(".sig" in line for line in _store(home).log if line.startswith("GET")) == 1


def test_the_gravest_failure_of_many_names_the_exit_code() -> None:
    """Among an untrusted, an unsigned and a missing image, the untrusted one decides the code."""
    home = _signed("other")
    store = _store(home)
    unsigned = store.seed("registry.example.com/team/app:v2", image_manifest("two").raw)
    missing = home.image.repository.at("gone")
    report = examine([missing, unsigned, home.image], demand(), bench=home.bench())
    assert isinstance(report.error, NotTrusted)
    assert [image.exit_code for image in report.images] == [11, 10, 12]


def test_a_tag_is_resolved_once_and_the_digest_is_what_was_judged() -> None:
    """The report speaks of the digest that the tag named when it was first looked at."""
    home = _signed("release")
    store = _store(home)
    report = examine(["registry.example.com/team/app:v1"], demand(), bench=home.bench())
    assert report.images[0].digest == home.image.digest
    assert sum(line.startswith("HEAD") for line in store.log if line.endswith(":v1")) == 1
    assert Digest.parse(str(report.images[0].digest)) == home.image.digest
