"""A tag is pinned by writing the verified digest behind it; nothing else in the file changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from boltseal.core.names import Digest, Reference
from boltseal.errors import BoltsealError
from boltseal.scanners import Finding

_CONTEXT = 3
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Pins:
    """A file's text with its tags pinned, the same as a patch, and what could not be pinned.

    `patch` is a unified diff that `git apply` takes, empty where nothing changes. `left` has,
    for every verified image that still goes by a tag alone, the finding and the reason.
    """

    text: str
    patch: str
    pinned: tuple[Finding, ...]
    left: tuple[tuple[Finding, str], ...]


def pin(
    path: str, text: str, *, findings: Iterable[Finding], digests: Mapping[Reference, Digest]
) -> Pins:
    """Pin every finding of this file whose reference has a verified digest: `name:tag@sha256:…`.

    Only texts that stand in the file as one piece are changed; names put together from parts or
    variables are left, with the reason. Line ends, quotes, comments and white space are kept.
    """
    mark = _MARK if text.startswith(_MARK) else ""
    lines = text.removeprefix(_MARK).split("\n")
    edits: dict[tuple[int, int], tuple[str, Finding]] = {}
    left: list[tuple[Finding, str]] = []
    for finding in findings:
        reference = finding.reference
        if finding.place.path != path or reference is None or reference.digest is not None:
            continue
        if reference not in digests:
            continue
        why = _doubt(finding, lines)
        if why:
            left.append((finding, why))
            continue
        at = (finding.place.line - 1, (finding.place.end_column or 1) - 1)
        edits[at] = (f"@{digests[reference]}", finding)
    changed = list(lines)
    for (number, column), (suffix, _) in sorted(edits.items(), reverse=True):
        changed[number] = changed[number][:column] + suffix + changed[number][column:]
    patch = _patch(path, (mark + lines[0], *lines[1:]), (mark + changed[0], *changed[1:]))
    pinned = tuple(finding for _, finding in edits.values())
    return Pins(mark + "\n".join(changed), patch, pinned, tuple(left))


def _doubt(finding: Finding, lines: list[str]) -> str:
    """Return why the text at a finding's place must not be changed, '' where it may be."""
    place = finding.place
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    end = place.end_column
    if end is None or line[place.column - 1 : end - 1] != finding.text:
        return "its parts stand apart or the file writes it with escapes; pin it by hand"
    try:
        same = Reference.parse(finding.text) == finding.reference
    except BoltsealError:
        same = False
    return "" if same else "it is made with variables; pin where they get their values"


def _patch(path: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Write a unified diff of two texts that have the same number of lines."""
    changed = [number for number, line in enumerate(before) if line != after[number]]
    if not changed:
        return ""
    names = [_quoted(f"{side}/{path}") for side in "ab"]
    ends = ["\t" if " " in name and not name.startswith('"') else "" for name in names]
    out = [f"diff --git {names[0]} {names[1]}\n"]
    out += [f"--- {names[0]}{ends[0]}\n", f"+++ {names[1]}{ends[1]}\n"]
    for first, last in _hunks(changed, len(before)):
        out += _hunk(before, after, first=first, last=last)
    return "".join(out)


def _hunks(changed: list[int], count: int) -> list[tuple[int, int]]:
    """Return ranges of lines around the changed ones, those that touch joined."""
    ranges: list[tuple[int, int]] = []
    for number in changed:
        first, last = max(number - _CONTEXT, 0), min(number + _CONTEXT + 1, count)
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def _hunk(before: tuple[str, ...], after: tuple[str, ...], *, first: int, last: int) -> list[str]:
    # What follows the last line end is a line only if there is something.
    ended = before[-1] == "" and last == len(before)
    last -= int(ended)
    out = [f"@@ -{first + 1},{last - first} +{first + 1},{last - first} @@\n"]
    number = first
    while number < last:
        run = number
        while run < last and before[run] != after[run]:
            run += 1
        if run == number:
            out += _written(" ", before, number)
            number += 1
            continue
        for index in range(number, run):
            out += _written("-", before, index)
        for index in range(number, run):
            out += _written("+", after, index)
        number = run
    return out


def _written(sign: str, lines: tuple[str, ...], number: int) -> list[str]:
    if number + 1 < len(lines):
        return [f"{sign}{lines[number]}\n"]
    return [f"{sign}{lines[number]}\n", "\\ No newline at end of file\n"]


def _quoted(name: str) -> str:
    """Write a path as git does: in C's way where it has quotes, backslashes or controls."""
    if not any(char < " " or char in '"\\\x7f' for char in name):
        return name
    spelled = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    return (
        '"'
        + "".join(
            spelled.get(char, f"\\{ord(char):03o}" if char < " " or char == "\x7f" else char)
            for char in name
        )
        + '"'
    )
