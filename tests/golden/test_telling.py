"""What boltseal prints of a trusted image in cosign's name is what each cosign printed of it.

Where a cosign printed more, the lines and members that it added are listed here, each with the
reason why boltseal does not print them and with the number of readings that have them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from boltseal.core.verdict import ImageReport
from boltseal.reports import cosign
from tests.golden.cases import Command
from tests.golden.commands import Words
from tests.golden.differences import DIFFERENCES
from tests.golden.test_reading import Asked, asked_questions, examined
from tests.support.tables import Record, tell

TABLE = "golden words: what a cosign prints and boltseal does not"

# How a line of standard error begins: how many readings have it, and why boltseal has not.
MORE_LINES = {
    "  - Existence of the claims in the transparency log was verified offline": (
        29,
        "boltseal looked at no log; 3.1 says so of every bundle, looked or not",
    ),
    "Flag --attachment-tag-prefix has been deprecated": (1, "boltseal deprecates no flag"),
    "Flag --signature-digest-algorithm has been deprecated": (6, "boltseal deprecates no flag"),
    "Flag --offline has been deprecated": (1, "boltseal deprecates no flag"),
    "Flag --attachment has been deprecated": (1, "boltseal deprecates no flag"),
    "Flag --new-bundle-format has been deprecated": (1, "boltseal deprecates no flag"),
    "WARNING: SBOM attachments are deprecated": (2, "boltseal deprecates no flag"),
}
# A member that cosign adds to the signed annotations: how many readings have it, and why.
_OF_CERTIFICATE = "facts of a certificate that verifying by key does not check"
_OIDS = [f"1.3.6.1.4.1.57264.1.{number}" for number in range(1, 7)]
_NAMED = [f"githubWorkflow{fact}" for fact in ("Name", "Ref", "Repository", "Sha", "Trigger")]
MORE_MEMBERS = {
    **dict.fromkeys(("Subject", "Issuer", *_OIDS, *_NAMED), (5, _OF_CERTIFICATE)),
    "Bundle": (7, "an entry of a log that verifying by key does not check"),
}


def _trusted() -> Iterator[tuple[Asked, Command]]:
    """Give the readings in which both trust the image; the table of verdicts has the others."""
    for one in asked_questions():
        difference = DIFFERENCES.get(one.name)
        if difference is None or difference.ours == 0:
            yield from ((one, run) for run in one.answers.values() if run.status == 0)


def _said(words: Words, image: ImageReport) -> str:
    skipped = cosign.LOG_SKIPPED if words.has("--insecure-ignore-tlog") else ""
    claims = words.value("--check-claims") != "false"
    told = cosign.stderr_text(image, with_annotations=words.has("-a"), with_claims=claims)
    return skipped + told


def _more_lines(run: Command) -> list[str]:
    lines = run.stderr.splitlines(keepends=True)
    return [line for line in lines if any(line.startswith(start) for start in MORE_LINES)]


def _without_more(printed: str) -> tuple[Any, list[str]]:
    """Take the listed members out of what cosign printed; return the rest and what was taken."""
    value = json.loads(printed)
    taken: list[str] = []
    for signature in value:
        optional = signature["optional"] or {}
        names = [name for name in optional if name in MORE_MEMBERS]
        left = {name: text for name, text in optional.items() if name not in MORE_MEMBERS}
        signature["optional"] = left or (None if names else signature["optional"])
        taken.extend(names)
    return value, taken


@pytest.mark.parametrize(
    ("one", "run"),
    [pytest.param(o, r, id=f"{r.generation} {': '.join(o.name)}") for o, r in _trusted()],
)
def test_a_trusted_image_is_told_in_cosigns_words(one: Asked, run: Command) -> None:
    """Standard output and standard error are each cosign's bytes, but for what is listed."""
    image = examined(one)
    if one.words.value("-o") == "text":
        assert cosign.stdout_text(image).decode() == run.stdout
    else:
        printed = cosign.stdout_json(image).decode()
        rest, taken = _without_more(run.stdout)
        assert (json.loads(printed) == rest) if taken else (printed == run.stdout)
    said = run.stderr
    for line in _more_lines(run):
        said = said.replace(line, "", 1)
    assert _said(one.words, image) == said


def test_every_difference_in_words_is_as_frequent_as_listed(record_property: Record) -> None:
    """The lists of what only cosign prints say how often, so that nothing joins them unseen."""
    lines: Counter[str] = Counter()
    members: Counter[str] = Counter()
    runs = [run for _, run in _trusted()]
    for run in runs:
        lines.update(s for s in MORE_LINES for line in _more_lines(run) if line.startswith(s))
        if run.stdout.startswith("\n["):
            members.update(_without_more(run.stdout)[1])
    assert lines == {start: count for start, (count, _) in MORE_LINES.items()}
    assert members == {name: count for name, (count, _) in MORE_MEMBERS.items()}
    for name, (count, why) in {**MORE_LINES, **MORE_MEMBERS}.items():
        tell(record_property, TABLE, name.strip(), count, why)
    tell(record_property, "golden words: totals", "trusted readings compared", len(runs))
