"""Read `WWW-Authenticate`, whose grammar nobody writes alike, without ever failing on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LONGEST = 16 * 1024
_MOST = 32
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_GAP = re.compile(r"[\s,]*")
_EQUALS = re.compile(r"\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?$)', re.DOTALL)
_BARE = re.compile(r"[^\s,]*")
_TOKEN68 = re.compile(r"[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: the scheme and the names of the parameters in lower case, values as sent."""

    scheme: str
    parameters: Mapping[str, str]

    def parameter(self, name: str) -> str:
        """Return a parameter, empty if it is absent."""
        return self.parameters.get(name, "")


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """Read every challenge of every `WWW-Authenticate` header (RFC 9110 section 11.6.1).

    Never raises. What real servers write is understood as it is meant: values without quotes,
    a quote that is never closed, spaces around `=`, stray commas. The first of two parameters of
    one name counts. No more than 16 KiB and 32 challenges are looked at.
    """
    found: list[Challenge] = []
    for value in values:
        found.extend(_read(value[:_LONGEST]))
    return tuple(found[:_MOST])


def _read(text: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while True:
        position = _end(_GAP, text, position)
        name = _TOKEN.match(text, position)
        if name is None:
            # Something that no grammar has: pass it over, up to the next comma.
            if position >= len(text):
                break
            position = _end(_BARE, text, position) + 1
            continue
        equals = _EQUALS.match(text, name.end())
        if equals is not None and found:
            value, position = _value(text, equals.end())
            found[-1][1].setdefault(name[0].lower(), value)
            continue
        found.append((name[0].lower(), {}))
        position = _end(_TOKEN68, text, name.end())
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _value(text: str, position: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, position)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), quoted.end()
    bare = _BARE.match(text, position)
    word = bare[0] if bare else ""
    return word.strip("'"), position + len(word)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return position if found is None else found.end()
