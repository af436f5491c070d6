"""Dockerfiles and Containerfiles name images in FROM, COPY --from, RUN --mount and `# syntax=`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from boltseal.core.places import Place
from boltseal.errors import Malformed
from boltseal.scanners import Finding, Options
from boltseal.scanners.dockerlines import (
    Directives,
    Instruction,
    Word,
    directives,
    flags,
    instructions,
)
from boltseal.scanners.jsontree import parse_jsonc
from boltseal.scanners.judging import filled_finding, ignored, judged, ordered, unresolved
from boltseal.scanners.nodes import Scalar, at
from boltseal.scanners.source import Source
from boltseal.scanners.variables import LONGEST, fill

KIND = "dockerfile"
_NAMES = re.compile(
    r"(?:.*/)?(?:(?:Dockerfile|Containerfile)(?:[._-][^/]*)?|[^/]+[._-](?:dockerfile|containerfile))",
    re.IGNORECASE,
)
_INSTRUCTIONS = {
    "add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label",
    "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir",
}  # fmt: skip
_PLATFORM = {f"{side}{part}" for side in ("TARGET", "BUILD") for part in ("PLATFORM", "OS", "ARCH")}
_PLATFORM |= {"TARGETVARIANT", "BUILDVARIANT", "TARGETSTAGE", "TARGETOSVERSION"}
_STAGE = re.compile(r"[a-z][a-z0-9_.-]*")
_NO_VARIABLES = "builders fill in no variables here; name a stage with FROM and use that"


class Dockerfile:
    """Build files: global ARG values, stages, mounts, frontends."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim by file name alone."""
        ignore = path.lower().endswith(".dockerignore") or path.lower().endswith(".md")
        return not ignore and _NAMES.fullmatch(path) is not None

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images that a build would pull; see the room's protocol."""
        return scan_source(Source.parse(path, text), options=options)


def scan_source(source: Source, *, options: Options) -> tuple[Finding, ...]:
    """Return the images of a Dockerfile's text, which may stand inside another file."""
    head = directives(source)
    known = list(instructions(source, escape=head.escape))
    stages = [_stage_name(i, head.escape) for i in known if i.name == "from"]
    build = _Build(source, head, options, stages, frozenset(stages))
    found = (finding for instruction in known for finding in build.read(instruction))
    return ordered(chain(_syntax(source, head), found))


def _syntax(source: Source, head: Directives) -> Iterator[Finding]:
    """Judge the frontend, an image that BuildKit pulls and runs in order to read the file."""
    if head.syntax:
        word = head.syntax
        yield judged(word.text, place=source.place(word.start, word.end), kind=KIND)
    elif source.text.lstrip().startswith("{"):
        try:
            node = at(parse_jsonc(source).documents[0], "syntax")
        except Malformed:
            return
        if isinstance(node, Scalar) and node.style:
            yield judged(node.text, place=source.place(node.start, node.end), kind=KIND)


def _stage_name(instruction: Instruction, escape: str) -> str:
    _, begin = flags(instruction, escape=escape)
    words = instruction.rest[begin:].split()
    return words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""


