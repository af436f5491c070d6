"""What was found out: checks on a signature, the verdict on an image, the report on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from boltseal.core.names import Digest, Reference
from boltseal.core.signature import Form, Signature
from boltseal.errors import (
    BoltsealError,
    ImageNotFound,
    NoSignature,
    NotTrusted,
    Undecided,
)


class Verdict(str, Enum):
    """The three answers; there is no fourth and no default."""

    TRUSTED = "trusted"
    NOT_TRUSTED = "not trusted"
    UNDECIDED = "undecided"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Anchor:
    """A reason to believe: a key (or an identity) by name and fingerprint.

    The fingerprint of a key is `sha256:` and the hex SHA-256 of its SPKI DER, so that two
    spellings of one key are one anchor.
    """

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of one signature: its name, whether it passed, and what was seen."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """What one trust says of one signature, and by which anchor it believes, if it does."""

    checks: tuple[Check, ...]
    anchor: Anchor | None = None

    @property
    def passed(self) -> bool:
        """True if there are checks, all of them passed, and an anchor stands behind them."""
        return self.anchor is not None and bool(self.checks) and all(c.passed for c in self.checks)

    def also(self, *more: Check) -> Checks:
        """Return these checks with `more` in front."""
        return Checks((*more, *self.checks), self.anchor)


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature and what was found out about it."""

    signature: Signature
    checks: Checks

    @property
    def trusted(self) -> bool:
        """True if every check on this signature passed."""
        return self.checks.passed

    @property
    def reason(self) -> str:
        """The first failed check in words, empty for a trusted one."""
        return next((c.detail or c.name for c in self.checks.checks if not c.passed), "")


@dataclass(frozen=True, slots=True)
class ImageReport:
    """The verdict on one image, why, and what to change.

    `asked` is the reference as the caller gave it, `resolved` the same by digest (None where it
    could not be resolved). `error` is what `verify` raises for it, None exactly if trusted.
    """

    asked: str
    verdict: Verdict
    resolved: Reference | None = None
    reference: Reference | None = None
    judged: tuple[Judged, ...] = ()
    faults: tuple[str, ...] = ()
    reason: str = ""
    advice: str = ""
    error: BoltsealError | None = None
    left_out: int = 0
    platform: str | None = None

    @property
    def digest(self) -> Digest | None:
        """The digest that the verdict is about."""
        return self.resolved.digest if self.resolved else None

    @property
    def trusted(self) -> tuple[Judged, ...]:
        """The signatures that passed."""
        return tuple(judged for judged in self.judged if judged.trusted)

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms in which a trusted signature was found."""
        return tuple(sorted({judged.signature.form for judged in self.trusted}))

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The distinct anchors that stand behind this image, in the order found."""
        return tuple(dict.fromkeys(j.checks.anchor for j in self.trusted if j.checks.anchor))

    @property
    def exit_code(self) -> int:
        """0 if trusted, else the exit code of the error's kind."""
        return self.error.exit_code if self.error else 0


# Where several images fail in several ways, the exit code tells the gravest: a definite 'no'
# before 'could not be found out'.
_GRAVITY = (NotTrusted, NoSignature, ImageNotFound, BoltsealError, Undecided)


def gravest(errors: list[BoltsealError]) -> BoltsealError | None:
    """Return the error that a run over many images ends with, None if there is none."""
    for kind in _GRAVITY:
        for error in errors:
            if isinstance(error, kind) and not (
                kind is BoltsealError and isinstance(error, Undecided)
            ):
                return error
    return None


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts on all images of one run, in the order in which they were asked for."""

    images: tuple[ImageReport, ...]

    @property
    def verdict(self) -> Verdict:
        """Trusted if there are images and all are; undecided only if nothing is worse."""
        verdicts = {image.verdict for image in self.images}
        if verdicts == {Verdict.TRUSTED}:
            return Verdict.TRUSTED
        return Verdict.NOT_TRUSTED if Verdict.NOT_TRUSTED in verdicts else Verdict.UNDECIDED

    @property
    def error(self) -> BoltsealError | None:
        """The gravest failure, None exactly if all images are trusted."""
        if not self.images:
            return Undecided("there was nothing to verify")
        return gravest([image.error for image in self.images if image.error])

    def __bool__(self) -> NoReturn:
        raise TypeError("a report is no truth value: compare .verdict, or call verify")
