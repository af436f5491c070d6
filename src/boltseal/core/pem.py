"""PEM blocks, read with the tolerances of Go's `encoding/pem` and written as it writes them.

What Go accepts: text and broken blocks before a block, CRLF, one long line, RFC 1421 headers, no
newline after the END line, anything behind it. What it does not: an indented BEGIN line, an END
line with another label, a byte order mark, characters that are not base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from boltseal.errors import Malformed

_LINE = 64
_BLANKS = b" \t\r\n"
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_BEGIN = b"-----BEGIN "
_END = b"-----END "
_DASHES = b"-----"


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block: its label, the decoded bytes, the headers. `repr` shows the label only."""

    label: str
    content: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def first_block(data: bytes, *, what: str) -> Block:
    """Return the first block of `data` that is whole; raise Malformed, which names `what`.

    The message says what is wrong (no block, cut off, indented, labels that differ, damaged
    base64) and never shows content.
    """
    faults: list[str] = []
    for block in _scan(data, faults):
        return block
    raise Malformed(f"{what} {_diagnosis(data, faults)}")


def blocks(data: bytes, *, what: str) -> tuple[Block, ...]:
    """Return every whole block of `data` in order; raise Malformed if there is none."""
    faults: list[str] = []
    found = tuple(_scan(data, faults))
    if not found:
        raise Malformed(f"{what} {_diagnosis(data, faults)}")
    return found


def write(label: str, der: bytes) -> bytes:
    """Write one block as Go does: base64 in lines of 64, LF, a newline at the end."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def unbase64(text: bytes) -> bytes | None:
    """Decode base64 as Go's `StdEncoding` does, None where it does not hold.

    CR and LF are skipped wherever they stand, padding is needed, the URL-safe alphabet refused.
    """
    packed = text.translate(None, b"\r\n")
    return base64.b64decode(packed) if _BASE64.fullmatch(packed) else None


def _scan(data: bytes, faults: list[str]) -> Iterator[Block]:
    """Yield the whole blocks; note in `faults`, in words, why others are none."""
    begun: bytes | None = None
    body: list[bytes] = []
    for raw in data.split(b"\n"):
        line = raw.rstrip(_BLANKS)
        if line.startswith(_BEGIN):
            begun = _label(line, _BEGIN)
            body = []
            if begun is None:
                faults.append("has a BEGIN line without its closing dashes")
        elif line.startswith(_END) and begun is not None:
            block = _close(begun, line, body=body, faults=faults)
            begun = None
            if block is not None:
                yield block
        elif begun is not None:
            body.append(line)
    if begun is not None:
        faults.append("is cut off: its PEM block has no END line")


def _label(line: bytes, opening: bytes) -> bytes | None:
    rest = line[len(opening) :]
    return rest[: -len(_DASHES)] if rest.endswith(_DASHES) else None


def _close(begun: bytes, end: bytes, *, body: list[bytes], faults: list[str]) -> Block | None:
    if _label(end, _END) != begun:
        faults.append("is damaged: the END line of its PEM block is not that of its BEGIN line")
        return None
    # Headers go on until the first line without a colon, an empty one or not (encoding/pem).
    count = next((n for n, line in enumerate(body) if b":" not in line), len(body))
    content = unbase64(b"".join(body[count:]).translate(None, b" \t"))
    if content is None:
        faults.append("is damaged: its PEM block is not base64")
        return None
    pairs = (_text(line).partition(":") for line in body[:count])
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    return Block(_text(begun), content, headers)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _diagnosis(data: bytes, faults: list[str]) -> str:
    if faults:
        return faults[0]
    if not data.strip():
        return "is empty"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0B\0E\0G\0I\0N" in data[:256]:
        return "is UTF-16 text; save it as plain ASCII or UTF-8"
    if data.startswith(b"\xef\xbb\xbf-----BEGIN "):
        return "begins with a byte order mark; save it without one, as other programs refuse it"
    if re.search(rb"[ \t]-----BEGIN ", data):
        return "has an indented PEM block; the -----BEGIN line must start at the margin"
    return "holds no PEM block: no line starts with -----BEGIN"
