"""A report as a GitHub job summary: totals on top, one row an image, what failed folded below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from boltseal.core.verdict import Anchor, ImageReport, Judged, Report, Verdict
from boltseal.reports import facts
from boltseal.reports.escape import NOTHING, capped, code, html, prose
from boltseal.reports.markdown import LARGEST, LOST, details, fitting, row, table

EMOJI = {Verdict.TRUSTED: "✅", Verdict.NOT_TRUSTED: "❌", Verdict.UNDECIDED: "⚠️"}
_HEAD = ("verdict", "image", "digest", "signed as", "by key", "commit", "created")
# These bound what one image can take, so that no image's details crowd out its own reason.
_MOST_LISTED = 10
_MOST_ANNOTATIONS = 8
_MOST_OPEN = 3
# Of so few images everything is told, of more only what failed or could not be read.
_FEW = 20
# The worst first: a table that is cut must not lose what stopped the deployment.
_ORDER = (Verdict.NOT_TRUSTED, Verdict.UNDECIDED, Verdict.TRUSTED)


def render(report: Report, *, now: datetime | None = None) -> str:
    """Tell a report in Markdown of at most 900 KiB, failed images first.

    `now`, with a time zone, adds how old the signed time is.
    """
    images = sorted(report.images, key=lambda image: _ORDER.index(image.verdict))
    top = f"## {EMOJI[report.verdict]} {_headline(report)}\n\n"
    rows = (_row(image, now=now) for image in images)
    told = top + (table(_HEAD, rows, noun="image") if images else "")
    few = len(images) <= _FEW
    parts = [i for i in images if few or i.verdict is not Verdict.TRUSTED or i.faults]
    opened = sum(image.verdict is not Verdict.TRUSTED for image in parts) <= _MOST_OPEN
    folded = (_details(image, opened=opened) for image in parts)
    return told + fitting(folded, room=LARGEST - len(told.encode()), noun="image", lost=LOST)


def _headline(report: Report) -> str:
    totals = facts.Totals.of(report)
    if not totals.images:
        return "Nothing was verified"
    return f"Signatures of {totals}"


def _row(image: ImageReport, *, now: datetime | None) -> str:
    platform = f" {code(image.platform)}" if image.platform else ""
    beliefs = facts.beliefs(image)
    return row(
        [
            f"{EMOJI[image.verdict]} {facts.verdict(image)}",
            code(image.asked) + platform,
            code(image.digest.short) if image.digest else NOTHING,
            facts.forms(image) or NOTHING,
            _distinct([_anchor(anchor) for anchor in image.anchors]),
            _distinct([_commit(belief) for belief in beliefs]),
            _distinct([_created(belief, now) for belief in beliefs]),
        ]
    )


def _anchor(anchor: Anchor) -> str:
    return f"{code(anchor.name, limit=100)} {code(facts.fingerprint(anchor))}"


def _commit(belief: facts.Belief) -> str:
    commit = facts.first_of(belief.annotations, facts.COMMIT_NAMES)
    return code(commit[:12] if len(commit) in {40, 64} else commit, limit=60) if commit else ""


def _created(belief: facts.Belief, now: datetime | None) -> str:
    created = facts.first_of(belief.annotations, facts.TIME_NAMES)
    when = facts.signed_at(belief.annotations)
    ago = f" ({facts.age(when, now=now)})" if when and now else ""
    return code(created, limit=60) + ago if created else ""


def _distinct(cells: Sequence[str]) -> str:
    unique = [cell for cell in dict.fromkeys(cells) if cell]
    more = f" and {len(unique) - 2} more" if len(unique) > 2 else ""
    return (", ".join(unique[:2]) or NOTHING) + more


def _details(image: ImageReport, *, opened: bool) -> str:
    failed = image.verdict is not Verdict.TRUSTED
    platform = f" {html(image.platform)}" if image.platform else ""
    head = f"{EMOJI[image.verdict]} {html(image.asked)}{platform}: {facts.verdict(image)}"
    if not failed and image.faults:
        head += f", {facts.counted(len(image.faults), 'fault')} passed over"
    return details(head, "\n\n".join(_told(image)), opened=failed and opened)


def _told(image: ImageReport) -> Iterator[str]:
    if image.verdict is not Verdict.TRUSTED:
        yield f"**Why:** {prose(facts.why(image))}"
        if image.advice:
            yield f"**What to do:** {prose(image.advice)}"
    if image.resolved:
        yield f"**Digest:** {code(str(image.resolved))}"
    if image.judged:
        yield _listed([_signature(judged, image) for judged in image.judged], noun="signature")
    faults = [f"- {prose(fault, limit=300)}" for fault in facts.faults(image)]
    if faults:
        yield "**Could not be read:**\n\n" + _listed(faults, noun="fault")


def _signature(judged: Judged, image: ImageReport) -> str:
    signature, anchor = judged.signature, judged.checks.anchor
    said = (
        f"by {_anchor(anchor)}" if judged.trusted and anchor else f"refused{_reason(judged, image)}"
    )
    origin = f" at {code(signature.origin)}" if signature.origin else ""
    lines = [f"- {signature.form} {signature.kind}{origin}, {said}"]
    annotations = facts.signed_annotations(signature, image)
    for name, value in list(annotations.items())[:_MOST_ANNOTATIONS]:
        shown = capped(facts.shown(value), 100)
        lines.append(f"  - {code(f'{capped(name, 100)}={shown}')}")
    if len(annotations) > _MOST_ANNOTATIONS:
        lines.append(f"  - and {len(annotations) - _MOST_ANNOTATIONS} more annotations")
    return "\n".join(lines)


def _reason(judged: Judged, image: ImageReport) -> str:
    reason = facts.doubt(judged, image)
    return f": {prose(reason, limit=300)}" if reason else ""


def _listed(lines: Sequence[str], *, noun: str) -> str:
    more = len(lines) - _MOST_LISTED
    rest = [f"- and {facts.counted(more, f'more {noun}')}"] if more > 0 else []
    return "\n".join([*lines[:_MOST_LISTED], *rest])
