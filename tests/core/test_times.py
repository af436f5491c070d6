"""Moments are read in one way only, and written in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.times import parse_epoch, parse_span, parse_time, render_time
from boltseal.errors import UsageError


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:00.123456789Z",
        "2026-01-31T14:30:00+02:30",
        "2026-01-31 12:00:00-00:00",
    ],
)
def test_one_moment_has_many_spellings_and_one_rendering(text: str) -> None:
    """Offsets and fractions are read, and the moment is written in UTC to the second."""
    assert render_time(parse_time(text)) == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-02-30T00:00:00Z",
        "yesterday",
        "1700000000",
        "2026-01-31T12:00:00Z\n",
        "２026-01-31T12:00:00Z",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A time without an offset, a day that there is not, and other text raise UsageError."""
    with pytest.raises(UsageError):
        parse_time(text)


def test_seconds_since_1970_are_read() -> None:
    """SOURCE_DATE_EPOCH is whole seconds; signs, spaces and years after 9999 are refused."""
    assert render_time(parse_epoch("1700000000")) == "2023-11-14T22:13:20Z"
    for text in ("", "-1", "1.5", " 1", "999999999999", "١"):
        with pytest.raises(UsageError):
            parse_epoch(text)


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_what_is_written_is_read_back(when: datetime) -> None:
    """Rendering and parsing agree, to the second."""
    if when.year >= 1000:
        assert parse_time(render_time(when)) == when.replace(microsecond=0)


@given(st.text())
def test_no_text_raises_anything_of_pythons_own(text: str) -> None:
    """Whatever the text, the answer is a moment or a UsageError."""
    for read in (parse_time, parse_epoch, parse_span):
        try:
            read(text)
        except UsageError:
            continue


def test_lengths_of_time_have_a_unit() -> None:
    """A span is a number with one unit; a bare number is refused, since nobody knows its unit."""
    assert parse_span("90m") == timedelta(hours=1, minutes=30)
    assert parse_span(" 30D ") == timedelta(days=30)
    for text in ("30", "", "d", "-1d", "1.5h", "1h30m", "1 year"):
        with pytest.raises(UsageError):
            parse_span(text)
