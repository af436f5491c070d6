"""What boltseal stores is byte for byte what cosign stored when it was told to sign the same.

Each case is signed again from the image as it was before, by the same flow that users sign with;
only the proof's random bytes and the time are cosign's own.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from boltseal.core.names import Digest, Repository
from boltseal.core.oci import OCI_EMPTY, Index, Manifest
from boltseal.core.signature import Form
from boltseal.flows.sign import OnExisting, Order, Workshop, sign
from boltseal.formats.bundle import MEDIA_TYPE as BUNDLE
from boltseal.stores import Shelf
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf
from tests.golden.cases import VECTORS, Case, case, cases
from tests.golden.commands import NotAsked, Words, writing
from tests.golden.differences import NOT_WRITTEN
from tests.golden.replay import Replay, made_signatures
from tests.support.making import Clock
from tests.support.memory import MemoryStore
from tests.support.tables import Record, tell

TABLE = "golden writings"
# go-containerregistry before 0.21, which Debian builds both cosigns with, writes the type of the
# config as an entry's artifact type; upstream's cosign 3.1 and boltseal write the bundle's.
_OURS = f'"artifactType":"{BUNDLE}"'.encode()
_DEBIANS = f'"artifactType":"{OCI_EMPTY}"'.encode()


def _steps(one: Case) -> list[Words]:
    """Return the signings of a case; an SBOM that was attached first is an image like others."""
    attached = [step for step in one.steps if (step.verb, step.words[0]) != ("attach", "sbom")]
    return [writing(step) for step in attached]


def _attests(one: Case) -> bool:
    """Tell whether something is attested in a case; test_attesting does so again."""
    return any(step.verb == "attest" for step in one.steps)


def _sorted_out() -> tuple[list[Case], dict[str, str]]:
    written: list[Case] = []
    others: dict[str, str] = {}
    for one in cases():
        if _attests(one):
            continue
        try:
            steps = _steps(one)
        except NotAsked as reason:
            others[one.name] = str(reason)
        else:
            written.extend([one] if steps else [])
    return written, others


def _paced(shelf: Shelf) -> Shelf:
    assert isinstance(shelf, TagShelf | ReferrerShelf)
    return replace(shelf, pace=Clock().pace())


def _signed_again(one: Case) -> MemoryStore:
    store, made = one.before(), made_signatures(one.store())
    for words in _steps(one):
        signer = Replay(words.key(), made)
        shelves = [_paced(shelf) for shelf in words.shelves(store)]
        workshop = Workshop(store, shelves, signer, now=signer.now, parallel=1)
        report = sign([words.reference], _order(words, shelves[0].form), workshop=workshop)
        assert report.error is None
    assert made == [], f"{len(made)} of cosign's signatures were not asked for again"
    return store


def _order(words: Words, form: Form) -> Order:
    identity = words.value("--sign-container-identity")
    return Order(
        annotations=words.annotations,
        recursive=words.has("-r"),
        # cosign leaves an equal classic signature alone and adds a bundle every time.
        on_existing=OnExisting.APPEND if form is Form.BUNDLE else OnExisting.SKIP,
        identities=tuple(identity.split(",")) if identity else (),
    )


def _is_fallback(tag: str) -> bool:
    return tag.startswith("sha256-") and "." not in tag


def _tagged(store: MemoryStore) -> dict[tuple[Repository, str], Manifest | Index]:
    return {
        (where, tag): store.manifests[where, digest] for (where, tag), digest in store.tags.items()
    }


@pytest.mark.parametrize("one", _sorted_out()[0], ids=lambda one: one.name)
def test_what_is_stored_is_what_cosign_stored(one: Case, record_property: Record) -> None:
    """Payloads, statements, bundles, configs and manifests are cosign's, and under its tags."""
    theirs, ours = one.store(), _signed_again(one)
    wanted, got = _tagged(theirs), _tagged(ours)
    assert set(got) == set(wanted)
    fallbacks: set[tuple[Repository, Digest]] = set()
    for (where, tag), manifest in wanted.items():
        if _is_fallback(tag):
            assert got[where, tag].raw.replace(_OURS, _DEBIANS) == manifest.raw
            assert got[where, tag].raw != manifest.raw
            fallbacks.add((where, manifest.digest))
        else:
            assert got[where, tag].raw == manifest.raw
    manifests = set(theirs.manifests) - fallbacks
    for place in manifests:
        assert ours.manifests[place].raw == theirs.manifests[place].raw
    assert set(theirs.blobs) <= set(ours.blobs)
    counts = (f"{len(manifests)} manifests", f"{len(theirs.blobs)} blobs")
    listed = f"fallback index: {len(fallbacks)}, equal but for the entry's type"
    tell(record_property, TABLE, one.name, "equal", *counts, listed if fallbacks else "")


def test_cases_that_are_not_written_are_listed_by_name(record_property: Record) -> None:
    """Logs, certificates and the like are later versions'; none is left unseen."""
    written, others = _sorted_out()
    assert others == NOT_WRITTEN
    for name, reason in others.items():
        tell(record_property, TABLE, name, "not written by this version", reason)
    totals = {
        "cases": len([one for one in cases() if not _attests(one)]),
        "equal": len(written),
        "not written": len(others),
    }
    assert totals["cases"] == totals["equal"] + totals["not written"] + len(_UNSIGNED)
    for what, count in totals.items():
        tell(record_property, "golden writings: totals", what, count)


_UNSIGNED = ("sbom31-attached-json",)


@pytest.mark.parametrize("name", ["sig25-attached", "sig31-legacy-attached"])
def test_a_payload_that_cosign_wrote_to_a_file_is_the_one_that_is_signed(name: str) -> None:
    """The payload in a file is the layer that cosign attached, and what boltseal drafts."""
    payload = (VECTORS / f"external/{name}.payload").read_bytes()
    one = case(name)
    words = Words.of(one.steps[0])
    made = [made for made in made_signatures(one.store()) if made.payload == payload]
    assert made
    signer = Replay(words.key(), made)
    store = one.before()
    shelf = TagShelf(store, pace=Clock().pace())
    workshop = Workshop(store, [shelf], signer, now=signer.now, parallel=1)
    report = sign([one.reference], Order(annotations=words.annotations), workshop=workshop)
    assert report.error is None
    (artifact,) = shelf.find(one.reference).artifacts
    assert artifact.content == payload
