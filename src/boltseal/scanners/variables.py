"""Variables in a text are filled in from given values, or it is said which one has none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Lookup = Callable[[str], "str | None"]
# A reference is at most 4,096 characters long; doubling variables must not grow beyond that.
LONGEST = 4096
_DEEPEST = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-+?]")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its variables filled in, or None and the reason why that cannot be done."""

    text: str | None
    why: str = ""


class _Open(Exception):
    """A variable that has no value, or a spelling that is not followed."""


def fill(text: str, lookup: Lookup, *, escape: Literal["$", "\\", "`"]) -> Filled:
    """Fill in `$NAME`, `${NAME}` and `${NAME:-x}`, `-`, `:+`, `+`, `:?`, `?` in the shell's sense.

    `escape` before a `$` makes it a plain one: `$` itself in Compose, the escape character in a
    Dockerfile, where quotes also count: they vanish, and single ones keep what is in them.
    Anything else with a `$` in it stays open, and so does a variable without a value.
    """
    if escape == "$" and "$" not in text:
        return Filled(text)
    try:
        filled = _Filler(text, lookup, escape).until("", 0)
    except _Open as reason:
        return Filled(None, str(reason))
    return Filled(filled)


class _Filler:
    """A position in a text."""

    def __init__(self, text: str, lookup: Lookup, escape: str) -> None:
        self.text = text
        self.lookup = lookup
        self.escape = escape
        self.position = 0

    def until(self, stop: str, depth: int) -> str:
        """Fill in up to `stop`, which is consumed, or to the end of the text."""
        if depth > _DEEPEST:
            raise _Open("its variables are nested too deeply")
        parts: list[str] = []
        length = 0
        while self.position < len(self.text):
            if stop and self.text[self.position] == stop:
                self.position += 1
                return "".join(parts)
            parts.append(self._piece(depth))
            length += len(parts[-1])
            if length > LONGEST:
                raise _Open("its variables make it longer than any reference may be")
        if stop:
            raise _Open("it has a '${' that does not end")
        return "".join(parts)

    def _piece(self, depth: int) -> str:
        char = self.text[self.position]
        self.position += 1
        if self.escape == "$":
            if char == "$" and self._next() == "$":
                self.position += 1
                return "$"
            return self._variable(depth) if char == "$" else char
        if char == self.escape:
            self.position += 1
            return self.text[self.position - 1 : self.position]
        if char == "'":
            return self._quoted()
        if char == '"':
            return self.until('"', depth + 1)
        return self._variable(depth) if char == "$" else char

    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _quoted(self) -> str:
        end = self.text.find("'", self.position)
        if end < 0:
            raise _Open("it has a quote that does not end")
        start, self.position = self.position, end + 1
        return self.text[start:end]

    def _variable(self, depth: int) -> str:
        braced = self._next() == "{"
        self.position += int(braced)
        match = _NAME.match(self.text, self.position)
        if not match:
            raise _Open("it has a '$' with no variable's name behind it")
        self.position = match.end()
        if not braced:
            return self._value(match[0])
        if self._next() == "}":
            self.position += 1
            return self._value(match[0])
        operator = _OPERATOR.match(self.text, self.position)
        if not operator:
            raise _Open(f"the variable {match[0]} is changed in a way that is not followed here")
        self.position = operator.end()
        return self._chosen(match[0], operator[0], depth)

    def _chosen(self, name: str, operator: str, depth: int) -> str:
        lookup = self.lookup
        value = lookup(name)
        there = value is not None and (value != "" or not operator.startswith(":"))
        skipped = there != operator.endswith("+")
        if skipped:
            self.lookup = lambda _: ""
        word = self.until("}", depth + 1)
        self.lookup = lookup
        if operator.endswith("+"):
            return word if there else ""
        if there:
            return value or ""
        if operator.endswith("-"):
            return word
        raise _Open(f"the variable {name} must be given")

    def _value(self, name: str) -> str:
        value = self.lookup(name)
        if value is None:
            raise _Open(f"nothing here gives the variable {name} a value")
        return value
