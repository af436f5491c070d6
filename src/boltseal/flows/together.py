"""Ask for something more of images that are trusted so far: both must hold, of the same digest.

Report -trusted, by digest-> examine -the other demand-> Report of what fails either
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from boltseal.core.names import Reference
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.flows.verify import Bench, Demand, examine


def also(report: Report, demand: Demand, *, bench: Bench) -> Report:
    """Judge every image that `report` trusts by `demand` too, and return what is so of both.

    An image is asked for by the digest that was trusted, whatever its tag names by now. One that
    fails stands in the returned report with that failure, the others as they were. The demand
    is not recursive: platform images stand in the report themselves.
    """
    trusted = [image.resolved for image in report.images if image.verdict is Verdict.TRUSTED]
    asked = list(dict.fromkeys(resolved for resolved in trusted if resolved is not None))
    if not asked:
        return report
    judged = examine(asked, replace(demand, recursive=False), bench=bench).images
    found = dict(zip(asked, judged, strict=True))
    return Report(tuple(_joined(image, found) for image in report.images))


def _joined(image: ImageReport, found: Mapping[Reference, ImageReport]) -> ImageReport:
    if image.verdict is not Verdict.TRUSTED or image.resolved is None:
        return image
    other = found[image.resolved]
    if other.verdict is Verdict.TRUSTED:
        return image
    return replace(other, asked=image.asked, reference=image.reference, platform=image.platform)
