"""Globs mean what GitHub's filter patterns mean by stars, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.globs import glob


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("refs/tags/*", "refs/tags/v1", True),
        ("refs/tags/*", "refs/tags/v1/rc", False),
        ("refs/**", "refs/tags/v1/rc", True),
        ("refs/***", "refs/tags/v1/rc", True),
        ("v?", "v1", True),
        ("v?", "v", False),
        ("v?", "v/", False),
        ("a.c", "abc", False),
        ("[ab]+", "[ab]+", True),
        ("", "", True),
        ("*", "", True),
        ("*", "two\nlines", True),
        ("main", "main\n", False),
    ],
)
def test_a_star_stops_at_a_slash_and_two_do_not(pattern: str, text: str, matches: bool) -> None:
    """One star is any text without a slash, two are any text, all else stands for itself."""
    assert (glob(pattern).fullmatch(text) is not None) is matches


@given(st.text(alphabet="ab/.[]()+^$\\{}|-", max_size=20))
def test_a_text_without_wildcards_matches_itself_alone(text: str) -> None:
    """No character but the star and the question mark has a meaning of its own."""
    assert glob(text).fullmatch(text)
    assert not glob(text).fullmatch(text + "x")
