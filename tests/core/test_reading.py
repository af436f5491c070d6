"""Untrusted JSON and base64 have one meaning or none."""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.reading import member, optional_member, parse_base64, parse_json, parse_object
from boltseal.errors import Malformed

# name: bytes, words of the error
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "white space": (b" \n", "not JSON"),
    "cut": (b'{"a":1', "not JSON"),
    "data after the value": (b'{"a":1}{"a":2}', "not JSON"),
    "a second line": (b'{"a":1}\n{"a":1}\n', "not JSON"),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}', "not JSON"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not UTF-8"),
    "Latin-1": (b'{"a":"\xe9"}', "not UTF-8"),
    "overlong UTF-8": (b'{"a":"\xc0\xaf"}', "not UTF-8"),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
    "half of a pair, escaped": (rb'{"a":"\ud83d"}', "half of a surrogate pair"),
    "half of a pair in a name": (rb'{"\udd11":1}', "half of a surrogate pair"),
    "half of a pair, deep inside": (rb'{"a":[[{"b":"\udd11"}]]}', "half of a surrogate pair"),
    "a line break inside text": (b'{"a":"1\n2"}', "not JSON"),
    "a NUL": (b'{"a":"\x00"}', "not JSON"),
    "a member twice": (b'{"a":1,"a":1}', "ambiguous: member 'a'"),
    "a member twice, spelled apart": (rb'{"a":1,"\u0061":2}', "ambiguous: member 'a'"),
    "a member twice, deep inside": (b'{"x":[{"b":{"a":1,"c":0,"a":2}}]}', "ambiguous: member 'a'"),
    "an empty name twice": (b'{"":1,"":2}', "ambiguous: member ''"),
    "NaN": (b'{"a":NaN}', "NaN"),
    "infinity": (b'{"a":-Infinity}', "-Infinity"),
    "a number out of range": (b'{"a":1e999}', "out of range"),
    "an endless integer": (b'{"a":' + b"9" * 5000 + b"}", "number of 5000 digits"),
    "an endless fraction": (b'{"a":0.' + b"9" * 5000 + b"}", "number of 5002 digits"),
    "hexadecimal": (b'{"a":0x10}', "not JSON"),
    "a leading zero": (b'{"a":01}', "not JSON"),
    "single quotes": (b"{'a':1}", "not JSON"),
    "a comment": (b'{"a":1/*x*/}', "not JSON"),
    "a comma at the end": (b'{"a":1,}', "not JSON"),
    "65 lists": (b"[" * 65 + b"]" * 65, "nested"),
    "65 objects": (b'{"a":' * 65 + b"0" + b"}" * 65, "nested"),
    "a million lists": (b"[" * 1_000_000, "nested"),
    "a million lists, closed": (b"[" * 1_000_000 + b"]" * 1_000_000, "nested"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_or_broken_json_is_refused(name: str) -> None:
    """What two readers could read differently, or not at all, is refused and named."""
    data, words = REFUSED[name]
    with pytest.raises(Malformed, match=r"^the payload ") as caught:
        parse_json(data, what="the payload")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b' {"a" :\t[1, -2.5, true]}\r\n', {"a": [1, -2.5, True]}),
        (b'{"a":9007199254740993}', {"a": 9007199254740993}),
        (b'{"a":1e3}', {"a": 1000.0}),
        ('{"ä":"🔑"}'.encode(), {"ä": "🔑"}),
        (rb'{"a":"\ud83d\udd11\u2028\u0000"}', {"a": "🔑\u2028\0"}),
        (b'{"a":{"b":1},"b":{"b":1}}', {"a": {"b": 1}, "b": {"b": 1}}),
        (b"[" * 62 + b"{}" + b"]" * 62, None),
    ],
)
def test_plain_json_is_read(data: bytes, value: object) -> None:
    """Pretty or compact, with integers kept exact and up to 64 levels deep."""
    read = parse_json(data, what="x")
    assert value is None or read == value
    if b"90071" in data:
        assert isinstance(read["a"], int)


