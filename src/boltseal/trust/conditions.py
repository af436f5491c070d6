"""Conditions on what a statement says: `/predicate/… = value`, judged without any coercion.

A condition is a JSON Pointer (RFC 6901) into the statement, an operator and a value. Whatever
is not plainly so fails: a missing member, or a value of another type, never passes a condition,
not even `!=`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from boltseal.core.globs import glob
from boltseal.core.reading import parse_json
from boltseal.core.signature import Signature
from boltseal.core.times import parse_time
from boltseal.core.verdict import Check
from boltseal.errors import Malformed, UsageError

LONGEST = 4096
_SHOWN = 80
# The tilde is the operator after a blank or before anything but 0 and 1, with which it is an
# escape of the pointer.
_LINE = re.compile(
    r"(?P<pointer>#?/(?:[^\s=<>~!]|!(?!=)|~[01])*)"
    r"(?:\s+(?P<exists>exists)\s*|(?P<gap>\s*)(?P<op>!=|>=|<=|=|>|<|(?<=\s)~|~(?![01]))(?P<value>.*))",
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?\.?[0-9][0-9eE.+-]*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_HOW = (
    "write it as POINTER OP VALUE with one of = != >= <= > < ~ (a glob), or as POINTER exists, "
    "such as '/predicate/buildDefinition/buildType=https://example.com/build@v1'"
)


class _Missing(Exception):
    """Tell which step of a pointer leads nowhere."""


@dataclass(frozen=True, slots=True)
class Where:
    """One condition; `steps` are the members on the way, `wanted` is None for `exists`.

    It can be asked as a condition of the verify flow as it stands.
    """

    text: str
    steps: tuple[str, ...]
    operator: str
    wanted: Any = None

    @classmethod
    def parse(cls, text: str) -> Where:
        """Read a condition; raise UsageError for anything that could be meant in two ways.

        The value is read as JSON where it is JSON (`5`, `true`, `null`, `"5"`, `[1]`), otherwise
        as text. A pointer with blanks or operators in it is written as a URI fragment, `#/a%20b`.
        Order (`>` and the like) is between numbers, or between times in RFC 3339.
        """
        found = _LINE.fullmatch(text) if len(text) <= LONGEST else None
        if found is None:
            raise UsageError(f"--where {text[:_SHOWN]!r} is no condition; {_HOW}")
        steps = _steps(found["pointer"], text)
        if found["exists"]:
            return cls(text, steps, "exists")
        value = found["value"].lstrip() if found["gap"] else found["value"]
        wanted = _value(value, text) if found["op"] != "~" else _text(value, text)
        if found["op"] in _ORDERS:
            _check_order(wanted, text)
        return cls(text, steps, found["op"], wanted)

    def __call__(self, signature: Signature, target: object) -> Check:
        """Ask the condition of what one signature says; the target plays no part."""
        return self.ask(signature.statement)

    def ask(self, statement: Mapping[str, Any] | None) -> Check:
        """Ask the condition of a statement; the check's detail names the path that is missing."""
        if statement is None:
            return Check("where", False, f"{self.text[:_SHOWN]!r}: there is no statement to ask")
        try:
            value = _find(statement, self.steps)
        except _Missing as missing:
            return Check("where", False, f"{self.text[:_SHOWN]!r}: {missing}")
        reason = "" if self.operator == "exists" else _JUDGES[self.operator](value, self.wanted)
        place = _pointer(self.steps)
        told = f"{place} is {_shown(value)}, {reason}; asked was {self.text[:_SHOWN]!r}"
        return Check("where", not reason, told if reason else "")


def _steps(pointer: str, text: str) -> tuple[str, ...]:
    if pointer.startswith("#"):
        try:
            pointer = unquote(pointer[1:], errors="strict")
        except UnicodeDecodeError as error:
            raise UsageError(f"--where {text[:_SHOWN]!r}: the pointer is not UTF-8") from error
        if re.search(r"~(?![01])", pointer):
            raise UsageError(
                f"--where {text[:_SHOWN]!r}: in a pointer a tilde is written ~0, a slash in a "
                "name ~1 (RFC 6901)"
            )
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _value(value: str, text: str) -> Any:
    try:
        return parse_json(value.encode("utf-8"), what="value")
    except (Malformed, UnicodeEncodeError) as error:
        if value[:1] in ('"', "[", "{") or _NUMBER.fullmatch(value):
            quoted = json.dumps(value, ensure_ascii=False)[:_SHOWN]
            raise UsageError(
                f"--where {text[:_SHOWN]!r}: the value begins like JSON and is none; if it is "
                f"text, put it in quotes: {quoted}"
            ) from error
        return _text(value, text)


