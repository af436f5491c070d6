"""Compare a predicate with the published rules of its type, and say where it breaks them.

The rules stand in `schemas/*.json`, in the part of JSON Schema that `KEYWORDS` lists; they are
written from the specifications, demand what those demand, and let unknown members pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

from boltseal.core.times import parse_time
from boltseal.errors import Malformed, UsageError
from boltseal.formats.predicates import CYCLONEDX, LINK, OPENVEX, SLSA_02, SLSA_1, SPDX, VULN

KEYWORDS = frozenset(
    {
        "$comment",
        "additionalProperties",
        "enum",
        "format",
        "items",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
    }
)
MOST_FAULTS = 5
Schema = Mapping[str, Any]
_FILES = {
    SLSA_02: "slsaprovenance02",
    SLSA_1: "slsaprovenance1",
    LINK: "link",
    VULN: "vuln",
    OPENVEX: "openvex",
    CYCLONEDX: "cyclonedx",
    SPDX: "spdxjson",
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: the place as a JSON Pointer (RFC 6901), and what is wrong there."""

    path: str
    words: str

    def __str__(self) -> str:
        return f"{self.path or 'the predicate'} {self.words}"


def schema_of(uri: str, predicate: Any) -> Schema | None:
    """Return the rules for a predicate of type `uri`, None where none are known.

    SPDX has two families of documents: before 3.0 an object, since then a graph (JSON-LD); as
    text, in which cosign's `spdx` puts it, it has no rules here.
    """
    if uri == SPDX and isinstance(predicate, str):
        return None
    if uri == SPDX and isinstance(predicate, Mapping) and "@graph" in predicate:
        return load_schema("spdx3")
    return load_schema(_FILES[uri]) if uri in _FILES else None


@lru_cache
def load_schema(name: str) -> Schema:
    """Read one file of rules, which is a part of this program."""
    schema: Schema = json.loads((files(__package__) / "schemas" / f"{name}.json").read_bytes())
    return schema


def demand_schema(uri: str, predicate: Any) -> None:
    """Raise Malformed, with the path to each of the first faults, unless the rules are kept."""
    schema = schema_of(uri, predicate)
    found = list(islice(faults(predicate, schema), MOST_FAULTS)) if schema else []
    if found:
        listed = "; ".join(map(str, found))
        raise Malformed(
            f"the predicate is not as its type {uri} says: {listed}. Mend the predicate, or "
            "sign it as it is with --no-schema-check (in a workflow, `schema-check: false`)"
        )


def faults(value: Any, schema: Schema, path: str = "") -> Iterator[Fault]:
    """Give every rule of `schema` that `value`, read from JSON, breaks; parents before members."""
    wrong = _wrong_type(value, schema)
    if wrong:
        yield Fault(path, wrong)
        return
    for keyword, broken in _RULES.items():
        if keyword in schema:
            words = broken(value, schema[keyword])
            if words:
                yield Fault(path, words)
    if isinstance(value, Mapping):
        yield from _members(value, schema, path)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from faults(item, schema["items"], f"{path}/{number}")


def _members(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Fault]:
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(f"{path}/{_escaped(name)}", "is missing")
    known = schema.get("properties", {})
    others = schema.get("additionalProperties")
    for name, member in value.items():
        rules = known.get(name, others)
        if rules is not None:
            yield from faults(member, rules, f"{path}/{_escaped(name)}")


def _escaped(name: str) -> str:
    """Write a member's name as a part of a JSON Pointer, cut where it is endless."""
    return name[:80].replace("~", "~0").replace("/", "~1")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("an object", lambda value: isinstance(value, Mapping)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("a text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: _is_number(value) and value == int(value)),
    "number": ("a number", _is_number),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
}


def _wrong_type(value: Any, schema: Schema) -> str:
    wanted = schema.get("type", ())
    names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not names or any(_TYPES[name][1](value) for name in names):
        return ""
    return f"is not {' or '.join(_TYPES[name][0] for name in names)}"


def _enum(value: Any, allowed: list[Any]) -> str:
    return "" if value in allowed else f"is none of {', '.join(map(str, allowed))}"


def _pattern(value: Any, pattern: str) -> str:
    if not isinstance(value, str) or re.search(pattern, value):
        return ""
    return f"does not look as demanded ({pattern})"


def _format(value: Any, name: str) -> str:
    if not isinstance(value, str):
        return ""
    if name == "uri":
        return "" if _URI.fullmatch(value) else "is no URI"
    try:
        parse_time(value)
    except UsageError:
        return "is no time in RFC 3339, such as 2026-01-31T12:00:00Z"
    return ""


def _least(value: Any, least: int) -> str:
    return f"is less than {least}" if _is_number(value) and value < least else ""


def _shortest(value: Any, least: int) -> str:
    return "is empty" if isinstance(value, str | list) and len(value) < least else ""


_RULES: Mapping[str, Callable[[Any, Any], str]] = {
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
    "minimum": _least,
    "minItems": _shortest,
    "minLength": _shortest,
}
