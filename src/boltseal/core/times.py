"""Moments as people and payloads write them: RFC 3339, read strictly, written in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from boltseal.errors import UsageError

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SPAN = re.compile(r"([0-9]{1,7})\s*(s|m|h|d|w)", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# The last second of the year 9999; datetime knows no later one.
_LATEST = 253402300799


def parse_time(text: str) -> datetime:
    """Read RFC 3339 with any offset and return it in UTC, fractions of a second dropped.

    Raise UsageError for anything else, a time without an offset included.
    """
    match = _RFC3339.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301
        day, hour, zone = match.groups()
        # Before Python 3.11 fromisoformat reads neither Z nor fractions of any length.
        offset = "+00:00" if zone in "Zz" else zone
        return datetime.fromisoformat(f"{day}T{hour}{offset}").astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text[:60]!r} is no time; write RFC 3339, such as 2026-01-31T12:00:00Z"
        ) from error


def parse_epoch(text: str) -> datetime:
    """Read whole seconds since 1970, as SOURCE_DATE_EPOCH and `git log --format=%ct` write them.

    Source: https://reproducible-builds.org/specs/source-date-epoch/. Raise UsageError otherwise.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > _LATEST:
        raise UsageError(f"{text[:60]!r} is no time in whole seconds since 1970")
    return from_epoch(int(text))


def from_epoch(seconds: int) -> datetime:
    """Return the moment `seconds` after the beginning of 1970, in UTC; the caller bounds it."""
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)


def render_time(when: datetime) -> str:
    """Write a moment that has a time zone as RFC 3339 in UTC, to the second, with a final Z."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_span(text: str) -> timedelta:
    """Read a length of time: a number and one of s, m, h, d, w; raise UsageError otherwise.

    A number alone is refused: in what unit it is, nobody could tell from it.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text[:60]!r} is no length of time; write one such as 90m, 12h or 30d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2].lower()])
