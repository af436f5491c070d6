"""Verbs as click commands: click gives help, completion and suggestions, and decides nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import click

from boltseal.cli import compat
from boltseal.cli.around import Around
from boltseal.cli.files import writing
from boltseal.cli.flags import Flag, Given, Kind, Row, Stance, Verb
from boltseal.cli.goflags import Grammar, canonical, from_environment
from boltseal.errors import UsageError

GLOBAL = (
    Flag(
        "verbose",
        "tell every request on standard error, without secrets",
        Kind.BOOL,
        short="d",
    ),
    Flag(
        "timeout",
        "how long the command may take, such as 90s or 3m",
        Kind.DURATION,
        short="t",
        default="no limit but 2m for each request",
    ),
    Flag("output-file", "write standard output to this file", Kind.FILE),
)
_METAVARS = {Kind.FILE: "FILE", Kind.NUMBER: "N", Kind.DURATION: "TIME", Kind.TEXT: "TEXT"}
_SOURCES = "boltseal.sources"


class _Option(click.Option):
    """An option whose boolean form shows no value in the help."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or self.type is not click.BOOL:
            return record
        return record[0].replace(" BOOLEAN", ""), record[1]


class VerbCommand(click.Command):
    """One verb; its command line is put into one spelling before click sees it."""

    def __init__(self, verb: Verb) -> None:
        self.verb = verb
        self.flags: tuple[Flag | Row, ...] = (*verb.flags, *GLOBAL, *_others(verb))
        super().__init__(
            verb.name,
            params=[*(_option(flag) for flag in self.flags), *_words(verb)],
            help=_help(verb),
            short_help=verb.summary,
            callback=None,
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite Go's spellings, add what the environment says, and parse."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        around = ctx.find_object(Around)
        line = canonical(args, Grammar.of(self.flags))
        tokens = line.tokens
        if around is not None:
            for warning in line.warnings:
                around.say(warning)
            more, sources = from_environment(self.flags, around.environment, given=line.names)
            ctx.meta[_SOURCES] = sources
            tokens = [*more, *tokens]
        return super().parse_args(ctx, tokens)

    def invoke(self, ctx: click.Context) -> int:
        """Do the verb and return its exit code."""
        values = {name.replace("_", "-"): value for name, value in ctx.params.items()}
        words = tuple(values.pop("words", ()))
        around = ctx.find_object(Around)
        if around is None:
            raise RuntimeError("a verb is run by boltseal.cli.main.run")
        given = Given(around, words, values, ctx.meta.get(_SOURCES, {}))
        compat.judge(self.verb.cosign, given)
        _check_count(self.verb, words)
        if not given.text("output-file"):
            return self.verb.run(given)
        with writing(given.text("output-file")) as file:
            return self.verb.run(replace(given, around=replace(around, stdout=file)))


class LazyGroup(click.Group):
    """The verbs by name; a verb's module is imported when the verb is asked for, not before.

    A name of two words, such as `key lint`, is a verb in a group of the first word's name.
    """

    def __init__(self, verbs: Mapping[str, tuple[str, str]], **more: Any) -> None:
        """`verbs` gives for each name the module that holds its `VERB`, and its summary."""
        super().__init__(**more)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which help shows them."""
        return list(dict.fromkeys(name.partition(" ")[0] for name in self.verbs))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb and return it as a command; return a group as a group."""
        if cmd_name not in self.verbs:
            return self._group(cmd_name)
        module = importlib.import_module(self.verbs[cmd_name][0])
        verb: Verb = module.VERB
        return VerbCommand(verb)

    def _group(self, name: str) -> LazyGroup | None:
        parts = [(verb.partition(" "), told) for verb, told in self.verbs.items()]
        inside = {rest: told for (first, _, rest), told in parts if rest and first == name}
        if not inside:
            return None
        return LazyGroup(
            inside,
            name=name,
            help=f"Verbs of this group: {', '.join(inside)}.",
            no_args_is_help=True,
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; raise UsageError for one that only cosign has."""
        if args and args[0] in compat.OTHER_VERBS and not ctx.resilient_parsing:
            raise UsageError(
                f"cosign's verb {args[0]} is not there in this version; "
                f"there are {', '.join(self.verbs)}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.verbs.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move flags that stand before the verb behind it, where cosign takes them too."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        return super().parse_args(ctx, _verb_first(args))


def _verb_first(args: list[str]) -> list[str]:
    line = list(args)
    before: list[str] = []
    while line and line[0].startswith("-") and line[0] not in ("--", "-h", "--help", "--version"):
        arg = line.pop(0)
        before.append(arg)
        valued = arg.lstrip("-") in ("t", "timeout", "output-file")
        if valued and line:
            before.append(line.pop(0))
    if before and line and not line[0].startswith("-"):
        return [line[0], *before, *line[1:]]
    return list(args)


def _others(verb: Verb) -> Iterator[Row]:
    """Give what is understood for cosign's sake and is no flag of our own."""
    known = {flag.name for flag in (*verb.flags, *GLOBAL)}
    for row in verb.cosign:
        if row.stance is not Stance.IMPLEMENTED and row.flag not in known:
            yield row


def _option(flag: Flag | Row) -> click.Option:
    if isinstance(flag, Row):
        return _Option(
            _spellings(flag.flag, flag.short), type=_type(flag.kind, ()), hidden=True, default=None
        )
    about = f"{flag.about}  [default: {flag.default}]" if flag.default else flag.about
    return _Option(
        _spellings(flag.name, flag.short),
        type=_type(flag.kind, flag.choices),
        multiple=flag.many,
        default=None,
        help=about,
        metavar=flag.metavar or (None if flag.choices else _METAVARS.get(flag.kind)),
    )


def _spellings(name: str, short: str) -> list[str]:
    return [f"--{name}", *([f"-{short}"] if short else []), name.replace("-", "_")]


def _type(kind: Kind, choices: tuple[str, ...]) -> click.ParamType[Any]:
    if choices:
        return click.Choice(choices)
    types = {Kind.BOOL: click.BOOL, Kind.NUMBER: click.INT, Kind.FILE: click.Path()}
    return types.get(kind, click.STRING)


def _words(verb: Verb) -> list[click.Parameter]:
    arguments = verb.arguments
    metavar = f"{arguments.name}{'...' if arguments.most is None else ''}" if arguments.name else ""
    if metavar and not arguments.least:
        metavar = f"[{metavar}]"
    return [click.Argument(["words"], nargs=-1, metavar=metavar)]


def _check_count(verb: Verb, words: tuple[str, ...]) -> None:
    wanted = verb.arguments
    if len(words) < wanted.least:
        raise UsageError(
            f"boltseal {verb.name} needs at least {wanted.least} {wanted.name}, and "
            f"{len(words) or 'none'} was given; see boltseal {verb.name} --help"
        )
    if wanted.most is not None and len(words) > wanted.most:
        takes = f"at most {wanted.most} {wanted.name}" if wanted.most else "no argument but flags"
        raise UsageError(f"boltseal {verb.name} takes {takes}; {len(words)} were given")


def _help(verb: Verb) -> str:
    lines = [verb.summary, "", *verb.about.strip().splitlines(), "", "\b", "Examples:"]
    for remark, command in verb.examples:
        lines += [f"  # {remark}", f"  {command}"]
    if any(row.stance is not Stance.IMPLEMENTED for row in verb.cosign):
        lines += [
            "",
            "cosign's other flags for this verb are understood, or refused with a reason.",
        ]
    return "\n".join(lines)
