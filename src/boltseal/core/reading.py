"""Read untrusted bytes strictly: what two readers could read differently is refused."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from boltseal.errors import Malformed

DEEPEST = 64
MOST_DOCUMENTS = 1000
LONGEST_NUMBER = 32


def parse_json(data: bytes, *, what: str) -> Any:
    """Parse UTF-8 JSON of which every reader makes the same value.

    Refused with Malformed, naming `what`: a byte order mark, invalid UTF-8, data after the
    value, duplicate members (Go takes the last, others the first), NaN and infinities, numbers
    of more than 32 characters, lone surrogates, nesting deeper than 64. Integers come as `int`,
    other numbers as `float`. The caller has capped the size.
    """
    reader = _Reader(what)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=reader.members,
            parse_constant=reader.constant,
            parse_int=reader.integer,
            parse_float=reader.number,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise Malformed(f"{what} is not JSON: {error.msg} at byte {error.pos}") from error
    except RecursionError as error:
        raise Malformed(f"{what} is nested too deeply") from error
    _check_tree(value, what)
    return value


def parse_object(data: bytes, *, what: str) -> dict[str, Any]:
    """Parse JSON as `parse_json` does and demand an object."""
    value = parse_json(data, what=what)
    if not isinstance(value, dict):
        raise Malformed(f"{what} is JSON, but not an object")
    return value


def parse_stream(data: bytes, *, what: str) -> list[bytes]:
    """Cut a stream of JSON documents apart, one or several, with white space between them.

    What is returned is to be parsed still. Raise Malformed where a document does not end, for
    more than `MOST_DOCUMENTS`, and for none.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8") from error
    found: list[bytes] = []
    start = _after_space(text, 0)
    while start < len(text):
        try:
            _, end = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError) as error:
            raise Malformed(f"{what} is not JSON from character {start} on") from error
        found.append(text[start:end].encode("utf-8"))
        if len(found) > MOST_DOCUMENTS:
            raise Malformed(f"{what} holds more than {MOST_DOCUMENTS} documents")
        start = _after_space(text, end)
    if not found:
        raise Malformed(f"{what} is empty")
    return found


def _after_space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


class _Reader:
    """The hooks of one parse, which know what is being read."""

    def __init__(self, what: str) -> None:
        self.what = what

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            # Counted in one go: an object may have as many members as fit into its cap.
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise Malformed(f"{self.what} is ambiguous: member {twice[:80]!r} stands there twice")
        return value

    def constant(self, text: str) -> NoReturn:
        raise Malformed(f"{self.what} holds {text}, which is not JSON")

    def integer(self, text: str) -> int:
        self._short(text)
        return int(text)

    def number(self, text: str) -> float:
        self._short(text)
        value = float(text)
        if not math.isfinite(value):
            raise Malformed(f"{self.what} holds a number out of range")
        return value

    def _short(self, text: str) -> None:
        if len(text) > LONGEST_NUMBER:
            raise Malformed(f"{self.what} holds a number of {len(text)} digits")


def _check_tree(value: Any, what: str) -> None:
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Malformed(f"{what} is nested more than {DEEPEST} levels deep")
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                for name in node:
                    _check_text(name, what)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
            elif isinstance(node, str):
                _check_text(node, what)
        level = below


def _check_text(text: str, what: str) -> None:
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise Malformed(f"{what} holds half of a surrogate pair")


def parse_base64(text: str, *, what: str) -> bytes:
    """Decode standard, padded base64 (RFC 4648 section 4) without line breaks.

    The URL-safe alphabet, white space, missing padding and non-zero trailing bits are refused
    with Malformed: two spellings of one signature would count as two.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed(f"{what} is not standard base64") from error
    # Of all texts that decode to these bytes, only one is what an encoder writes.
    if base64.b64encode(data).decode("ascii") != text:
        raise Malformed(f"{what} is not canonical base64")
    return data


def member(value: Mapping[str, Any], name: str, kind: type, *, what: str) -> Any:
    """Return member `name` of an object, which must be there and of type `kind`.

    `bool` is no `int` here. Raise Malformed otherwise.
    """
    found = value.get(name)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        wanted = {dict: "an object", list: "a list", str: "a string", int: "an integer"}.get(
            kind, kind.__name__
        )
        state = "is missing" if name not in value else f"is not {wanted}"
        raise Malformed(f"{what}: member {name!r} {state}")
    return found


def optional_member(value: Mapping[str, Any], name: str, kind: type, *, what: str) -> Any:
    """Return member `name` as `member` does, or None where it is absent or null."""
    return None if value.get(name) is None else member(value, name, kind, what=what)
