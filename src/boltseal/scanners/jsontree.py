"""JSON, with the comments and trailing commas that editors allow, becomes the same tree as YAML."""

from __future__ import annotations

import json
import re

from boltseal.errors import Malformed
from boltseal.scanners.nodes import (
    DEEPEST,
    MOST_NODES,
    Fault,
    Node,
    Object,
    Scalar,
    Sequence,
    Tree,
    weigh,
)
from boltseal.scanners.source import Source

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_WORD = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_TWICE = "this name stands twice in one object, and readers differ in which one counts"


def parse_jsonc(source: Source) -> Tree:
    """Parse one JSON value with `//` and `/* */` comments and trailing commas.

    Duplicate names become faults of the tree. Raise Malformed where the text is something else,
    is nested more than 100 levels deep or holds more than 500,000 values.
    """
    reader = _Reader(source)
    node = reader.value(1)
    reader.space()
    if reader.position != len(source.text):
        raise reader.wrong("the end of the text")
    return Tree(source, (node,), tuple(reader.faults))


class _Reader:
    """A position in the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.position = 0
        self.faults: list[Fault] = []
        self._count = 0

    def space(self) -> None:
        """Go past white space and comments."""
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def wrong(self, wanted: str) -> Malformed:
        """Make the error that something else was expected here."""
        place = self.source.place(min(self.position, len(self.text)))
        return Malformed(
            f"{self.source.path} is not JSON: {wanted} is expected in line {place.line}, "
            f"column {place.column}"
        )

    def value(self, depth: int) -> Node:
        """Read a value that stands `depth` levels deep."""
        self._count += 1
        if depth > DEEPEST or self._count > MOST_NODES:
            raise Malformed(f"{self.source.path} is nested too deeply or holds too many values")
        self.space()
        begin = self.text[self.position : self.position + 1]
        if begin == "{":
            return self._object(depth)
        if begin == "[":
            return self._list(depth)
        return self._string() if begin == '"' else self._word()

    def _string(self) -> Scalar:
        match = _STRING.match(self.text, self.position)
        if not match:
            raise self.wrong("a text in double quotes on one line")
        try:
            text = str(json.loads(match[0], strict=False))
        except ValueError as error:
            raise self.wrong("a text with escapes that JSON knows") from error
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise self.wrong("a text without half surrogate pairs")
        self.position = match.end()
        exact = text == match[0][1:-1]
        return Scalar(text, match.start() + 1, match.end() - 1 if exact else None, '"')

    def _word(self) -> Scalar:
        match = _WORD.match(self.text, self.position)
        if not match:
            raise self.wrong("a value")
        self.position = match.end()
        return Scalar(match[0], match.start(), match.end())

    def _next(self, closing: str) -> bool:
        """Go past a comma; tell whether another element follows before `closing`."""
        self.space()
        if self.text.startswith(",", self.position):
            self.position += 1
            self.space()
        elif not self.text.startswith(closing, self.position):
            raise self.wrong(f"',' or '{closing}'")
        return not self._closed(closing)

    def _closed(self, closing: str) -> bool:
        if self.text.startswith(closing, self.position):
            self.position += 1
            return True
        return False

    def _list(self, depth: int) -> Sequence:
        start = self.position
        self.position += 1
        self.space()
        items: list[Node] = []
        more = not self._closed("]")
        while more:
            items.append(self.value(depth + 1))
            more = self._next("]")
        size, deep = weigh(items)
        return Sequence(tuple(items), start, "", size, deep)

    def _object(self, depth: int) -> Object:
        start = self.position
        self.position += 1
        self.space()
        fields: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        more = not self._closed("}")
        while more:
            self.space()
            key = self._string()
            self.space()
            if not self._closed(":"):
                raise self.wrong("':'")
            if key.text in fields:
                place = self.source.place(key.start, key.end)
                self.faults.append(Fault(key.text, place, _TWICE))
            keys[key.text], fields[key.text] = key, self.value(depth + 1)
            more = self._next("}")
        size, deep = weigh(list(fields.values()))
        return Object(fields, keys, start, "", size, deep)
