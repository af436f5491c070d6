"""Further questions that a reader may ask of one signature, each of its signed annotations only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from boltseal.core.globs import glob
from boltseal.core.signature import Signature
from boltseal.core.times import from_epoch, parse_time, render_time
from boltseal.core.verdict import Check
from boltseal.errors import UsageError
from boltseal.flows.targets import Target
from boltseal.flows.verify import Condition

SKEW = timedelta(minutes=5)
_MOST_SECONDS = 253402300799


def annotation_matches(name: str, pattern: str) -> Condition:
    """Ask that the annotation `name` is signed as a text that the glob `pattern` matches."""
    wanted = glob(pattern)

    def ask(signature: Signature, target: Target) -> Check:
        signed = _signed(signature, target)
        if name not in signed:
            return Check("annotations", False, f"annotation {name!r} is not in the signature")
        value = signed[name]
        if not isinstance(value, str):
            kind = type(value).__name__
            return Check("annotations", False, f"annotation {name!r} is signed as {kind}, not text")
        passed = wanted.fullmatch(value) is not None
        told = f"annotation {name!r} is {value[:80]!r}, which {pattern[:80]!r} does not match"
        return Check("annotations", passed, "" if passed else told)

    return ask


def younger_than(limit: timedelta, *, now: datetime, skew: timedelta = SKEW) -> Condition:
    """Ask that what was signed says that it was made at most `limit` before `now`.

    The time is the annotation `created`, or where there is none `timestamp` (RFC 3339, or
    podman's number of seconds), of the signed payload; a time that nobody signed is never
    looked at. A time more than `skew` after `now` fails too.
    """

    def ask(signature: Signature, target: Target) -> Check:
        when = signed_time(_signed(signature, target))
        if when is None:
            told = "it does not say when the image was made (no signed annotation 'created')"
            return Check("age", False, told)
        if when - now > skew:
            return Check("age", False, f"it says {render_time(when)}, which lies in the future")
        passed = now - when <= limit
        told = f"it says {render_time(when)}, which is longer ago than is allowed"
        return Check("age", passed, render_time(when) if passed else told)

    return ask


def signed_time(annotations: Mapping[str, Any]) -> datetime | None:
    """Return the time among signed annotations, None where there is none or it cannot be read."""
    name = "created" if "created" in annotations else "timestamp"
    value = annotations.get(name)
    if isinstance(value, str):
        try:
            return parse_time(value)
        except UsageError:
            return None
    # Only podman's own name has podman's type; `bool` is an `int` to Python.
    if name == "timestamp" and type(value) is int and 0 <= value <= _MOST_SECONDS:
        return from_epoch(value)
    return None


def _signed(signature: Signature, target: Target) -> Mapping[str, Any]:
    subject = signature.subject(target.digest)
    return subject.annotations if subject else {}
