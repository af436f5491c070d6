"""What an attestation is to say: a predicate or a whole statement, from a file or a pipe."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from boltseal.cli import wiring
from boltseal.cli.files import load
from boltseal.cli.flags import Given
from boltseal.core.times import parse_time, render_time
from boltseal.errors import FileUnusable, UsageError
from boltseal.flows.attest import Claim
from boltseal.flows.placing import OnExisting
from boltseal.formats.predicates import PredicateType
from boltseal.formats.statement import Statement

LARGEST = 64 * 1024 * 1024
_PIPE = "-"


def without_pipe(given: Given) -> Given:
    """Return `given` with no standard input where the predicate is read from there.

    So a password that is missing is told as missing, and not taken from what is left.
    """
    if _PIPE not in (given.text("predicate"), given.text("statement")):
        return given
    return replace(given, around=replace(given.around, stdin=None))


def claim_of(given: Given, *, on_existing: OnExisting) -> Claim:
    """Read --predicate and --type, or --statement; raise UsageError, FileUnusable or Malformed."""
    if bool(given.text("predicate")) == bool(given.text("statement")):
        raise UsageError(
            "give either --predicate FILE with its --type, or --statement FILE; - is standard input"
        )
    kind = PredicateType.parse(given.text("type", "custom"))
    statement, predicate = None, None
    if given.text("statement"):
        statement = _read(given, "statement")
        kind = _type_of(statement, given)
    else:
        what = f"--predicate {given.text('predicate')}"
        content = _read(given, "predicate")
        predicate = kind.predicate(content, timestamp=_timestamp(given), what=what)
    return Claim(
        kind.uri,
        predicate,
        statement,
        recursive=given.flag("recursive"),
        on_existing=on_existing,
        dry_run=given.flag("dry-run"),
        schema_check=not given.flag("no-schema-check"),
    )


def _type_of(statement: bytes, given: Given) -> PredicateType:
    """Return the statement's own type, which --type may repeat and not change."""
    own = Statement.parse(statement, what=f"--statement {given.text('statement')}").predicate_type
    if given.said("type") and PredicateType.parse(given.text("type")).uri != own:
        raise UsageError(
            f"{given.called('type')} {given.text('type')}: the statement is of type {own[:200]}; "
            "leave --type out, a statement says its type itself"
        )
    return PredicateType(own, own)


def _timestamp(given: Given) -> str:
    """Return the time in a `custom` predicate: --timestamp, SOURCE_DATE_EPOCH, or now."""
    text = given.text("timestamp")
    return render_time(parse_time(text) if text else wiring.moment(given))


def _read(given: Given, name: str) -> bytes:
    path = given.text(name)
    if path != _PIPE:
        return load(path, limit=LARGEST)
    if given.around.stdin is None or given.around.asks:
        raise UsageError(f"--{name} -: nothing is piped into standard input")
    return _piped(given.around.stdin, name)


def _piped(stdin: BinaryIO, name: str) -> bytes:
    content = stdin.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise FileUnusable(f"--{name} -: more than {LARGEST} bytes came in, which is too large")
    return content
