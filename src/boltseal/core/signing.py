"""What a run of signing did, image by image and form by form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boltseal.core.names import Digest, Reference
from boltseal.core.signature import Form
from boltseal.core.verdict import gravest
from boltseal.errors import BoltsealError


class Action(str, Enum):
    """What was done about one form of one image's signature."""

    SIGNED = "signed"
    SKIPPED = "skipped"
    REPLACED = "replaced"
    PLANNED = "planned"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Outcome:
    """One form of a signature: what was done and where the signature stands now."""

    form: Form
    action: Action
    location: Reference | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class SignedImage:
    """One digest that was to be signed: what was asked, what was done, what went wrong."""

    asked: str
    reference: Reference | None = None
    digest: Digest | None = None
    platform: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    error: BoltsealError | None = None
    notices: tuple[str, ...] = ()

    @property
    def pinned(self) -> Reference | None:
        """`name@digest`, or None where nothing could be resolved."""
        if self.reference is None or self.digest is None:
            return None
        return self.reference.pinned(self.digest)


@dataclass(frozen=True, slots=True)
class SignReport:
    """What was done about every image of one run, in the order in which they were asked for."""

    images: tuple[SignedImage, ...]

    @property
    def error(self) -> BoltsealError | None:
        """The gravest failure, None if every image was signed or was signed already."""
        return gravest([image.error for image in self.images if image.error])

    def count(self, action: Action) -> int:
        """How many forms of how many images had `action` done to them."""
        return sum(o.action is action for image in self.images for o in image.outcomes)
