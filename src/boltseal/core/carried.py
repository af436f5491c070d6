"""What a run of copying did, image by image."""

from __future__ import annotations

from dataclasses import dataclass, field

from boltseal.core.names import Digest, Reference
from boltseal.core.verdict import gravest
from boltseal.errors import BoltsealError


@dataclass(slots=True)
class Tally:
    """How much of one image was brought and how much was there already.

    `blobs` and `manifests` were written, `mounted` counts blobs that needed no sending, `merged`
    tags that had to be joined with what was there; `kept` is everything that was there.
    """

    blobs: int = 0
    mounted: int = 0
    manifests: int = 0
    merged: int = 0
    kept: int = 0
    bytes: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing at all had to be written."""
        return not (self.blobs or self.mounted or self.manifests or self.merged)


@dataclass(frozen=True, slots=True)
class CarriedImage:
    """One image that was to be brought somewhere: what was asked, what was done, what failed."""

    asked: str
    target: Reference
    digest: Digest | None = None
    tally: Tally = field(default_factory=Tally)
    error: BoltsealError | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CarryReport:
    """What was done about every image of one run, in the order in which they were asked for."""

    images: tuple[CarriedImage, ...]

    @property
    def error(self) -> BoltsealError | None:
        """The gravest failure, None if every image is where it was wanted."""
        return gravest([image.error for image in self.images if image.error])
