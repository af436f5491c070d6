"""The text of an input is read in one way, and what is meant otherwise is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.actions import reading
from boltseal.actions.declaring import declared, read_inputs
from boltseal.actions.inputs import SignInputs, VerifyInputs
from boltseal.errors import UsageError


def test_lists_are_one_a_line() -> None:
    """Blank lines, comments, CRLF and white space around a line are dropped."""
    assert reading.lines("a\r\n\r\n  b c \n# not this\n\td\n") == ("a", "b c", "d")


def test_image_lists_take_commas_too() -> None:
    """The tags output of docker/metadata-action fits with lines and with commas, each name once."""
    assert reading.names("x:1,x:2 ,\n x:1\n") == ("x:1", "x:2")


def test_values_of_annotations_hold_commas_and_equals_signs() -> None:
    """A pair is split at its first `=`, and nothing else divides it."""
    assert reading.pairs("a=b, c=d\n# e=f\ng==") == (("a", "b, c=d"), ("g", "="))


def test_json_is_taken_where_the_text_begins_with_it() -> None:
    """An array stands for a list, an object for pairs; a value may then hold line breaks."""
    assert reading.names(' ["a,b", " c "]') == ("a,b", "c")
    assert reading.pairs('{"a": "two\\nlines"}') == (("a", "two\nlines"),)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (reading.pairs, "no equals sign"),
        (reading.pairs, '{"a": 1}'),
        (reading.pairs, '{"a": "x", "a": "y"}'),
        (reading.pairs, '{"a=b": "x"}'),
        (reading.pairs, "{broken"),
        (reading.lines, '["a", 1]'),
        (reading.lines, '["a"'),
        (reading.word, "two\nlines"),
        (reading.boolean, "yes"),
        (reading.boolean, "1"),
        (reading.boolean, "tRUE"),
        (reading.number(1, 64), "0"),
        (reading.number(1, 64), "65"),
        (reading.number(1, 64), "-1"),
        (reading.number(1, 64), "１"),
        (reading.choice("a", "b"), "c"),
        (reading.seconds, "soon"),
        (reading.seconds, "1.5m"),
    ],
)
def test_what_could_be_meant_otherwise_is_refused(read: object, text: str) -> None:
    """Wrong JSON, doubled members, other booleans and numbers out of range are wrong use."""
    assert callable(read)
    with pytest.raises(UsageError):
        read(text)


def test_booleans_are_those_of_yaml() -> None:
    """true, True and TRUE are true, and the like for false."""
    assert all(map(reading.boolean, ("true", "True", "TRUE", " true\n")))
    assert not any(map(reading.boolean, ("false", "False", "FALSE")))


def test_lengths_of_time_are_in_seconds() -> None:
    """Seconds need no unit."""
    assert (reading.seconds("90"), reading.seconds("2m")) == (90.0, 120.0)


@given(st.text(max_size=60))
def test_no_text_raises_anything_of_pythons_own(text: str) -> None:
    """Whatever an input holds, it is read or refused."""
    for read in (reading.lines, reading.names, reading.pairs, reading.word, reading.boolean):
        try:
            read(text)
        except UsageError:
            continue


def test_an_input_that_is_left_out_or_empty_has_its_default() -> None:
    """Defaults fill in for empty inputs, so that `${{ vars.NONE }}` is as if it were left out."""
    given = read_inputs(SignInputs, {"key": "k", "recursive": "", "format": " "})
    assert given.recursive is True
    assert given.format == "both"


@pytest.mark.parametrize("cls", [SignInputs, VerifyInputs])
def test_an_empty_key_is_no_reason_to_take_another(cls: type[SignInputs]) -> None:
    """A key out of a secret that is not there is an error, not the default key."""
    with pytest.raises(UsageError, match="`key` is empty"):
        read_inputs(cls, {"key": " \n"})


def test_an_error_names_the_input() -> None:
    """What is wrong with an input is told with its name as the workflow has it."""
    with pytest.raises(UsageError, match="`on-existing`: 'maybe' is none of skip"):
        read_inputs(SignInputs, {"key": "k", "on-existing": "maybe"})


def test_no_secret_is_in_the_repr_of_inputs() -> None:
    """Keys and passwords stay out of what a log could show."""
    texts = {"key": "PRIVATE", "password": "SECRET", "registry-password": "TOKEN"}
    shown = repr(read_inputs(SignInputs, texts))
    assert not [word for word in texts.values() if word in shown]


@pytest.mark.parametrize("cls", [SignInputs, VerifyInputs])
def test_every_input_says_what_it_is_for(cls: type[SignInputs]) -> None:
    """Each input has a help text of one sentence or more, and a default that can be read."""
    for one in declared(cls):
        assert one.help.endswith(".")
        one.read(one.default)