def _text(value: str, text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise UsageError(f"--where {text[:_SHOWN]!r}: the value is not UTF-8")
    return value


def _check_order(wanted: Any, text: str) -> None:
    if not _is_number(wanted) and _time(wanted) is None:
        raise UsageError(
            f"--where {text[:_SHOWN]!r}: {_shown(wanted)} has no order; compare with a number, or "
            "with a time such as 2026-01-31T12:00:00Z"
        )


def _find(statement: Mapping[str, Any], steps: tuple[str, ...]) -> Any:
    value: Any = statement
    for number, step in enumerate(steps):
        so_far = _pointer(steps[:number]) or "the statement"
        if isinstance(value, Mapping):
            if step not in value:
                raise _Missing(f"{so_far} has no member {step[:_SHOWN]!r}")
            value = value[step]
        elif isinstance(value, list):
            if not _INDEX.fullmatch(step) or int(step) >= len(value):
                raise _Missing(
                    f"{so_far} is a list of {len(value)}, and has no entry {step[:_SHOWN]!r}"
                )
            value = value[int(step)]
        else:
            raise _Missing(f"{so_far} is {_shown(value)}, and has no member {step[:_SHOWN]!r}")
    return value


def _pointer(steps: tuple[str, ...]) -> str:
    return "".join(f"/{step[:_SHOWN].replace('~', '~0').replace('/', '~1')}" for step in steps)


def _shown(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False)
    cut = told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"
    return f"the {_kind(value)} {cut}" if value is not None else "null"


def _kind(value: Any) -> str:
    if _is_number(value):
        return "number"
    kinds = {dict: "object", list: "list", str: "text", bool: "boolean"}
    return kinds.get(type(value), "null")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value) if isinstance(value, str) else None
    except UsageError:
        return None


def _same(value: Any, wanted: Any) -> bool:
    """Tell whether two JSON values are equal, types too: `1` is neither `true` nor `"1"`."""
    if _kind(value) != _kind(wanted):
        return False
    if isinstance(value, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(value, dict):
        return value.keys() == wanted.keys() and all(_same(value[n], wanted[n]) for n in value)
    return bool(value == wanted)


def _equal(value: Any, wanted: Any) -> str:
    return _other_type(value, wanted) or ("" if _same(value, wanted) else "another value")


def _unequal(value: Any, wanted: Any) -> str:
    if wanted is None:
        return "the very value" if value is None else ""
    return _other_type(value, wanted) or ("the very value" if _same(value, wanted) else "")


def _other_type(value: Any, wanted: Any) -> str:
    if _kind(value) == _kind(wanted):
        return ""
    quotes = _is_number(wanted) or isinstance(wanted, bool)
    hint = " (text is asked for in quotes)" if quotes and isinstance(value, str) else ""
    return f"which cannot be compared with {_shown(wanted)}{hint}"


def _matching(value: Any, wanted: str) -> str:
    if not isinstance(value, str):
        return "which is no text for a glob to match"
    return "" if glob(wanted).fullmatch(value) else "which the glob does not match"


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], str]:
    def judge(value: Any, wanted: Any) -> str:
        if _is_number(wanted):
            left, right = value if _is_number(value) else None, wanted
        else:
            left, right = _time(value), _time(wanted)
        if left is None:
            return f"which has no order with {_shown(wanted)}"
        return "" if holds(left, right) else "which lies on the other side"

    return judge


_ORDERS: Mapping[str, Callable[[Any, Any], str]] = {
    ">=": _ordered(lambda left, right: left >= right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    "<": _ordered(lambda left, right: left < right),
}
_JUDGES: Mapping[str, Callable[[Any, Any], str]] = {
    "=": _equal,
    "!=": _unequal,
    "~": _matching,
    **_ORDERS,
}
