"""WWW-Authenticate as servers write it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.stores.registry.auth import choose
from boltseal.stores.registry.challenges import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ("BASIC", [("basic", {})]),
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
            [
                (
                    "bearer",
                    {"realm": "https://a/t", "service": "s", "scope": "repository:a/b:pull,push"},
                )
            ],
        ),
        (
            "Bearer realm=https://a/t,service=s",
            [("bearer", {"realm": "https://a/t", "service": "s"})],
        ),
        (
            'Bearer realm = "https://a/t" , service= "s"',
            [("bearer", {"realm": "https://a/t", "service": "s"})],
        ),
        (
            'Bearer realm="https://a/t" service="s"',
            [("bearer", {"realm": "https://a/t", "service": "s"})],
        ),
        ('bearer REALM="https://a/t"', [("bearer", {"realm": "https://a/t"})]),
        (
            'Negotiate, NTLM, Bearer realm="https://a/t", Basic realm="b"',
            [
                ("negotiate", {}),
                ("ntlm", {}),
                ("bearer", {"realm": "https://a/t"}),
                ("basic", {"realm": "b"}),
            ],
        ),
        ("Negotiate YII+abc/==, Basic realm=b", [("negotiate", {}), ("basic", {"realm": "b"})]),
        (r'Bearer realm="a\"b\\c"', [("bearer", {"realm": 'a"b\\c'})]),
        ('Bearer realm="https://a/t', [("bearer", {"realm": "https://a/t"})]),
        ("Bearer realm='https://a/t'", [("bearer", {"realm": "https://a/t"})]),
        ('Bearer realm="one",realm="two"', [("bearer", {"realm": "one"})]),
        (',, ,Bearer realm="r",,', [("bearer", {"realm": "r"})]),
        ('realm="r"', [("realm", {})]),
        ("", []),
        ("====", []),
        ('Bearer realm=""', [("bearer", {"realm": ""})]),
    ],
)
def test_challenges_are_read_as_they_are_meant(
    header: str, expected: list[tuple[str, dict[str, str]]]
) -> None:
    """Odd quoting, unknown schemes, spaces and stray commas do not hide a challenge."""
    found = [(one.scheme, dict(one.parameters)) for one in parse_challenges([header])]
    assert found[: len(expected)] == expected
    assert len(found) <= len(expected) + 1


def test_challenges_of_several_headers_come_in_order() -> None:
    """Each WWW-Authenticate header adds its challenges."""
    found = parse_challenges(["Negotiate", 'Bearer realm="r"', 'Basic realm="b"'])
    assert [one.scheme for one in found] == ["negotiate", "bearer", "basic"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=400), max_size=4))
def test_no_text_makes_the_parser_raise(values: list[str]) -> None:
    """Any text at all gives challenges, perhaps none, with names in lower case."""
    for challenge in parse_challenges(values):
        assert challenge.scheme == challenge.scheme.lower()
        assert all(name == name.lower() for name in challenge.parameters)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"\A[a-z][a-z0-9]{0,8}\Z"),
            st.dictionaries(
                st.from_regex(r"\A[a-z][a-z_]{0,8}\Z"),
                st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
                min_size=1,
                max_size=4,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_by_the_grammar_is_read_back(
    challenges: list[tuple[str, dict[str, str]]],
) -> None:
    """Quoted as RFC 9110 says, every scheme and value comes back."""

    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = ", ".join(
        scheme + " " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in challenges
    )
    found = parse_challenges([header])
    assert [(one.scheme, dict(one.parameters)) for one in found] == challenges


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(['"', "\\", ",", "=", " ", "a", 'a="', 'a="\\', "Bearer ", 'x="y",']))
def test_a_huge_header_costs_little(piece: str) -> None:
    """A megabyte of anything is read in a moment, and into a bounded number of challenges."""
    began = time.perf_counter()
    found = parse_challenges([piece * (1024 * 1024 // len(piece))] * 4)
    assert time.perf_counter() - began < 5
    assert len(found) <= 32


def test_bearer_with_a_realm_comes_before_basic() -> None:
    """Unknown schemes are passed over, Bearer without a realm is none, and Basic comes last."""
    bearer, basic = Challenge("bearer", {"realm": "r"}), Challenge("basic", {})
    assert choose((Challenge("negotiate", {}), basic, bearer)) == bearer
    assert choose((Challenge("bearer", {}), basic)) == basic
    assert choose((Challenge("ntlm", {}), Challenge("bearer", {"service": "s"}))) is None
