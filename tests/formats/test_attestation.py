"""The classic form of an attestation, and what becomes of a file inside a statement."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.names import Digest
from boltseal.core.signature import Artifact, Form, Kind, Proof
from boltseal.errors import BoltsealError, Malformed, UsageError
from boltseal.formats import attestation
from boltseal.formats.dsse import pre_authentication
from boltseal.formats.predicates import TYPES, PredicateType
from boltseal.formats.simplesigning import SIGNATURE
from boltseal.formats.statement import attest_statement

IMAGE = Digest.of(b"image")
URI = "https://example.com/predicate/v1"
SUBJECT = {"name": "registry.example.com/app", "digest": {"sha256": IMAGE.hex}}


def sealed(predicate: object = None) -> Artifact:
    statement = attest_statement(SUBJECT, predicate_type=URI, predicate=predicate or {"a": "<b>"})
    drafted = attestation.draft(statement, subject=IMAGE, predicate_type=URI, form=Form.CLASSIC)
    return attestation.seal(drafted, Proof(b"signature"))


def test_what_is_sealed_opens_again() -> None:
    """Statement, subject, type, signature and the stored bytes come back."""
    artifact = sealed()
    (signature,) = attestation.open_artifact(artifact)
    assert signature.kind is Kind.ATTESTATION
    assert signature.form is Form.CLASSIC
    assert signature.predicate_type == URI
    assert signature.subject(IMAGE) is not None
    assert signature.proof.signature == b"signature"
    assert signature.envelope == artifact.content
    assert signature.signed == pre_authentication(signature.payload)


def test_the_layer_is_cosigns() -> None:
    """The signature annotation is there and empty, and the type stands beside it."""
    assert dict(sealed().annotations) == {SIGNATURE: "", "predicateType": URI}
    assert sealed().media_type == "application/vnd.dsse.envelope.v1+json"


def test_the_statements_own_type_counts_and_not_the_annotation() -> None:
    """Whoever writes another type beside an envelope changes nothing."""
    annotations = {SIGNATURE: "", "predicateType": "https://example.com/other"}
    (signature,) = attestation.open_artifact(replace(sealed(), annotations=annotations))
    assert signature.predicate_type == URI


@pytest.mark.parametrize(
    "change",
    [
        {"payloadType": "application/json"},
        {"signatures": []},
        {"payload": "e30="},
        {"payload": "not base64"},
        {"payload": 5},
    ],
)
def test_an_envelope_of_something_else_is_malformed(change: dict[str, object]) -> None:
    """No signatures, another payload type or no statement is no attestation."""
    document = {**json.loads(sealed().content), **change}
    with pytest.raises(Malformed):
        attestation.open_artifact(replace(sealed(), content=json.dumps(document).encode()))


def test_a_signature_beside_the_envelope_is_malformed() -> None:
    """What carries its signature outside is of the other kind."""
    with pytest.raises(Malformed, match="beside its envelope"):
        attestation.open_artifact(replace(sealed(), annotations={SIGNATURE: "c2ln"}))


def test_each_signature_of_an_envelope_is_judged_alone() -> None:
    """Two signatures are two, over the same statement."""
    document = json.loads(sealed().content)
    document["signatures"] *= 2
    content = json.dumps(document).encode()
    assert len(attestation.open_artifact(replace(sealed(), content=content))) == 2


@pytest.mark.parametrize("name", TYPES)
def test_every_name_of_cosigns_is_a_type(name: str) -> None:
    """Each short name is read, and so is its URI."""
    assert PredicateType.parse(name).uri == TYPES[name]
    assert PredicateType.parse(TYPES[name]).uri == TYPES[name]


@pytest.mark.parametrize("text", ["", "provenance", "SPDX", "/path", "http:", "a b:c", "x:" * 999])
def test_what_is_no_uri_is_no_type(text: str) -> None:
    """Neither a name of cosign's nor a URI is wrong use that lists the names."""
    with pytest.raises(UsageError, match="slsaprovenance1"):
        PredicateType.parse(text)


def test_large_numbers_and_unknown_members_are_kept() -> None:
    """cosign makes every number a float64 and drops what its structs lack; nothing is lost here."""
    content = b'{"z": 12345678901234567890, "builder": {"id": "x", "more": 1.50}, "a": 1.0}'
    kind = PredicateType.parse("slsaprovenance")
    predicate = kind.predicate(content, timestamp="", what="it")
    statement = attest_statement(SUBJECT, predicate_type=kind.uri, predicate=predicate)
    told = b'"predicate":{"a":1,"builder":{"id":"x","more":1.5},"z":12345678901234567890}}'
    assert statement.endswith(told)


def test_text_predicates_are_kept_to_the_byte() -> None:
    """`custom` and `spdx` take text as it is, and only text."""
    text = "a\r\n<b> \u2028 é"
    custom = PredicateType.parse("custom").predicate(text.encode(), timestamp="T", what="it")
    assert custom == {"Data": text, "Timestamp": "T"}
    assert PredicateType.parse("spdx").predicate(text.encode(), timestamp="", what="it") == text
    for name in ("custom", "spdx"):
        with pytest.raises(Malformed, match="UTF-8"):
            PredicateType.parse(name).predicate(b"\xff", timestamp="", what="it")


@given(st.sampled_from([*TYPES, URI]), st.binary() | st.text().map(str.encode))
def test_any_file_becomes_a_statement_or_is_malformed(name: str, content: bytes) -> None:
    """No bytes make anything but a statement that reads back, or an error of ours."""
    kind = PredicateType.parse(name)
    with contextlib.suppress(BoltsealError):
        predicate = kind.predicate(content, timestamp="2026-01-01T00:00:00Z", what="it")
        statement = attest_statement(SUBJECT, predicate_type=kind.uri, predicate=predicate)
        assert json.loads(statement)["predicateType"] == kind.uri


@given(st.binary() | st.text().map(str.encode))
def test_any_layer_opens_or_is_malformed(content: bytes) -> None:
    """No layer raises anything of Python's own, an envelope around anything included."""
    envelope = {"payload": content.hex(), "payloadType": "x", "signatures": [{"sig": "c2ln"}]}
    for held in (content, json.dumps(envelope).encode()):
        with contextlib.suppress(BoltsealError):
            attestation.open_artifact(replace(sealed(), content=held))
