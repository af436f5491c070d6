"""Conditions on statements: typed, by JSON Pointer, and never passed by what is not there."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.errors import BoltsealError, UsageError
from boltseal.trust.conditions import Where

STATEMENT: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v0.1",
    "predicate": {
        "buildType": "https://example.com/build@v1",
        "version": "1.10",
        "count": 5,
        "ratio": 0.5,
        "ok": True,
        "one": 1,
        "none": None,
        "when": "2026-01-02T03:04:05Z",
        "list": [{"name": "a/b"}, "second"],
        "a/b": "slash",
        "m~n": "tilde",
        "a b": "blank",
        "x=y": "equals",
        "": "empty",
    },
}


def _detail(text: str) -> str:
    check = Where.parse(text).ask(STATEMENT)
    assert check.name == "where"
    assert not check.passed
    return check.detail


@pytest.mark.parametrize(
    "text",
    [
        "/predicate/buildType=https://example.com/build@v1",
        "/predicate/buildType = https://example.com/build@v1",
        "/predicate/count=5",
        "/predicate/count=5.0",
        '/predicate/version="1.10"',
        "/predicate/ok=true",
        "/predicate/none=null",
        "/predicate/ok!=null",
        "/predicate/buildType!=https://example.com/other",
        "/predicate/count!=6",
        "/predicate/count>=5",
        "/predicate/count<=5",
        "/predicate/ratio<0.75",
        "/predicate/count > 4",
        "/predicate/when>2026-01-01T00:00:00Z",
        "/predicate/when<=2026-01-02T05:04:05+02:00",
        "/predicate/buildType~https://example.com/build@*",
        "/predicate/version ~ 1.*",
        "/predicate/version ~1.*",
        "/predicate/list/0/name=a/b",
        "/predicate/list/1 exists",
        '/predicate/list=[{"name":"a/b"},"second"]',
        "/predicate/none exists",
        "/predicate/a~1b=slash",
        "/predicate/m~0n=tilde",
        "#/predicate/a%20b=blank",
        "#/predicate/x%3Dy=equals",
        "/predicate/=empty",
    ],
)
def test_what_the_statement_says_passes(text: str) -> None:
    """Each operator passes for a value of the same type that is so."""
    assert Where.parse(text).ask(STATEMENT).passed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/predicate/nothing=1", "/predicate has no member 'nothing'"),
        ("/predicate/nothing!=1", "/predicate has no member 'nothing'"),
        ("/predicate/nothing exists", "/predicate has no member 'nothing'"),
        ("/nothing/deeper=1", "the statement has no member 'nothing'"),
        ("/predicate/count/deeper=1", "/predicate/count is the number 5, and has no member"),
        ("/predicate/list/2 exists", "/predicate/list is a list of 2, and has no entry '2'"),
        ("/predicate/list/- exists", "has no entry '-'"),
        ("/predicate/list/01 exists", "has no entry '01'"),
        (f"/predicate/list/{'9' * 5000} exists"[:4000] + " exists", "has no entry"),
    ],
)
def test_a_missing_path_is_named_and_fails(text: str, told: str) -> None:
    """Whatever is asked of a member that is not there fails and says where the way ends."""
    assert told in _detail(text)


@pytest.mark.parametrize(
    "text",
    [
        "/predicate/version=1.10",
        '/predicate/count="5"',
        '/predicate/count!="5"',
        "/predicate/one=true",
        "/predicate/ok=1",
        "/predicate/ok!=1",
        "/predicate/version>=1",
        "/predicate/count>2026-01-01T00:00:00Z",
        "/predicate/count~5",
        "/predicate/none=0",
        "/predicate/none!=null",
        '/predicate/list=[{"name":"a/b"}]',
    ],
)
def test_no_value_is_made_into_another_type(text: str) -> None:
    """A number is no text, true is not 1, and a value of another type fails even `!=`."""
    assert "/predicate/" in _detail(text)


def test_text_that_looks_like_a_number_is_explained() -> None:
    """Who asks for a version without quotes is told that text is asked for in quotes."""
    assert "text is asked for in quotes" in _detail("/predicate/version=1.10")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=x",
        "predicate=x",
        "/predicate",
        "/predicate/x~1.2",
        "/predicate/count>many",
        "/predicate/count<true",
        '/predicate/x="open',
        "/predicate/x=[1",
        "/predicate/x=1.2.3",
        f"/predicate/x={'9' * 40}",
        "#/predicate/%ff=x",
        "#/predicate/a%7E2=x",
        "/predicate/x exists not",
        "/x=" + "a" * 5000,
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(text: str) -> None:
    """A condition without pointer, operator or a plain value is wrong use and shows the grammar."""
    with pytest.raises(UsageError, match="--where"):
        Where.parse(text)


def test_without_a_statement_nothing_passes() -> None:
    """A signature that carries no statement fails every condition."""
    assert not Where.parse("/predicate exists").ask(None).passed


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.text() | st.from_regex(r"#?(/[ab~01!%]*)* *(=|!=|>=|<=|~|exists).*", fullmatch=True))
def test_any_text_is_a_condition_or_wrong_use(text: str) -> None:
    """No text makes the reader raise anything of Python's own."""
    with contextlib.suppress(BoltsealError):
        Where.parse(text).ask(STATEMENT)


@given(JSON, st.sampled_from(["=", "!=", ">=", "<=", ">", "<"]), JSON)
def test_any_two_values_can_be_compared(value: Any, operator: str, wanted: Any) -> None:
    """Whatever stands in a statement, a condition on it passes or fails."""
    try:
        where = Where.parse(f"/x {operator} {json.dumps(wanted)}")
    except UsageError:
        return
    where.ask({"x": value})


@given(JSON)
def test_equality_is_of_value_and_type(value: Any) -> None:
    """A value equals itself as JSON, and then is not unequal to itself."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        equal, unequal = Where.parse(f"/x={text}"), Where.parse(f"/x!={text}")
    except UsageError:
        return
    assert equal.ask({"x": value}).passed
    assert not unequal.ask({"x": value}).passed
