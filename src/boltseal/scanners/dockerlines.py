"""A Dockerfile becomes its instructions: lines joined, comments and heredocs passed over."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from boltseal.core.reading import parse_json
from boltseal.errors import BoltsealError, Malformed
from boltseal.scanners.source import Source

_DIRECTIVE = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S.*)")
_HEREDOC = re.compile(r"[0-9]*<<(-?)\s*([^<]*)")
_SIMPLE_VARIABLE = re.compile(r"\$\{\w+(?::?[-+?][^{}$]*)?\}")
_WITH_HEREDOC = {"add", "copy", "run"}
# Longer flags are still read, but their parts are not looked for one by one.
_LONGEST = 4096
_MOST = 50_000
UNCLEAR = "where the text behind '<<' ends cannot be told; put the script into a file of its own"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an instruction, and the offsets in the source where it stands.

    `end` is None where continuations, quotes or escapes make the file's characters differ.
    """

    text: str
    start: int
    end: int | None


@dataclass(slots=True)
class Instruction:
    """One instruction: its name in lower case, and the rest as one line.

    `segments` are pairs of an offset in `rest` and the offset in the source that it comes from.
    """

    name: str
    rest: str
    start: int
    segments: list[tuple[int, int]] = field(default_factory=list)
    unclear: str = ""

    def offset(self, position: int) -> int:
        """Return where in the source a character of `rest` stands."""
        at = bisect_right(self.segments, (position, 1 << 62)) - 1
        begin, origin = self.segments[max(at, 0)]
        return origin + position - begin

    def word(self, begin: int, end: int) -> Word:
        """Return the characters `begin` to `end` of `rest`."""
        start = self.offset(begin)
        stop = start if begin >= end else self.offset(end - 1) + 1
        return Word(self.rest[begin:end], start, stop if stop - start == end - begin else None)

    def within(self) -> Instruction:
        """Return the instruction that an ONBUILD holds."""
        name, begin = _first_word(self.rest)
        origin = [(max(at - begin, 0), self.offset(max(at, begin))) for at, _ in self.segments]
        return Instruction(name, self.rest[begin:], self.start, sorted(set(origin)), self.unclear)


@dataclass(frozen=True, slots=True)
class Directives:
    """What the comments at the top of a file demand: the escape character and the frontend."""

    escape: str = "\\"
    syntax: Word | None = None


def directives(source: Source) -> Directives:
    """Read the parser directives, as BuildKit does (frontend/dockerfile/parser/directives.go).

    They stand before anything else; `// syntax=` counts where `# syntax=` is not there, and a
    first line that begins with `#!` is passed over for the syntax alone.
    """
    first = 1 if (source.line(0) or "").startswith("#!") else 0
    found = dict(_directives(source, "#", 0))
    syntax = dict(_directives(source, "#", first)).get("syntax")
    syntax = syntax or dict(_directives(source, "//", first)).get("syntax")
    escape = found["escape"].text if "escape" in found else "\\"
    return Directives(escape if escape in {"\\", "`"} else "\\", syntax)


def _directives(source: Source, comment: str, first: int) -> Iterator[tuple[str, Word]]:
    for number in range(first, len(source.starts)):
        whole = _line(source, number)
        line = whole.lstrip() if comment == "#" else whole
        match = _DIRECTIVE.fullmatch(line[len(comment) :]) if line.startswith(comment) else None
        if not match or match[1].lower() not in {"syntax", "escape", "check"}:
            return
        before = len(_line(source, number)) - len(line) + len(comment)
        start = source.starts[number] + before + match.start(2)
        value = match[2].split(" ")[0].rstrip()
        yield match[1].lower(), Word(value, start, start + len(value))


def instructions(source: Source, *, escape: str) -> Iterator[Instruction]:
    """Go through the instructions of a Dockerfile, in order.

    One whose heredocs nobody can delimit carries the reason in `unclear`. Raise Malformed for
    more than 50,000 instructions, comments and empty lines between them.
    """
    number = count = 0
    while number < len(source.starts):
        count += 1
        if count > _MOST:
            raise Malformed(f"{source.path} has more than {_MOST} instructions and comments")
        instruction, number = _joined(source, number, escape=escape)
        if instruction is None:
            continue
        names, instruction.unclear = _heredocs(instruction)
        for chomp, name in names:
            ended, number = _past(source, number, name=name, chomp=chomp)
            if not ended:
                instruction.unclear = UNCLEAR
        yield instruction


def _line(source: Source, number: int) -> str:
    """Return a line without its end; BuildKit drops any number of carriage returns."""
    return (source.line(number) or "").rstrip("\r")