@dataclass(slots=True)
class _Build:
    """What is known so far while reading from top to bottom."""

    source: Source
    head: Directives
    options: Options
    stages: list[str]
    named: frozenset[str]
    arguments: dict[str, str | None] = field(default_factory=dict)
    begun: int = 0
    earlier: set[str] = field(default_factory=set)
    puzzled: bool = False

    def read(self, instruction: Instruction) -> Iterator[Finding]:
        """Return what one instruction names."""
        if instruction.unclear:
            place = self.source.place(instruction.start)
            yield unresolved(instruction.name, place=place, kind=KIND, why=instruction.unclear)
        if instruction.name == "arg" and not self.begun:
            self._declare(instruction)
        elif instruction.name == "from":
            yield self._from(instruction)
            self.earlier.add(self.stages[self.begun])
            self.begun += 1
        elif instruction.name == "onbuild":
            yield from self._sources(instruction.within(), later=True)
        elif instruction.name in _INSTRUCTIONS:
            yield from self._sources(instruction, later=False)
        elif not self.puzzled:
            self.puzzled = True
            why = "this is no Dockerfile instruction, so what the file builds cannot be told"
            place = self.source.place(instruction.start)
            yield unresolved(instruction.name, place=place, kind=KIND, why=why)

    def _declare(self, instruction: Instruction) -> None:
        """Take global ARG declarations: a given build argument wins over the default."""
        if len(instruction.rest) > LONGEST:
            # Nothing that stood before can be trusted: the long line may give it another value.
            self.arguments.clear()
            return
        for word in _arguments(instruction.rest, self.head.escape):
            name, equals, default = word.partition("=")
            given = self.options.build_args.get(name)
            if given is not None:
                self.arguments[name] = given
            elif equals:
                filled = fill(default, self._value, escape=_escape(self.head))
                self.arguments[name] = filled.text
            else:
                self.arguments.setdefault(name, None)

    def _value(self, name: str) -> str | None:
        if name in self.arguments:
            return self.arguments[name]
        return self.options.build_args.get(name) if name in _PLATFORM else None

    def _from(self, instruction: Instruction) -> Finding:
        _, begin = flags(instruction, escape=self.head.escape)
        words = [
            instruction.word(begin + match.start(), begin + match.end())
            for match in re.finditer(r"\S+", instruction.rest[begin:])
        ]
        if len(words) not in {1, 3} or (len(words) == 3 and words[1].text.lower() != "as"):
            place = self.source.place(instruction.start)
            why = "FROM takes an image, or an image, AS and a name"
            return unresolved(instruction.rest, place=place, kind=KIND, why=why)
        word = words[0]
        filled = fill(word.text, self._value, escape=_escape(self.head))
        if filled.text == "scratch":
            return self._ignored(word, "scratch is the empty image, which is not pulled")
        if filled.text and filled.text.lower() in self.earlier:
            return self._ignored(word, "it is a stage of this file")
        return filled_finding(word.text, filled, place=self._place(word), kind=KIND)

    def _sources(self, instruction: Instruction, *, later: bool) -> Iterator[Finding]:
        """Judge what COPY --from and RUN --mount name: stages of the whole file, or images."""
        found, _ = flags(instruction, escape=self.head.escape)
        for flag in found:
            name, equals, value = flag.text.partition("=")
            if instruction.name == "copy" and name == "--from" and equals:
                yield self._source(flag.part(value), later=later, numbers=True)
            if instruction.name == "run" and name == "--mount":
                for item in _mount(value):
                    yield self._source(flag.part(item), later=later, numbers=False)

    def _source(self, word: Word, *, later: bool, numbers: bool) -> Finding:
        text = word.text
        place = self._place(word)
        if "$" in text[:-1]:
            return unresolved(text, place=place, kind=KIND, why=_NO_VARIABLES)
        if text == "scratch":
            return self._ignored(word, "scratch is the empty image, which is not pulled")
        if later and (text.isdigit() or _STAGE.fullmatch(text.lower())):
            why = "ONBUILD runs in another build, where this may be a stage or an image"
            return unresolved(text, place=place, kind=KIND, why=why)
        if text and text.lower() in self.named:
            return self._ignored(word, "it is a stage of this file")
        if numbers and re.fullmatch(r"[+-]?[0-9]+", text):
            if text.isdigit() and len(text) < 6 and int(text) < len(self.stages):
                return self._ignored(word, "it is the number of a stage of this file")
            why = "this file has no stage of that number"
            return unresolved(text, place=place, kind=KIND, why=why)
        return judged(text, place=place, kind=KIND)

    def _ignored(self, word: Word, why: str) -> Finding:
        return ignored(word.text, place=self._place(word), kind=KIND, why=why)

    def _place(self, word: Word) -> Place:
        return self.source.place(word.start, word.end)


def _escape(head: Directives) -> Literal["\\", "`"]:
    return "`" if head.escape == "`" else "\\"


def _arguments(rest: str, escape: str) -> list[str]:
    """Split `A=1 B="x y"` at white space outside quotes, quotes kept for `fill` to undo."""
    pattern = rf"(?:{re.escape(escape)}.|'[^']*'|\"(?:{re.escape(escape)}.|[^\"])*\"|\S)+"
    return re.findall(pattern, rest)


def _mount(value: str) -> list[str]:
    """Return the values of `from` in a mount's comma-separated fields."""
    fields = re.findall(r'"(?:[^"]|"")*"|[^,]+', value)
    pairs = [field.strip('"').partition("=") for field in fields]
    return [text for name, equals, text in pairs if name.lower() == "from" and equals]


SCANNER = Dockerfile()
