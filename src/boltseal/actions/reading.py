"""How the text of an input becomes a value; pure, and every refusal says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boltseal.core import reading
from boltseal.core.times import parse_span
from boltseal.errors import Malformed, UsageError

# YAML 1.2, core schema: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")


def word(text: str) -> str:
    """Read one value, white space around it dropped; a second line is refused."""
    value = text.strip()
    if "\n" in value or "\r" in value:
        raise UsageError("takes one line; this has several")
    return value


def whole(text: str) -> str:
    """Read a text as it is, as for a password or a key."""
    return text


def boolean(text: str) -> bool:
    """Read a boolean of YAML 1.2's core schema; `yes`, `on` and `1` are none."""
    value = text.strip()
    if value not in (*_TRUE, *_FALSE):
        raise UsageError(f"{value[:40]!r} is neither true nor false")
    return value in _TRUE


def number(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        value = text.strip()
        if not (value.isascii() and value.isdigit()) or not least <= int(value[:9]) <= most:
            raise UsageError(f"{value[:40]!r} is no whole number from {least} to {most}")
        return int(value)

    return read


def choice(*words: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""

    def read(text: str) -> str:
        value = text.strip()
        if value not in words:
            raise UsageError(f"{value[:40]!r} is none of {', '.join(words)}")
        return value

    return read


def seconds(text: str) -> float:
    """Read a length of time; a number alone is in seconds, as cosign's and GitHub's are not."""
    value = text.strip()
    return float(parse_span(f"{value}s" if value.isdigit() else value).total_seconds())


def lines(text: str) -> tuple[str, ...]:
    """Read one value a line, or a JSON array of texts; blank lines and `#` lines are dropped."""
    if text.lstrip().startswith("["):
        return _json_list(text)
    stripped = (line.strip() for line in text.splitlines())
    return tuple(line for line in stripped if line and not line.startswith("#"))


def names(text: str) -> tuple[str, ...]:
    """Read image names and the like: as `lines`, with commas between them as well."""
    if text.lstrip().startswith("["):
        return _json_list(text)
    parts = (part.strip() for line in lines(text) for part in line.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read `name=value` lines, split at the first `=`, or a JSON object of texts.

    A value given by line cannot hold a line break; a JSON object's can. White space around the
    line is dropped, commas belong to the value.
    """
    if text.lstrip().startswith("{"):
        return _json_object(text)
    split = [line.partition("=") for line in lines(text)]
    for name, equals, _ in split:
        if not equals:
            raise UsageError(f"{name[:80]!r} has no '='; write name=value, one a line")
    return tuple((name.strip(), value) for name, _, value in split)


def _json_list(text: str) -> tuple[str, ...]:
    value = _json(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError("a JSON array here holds texts and nothing else")
    return tuple(item.strip() for item in value if item.strip())


def _json_object(text: str) -> tuple[tuple[str, str], ...]:
    value = _json(text)
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise UsageError('a JSON object here holds texts and nothing else; put "1" for 1')
    if any("=" in name for name in value):
        raise UsageError("a name cannot hold '='")
    return tuple(value.items())


def _json(text: str) -> Any:
    try:
        return reading.parse_json(text.encode("utf-8", "surrogateescape"), what="the text")
    except Malformed as error:
        raise UsageError(str(error)) from error
