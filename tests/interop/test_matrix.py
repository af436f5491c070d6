"""What boltseal signs both cosigns verify, what they sign boltseal verifies; none is fooled."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from boltseal.core.signature import Form
from tests.interop.conftest import House
from tests.interop.parties import Boltseal, Party, demanded, pinned, shelf_of
from tests.interop.rows import READERS, REFUSED, TRUSTED, UNSIGNED, Row, rows
from tests.peers.images import PushedImage, build, build_index, push
from tests.support.tables import Record, tell

pytestmark = pytest.mark.peers

TABLE = "between boltseal and both cosigns"
# What cosign's -a can be given at all, quoted as CSV.
HARD = {
    "commit": "abc",
    "lt": "<b>",
    "amp": "a&b",
    "quote": 'say "hi"',
    "apostrophe": "it's",
    "lines": "1\n2\n",
    "tab": "a\tb",
    "comma": "a,b",
    "empty": "",
    "separators": "\u2028\u2029",
    "text": "naïve café 日本 🔑",
    "control": "\x01\x1b[31m\x7f",
    "back": "C:\\dir",
    "Zed": "10",
    "10": "ten",
    "9": "nine",
    "ä b": " spaces ",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """An image of a row after it was signed."""

    row: Row
    image: PushedImage
    other: PushedImage

    @property
    def name(self) -> str:
        """The name that it was signed under, and that it is verified by."""
        return self.image.tagged if self.row.by_tag else self.image.pinned

    @property
    def notes(self) -> dict[str, str]:
        """The annotations that were signed."""
        return HARD if self.row.noted else {}


def _signed(row: Row, house: House) -> Signed:
    repository = f"matrix/row{row.number}"
    made = build_index(repository) if row.index else build(repository)
    image = push(house.registry.url, repository, tag="v1", image=made)
    other = push(house.registry.url, repository, tag="other", seed=f"{repository} other")
    signed = Signed(row, image, other)
    house.parties[row.writer].sign(
        signed.name,
        key=house.keys[row.kind, row.maker],
        forms=row.forms,
        notes=signed.notes,
        recursive=row.index,
    )
    return signed


@pytest.mark.parametrize("row", rows(), ids=lambda row: ", ".join(row.cells))
def test_a_signature_is_good_for_every_reader_and_for_nothing_else(
    row: Row, house: House, record_property: Record
) -> None:
    """The right key and annotations are believed; others, and other images, are not."""
    signed = _signed(row, house)
    _pass_off(signed)
    said: list[str] = []
    for reader in READERS:
        word = _read(signed, reader, house)
        assert word == row.expected(reader)
        if word == TRUSTED:
            _fool(signed, house.parties[reader], house)
            said.append(f"{reader}: trusted, 3 refused")
        else:
            said.append(f"{reader}: {word}{' (hash)' if row.odd_hash and word == REFUSED else ''}")
    tell(record_property, TABLE, *row.cells, *said)


def _read(signed: Signed, reader: str, house: House) -> str:
    key = house.keys[signed.row.kind, signed.row.maker]
    party = house.parties[reader]
    if isinstance(party, Boltseal):
        whole = replace(party, recursive=signed.row.index)
        return whole.verify(signed.name, key=key, notes=signed.notes).word
    names = {signed.name: signed.image.digest}
    if signed.row.index:
        # cosign's verify knows no --recursive, so it is asked for a child as well.
        child = signed.image.child_digests[-1]
        names[f"{signed.image.name}@{child}"] = child
    words = set()
    for name, digest in names.items():
        answer = party.verify(name, key=key, notes=signed.notes)
        assert answer.word != TRUSTED or digest in answer.told
        words.add(answer.word)
    (word,) = words
    return word


def _fool(signed: Signed, party: Party, house: House) -> None:
    """Ask with another annotation, with another key, and for another image."""
    key = house.keys[signed.row.kind, signed.row.maker]
    changed = {**signed.notes, "commit": "abd"}
    for name, asked_key, notes in (
        (signed.name, key, changed),
        (signed.name, house.stranger, signed.notes),
        (signed.other.pinned, key, signed.notes),
    ):
        answer = party.verify(name, key=asked_key, notes=notes)
        assert answer.word == REFUSED, answer.told


def _pass_off(signed: Signed) -> None:
    """Put the image's signatures where those of the other image are looked for."""
    for form in signed.row.forms:
        store, shelf = shelf_of(Form(form))
        other = pinned(signed.other.pinned)
        for artifact in shelf.find(pinned(signed.image.pinned)).artifacts:
            shelf.place(artifact, other, store.resolve(other))
        assert shelf.find(other).artifacts
        store.close()


