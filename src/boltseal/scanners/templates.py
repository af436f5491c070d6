"""A template that nobody has rendered is read line by line; what its code makes stays open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from boltseal.scanners import Finding
from boltseal.scanners.judging import judged, ordered, unresolved
from boltseal.scanners.source import Source

KIND = "helm"
_COMMENT = re.compile(r"\{\{-?\s*/\*")
_KEY = r"""["']?(?:image|reference)["']?[ \t]*:"""
_IMAGE = re.compile(rf"^[ \t]*(?:-[ \t]+)*{_KEY}(?P<value>[ \t].*)?$")
_LONGEST_LINE = 20_000
_INLINE = re.compile(r"""[{,][ \t]*["']?image["']?[ \t]*:[ \t]*(?P<value>[^,}]*)""")
_OPEN = "it is a template: render it ('helm template') and scan what comes out"


def scan_template(source: Source) -> tuple[Finding, ...]:
    """Return the images of a template in which `{{ }}` or `{% %}` stand.

    Names without template code are judged as they stand; all others are unresolved.
    """
    blanked = Source.parse(source.path, _without_comments(source.text))
    findings: list[Finding] = []
    for number in range(len(blanked.starts)):
        findings += _line(blanked, number)
    return ordered(findings)


def _line(source: Source, number: int) -> Iterator[Finding]:
    line, start = source.line(number) or "", source.starts[number]
    if len(line) > _LONGEST_LINE:
        why = f"a template's line of more than {_LONGEST_LINE} characters is not looked into"
        yield unresolved("", place=source.place(start), kind=KIND, why=why)
        return
    whole = _IMAGE.match(line)
    for match in [whole] if whole else _INLINE.finditer(line):
        written = match["value"] or ""
        offset = start + (match.start("value") if written else len(line))
        found = _value(source, written, offset=offset, number=number)
        if found:
            yield found


def _without_comments(text: str) -> str:
    """Put blanks in the place of template comments, which end at the first `*/`."""
    parts, done = [], 0
    begin = _COMMENT.search(text)
    while begin:
        end = text.find("*/", begin.end())
        if end < 0:
            break
        blanks = re.sub(r"[^\n]", " ", text[begin.start() : end + 2])
        parts += [text[done : begin.start()], blanks]
        done = end + 2
        begin = _COMMENT.search(text, done)
    return "".join([*parts, text[done:]])


def _value(source: Source, written: str, *, offset: int, number: int) -> Finding | None:
    """Judge what stands behind `image:`; None where an object or nothing follows."""
    value = written.strip()
    start = offset + len(written) - len(written.lstrip())
    if value.startswith("#") or not value:
        if _goes_on(source, number):
            return unresolved("", place=source.place(start), kind=KIND, why=_OPEN)
        return None
    if "{{" not in value and "{%" not in value:
        quote = value[0] if value[0] in "\"'" else ""
        text = value[1:].partition(quote)[0] if quote else re.split(r"\s#", value)[0].rstrip()
        start += len(quote)
        return judged(text, place=source.place(start, start + len(text)), kind=KIND)
    return unresolved(value, place=source.place(start, start + len(value)), kind=KIND, why=_OPEN)


def _goes_on(source: Source, number: int) -> bool:
    """Tell whether the line after an empty `image:` is template code that fills it in."""
    following = (source.line(number + 1) or "").strip()
    return following.startswith(("{{", "{%")) and not re.match(
        r"\{[{%]-?\s*(?:end|else|if|range|with)", following
    )
