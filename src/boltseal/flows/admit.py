"""From verdicts to a decision: which images may go on.

Report -by image asked for-> Admissions -all?-> open or closed
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.core.globs import glob
from boltseal.core.names import DOCKER_HUB, Reference
from boltseal.core.verdict import ImageReport, Report, Verdict, gravest
from boltseal.errors import BoltsealError, UsageError


@dataclass(frozen=True, slots=True)
class Exemption:
    """Images that need no signature, by a glob over their names, and why they need none."""

    pattern: re.Pattern[str]
    reason: str

    @classmethod
    def of(cls, text: str, reason: str) -> Exemption:
        """Read a glob over `registry/path[:tag]`; raise UsageError for one without a reason.

        `docker.io/` stands for Docker Hub; a glob without a tag is for all tags and digests.
        """
        if not text or not reason.strip():
            raise UsageError(
                f"{text[:200]!r} is let through without a reason; write image=reason, so that "
                "whoever reads this later knows why"
            )
        hub = re.sub(r"\A(?:index\.)?docker\.io/", f"{DOCKER_HUB}/", text)
        return cls(glob(hub), reason.strip())

    def covers(self, reference: Reference) -> bool:
        """Tell whether an image is meant: by its repository, with its tag, or by its digest."""
        name = str(reference.repository)
        spelled = [name]
        spelled += [f"{name}:{reference.tag}"] if reference.tag else []
        spelled += [f"{name}@{reference.digest}"] if reference.digest else []
        return any(self.pattern.fullmatch(one) for one in spelled)


@dataclass(frozen=True, slots=True)
class Admission:
    """The decision on one image that was asked for, its platform images included.

    `pinned` is its digest where it may go on and has one. `exempt` is the reason why it may
    without a signature, `tolerated` that the verdict does not stop the job.
    """

    asked: str
    images: tuple[ImageReport, ...]
    exempt: str = ""
    tolerated: bool = False

    @property
    def trusted(self) -> bool:
        """True if every image is trusted."""
        return all(image.verdict is Verdict.TRUSTED for image in self.images)

    @property
    def admitted(self) -> bool:
        """True if this image does not stop the job."""
        return self.trusted or bool(self.exempt) or self.tolerated

    @property
    def pinned(self) -> Reference | None:
        """The image by digest, if it is trusted or needs no signature."""
        return self.images[0].resolved if self.trusted or self.exempt else None


def admit(
    report: Report, *, exemptions: Sequence[Exemption], fail_on: Sequence[Verdict]
) -> tuple[Admission, ...]:
    """Decide on every image of a report, in the order in which they were asked for.

    An exemption needs a digest: what is not found is never let through. An image whose verdict
    is not among `fail_on` is tolerated, which does not make it trusted.
    """
    groups: dict[str, list[ImageReport]] = {}
    for image in report.images:
        groups.setdefault(image.asked, []).append(image)
    return tuple(
        _decided(asked, tuple(images), exemptions, fail_on) for asked, images in groups.items()
    )


def _decided(
    asked: str,
    images: tuple[ImageReport, ...],
    exemptions: Sequence[Exemption],
    fail_on: Sequence[Verdict],
) -> Admission:
    first = images[0]
    reason = ""
    if first.resolved is not None and first.reference is not None:
        tagged = Reference(first.reference.repository, first.reference.tag, first.digest)
        reason = next((one.reason for one in exemptions if one.covers(tagged)), "")
    bad = {image.verdict for image in images} - {Verdict.TRUSTED}
    if not bad:
        return Admission(asked, images)
    return Admission(asked, images, exempt=reason, tolerated=not bad & set(fail_on))


def closing(admissions: Sequence[Admission]) -> BoltsealError | None:
    """Return the gravest failure of the images that stop the job, None if none does."""
    stopped = [image for one in admissions if not one.admitted for image in one.images]
    return gravest([image.error for image in stopped if image.error])
