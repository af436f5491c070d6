"""What a run of copying did, in plain text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boltseal.core.carried import CarriedImage, CarryReport, Tally
from boltseal.core.writing import go_json
from boltseal.reports.escape import terminal
from boltseal.reports.facts import counted
from boltseal.reports.text import Paint

_WIDEST = len("there already")


def result(image: CarriedImage) -> str:
    """Return in a word or two what became of an image."""
    if image.error:
        return "failed"
    return "there already" if image.tally.idle else "copied"


def text(report: CarryReport, *, colour: bool = False) -> str:
    """Tell a run in plain text, its totals last where there are several images."""
    paint = Paint(colour)
    blocks = ["\n".join(_image(image, paint)) for image in report.images]
    if len(blocks) != 1:
        words = [result(image) for image in report.images]
        told = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        blocks.append(f"\n{counted(len(words), 'image')}: {told}")
    return "\n".join(blocks) + "\n"


def _image(image: CarriedImage, paint: Paint) -> Iterator[str]:
    symbol, hue = ("✘", "31") if image.error else ("✔", "32")
    head = paint(hue, f"{symbol} {result(image).ljust(_WIDEST)}")
    yield f"{head}  {terminal(image.asked)} -> {terminal(str(image.target))}"
    if image.digest and str(image.digest) not in image.asked:
        yield paint.line("digest", str(image.digest))
    if image.error:
        yield paint.line("why", terminal(str(image.error)))
    if not image.tally.idle:
        yield paint.line("written", _told(image.tally))
    yield from (paint.line("note", terminal(notice)) for notice in image.notices)


def _told(tally: Tally) -> str:
    parts = [
        f"{counted(tally.blobs, 'blob')} sent ({tally.bytes} bytes)" if tally.blobs else "",
        f"{tally.mounted} mounted" if tally.mounted else "",
        counted(tally.manifests, "manifest") if tally.manifests else "",
        f"{counted(tally.merged, 'tag')} joined" if tally.merged else "",
        f"{tally.kept} there already" if tally.kept else "",
    ]
    return ", ".join(part for part in parts if part)


def structured(report: CarryReport) -> str:
    """Return the run as one JSON document, ending with a line break."""
    images = [_member(image) for image in report.images]
    return go_json({"images": images}).decode() + "\n"


def _member(image: CarriedImage) -> dict[str, Any]:
    tally = image.tally
    return {
        "source": image.asked,
        "target": str(image.target),
        "digest": str(image.digest) if image.digest else None,
        "result": result(image),
        "blobs": {"sent": tally.blobs, "mounted": tally.mounted, "bytes": tally.bytes},
        "manifests": tally.manifests,
        "joined": tally.merged,
        "error": str(image.error) if image.error else None,
        "notices": list(image.notices),
    }
