"""A DSSE envelope is encoded by its specification and carries what was signed unchanged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.errors import Malformed
from boltseal.formats.dsse import IN_TOTO, MOST_SIGNATURES, Envelope, pre_authentication


def test_the_encoding_is_that_of_the_specification() -> None:
    """The test vector of protocol.md, and lengths counted in bytes."""
    vector = pre_authentication(b"hello world", payload_type="http://example.com/HelloWorld")
    assert vector == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pre_authentication("ä".encode(), payload_type="ä") == "DSSEv1 2 ä 2 ä".encode()
    assert pre_authentication(b"") == b"DSSEv1 28 application/vnd.in-toto+json 0 "


@given(st.binary(), st.text(), st.binary(), st.text())
def test_no_two_contents_have_the_same_encoding(a: bytes, s: str, b: bytes, t: str) -> None:
    """The lengths in front keep one payload from passing for another under another type."""
    try:
        same = pre_authentication(a, payload_type=s) == pre_authentication(b, payload_type=t)
    except UnicodeEncodeError:
        return
    assert same == ((a, s) == (b, t))


@given(st.binary(), st.lists(st.binary(min_size=1), min_size=1, max_size=5))
def test_an_envelope_reads_back_as_it_was_written(payload: bytes, proofs: list[bytes]) -> None:
    """Payload, type and every signature in its order."""
    envelope = Envelope(payload, IN_TOTO, tuple(proofs))
    value = json.loads(json.dumps(envelope.to_json()))
    assert Envelope.parse(value, what="x") == envelope
    assert envelope.signed == pre_authentication(payload)
    assert list(value) == ["payload", "payloadType", "signatures"]


def test_a_key_named_by_the_envelope_is_advice() -> None:
    """`keyid` may be there, empty or foreign; nothing depends on it."""
    for keyid in ("", "SHA256:somebody", None):
        signature = {"sig": "YQ==", "keyid": keyid}
        value = {"payload": "", "payloadType": IN_TOTO, "signatures": [signature]}
        assert Envelope.parse(value, what="x") == Envelope(b"", IN_TOTO, (b"a",))


def test_there_is_an_end_to_how_many_signatures_are_read() -> None:
    """64 are read, one more is refused, so that nobody makes a reader busy."""
    value = {"payload": "", "payloadType": IN_TOTO, "signatures": [{"sig": "YQ=="}] * 64}
    assert len(Envelope.parse(value, what="x").signatures) == MOST_SIGNATURES
    more = {**value, "signatures": [{"sig": "YQ=="}] * 65}
    with pytest.raises(Malformed, match="65 signatures; 1 to 64 are read"):
        Envelope.parse(more, what="x")