def _joined(source: Source, number: int, *, escape: str) -> tuple[Instruction | None, int]:
    """Join the lines of one instruction; None for a comment or an empty line."""
    continued = re.compile(rf"(?:^|[^{re.escape(escape)}])({re.escape(escape)}[ \t]*)$")
    parts: list[str] = []
    segments: list[tuple[int, int]] = []
    length = 0
    while number < len(source.starts):
        line, start = _line(source, number), source.starts[number]
        number += 1
        stripped = line.lstrip()
        if stripped.startswith("#") or (parts and not stripped):
            if not parts:
                return None, number
            continue
        match = continued.search(line)
        body = line[: match.start(1)] if match else line
        skipped = 0 if parts else len(body) - len(body.lstrip())
        parts.append(body[skipped:])
        segments.append((length, start + skipped))
        length += len(parts[-1])
        if not match:
            break
    return _split("".join(parts), segments), number


def _split(text: str, segments: list[tuple[int, int]]) -> Instruction | None:
    if not text.strip():
        return None
    name, begin = _first_word(text)
    whole = Instruction(name, text, segments[0][1], segments)
    moved = [(max(at - begin, 0), whole.offset(max(at, begin))) for at, _ in segments]
    return Instruction(name, text[begin:], segments[0][1], sorted(dict(moved).items()))


def _first_word(text: str) -> tuple[str, int]:
    match = re.match(r"\s*(\S*)\s*", text)
    return (match[1].lower(), match.end()) if match else ("", 0)


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag with its quotes and escapes undone, and where in the instruction's rest it begins."""

    text: str
    begin: int
    instruction: Instruction

    def part(self, value: str) -> Word:
        """Return the word of a value inside of this flag, exact where the file writes it so."""
        rest, size = self.instruction.rest, len(self.text)
        written = size <= _LONGEST and rest.startswith(self.text, self.begin)
        if not written or self.text.count(f"={value}") != 1:
            return Word(value, self.instruction.offset(self.begin), None)
        start = self.begin + self.text.index(f"={value}") + 1
        return self.instruction.word(start, start + len(value))


def flags(instruction: Instruction, *, escape: str) -> tuple[list[Flag], int]:
    """Return the `--flags` in front of an instruction's arguments, and where these begin.

    Quotes and escapes are undone as in BuildKit (parser/split_command.go).
    """
    found: list[Flag] = []
    position, rest = 0, instruction.rest
    while True:
        while position < len(rest) and rest[position].isspace():
            position += 1
        if not rest.startswith("--", position):
            return found, position
        text, end = _flag(rest, position, escape)
        if text == "--":
            return found, end
        found.append(Flag(text, position, instruction))
        position = end


def _flag(rest: str, position: int, escape: str) -> tuple[str, int]:
    text: list[str] = []
    quote = ""
    while position < len(rest):
        char = rest[position]
        if not quote and char.isspace():
            break
        position += 1
        if quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            text.append(rest[position : position + 1])
            position += 1
        else:
            text.append(char)
    return "".join(text), position


def _heredocs(instruction: Instruction) -> tuple[list[tuple[bool, str]], str]:
    """Return the names that end an instruction's heredocs, and why that is not certain."""
    inner = instruction.within() if instruction.name == "onbuild" else instruction
    if inner.name not in _WITH_HEREDOC or "<<" not in inner.rest or _is_json(inner.rest):
        return [], ""
    words = _words(inner.rest)
    if words is None:
        return [], UNCLEAR
    found = []
    for word in words:
        match = _HEREDOC.fullmatch(word)
        name = re.sub(r"['\"]", "", match[2]) if match else ""
        if match and name and not re.search(r"\s", match[2]):
            found.append((match[1] == "-", name))
    # BuildKit gives up on expansions that are bash's own, and then sees no heredoc at all.
    odd = "${" in _SIMPLE_VARIABLE.sub("", inner.rest) or any(
        "\\" in n or "$" in n for _, n in found
    )
    return found, UNCLEAR if found and odd else ""


def _is_json(rest: str) -> bool:
    text = re.sub(r"^(?:--\S+\s+)*", "", rest).strip()
    if not text.startswith("["):
        return False
    try:
        value = parse_json(text.encode(), what="an instruction")
    except (BoltsealError, UnicodeError):
        return False
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _words(text: str) -> list[str] | None:
    """Split at white space outside quotes, quotes and escapes kept; None if a quote stays open."""
    words: list[str] = []
    current: list[str] = []
    quote, position = "", 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\" and quote != "'":
            char += text[position : position + 1]
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "<" and text.startswith("<", position):
            space = re.compile(r"<[ \t\r\n]*").match(text, position)
            char += space[0] if space else ""
            position += len(char) - 1
        elif char.isspace():
            words.append("".join(current))
            current = []
            continue
        current.append(char)
    return None if quote else [word for word in [*words, "".join(current)] if word]


def _past(source: Source, number: int, *, name: str, chomp: bool) -> tuple[bool, int]:
    """Go past a heredoc's text; tell whether it ended."""
    while number < len(source.starts):
        line = _line(source, number)
        number += 1
        if (line.lstrip("\t") if chomp else line) == name:
            return True, number
    return False, number
