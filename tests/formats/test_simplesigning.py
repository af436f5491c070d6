"""The classic form is written as cosign writes it and read for what was signed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.signature import Form, Kind, Proof
from boltseal.errors import Malformed
from boltseal.formats import simplesigning
from boltseal.formats.open import open_artifact
from tests.formats.shapes import DIGEST, IDENTITY, NOTES, SIGNATURE, classic

START = (
    f'{{"critical":{{"identity":{{"docker-reference":"{IDENTITY}"}},"image":'
    f'{{"docker-manifest-digest":"{DIGEST}"}},"type":"cosign container image signature"}},'
)


def test_a_payload_without_annotations_says_null() -> None:
    """cosign's bytes: no white space, no line break at the end, `optional` null."""
    assert simplesigning.payload(IDENTITY, DIGEST, Annotations()).decode() == (
        START + '"optional":null}'
    )


def test_a_payload_holds_its_annotations_sorted_and_escaped() -> None:
    """Names by their bytes, values escaped as Go escapes for HTML."""
    notes = Annotations.of({"b": "<\n>&\u2028", "a": "ä", "Z": ""})
    assert simplesigning.payload(IDENTITY, DIGEST, notes).decode() == (
        START + r'"optional":{"Z":"","a":"ä","b":"\u003c\n\u003e\u0026\u2028"}}'
    )


def test_a_draft_is_signed_over_its_payload() -> None:
    """What is stored and what is signed are the same bytes; no statement is involved."""
    drafted = simplesigning.draft(IDENTITY, DIGEST, NOTES)
    assert drafted.signed == drafted.payload == simplesigning.payload(IDENTITY, DIGEST, NOTES)
    assert (drafted.form, drafted.subject, drafted.predicate_type) == (Form.CLASSIC, DIGEST, None)


@pytest.mark.parametrize(
    ("changes", "annotations"),
    [
        ({}, NOTES.as_dict()),
        ({"optional": None}, {}),
        ({"optional": {}}, {}),
        ({"optional": {"n": 1, "b": True, "l": [], "o": {"x": None}}}, None),
        ({"extra": {"docker-manifest-digest": "sha256:0"}}, NOTES.as_dict()),
        ({"critical__extra": 1}, NOTES.as_dict()),
        ({"critical__identity": {"docker-reference": ""}}, NOTES.as_dict()),
    ],
)
def test_a_payload_is_read_for_what_was_signed(
    changes: dict[str, Any], annotations: object
) -> None:
    """Unknown members are passed over; annotations of any kind are kept as they were signed."""
    artifact = classic(**changes)
    (signature,) = open_artifact(artifact, kind=Kind.SIGNATURE)
    assert (signature.form, signature.kind) == (Form.CLASSIC, Kind.SIGNATURE)
    assert signature.payload == signature.signed == artifact.content
    (subject,) = signature.subjects
    assert subject.digest == DIGEST
    assert subject.annotations == (changes["optional"] if annotations is None else annotations)


def test_pretty_printing_changes_no_meaning_and_stays_as_it_was_signed() -> None:
    """White space is no fault, and the exact bytes are what the key is asked about."""
    content = json.dumps(json.loads(classic().content), indent=2).encode() + b"\n"
    (signature,) = open_artifact(classic(content), kind=Kind.SIGNATURE)
    assert signature.signed == content
    assert signature.reference == IDENTITY


def test_a_statement_under_the_tag_of_signatures_is_refused_by_kind() -> None:
    """The tag says what is looked for, so one kind never opens as the other."""
    with pytest.raises(Malformed, match="beside its envelope"):
        open_artifact(classic(), kind=Kind.ATTESTATION)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text("abcXYZ019-_./ä日", min_size=1, max_size=12)


@given(st.dictionaries(NAMES, TEXT, max_size=5), st.binary(min_size=1), st.binary())
def test_what_is_sealed_opens_as_what_was_drafted(
    notes: dict[str, str], proof: bytes, image: bytes
) -> None:
    """Digest, name, annotations and proof come back, and the exact bytes that were signed."""
    digest, annotations = Digest.of(image), Annotations.of(notes)
    drafted = simplesigning.draft(IDENTITY, digest, annotations)
    artifact = simplesigning.seal(drafted, Proof(proof, hint="unused"))
    (signature,) = open_artifact(artifact, kind=Kind.SIGNATURE)
    assert signature.signed == drafted.signed
    assert signature.proof == Proof(proof)
    assert signature.reference == IDENTITY
    subject = signature.subject(digest)
    assert subject is not None
    assert subject.annotations == notes
    assert annotations.missing_from(subject.annotations) is None
    assert signature.subject(Digest.of(image + b"!")) is None


def test_a_proof_is_the_decoded_annotation() -> None:
    """The signature stands in base64 beside the payload, and nowhere else."""
    (signature,) = open_artifact(classic(), kind=Kind.SIGNATURE)
    assert signature.proof == Proof(SIGNATURE)
