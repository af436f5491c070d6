"""JSON is written byte for byte as Go's two encoders write it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.reading import parse_json
from boltseal.core.writing import go_json, go_number, proto_json, sorted_members

# character: what encoding/json writes, what protojson writes. Seen in what both cosigns wrote
# (the golden cases *-annotations-hard), and in the sources of both encoders.
ESCAPES = {
    '"': (r"\"", r"\""),
    "\\": (r"\\", r"\\"),
    "<": (r"\u003c", "<"),
    ">": (r"\u003e", ">"),
    "&": (r"\u0026", "&"),
    "\u2028": (r"\u2028", "\u2028"),
    "\u2029": (r"\u2029", "\u2029"),
    "\n": (r"\n", r"\n"),
    "\r": (r"\r", r"\r"),
    "\t": (r"\t", r"\t"),
    "\b": (r"\b", r"\b"),
    "\f": (r"\f", r"\f"),
    "\0": (r"\u0000", r"\u0000"),
    "\x01": (r"\u0001", r"\u0001"),
    "\x0b": (r"\u000b", r"\u000b"),
    "\x1b": (r"\u001b", r"\u001b"),
    "\x1f": (r"\u001f", r"\u001f"),
    "\x7f": ("\x7f", "\x7f"),
    "\x80": ("\x80", "\x80"),
    "/": ("/", "/"),
    "'": ("'", "'"),
    "=": ("=", "="),
    "ä": ("ä", "ä"),
    "日": ("日", "日"),
    "🔑": ("🔑", "🔑"),
    "\ufeff": ("\ufeff", "\ufeff"),
    "\ufffd": ("\ufffd", "\ufffd"),
}


@pytest.mark.parametrize("char", ESCAPES, ids=lambda char: f"U+{ord(char):04X}")
def test_characters_are_escaped_as_each_encoder_escapes_them(char: str) -> None:
    """HTML and line separators are escaped by encoding/json alone, controls by both."""
    go, proto = ESCAPES[char]
    assert go_json({char: char}).decode() == f'{{"{go}":"{go}"}}'
    assert proto_json({char: char}).decode() == f'{{"{proto}":"{proto}"}}'


def test_values_are_compact_and_in_the_order_given() -> None:
    """No white space, members as they come, Python's and Go's constants alike."""
    value = {"b": [1, -2, True, False, None], "a": {}, "c": [], "d": ("x", {"z": 1, "y": 2})}
    wanted = b'{"b":[1,-2,true,false,null],"a":{},"c":[],"d":["x",{"z":1,"y":2}]}'
    assert go_json(value) == proto_json(value) == wanted


def test_sorting_goes_by_bytes_and_into_the_depth() -> None:
    """Go sorts map keys by their UTF-8: digits, capitals, small letters, then the rest."""
    names = ["ä", "a", "Zed", "10", "9", "_", "\U00010000", "\uffff", ""]
    read = sorted_members({"outer": [{name: {"b": 1, "a": 2} for name in names}]})
    (inner,) = read["outer"]
    assert list(inner) == ["", "10", "9", "Zed", "_", "a", "ä", "\uffff", "\U00010000"]
    assert all(list(value) == ["a", "b"] for value in inner.values())


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.25, "-0.25"),
        (0.0, "0"),
        (-0.0, "-0"),
        (100.0, "100"),
        (12345678901234567890.0, "12345678901234567000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (0.000001, "0.000001"),
        (0.00000123, "0.00000123"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_numbers_are_written_as_go_writes_a_float64(number: float, written: str) -> None:
    """Shortest digits; an exponent only below 1e-6 and from 1e21 on."""
    assert go_number(number) == written
    assert go_json([number]) == proto_json([number]) == f"[{written}]".encode()


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back(value: object) -> None:
    """Both encoders' JSON means what was written, to our strict reader and to any other."""
    for data in (go_json(value), proto_json(value)):
        assert json.loads(data) == value
        assert parse_json(data, what="x") == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_exactly(number: float) -> None:
    """No digit of a float64 is lost."""
    assert float(go_number(number)) == number


@given(VALUES)
def test_html_is_never_in_what_encoding_json_writes(value: object) -> None:
    """Not one of the five characters is left raw."""
    assert not set("<>&\u2028\u2029") & set(go_json(value).decode())