def test_many_members_cost_no_more_than_their_length() -> None:
    """A doubled member among 200,000 is found in one pass, not by looking again for each."""
    names = ",".join(f'"{number}":0' for number in range(200_000))
    began = time.process_time()
    with pytest.raises(Malformed, match="member '199999'"):
        parse_json(f'{{{names},"199999":1}}'.encode(), what="x")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("data", [b"[]", b"null", b'"text"', b"1", b"true"])
def test_what_is_no_object_is_refused_where_one_is_wanted(data: bytes) -> None:
    """A list, a text or null is no object."""
    with pytest.raises(Malformed, match="x is JSON, but not an object"):
        parse_object(data, what="x")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_a_json_encoder_writes_is_read_back(value: object) -> None:
    """Everything that has one meaning keeps it, however its text is escaped."""
    for ascii_only in (True, False):
        data = json.dumps(value, ensure_ascii=ascii_only).encode()
        assert parse_json(data, what="x") == value


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\u0d8e1.-\n ntf', max_size=60))
def test_no_bytes_raise_anything_but_malformed(data: bytes | str) -> None:
    """Whatever comes is a value or Malformed."""
    with suppress(Malformed):
        parse_json(data if isinstance(data, bytes) else data.encode(), what="x")


# name: text
NOT_BASE64 = {
    "unpadded": "YQ",
    "too much padding": "YQ===",
    "padding only": "=",
    "padding in the middle": "YQ==YQ==",
    "URL-safe": "-_-_",
    "a line break at the end": "YQ==\n",
    "a line break inside": "YWJj\nZGVm",
    "spaces around": " YQ== ",
    "other text": "signature",
    "not ASCII": "YQ=\u0661",
    "bits left over": "YR==",
    "bits left over, three letters": "YWJ=",
    "one letter": "Y",
    "hexadecimal of odd length": "abcde",
}


@pytest.mark.parametrize("name", NOT_BASE64)
def test_only_the_canonical_base64_is_read(name: str) -> None:
    """Every other spelling of the same bytes is refused, so that one signature is one text."""
    with pytest.raises(Malformed, match=r"^the signature is not (standard|canonical) base64$"):
        parse_base64(NOT_BASE64[name], what="the signature")


@given(st.binary(max_size=300))
def test_base64_reads_back_what_was_written(data: bytes) -> None:
    """Standard, padded base64 is read back, and nothing reads as something else."""
    assert parse_base64(base64.b64encode(data).decode(), what="x") == data


@given(st.text(max_size=40))
def test_base64_that_is_read_is_written_the_same(text: str) -> None:
    """Whatever text is accepted is the very text that an encoder writes."""
    try:
        data = parse_base64(text, what="x")
    except Malformed:
        return
    assert base64.b64encode(data).decode() == text


def test_a_member_is_there_and_of_its_kind() -> None:
    """A wrong kind and an absence are told apart; true is no integer."""
    value: dict[str, object] = {"a": 1, "b": True, "c": None, "d": {}}
    assert member(value, "a", int, what="x") == 1
    for name, words in {
        "b": "'b' is not an integer",
        "c": "'c' is not an integer",
        "d": "'d' is not an integer",
        "e": "'e' is missing",
    }.items():
        with pytest.raises(Malformed, match=rf"^x: member {words}$"):
            member(value, name, int, what="x")


def test_an_optional_member_may_be_absent_or_null() -> None:
    """Null stands for absent; anything else must be of the right kind."""
    value = {"a": None, "b": "text"}
    assert optional_member(value, "a", str, what="x") is None
    assert optional_member(value, "z", str, what="x") is None
    assert optional_member(value, "b", str, what="x") == "text"
    with pytest.raises(Malformed, match=r"'b' is not a list"):
        optional_member(value, "b", list, what="x")
