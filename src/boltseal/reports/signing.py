"""The report of a sign run: what stands where now, and for every failure what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.core.signature import Form
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.reports.annotations import MOST, Command, Level
from boltseal.reports.escape import NOTHING, code, html, prose, terminal
from boltseal.reports.facts import counted
from boltseal.reports.markdown import LARGEST, LOST, details, fitting, row, table
from boltseal.reports.structured import render_signing
from boltseal.reports.text import Paint

structured = render_signing

_HEAD = ("result", "image", "digest", *map(str, Form))
_EMOJI = {
    "failed": "❌",
    "signed": "✅",
    "replaced": "✅",
    "skipped": "✅",
    "planned": "📝",
    "untouched": "❔",
}
_SYMBOLS = {"failed": ("✘", "31"), "planned": ("·", "33"), "untouched": ("?", "33")}
_WIDEST = max(map(len, _EMOJI))
_MOST_OPEN = 3


def result(image: SignedImage) -> str:
    """Return in a word what became of an image: failed, or the most that was done for it."""
    if image.error:
        return "failed"
    actions = {outcome.action for outcome in image.outcomes}
    order = (Action.SIGNED, Action.REPLACED, Action.PLANNED, Action.SKIPPED)
    return next((str(action) for action in order if action in actions), "untouched")


def totals(report: SignReport) -> str:
    """Return how many images there were and what became of them, in words."""
    results = [result(image) for image in report.images]
    told = ", ".join(f"{results.count(word)} {word}" for word in _EMOJI if word in results)
    return f"{counted(len(results), 'image')}: {told}" if results else "no images"


def text(report: SignReport, *, colour: bool = False) -> str:
    """Tell a sign run in plain text, its totals last where there are several images."""
    paint = Paint(colour)
    blocks = ["\n".join(_image(image, paint)) for image in report.images]
    if len(blocks) != 1:
        blocks.append(f"\n{totals(report)}")
    return "\n".join(blocks) + "\n"


def _image(image: SignedImage, paint: Paint) -> Iterator[str]:
    word = result(image)
    symbol, hue = _SYMBOLS.get(word, ("✔", "32"))
    platform = f" ({terminal(image.platform)})" if image.platform else ""
    head = paint(hue, f"{symbol} {word.ljust(_WIDEST)}")
    yield f"{head}  {terminal(image.asked)}{platform}"
    if image.digest and str(image.digest) not in image.asked:
        yield paint.line("digest", str(image.digest))
    if image.error:
        yield paint.line("why", terminal(str(image.error)))
    for outcome in image.outcomes:
        yield paint.line(str(outcome.form), _outcome(outcome))
    yield from (paint.line("note", terminal(notice)) for notice in image.notices)


def _outcome(outcome: Outcome) -> str:
    words = {Action.SKIPPED: "was there already", Action.PLANNED: "would be signed"}
    said = words.get(outcome.action, str(outcome.action))
    return f"{said}{f': {outcome.location}' if outcome.location else ''}{_tag(outcome)}"


def _tag(outcome: Outcome) -> str:
    return f" (tag {terminal(outcome.tag)})" if outcome.tag else ""


def summary(report: SignReport) -> str:
    """Tell a sign run in Markdown of at most 900 KiB, failed images first."""
    images = sorted(report.images, key=lambda image: image.error is None)
    emoji = _EMOJI["failed" if report.error else "signed"]
    head = f"## {emoji} Signing {totals(report)}\n\n"
    told = head + (table(_HEAD, map(_row, images), noun="image") if images else "")
    parts = [image for image in images if image.error or image.notices]
    opened = sum(image.error is not None for image in parts) <= _MOST_OPEN
    folded = (_details(image, opened=opened) for image in parts)
    return told + fitting(folded, room=LARGEST - len(told.encode()), noun="image", lost=LOST)


def _row(image: SignedImage) -> str:
    word = result(image)
    platform = f" {code(image.platform)}" if image.platform else ""
    digest = code(image.digest.short) if image.digest else NOTHING
    forms = [_cell(image, form) for form in Form]
    return row([f"{_EMOJI[word]} {word}", code(image.asked) + platform, digest, *forms])


def _cell(image: SignedImage, form: Form) -> str:
    done = [str(outcome.action) for outcome in image.outcomes if outcome.form is form]
    return ", ".join(dict.fromkeys(done)) or NOTHING


def _details(image: SignedImage, *, opened: bool) -> str:
    notes = counted(len(image.notices), "note")
    state = f"failed, {image.error.title}" if image.error else f"{result(image)}, {notes}"
    emoji = _EMOJI[result(image)]
    head = f"{emoji} {html(image.asked)}: {state}"
    return details(head, "\n\n".join(_told(image)), opened=opened and image.error is not None)


def _told(image: SignedImage) -> Iterator[str]:
    if image.error:
        yield f"**Why:** {prose(str(image.error))}"
    if image.pinned:
        yield f"**Digest:** {code(str(image.pinned))}"
    stands = [
        f"- {o.form}: {o.action} {code(str(o.location))}" for o in image.outcomes if o.location
    ]
    if stands:
        yield "\n".join(stands)
    if image.notices:
        yield "\n".join(f"- {prose(notice)}" for notice in image.notices)


def commands(report: SignReport) -> tuple[Command, ...]:
    """Return at most ten workflow commands that tell which images could not be signed, and why."""
    failed = [image for image in report.images if image.error]
    told = failed if len(failed) <= MOST else failed[: MOST - 1]
    errors = [
        Command(Level.ERROR, f"not signed: {image.error.title}", _message(image))
        for image in told
        if image.error
    ]
    if len(failed) > len(told):
        listed = "\n".join(
            f"- {terminal(image.asked, limit=200)}" for image in failed[MOST - 1 :][:15]
        )
        count = counted(len(failed) - len(told), "more image")
        message = f"{count} could not be signed; see the job summary\n{listed}"
        errors.append(Command(Level.ERROR, "not signed", message))
    return tuple(errors)


def _message(image: SignedImage) -> str:
    return terminal(f"{image.asked}: {image.error}", limit=4000)
