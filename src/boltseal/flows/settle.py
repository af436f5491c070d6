"""Look at what was just signed with a reader's eyes, until the registry shows it or time is up.

SignReport -> References by digest -examine, one form at a time-> Report, again while it lags
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boltseal.core.names import Reference
from boltseal.core.signing import SignReport
from boltseal.core.verdict import ImageReport
from boltseal.errors import BoltsealError, NotStored, NotTrusted, Undecided
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.stores import Shelf

PATIENCE = (1.0, 2.0, 4.0, 8.0)


def settle(
    report: SignReport,
    demand: Demand,
    *,
    bench: Bench,
    pause: Callable[[float], None],
    patience: Sequence[float] = PATIENCE,
) -> tuple[ImageReport, ...]:
    """Verify every image of `report` on every shelf of `bench` and return what a reader sees.

    Each shelf is asked for itself, since one form must not answer for the other. `pause` waits
    seconds between attempts while the registry lags. Raise NotStored, or what a reader would
    get, for the first image that does not verify.
    """
    images = tuple(dict.fromkeys(i.pinned for i in report.images if i.pinned and not i.error))
    seen: list[ImageReport] = []
    for shelf in bench.shelves:
        seen += _patiently(images, demand, bench=_with(bench, shelf), pause=pause, waits=patience)
    return tuple(seen)


def _with(bench: Bench, shelf: Shelf) -> Bench:
    return Bench(bench.store, (shelf,), bench.parallel)


def _patiently(
    images: Sequence[Reference],
    demand: Demand,
    *,
    bench: Bench,
    pause: Callable[[float], None],
    waits: Sequence[float],
) -> list[ImageReport]:
    done: list[ImageReport] = []
    left = list(images)
    for seconds in (*waits, None):
        if not left:
            break
        report = examine(left, demand, bench=bench)
        done += [image for image in report.images if image.error is None]
        # Where others have signed too, a signature that is not there yet reads as 'not trusted'.
        failed = [image for image in report.images if image.error is not None]
        left = [image.resolved for image in failed if image.resolved]
        if failed and seconds is None:
            raise _failure(failed[0], bench)
        if left and seconds is not None:
            pause(seconds)
    return done


def _failure(image: ImageReport, bench: Bench) -> BoltsealError:
    form = bench.shelves[0].form
    said = f"{image.asked} was signed, but does not verify in the {form} form: {image.reason}"
    if isinstance(image.error, Undecided | NotTrusted):
        return type(image.error)(said)
    return NotStored(f"{said}. The registry accepted the signature and does not show it")
