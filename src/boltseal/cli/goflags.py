"""Command lines as cosign takes them, put into one spelling before they are parsed.

Source: pflag's grammar, and what cosign's main does about single dashes and `--o`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from boltseal.cli.flags import Flag, Kind, Row, parse_bool
from boltseal.errors import UsageError

PREFIXES = ("BOLTSEAL_", "COSIGN_")


@dataclass(frozen=True, slots=True)
class Line:
    """A command line in one spelling: `--name=value` everywhere, then `--` and the words.

    `unknown` flags keep the spelling of the caller. `names` are the flags that were given.
    """

    flags: tuple[str, ...]
    words: tuple[str, ...]
    warnings: tuple[str, ...]
    names: frozenset[str]

    @property
    def tokens(self) -> list[str]:
        """The line again, for a parser that knows long flags only."""
        return [*self.flags, "--", *self.words]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which flags there are: long names and whether they are boolean, letters, other names."""

    booleans: Mapping[str, bool]
    letters: Mapping[str, str]
    aliases: Mapping[str, str]

    @classmethod
    def of(cls, flags: Iterable[Flag | Row]) -> Grammar:
        """Take the grammar of declared flags."""
        booleans = {"help": True}
        letters = {"h": "help"}
        aliases: dict[str, str] = {}
        for flag in flags:
            name = flag.name if isinstance(flag, Flag) else flag.flag
            booleans[name] = flag.kind is Kind.BOOL
            if flag.short:
                letters[flag.short] = name
            if isinstance(flag, Flag) and flag.alias:
                aliases[flag.alias] = name
        return cls(booleans, letters, aliases)


@dataclass(slots=True)
class _Reading:
    grammar: Grammar
    flags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def canonical(args: Sequence[str], grammar: Grammar) -> Line:
    """Rewrite `-a x`, `-key x`, `--o x`, `--flag`, `--flag=False` to `--name=value`.

    A boolean takes a value only after `=`; every other flag takes the next argument, whatever it
    looks like. After `--` everything is a word. Raise UsageError for a value that is missing, or
    that is no boolean.
    """
    reading = _Reading(grammar)
    waiting = list(args)
    while waiting:
        arg = waiting.pop(0)
        if arg == "--":
            reading.words += waiting
            break
        if arg == "-" or not arg.startswith("-"):
            reading.words.append(arg)
        else:
            _take(arg, waiting, reading)
    return Line(
        tuple(reading.flags),
        tuple(reading.words),
        tuple(reading.warnings),
        frozenset(reading.names),
    )


def _take(arg: str, waiting: list[str], reading: _Reading) -> None:
    spelled, equals, value = arg.partition("=")
    name = _name(spelled, reading)
    if name not in reading.grammar.booleans:
        reading.flags.append(arg)
        return
    reading.names.add(name)
    if name == "help":
        reading.flags.append("--help")
    elif reading.grammar.booleans[name]:
        reading.flags.append(f"--{name}={_boolean(name, value) if equals else 'true'}")
    elif equals:
        reading.flags.append(f"--{name}={value}")
    elif waiting:
        reading.flags.append(f"--{name}={waiting.pop(0)}")
    else:
        raise UsageError(f"--{name} needs a value; write --{name}=VALUE")


def _name(spelled: str, reading: _Reading) -> str:
    """Return the long name that is meant, and warn of a spelling as cosign does."""
    letters = reading.grammar.letters
    bare = spelled.lstrip("-")
    if spelled.startswith("--"):
        if len(bare) == 1 and bare in letters:
            _warn(reading, spelled, f"-{bare}")
            return letters[bare]
        return reading.grammar.aliases.get(bare, bare)
    if len(bare) == 1:
        return letters.get(bare, spelled)
    if bare in reading.grammar.booleans:
        _warn(reading, spelled, f"--{bare}")
        return bare
    return spelled


def _warn(reading: _Reading, spelled: str, better: str) -> None:
    reading.warnings.append(
        f"WARNING: the flag {spelled} is an old spelling, which cosign gives up too; write {better}"
    )


def _boolean(name: str, value: str) -> str:
    known = parse_bool(value)
    if known is None:
        raise UsageError(f"--{name}={value}: write --{name}=true or --{name}=false")
    return "true" if known else "false"


def from_environment(
    flags: Iterable[Flag | Row], environment: Mapping[str, str], *, given: frozenset[str]
) -> tuple[list[str], dict[str, str]]:
    """Return what the environment says of flags that were not given, and by which variables.

    `BOLTSEAL_<FLAG>` comes before `COSIGN_<FLAG>`, the name in capitals with `_` for `-`. An empty
    variable counts as unset (viper's rule, which cosign has).
    """
    tokens: list[str] = []
    sources: dict[str, str] = {}
    for flag in flags:
        name = flag.name if isinstance(flag, Flag) else flag.flag
        variable = _variable(name, environment)
        if name in given or variable is None:
            continue
        sources[name] = variable
        value = environment[variable]
        if flag.kind is Kind.BOOL:
            value = _boolean(name, value)
        lines = isinstance(flag, Flag) and flag.lines
        values = [line for line in value.splitlines() if line.strip()] if lines else [value]
        tokens += [f"--{name}={value}" for value in values]
    return tokens, sources


def _variable(name: str, environment: Mapping[str, str]) -> str | None:
    capitals = name.upper().replace("-", "_")
    return next((p + capitals for p in PREFIXES if environment.get(p + capitals)), None)
