"""A report in plain text: what happened, to which image, and what to change; one block an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boltseal.core.verdict import Anchor, ImageReport, Judged, Report, Verdict
from boltseal.reports import facts
from boltseal.reports.escape import terminal

MOST_ANNOTATIONS = 12
MOST_DOUBTED = 10
MOST_FAULTS = 10
LONGEST_VALUE = 200

SYMBOLS = {Verdict.TRUSTED: "✔", Verdict.NOT_TRUSTED: "✘", Verdict.UNDECIDED: "?"}
_COLOURS = {Verdict.TRUSTED: "32", Verdict.NOT_TRUSTED: "31", Verdict.UNDECIDED: "33"}
_WIDEST = max(len(verdict.value) for verdict in Verdict)
_LABEL = 10


@dataclass(frozen=True, slots=True)
class Paint:
    """Colour by ANSI escapes, or none at all."""

    colour: bool

    def __call__(self, code: str, text: str) -> str:
        """Return `text` in the colour of `code` (SGR parameters, such as `31`)."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def line(self, label: str, text: str) -> str:
        """Return one indented line of a block: a label of fixed width, then `text`."""
        shown = self("2", label.ljust(_LABEL)) if label else " " * _LABEL
        return f"  {shown} {text}"


def render(report: Report, *, colour: bool = False, now: datetime | None = None) -> str:
    """Tell a report in plain text, its totals last where there are several images.

    `now`, with a time zone, adds how old the signed time is. With `colour` the only escape
    bytes are our own. The text ends with a line break.
    """
    paint = Paint(colour)
    blocks = ["\n".join(_image(image, paint=paint, now=now)) for image in report.images]
    if len(blocks) != 1:
        blocks.append(f"\n{facts.Totals.of(report)}")
    return "\n".join(blocks) + "\n"


def _image(image: ImageReport, *, paint: Paint, now: datetime | None) -> Iterator[str]:
    word = f"{SYMBOLS[image.verdict]} {image.verdict.value.ljust(_WIDEST)}"
    platform = f" ({terminal(image.platform)})" if image.platform else ""
    yield f"{paint(_COLOURS[image.verdict], word)}  {terminal(image.asked)}{platform}"
    if image.digest and str(image.digest) not in image.asked:
        yield paint.line("digest", str(image.digest))
    if image.verdict is not Verdict.TRUSTED:
        yield from _failure(image, paint=paint)
    for belief in facts.beliefs(image):
        yield from _belief(belief, paint=paint, now=now)
    yield from _doubts(image, paint=paint)
    yield from _faults(image, paint=paint)


def _failure(image: ImageReport, *, paint: Paint) -> Iterator[str]:
    yield paint.line("why", terminal(facts.why(image)))
    if image.advice:
        yield paint.line("to do", terminal(image.advice))


def _belief(belief: facts.Belief, *, paint: Paint, now: datetime | None) -> Iterator[str]:
    label = "signed" if belief.kind == "signature" else "attested"
    times = f", {belief.count} times" if belief.count > len(belief.forms) else ""
    forms = ", ".join(map(str, belief.forms))
    yield paint.line(label, f"{forms} by {_anchor(belief.anchor)}{times}{_age(belief, now)}")
    yield from (paint.line("", line) for line in annotation_lines(belief.annotations))


def _anchor(anchor: Anchor | None) -> str:
    return f"{terminal(anchor.name)} ({facts.fingerprint(anchor)})" if anchor else "nobody known"


def _age(belief: facts.Belief, now: datetime | None) -> str:
    when = facts.signed_at(belief.annotations)
    return f", {facts.age(when, now=now)}" if when and now else ""


def annotation_lines(annotations: Mapping[str, Any]) -> Iterator[str]:
    """Give `  name=value` lines for the first of `annotations`, and how many more there are."""
    for name, value in list(annotations.items())[:MOST_ANNOTATIONS]:
        shown = terminal(facts.shown(value), limit=LONGEST_VALUE)
        yield f"  {terminal(name, limit=LONGEST_VALUE)}={shown}"
    if len(annotations) > MOST_ANNOTATIONS:
        yield f"  and {len(annotations) - MOST_ANNOTATIONS} more annotations"


def _doubts(image: ImageReport, *, paint: Paint) -> Iterator[str]:
    doubted = facts.doubted(image)
    yield from (paint.line("refused", _doubt(judged, image)) for judged in doubted[:MOST_DOUBTED])
    if len(doubted) > MOST_DOUBTED:
        yield paint.line("", f"and {len(doubted) - MOST_DOUBTED} more that were refused")


def _doubt(judged: Judged, image: ImageReport) -> str:
    signature = judged.signature
    kind = "" if signature.kind.value == "signature" else f" {signature.kind}"
    origin = f" at {terminal(signature.origin)}" if signature.origin else ""
    reason = facts.doubt(judged, image)
    return f"{signature.form}{kind}{origin}{': ' if reason else ''}{terminal(reason)}"


def _faults(image: ImageReport, *, paint: Paint) -> Iterator[str]:
    faults = facts.faults(image)
    yield from (paint.line("fault", terminal(fault)) for fault in faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        yield paint.line("", f"and {len(faults) - MOST_FAULTS} more faults")
    if image.left_out:
        others = facts.counted(image.left_out, "other attached artifact")
        yield paint.line("left out", f"{others}, not taken for signatures of this image")
