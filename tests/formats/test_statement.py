"""A statement says exactly which digests it speaks of, and is written as cosign 3.1 writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.formats.statement import SIGN, STATEMENT_V01, Statement, sign_statement
from tests.formats.shapes import DIGEST, STATEMENT, changed

OTHER = Digest.of(b"other")


def test_the_statement_of_a_signature_is_cosigns() -> None:
    """Member order of the protobuf, `{}` for none, annotations sorted and not escaped for HTML."""
    about = f'{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{DIGEST.hex}"}},'
    rest = f'"predicateType":"{SIGN}","predicate":{{}}}}'
    assert sign_statement(DIGEST, Annotations()).decode() == f'{about}"annotations":{{}}}}],{rest}'
    notes = Annotations.of({"b": "<\n>&\u2028\x7f", "a": "ä"})
    annotations = '{"a":"ä","b":"<\\n>&\u2028\x7f"}'
    assert sign_statement(DIGEST, notes).decode() == f'{about}"annotations":{annotations}}}],{rest}'


@given(
    st.dictionaries(st.text("abcXYZ019", min_size=1), st.text('<&\n\0"\\ä🔑 \u2028'), max_size=5)
)
def test_a_statement_reads_back_as_it_was_written(notes: dict[str, str]) -> None:
    """Digest and annotations come back; there is no name in it."""
    statement = Statement.parse(sign_statement(DIGEST, Annotations.of(notes)), what="x")
    assert statement.predicate_type == SIGN
    (subject,) = statement.subjects
    assert (subject.digest, subject.annotations, subject.name) == (DIGEST, notes, None)


@pytest.mark.parametrize(
    ("digest", "read"),
    [
        ({"sha256": DIGEST.hex}, DIGEST),
        ({"sha512": "0" * 128, "sha256": DIGEST.hex}, DIGEST),
        ({"sha512": "0" * 128}, None),
        ({"SHA256": DIGEST.hex}, None),
        ({"sha256": None}, None),
        ({}, None),
    ],
)
def test_a_subject_without_a_sha256_digest_matches_nothing(
    digest: dict[str, object], read: Digest | None
) -> None:
    """Other algorithms beside it are passed over; alone they make a subject that is no image."""
    content = changed(STATEMENT, {"subject.0.digest": digest})
    (subject,) = Statement.parse(content, what="x").subjects
    assert subject.digest == read


def test_an_attestation_may_speak_of_many_subjects_in_either_version() -> None:
    """Each keeps its own name and annotations, in the order given."""
    subjects = [
        {"digest": {"sha256": OTHER.hex}, "name": "a"},
        {"digest": {"sha256": DIGEST.hex}, "name": "b", "annotations": {"x": 1}},
    ]
    changes = {"_type": STATEMENT_V01, "predicateType": "https://x.example/v1", "subject": subjects}
    statement = Statement.parse(changed(STATEMENT, changes), what="x")
    assert [(s.digest, s.name) for s in statement.subjects] == [(OTHER, "a"), (DIGEST, "b")]
    assert statement.subjects[1].annotations == {"x": 1}
    assert statement.document == json.loads(changed(STATEMENT, changes))
