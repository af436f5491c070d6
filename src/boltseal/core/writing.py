"""Write JSON byte for byte as the two encoders do that cosign uses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

# Go's encoding/json escapes these so that JSON can stand in HTML and JavaScript.
_GO_ONLY = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def go_json(value: Any) -> bytes:
    """Encode like Go's `encoding/json`: compact, members in the order given, HTML escaped.

    `value` is made of dict, list, tuple, str, int, float, bool and None; whoever stands for a Go
    map sorts its members first. DEL and other non-ASCII characters stay as they are. Source: Go's
    encoding/json of Go 1.22 and later, which writes backspace and form feed in the short form.
    """
    text = _compact(value)
    for char, escaped in _GO_ONLY.items():
        # Outside of strings none of these can occur, so a plain replacement is exact.
        text = text.replace(char, escaped)
    return text.encode("utf-8")


def proto_json(value: Any) -> bytes:
    """Encode like `protojson` as cosign 3.1's binary prints it: compact, nothing HTML escaped."""
    return _compact(value).encode("utf-8")


def sorted_members(value: Any) -> Any:
    """Return `value`, members of every object sorted by their UTF-8 bytes, as Go maps are."""
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: str(name).encode("utf-8"))
        return {name: sorted_members(value[name]) for name in names}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [sorted_members(item) for item in value]
    return value


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        members = (f"{_text(str(name))}:{_compact(item)}" for name, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return "[" + ",".join(_compact(item) for item in value) + "]"
    if isinstance(value, float):
        return go_number(value)
    return json.dumps(value, allow_nan=False)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def go_number(value: float) -> str:
    """Write a float64 as Go's encoding/json and protojson do.

    The shortest digits that read back the same, with an exponent only outside 1e-6 to 1e21, and
    no fraction where there is none.
    """
    shortest = Decimal(repr(value))
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        plain = format(shortest, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = format(shortest.normalize(), "e").partition("e")
    return f"{mantissa}e{int(exponent):+d}"