def test_the_rows_cover_every_pair_of_values(record_property: Record) -> None:
    """Every value of every column stands beside every value of every other column."""
    table = [row.cells for row in rows()]
    for left, right in combinations(range(5), 2):
        wanted = {row[left] for row in table}, {row[right] for row in table}
        met = {(row[left], row[right]) for row in table}
        assert len(met) == len(wanted[0]) * len(wanted[1])
    writers = {row[0] for row in table}
    assert len({(row[0], *row[2:]) for row in table}) == len(writers) * 8
    good = {reader: sum(row.expected(reader) == TRUSTED for row in rows()) for reader in READERS}
    for reader, count in good.items():
        tell(record_property, f"{TABLE}: totals", reader, f"trusts {count} of {len(table)} images")


TAMPERED = [
    (writer, form) for form in Form for writer in READERS if (writer, form) != ("2.5", Form.BUNDLE)
]


@pytest.mark.parametrize(("writer", "form"), TAMPERED)
def test_a_signed_annotation_that_was_changed_is_refused_by_all(
    writer: str, form: Form, house: House
) -> None:
    """The payload with one letter changed, under the old signature, is no signature."""
    key = house.keys["P-256", writer]
    image = push(house.registry.url, f"tampered/{writer}/{form}", tag="v1")
    notes = {"commit": "abc"}
    party = house.parties[writer]
    party.sign(image.pinned, key=key, forms=[str(form)], notes=notes, recursive=False)
    store, shelf = shelf_of(form)
    subject = pinned(image.pinned)
    (artifact,) = shelf.find(subject).artifacts
    shelf.remove([artifact], subject)
    shelf.place(
        replace(artifact, content=_tampered(artifact.content)), subject, store.resolve(subject)
    )
    for reader, judge in house.parties.items():
        unseen = (reader, form) == ("2.5", Form.BUNDLE)
        for wanted in ({}, notes, {"commit": "abd"}):
            answer = judge.verify(image.pinned, key=key, notes=wanted)
            assert answer.word == (UNSIGNED if unseen else REFUSED), answer.told


def _tampered(content: bytes) -> bytes:
    if b'"abc"' in content:
        return content.replace(b'"abc"', b'"abd"')
    bundle = json.loads(content)
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    assert payload.count(b'"abc"') == 1
    changed = base64.b64encode(payload.replace(b'"abc"', b'"abd"'))
    bundle["dsseEnvelope"]["payload"] = changed.decode()
    return json.dumps(bundle).encode()


# What boltseal signs and cosign's -a cannot be given: with '=' it is refused (up to 3.1.1), a
# line break of Windows becomes another one on the way through CSV. No program can be given NUL.
UNGIVABLE = {"equals": "a=b", "windows": "1\r\n2"}


@pytest.mark.parametrize("form", list(Form))
def test_values_that_cosign_cannot_be_asked_for_are_signed_and_shown_all_the_same(
    form: Form, house: House, record_property: Record
) -> None:
    """Both cosigns verify the signature and print the values; only `-a` cannot name them."""
    key = house.keys["P-256", "boltseal"]
    image = push(house.registry.url, f"ungivable/{form}", tag="v1")
    notes = {**UNGIVABLE, "nul": "\0"}
    boltseal = house.parties["boltseal"]
    boltseal.sign(image.pinned, key=key, forms=[str(form)], notes=notes, recursive=False)
    assert boltseal.verify(image.pinned, key=key, notes=notes).word == TRUSTED
    for generation in ("2.5", "3.1"):
        cosign = house.cosigns[generation]
        if (generation, form) == ("2.5", Form.BUNDLE):
            continue
        verified = cosign.verify(image.pinned, key=key.public).check()
        (printed,) = json.loads(verified.stdout)
        assert printed["optional"] == notes
        for name, value in UNGIVABLE.items():
            options = demanded({name: value})
            refused = cosign.verify(image.pinned, key=key.public, options=options)
            assert refused.returncode != 0
            words = "unable to parse annotation" if name == "equals" else "annotation"
            assert words in refused.stderr, refused.told()
            told = refused.stderr.strip().splitlines()[-1].partition("execution: ")[2]
            table = "annotations that cosign's -a cannot be given"
            tell(record_property, table, f"{name}={value!r}", f"{generation} {form}", told[:90])
