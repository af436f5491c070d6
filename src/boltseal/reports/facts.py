"""What every report tells of an image, worked out once; nothing here is escaped yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from boltseal.core.signature import Form, Signature
from boltseal.core.verdict import Anchor, ImageReport, Judged, Report, Verdict

# The names under which the actions record when and from what an image was built, then what
# people write by hand.
TIME_NAMES = ("timestamp", "created", "org.opencontainers.image.created")
COMMIT_NAMES = ("commit", "revision", "git_sha", "sha", "org.opencontainers.image.revision")

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Totals:
    """How many images got which verdict; `str()` says it in words, failures included."""

    trusted: int
    not_trusted: int
    undecided: int

    @classmethod
    def of(cls, report: Report) -> Totals:
        """Count the verdicts of a report."""
        verdicts = [image.verdict for image in report.images]
        return cls(*(verdicts.count(verdict) for verdict in Verdict))

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.trusted + self.not_trusted + self.undecided

    def __str__(self) -> str:
        counts = zip((self.trusted, self.not_trusted, self.undecided), Verdict, strict=True)
        told = ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
        return f"{counted(self.images, 'image')}: {told}" if told else "no images"


@dataclass(frozen=True, slots=True)
class Belief:
    """Trusted signatures that say the same: one anchor and equal annotations, in several forms."""

    forms: tuple[Form, ...]
    anchor: Anchor | None
    annotations: Mapping[str, Any]
    kind: str
    count: int


def counted(number: int, noun: str) -> str:
    """Return `1 image` or `2 images`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def why(image: ImageReport) -> str:
    """Return the reason of a verdict that is not 'trusted', in one sentence or two.

    Without the image's own name in front: every report tells it beside the reason.
    """
    reason = image.reason or (str(image.error) if image.error else "")
    return reason.removeprefix(f"{image.resolved}: ") or "no reason is known"


def signed_annotations(signature: Signature, image: ImageReport) -> Mapping[str, Any]:
    """Return what was signed beside the digest of `image`, or of the first subject."""
    subject = signature.subject(image.digest) if image.digest else None
    if subject is None and signature.subjects:
        subject = signature.subjects[0]
    return subject.annotations if subject else {}


def beliefs(image: ImageReport) -> tuple[Belief, ...]:
    """Return the trusted signatures of `image`, in the order found; equal ones are told as one."""
    groups: dict[tuple[Anchor | None, str, str], list[Judged]] = {}
    for judged in image.trusted:
        said = json.dumps(signed_annotations(judged.signature, image), sort_keys=True, default=str)
        key = (judged.checks.anchor, str(judged.signature.kind), said)
        groups.setdefault(key, []).append(judged)
    return tuple(
        Belief(
            forms=tuple(dict.fromkeys(judged.signature.form for judged in members)),
            anchor=anchor,
            annotations=signed_annotations(members[0].signature, image),
            kind=kind,
            count=len(members),
        )
        for (anchor, kind, _), members in groups.items()
    )


def faults(image: ImageReport) -> tuple[str, ...]:
    """Return what could not be read, without what the reason says already."""
    reason = "" if image.verdict is Verdict.TRUSTED else why(image)
    return tuple(fault for fault in image.faults if fault not in reason)


def doubt(judged: Judged, image: ImageReport) -> str:
    """Return why a signature was refused, empty where the image's reason is just that."""
    alone = len(image.judged) == 1 and not image.faults
    reason = judged.reason or "no check was made"
    return "" if alone and reason in why(image) else reason


def verdict(image: ImageReport) -> str:
    """Return the verdict, with the kind of failure where that is another word."""
    title = image.error.title if image.error else str(image.verdict)
    return str(image.verdict) if title == str(image.verdict) else f"{image.verdict} ({title})"


def forms(image: ImageReport) -> str:
    """Return the forms in which a trusted signature was found, classic first."""
    return ", ".join(str(form) for form in Form if form in image.forms)


def doubted(image: ImageReport) -> tuple[Judged, ...]:
    """Return the signatures of `image` that did not pass, in the order found."""
    return tuple(judged for judged in image.judged if not judged.trusted)


def fingerprint(anchor: Anchor) -> str:
    """Return the first 12 characters of a fingerprint, its algorithm's name left out."""
    return anchor.fingerprint.rpartition(":")[2][:12]


def shown(value: Any) -> str:
    """Return an annotation's value as text: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def first_of(annotations: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the first text that `annotations` have under one of `names`, or nothing."""
    return next((v for n in names if isinstance(v := annotations.get(n), str) and v), "")


def signed_at(annotations: Mapping[str, Any]) -> datetime | None:
    """Return the signed time in UTC: RFC 3339 under one of `TIME_NAMES`, None for anything else."""
    match = _RFC3339.fullmatch(first_of(annotations, TIME_NAMES))
    if not match:
        return None
    day, hour, zone = match.groups()
    try:
        # fromisoformat reads a final Z from Python 3.11 on, and fractions of any length too.
        when = datetime.fromisoformat(f"{day}T{hour}{'+00:00' if zone in 'Zz' else zone}")
        return when.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def age(when: datetime, *, now: datetime) -> str:
    """Return how long ago `when` was, in the largest unit that fits; `now` has a time zone."""
    seconds = int((now - when).total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{counted(seconds // length, unit)} ago"
    return "just now"
