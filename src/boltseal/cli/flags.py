"""Verbs and their flags as values: what a command line may say, before any of it is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from boltseal.cli.around import Around
from boltseal.errors import UsageError


class Kind(Enum):
    """How the value of a flag is written."""

    TEXT = "text"
    FILE = "file"
    BOOL = "bool"
    NUMBER = "number"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: `--name` and perhaps a letter. `own` marks what cosign's verb does not have.

    `many` lets it be given several times; `lines` cuts its value in the environment at line
    breaks then. `alias` is another name for it.
    """

    name: str
    about: str
    kind: Kind = Kind.TEXT
    short: str = ""
    metavar: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    lines: bool = False
    own: bool = False
    alias: str = ""


class Stance(Enum):
    """What becomes of a flag that cosign has; there is no fourth, so none is ignored."""

    IMPLEMENTED = "implemented"
    MAPPED = "mapped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """What boltseal does about one flag of cosign's verb.

    `word` says what it is mapped to, or why it is refused. A value in `fine` asks for nothing
    that is not there; any other value is answered with `refusal`, and `fine` as None takes all.
    `idle` is another flag with a value, such as `tlog-upload=false`, beside which this one means
    nothing in cosign either.
    """

    flag: str
    stance: Stance
    word: str = ""
    kind: Kind = Kind.TEXT
    short: str = ""
    fine: tuple[str, ...] | None = None
    refusal: str = ""
    idle: str = ""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The words of a command line that are no flags: how they are called, how many there may be."""

    name: str = ""
    least: int = 0
    most: int | None = 0


@dataclass(frozen=True, slots=True)
class Given:
    """What one command line says: flags by name, words, and what surrounds the run.

    A value from the environment is named by its variable in `sources`.
    """

    around: Around
    words: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict)

    def said(self, name: str) -> bool:
        """Tell whether the flag was given, on the command line or in the environment."""
        return self.values.get(name) not in (None, ())

    def text(self, name: str, default: str = "") -> str:
        """Return the value of a text flag, `default` where it was not given."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of a flag that may be given several times."""
        return tuple(self.values.get(name) or ())

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return the value of a boolean flag."""
        value = self.values.get(name)
        return default if value is None else bool(value)

    def number(self, name: str, default: int) -> int:
        """Return the value of a whole number."""
        value = self.values.get(name)
        return default if value is None else int(value)

    def seconds(self, name: str, default: float) -> float:
        """Return the value of a duration in seconds."""
        return parse_duration(self.text(name), name=name) if self.said(name) else default

    def called(self, name: str) -> str:
        """Return how a flag is called in messages: by its variable if it came from there."""
        return f"--{name} (from {self.sources[name]})" if name in self.sources else f"--{name}"


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: its name, its help, what it takes, and the function that does it.

    `examples` are pairs of a remark and a command line. `cosign` is what is done about the flags
    of cosign's verb of the same name. `run` returns the exit code.
    """

    name: str
    summary: str
    about: str
    examples: tuple[tuple[str, str], ...]
    run: Callable[[Given], int]
    flags: tuple[Flag, ...] = ()
    arguments: Arguments = Arguments()
    cosign: tuple[Row, ...] = ()


_DURATION = re.compile(r"(?:(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s))")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def parse_duration(text: str, *, name: str) -> float:
    """Read a duration as Go writes it (`1h30m`, `90s`, `500ms`), or plain seconds; give seconds."""
    pieces = _DURATION.findall(text)
    total = 0.0
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text):
        total = float(text)
    elif len(text) < 40 and "".join(number + unit for number, unit in pieces) == text:
        total = sum(float(number) * _SECONDS[unit] for number, unit in pieces)
    if total <= 0:
        raise UsageError(f"--{name} {text!r} is no length of time; write it like 90s, 3m or 1h30m")
    return total


def parse_bool(text: str) -> bool | None:
    """Read a boolean as Go's strconv.ParseBool does; None for what is none."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    return False if text in ("0", "f", "F", "FALSE", "false", "False") else None


_SIZE = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)


def parse_size(text: str) -> int | None:
    """Read a number of bytes as go-humanize does (`20K` is 20,000, `45MiB` binary).

    None for what is none, since cosign keeps its default then.
    """
    found = _SIZE.fullmatch(text)
    if found is None or (found[3] and not found[2]):
        return None
    power = " kmgt".index(found[2].lower() or " ")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)
