"""Attesting: one statement for each digest and form, checked before anything is signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from boltseal.core.keys import PrivateKey
from boltseal.core.signature import Artifact, Form, Kind
from boltseal.core.signing import Action
from boltseal.errors import AlreadySigned, Malformed, UsageError
from boltseal.flows.attest import Claim, attest
from boltseal.flows.placing import OnExisting, Workshop
from boltseal.flows.verify import Bench, examine
from boltseal.formats.predicates import CYCLONEDX
from boltseal.formats.statement import SIGN
from boltseal.signers.local import LocalSigner
from boltseal.stores.open import LARGEST_ATTESTATION, open_shelves
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf
from tests.support.making import NOON, Clock, House, demand, house, index_of
from tests.support.memory import MemoryStore

URI = "https://example.com/predicate/v1"


def attic(store: MemoryStore | None = None) -> House:
    """Return a house whose shelves are those of attestations."""
    made = house(store)
    pace = Clock().pace()
    shelves = []
    for shelf in open_shelves(made.store, tuple(Form), kind=Kind.ATTESTATION):
        assert isinstance(shelf, TagShelf | ReferrerShelf)
        shelves.append(replace(shelf, pace=pace))
    return replace(made, shelves=tuple(shelves))


def claim(predicate: Any = None, **more: Any) -> Claim:
    return Claim(URI, {"n": 1} if predicate is None else predicate, **more)


def artifacts(made: House, number: int) -> tuple[Artifact, ...]:
    return made.shelves[number].find(made.image).artifacts


def trusted(made: House, *, kind: str = URI, name: str = "release") -> bool:
    asked = demand(name, kind=Kind.ATTESTATION, predicate_type=kind)
    report = examine([made.image], asked, bench=made.bench())
    return report.error is None


def test_shelves_of_attestations_have_a_tag_of_their_own_and_take_long_ones() -> None:
    """The classic form stands under .att, and both take what cosign takes at most."""
    made = attic()
    classic, bundle = made.shelves
    assert isinstance(classic, TagShelf)
    assert isinstance(bundle, ReferrerShelf)
    assert str(classic.reference(made.image)).endswith(".att")
    assert classic.largest == bundle.largest == LARGEST_ATTESTATION
    signatures = open_shelves(made.store, [Form.CLASSIC])[0]
    assert isinstance(signatures, TagShelf)
    assert str(signatures.reference(made.image)).endswith(".sig")


def test_an_sbom_of_many_megabytes_is_stored_and_read_back() -> None:
    """A predicate larger than any signature may be is no obstacle."""
    made = attic()
    predicate = {"text": "x" * (17 * 1024 * 1024)}
    assert attest([made.image], claim(predicate), workshop=made.workshop()).error is None
    assert trusted(made)


def test_one_statement_is_signed_for_each_form() -> None:
    """Both forms carry the same statement, and each is trusted alone."""
    made = attic()
    report = attest([made.image], claim(), workshop=made.workshop())
    assert report.error is None
    assert report.count(Action.SIGNED) == 2
    for shelf in made.shelves:
        assert trusted(replace(made, shelves=(shelf,)))
    assert not trusted(made, name="stranger")
    assert not trusted(made, kind="https://example.com/other")


def test_an_equal_statement_by_the_key_is_left_alone() -> None:
    """A repeated run adds nothing; another key's or another predicate's is its own."""
    made = attic()
    again = claim(on_existing=OnExisting.SKIP)
    attest([made.image], again, workshop=made.workshop())
    assert attest([made.image], again, workshop=made.workshop()).count(Action.SKIPPED) == 2
    attest([made.image], again, workshop=made.workshop("other"))
    other = claim({"n": 2}, on_existing=OnExisting.SKIP)
    assert attest([made.image], other, workshop=made.workshop()).count(Action.SIGNED) == 2
    assert len(artifacts(made, 0)) == len(artifacts(made, 1)) == 3


def test_fail_on_existing_names_the_image() -> None:
    """With `fail` an equal statement is an error of that image."""
    made = attic()
    attest([made.image], claim(), workshop=made.workshop())
    strict = claim(on_existing=OnExisting.FAIL)
    assert isinstance(attest([made.image], strict, workshop=made.workshop()).error, AlreadySigned)


@pytest.mark.parametrize("api", [True, False])
def test_a_key_that_signs_alike_each_time_does_not_replace_itself_away(api: bool) -> None:
    """Ed25519 makes the same bytes twice: what is put in place of itself stands."""
    private = ed25519.Ed25519PrivateKey.generate()
    content = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = LocalSigner(PrivateKey.parse_pkcs8(content, what="the key"))
    made = attic(MemoryStore(api=api))
    workshop = Workshop(made.store, made.shelves, signer, now=lambda: NOON)
    for _ in range(2):
        done = attest([made.image], claim(on_existing=OnExisting.REPLACE), workshop=workshop)
        assert done.error is None
        assert len(artifacts(made, 0)) == len(artifacts(made, 1)) == 1


def test_a_dry_run_signs_nothing() -> None:
    """What would be attested is told, and the store stays as it is."""
    made = attic()
    report = attest([made.image], claim(dry_run=True), workshop=made.workshop())
    assert report.count(Action.PLANNED) == 2
    assert not artifacts(made, 0)


def test_the_platforms_of_an_index_get_statements_of_their_own() -> None:
    """Recursively attested children are trusted by their own digests."""
    made = attic()
    assert isinstance(made.store, MemoryStore)
    index, images = index_of("amd64", "arm64")
    for image in images:
        made.store.seed(f"registry.example.com/team/app@{image.digest}", image.raw)
    whole = made.store.seed("registry.example.com/team/app:multi", index.raw)
    report = attest([whole], claim(recursive=True), workshop=made.workshop())
    assert report.count(Action.SIGNED) == 6
    asked = demand(kind=Kind.ATTESTATION, predicate_type=URI, recursive=True)
    assert examine([whole], asked, bench=Bench(made.store, made.shelves)).error is None


def test_a_broken_predicate_is_refused_before_anything_is_asked() -> None:
    """The rules of the type are judged first; the registry hears nothing of it."""
    made = attic()
    assert isinstance(made.store, MemoryStore)
    with pytest.raises(Malformed, match="/specVersion is missing"):
        attest([made.image], Claim(CYCLONEDX, {"bomFormat": "CycloneDX"}), workshop=made.workshop())
    assert made.store.log == []


def test_nothing_is_attested_as_what_signatures_say() -> None:
    """The statement of a signature is no attestation's type."""
    made = attic()
    with pytest.raises(UsageError, match="boltseal sign"):
        attest([made.image], Claim(SIGN, {}), workshop=made.workshop())


def test_a_statement_of_another_type_is_refused() -> None:
    """What is asked to be attested as one type is not signed as another."""
    made = attic()
    statement = (
        b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://example.com/b",'
        b'"subject":[{"digest":{"sha256":"' + b"0" * 64 + b'"}}],"predicate":{}}'
    )
    with pytest.raises(UsageError, match=r"https://example\.com/b"):
        attest([made.image], Claim(URI, statement=statement), workshop=made.workshop())


def test_a_rule_that_is_not_asked_for_is_told_of() -> None:
    """Without the check the predicate is signed as it is, and trusted."""
    made = attic()
    loose = Claim(CYCLONEDX, {"bomFormat": "CycloneDX"}, schema_check=False)
    assert attest([made.image], loose, workshop=made.workshop()).error is None
    assert trusted(made, kind=CYCLONEDX)
