"""What stands beside an image in a registry, by spot: for listing, not for judging."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boltseal.core.names import Digest, Reference


class Spot(str, Enum):
    """The spots where cosign keeps things: three tags, and referrers."""

    SIGNATURES = "sig"
    ATTESTATIONS = "att"
    SBOMS = "sbom"
    REFERRER = "referrer"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Attached:
    """One image of artifacts at one spot: the digests of its layers, and a referrer's type."""

    spot: Spot
    location: Reference
    layers: tuple[Digest, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that was found beside one image.

    `asked` is the reference as typed, `left_out` counts what was too much or could not be read
    as an image.
    """

    asked: str
    subject: Reference
    attached: tuple[Attached, ...]
    left_out: int = 0


def tag_of(digest: Digest, spot: Spot, *, prefix: str = "") -> str:
    """Return the tag at which cosign keeps something about `digest`; not for referrers."""
    return f"{prefix}sha256-{digest.hex}.{spot}"
