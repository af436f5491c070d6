"""Failures as findings in files: one rule, one place and one fingerprint each, for forges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from boltseal.core.places import Place
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.reports import facts
from boltseal.reports.escape import terminal

NOWHERE: Mapping[str, Sequence[Place]] = {}

# The policy is what demands a signature of an image that no file names. Forges refuse a finding
# without a file (code scanning: the whole upload); a file that is not there they put up with.
POLICY = Place("boltseal.yml", 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of failure: its stable name, what it means, what to do, and how grave it is.

    `severity` is from 0 to 10, as CVSS has it; forges sort by it.
    """

    name: str
    title: str
    meaning: str
    remedy: str
    severity: float
    undecided: bool = False


RULES = (
    Rule(
        "no-signature",
        "Image is not signed",
        "No signature is stored in the registry for this image's digest.",
        "Sign the image by its digest in the workflow that pushes it, or deploy a signed one.",
        8.0,
    ),
    Rule(
        "not-trusted",
        "Image's signatures are not trusted",
        "Signatures are stored for the image, and not enough of them pass every check: "
        "another key, another commit, another image, or bytes that were changed.",
        "Find out who signed and what; never deploy the image before that is known.",
        9.0,
    ),
    Rule(
        "image-not-found",
        "Image is not in the registry",
        "The registry answers that it does not have this image.",
        "Correct the name, or push the image.",
        6.0,
    ),
    Rule(
        "access-denied",
        "Registry does not let the image be read",
        "The registry asks for credentials or permissions that the run does not have, so that "
        "nothing could be found out.",
        "Log in to the registry in a step before, or give the job's token the right to read it.",
        4.0,
        undecided=True,
    ),
    Rule(
        "undecided",
        "Image's signatures could not be judged",
        "The registry did not answer, or answered something broken; nothing is known of the image.",
        "Run again; if it stays, look at the registry.",
        4.0,
        undecided=True,
    ),
    Rule(
        "failed",
        "Image could not be verified",
        "Verifying the image ended with a failure of another kind, which the message tells.",
        "Do what the message says.",
        6.0,
    ),
)
_BY_NAME = {rule.name: rule for rule in RULES}
_OTHER = _BY_NAME["failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed image at one place.

    The fingerprint is 64 hexadecimal digits. It is the same in the next run, whatever lines were
    added above and whatever digest a tag names by then, and no other finding of a run has it.
    """

    image: ImageReport
    rule: Rule
    place: Place
    fingerprint: str

    @property
    def message(self) -> str:
        """What failed, why, and what to do, on one line that is safe to show."""
        platform = f" ({self.image.platform})" if self.image.platform else ""
        told = f"{self.image.asked}{platform}: {facts.why(self.image)}"
        advice = f". What to do: {self.image.advice}" if self.image.advice else ""
        return terminal(told, limit=2000) + terminal(advice)


def rule_of(image: ImageReport) -> Rule:
    """Return the rule of a failed image, by the title of its error, else by its verdict."""
    name = image.error.title if image.error else str(image.verdict)
    return _BY_NAME.get(name.replace(" ", "-"), _OTHER)


def in_order(places: Sequence[Place]) -> list[Place]:
    """Return places by file, line and column."""
    return sorted(places, key=lambda place: (place.path, place.line, place.column))


def findings(
    report: Report, *, places: Mapping[str, Sequence[Place]] = NOWHERE, fallback: Place = POLICY
) -> Iterator[Finding]:
    """Give a finding for every failed image at each of its places, else at `fallback`.

    `places` is by the reference as it was asked for. The order is that of the report.
    """
    seen: dict[tuple[str, ...], int] = {}
    for image in report.images:
        if image.verdict is Verdict.TRUSTED:
            continue
        rule = rule_of(image)
        for place in in_order(places.get(image.asked, ())) or [fallback]:
            key = (rule.name, image.asked, image.platform or "", place.path)
            seen[key] = seen.get(key, 0) + 1
            yield Finding(image, rule, place, _fingerprint(*key, str(seen[key])))


def _fingerprint(*parts: str) -> str:
    # As JSON, so that no two lists of parts are the same bytes.
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()
