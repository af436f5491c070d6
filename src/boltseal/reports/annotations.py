"""Failures as GitHub's workflow commands, within what a runner keeps of them.

A step keeps ten annotations of a level and 4,096 characters of each; what is beyond is dropped
in silence, so it is grouped here and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from boltseal.core.places import Place
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.reports import facts
from boltseal.reports.escape import capped, command_data, command_property, terminal

MOST = 10
LONGEST = 4096
LONGEST_TITLE = 200
_LISTED = 50
_NOWHERE: Mapping[str, Sequence[Place]] = {}


class Level(str, Enum):
    """How grave an annotation is; GitHub has these three."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Command:
    """One workflow command that annotates; `str()` is the line to print, without a line break.

    A line break in `message` is ours; an untrusted one stands there as an escape already.
    """

    level: Level
    title: str
    message: str
    place: Place | None = None

    def __str__(self) -> str:
        parts = [f"title={command_property(terminal(self.title, limit=LONGEST_TITLE))}"]
        if self.place:
            parts.append(f"file={command_property(terminal(self.place.path))}")
            parts.append(f"line={self.place.line}")
            parts.append(f"col={self.place.column}")
        lines = [terminal(line, limit=LONGEST) for line in self.message.split("\n")]
        message = command_data(capped("\n".join(lines), LONGEST))
        return f"::{self.level} {','.join(parts)}::{message}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """One failed image at one place, or at none."""

    image: ImageReport
    place: Place | None

    @property
    def group(self) -> tuple[str, str]:
        """What failures have in common that are told together."""
        return _title(self.image), self.image.advice


def commands(
    report: Report, *, places: Mapping[str, Sequence[Place]] = _NOWHERE, level: Level = Level.ERROR
) -> tuple[Command, ...]:
    """Return at most ten commands that tell what failed, in the order of the report.

    Up to ten failures are told one by one, at each place where `places` has the image as it was
    asked for. Of more, those without places are told by kind, the kinds beyond nine in one last
    command; of those with places nine are told where they are, and the others in one. Nothing
    is said of trusted images.
    """
    failures = [
        _Failure(image, place)
        for image in report.images
        if image.verdict is not Verdict.TRUSTED
        for place in places.get(image.asked, ()) or (None,)
    ]
    if len(failures) <= MOST:
        return tuple(_single(failure, level) for failure in failures)
    if any(failure.place for failure in failures):
        return (
            *(_single(f, level) for f in failures[: MOST - 1]),
            _grouped(failures[MOST - 1 :], level),
        )
    kinds = _kinds(failures)
    if len(kinds) <= MOST:
        return tuple(_grouped(kind, level) for kind in kinds)
    rest = [failure for kind in kinds[MOST - 1 :] for failure in kind]
    return (*(_grouped(kind, level) for kind in kinds[: MOST - 1]), _grouped(rest, level))


def _kinds(failures: Sequence[_Failure]) -> list[list[_Failure]]:
    kinds: dict[tuple[str, str], list[_Failure]] = {}
    for failure in failures:
        kinds.setdefault(failure.group, []).append(failure)
    return list(kinds.values())


def _title(image: ImageReport) -> str:
    return image.error.title if image.error else str(image.verdict)


def _single(failure: _Failure, level: Level) -> Command:
    image = failure.image
    platform = f" ({image.platform})" if image.platform else ""
    lines = [f"{image.asked}{platform}: {facts.why(image)}"]
    if image.advice:
        lines.append(f"What to do: {image.advice}")
    return Command(level, _title(image), _message(lines), failure.place)


def _grouped(failures: Sequence[_Failure], level: Level) -> Command:
    if len(failures) == 1:
        return _single(failures[0], level)
    titles = list(dict.fromkeys(_title(failure.image) for failure in failures))
    advice = list(dict.fromkeys(f.image.advice for f in failures if f.image.advice))
    count = len({(f.image.asked, f.image.platform) for f in failures})
    head = [f"{facts.counted(count, 'image')}: {', '.join(titles)}"]
    if len(advice) == 1:
        head.append(f"What to do: {advice[0]}")
    listed = [_line(failure) for failure in failures]
    title = titles[0] if len(titles) == 1 else "several failures"
    place = failures[0].place if len(titles) == 1 else None
    return Command(level, title, _message([*head, *_fitting(listed, used=head)]), place)


def _line(failure: _Failure) -> str:
    place = f" ({failure.place})" if failure.place else ""
    return f"- {terminal(failure.image.asked, limit=300)}{terminal(place)}"


def _fitting(lines: Sequence[str], *, used: Iterable[str]) -> list[str]:
    room = LONGEST - sum(len(line) + 1 for line in used) - 60
    taken: list[str] = []
    for line in lines[:_LISTED]:
        room -= len(line) + 1
        if room < 0:
            break
        taken.append(line)
    left = len(lines) - len(taken)
    return [*taken, f"and {left} more: see the job summary"] if left else taken


def _message(lines: Iterable[str]) -> str:
    # An untrusted line break must not look like one of ours.
    return "\n".join(terminal(line, limit=LONGEST) for line in lines)
