"""Every recorded reading of the golden cases gets cosign's verdict, or another with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from boltseal.core.annotations import Annotations
from boltseal.core.keys import PublicKey
from boltseal.core.names import Reference
from boltseal.core.verdict import ImageReport
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.stores.open import BOTH, open_shelves
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement
from tests.golden.cases import Case, Command, case, cases
from tests.golden.commands import NotAsked, Words, public_key, reading
from tests.golden.differences import DIFFERENCES, NOT_ASKED, REASONS
from tests.support.tables import Record, tell

TABLE = "golden readings: verdicts that differ from cosign's"
NO_SIGNATURE, NOT_TRUSTED = 10, 12
# cosign 3.1 ends with 1 for a bundle that does not verify; its words are these.
_BUNDLE_REFUSED = "no matching attestations"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question put to one case, with what each generation answered."""

    case: Case
    words: Words
    answers: Mapping[str, Command]

    @property
    def name(self) -> tuple[str, str]:
        """Case and command: how the table of differences calls this question."""
        return self.case.name, self.words.title

    @property
    def statuses(self) -> str:
        """The exit statuses in the table's words."""
        return " ".join(f"{generation}:{run.status}" for generation, run in self.answers.items())

    @property
    def meant(self) -> set[int]:
        """What the statuses mean, by boltseal's exit codes."""
        return {_meaning(run) for run in self.answers.values()}


def _meaning(run: Command) -> int:
    if run.status == 1 and _BUNDLE_REFUSED in run.stderr:
        return NOT_TRUSTED
    assert run.status in (0, NO_SIGNATURE, NOT_TRUSTED), f"{run.words} ended with {run.status}"
    return run.status


def _of_signatures(one: Case) -> list[Command]:
    """Return the readings of signatures; those of attestations are judged in test_attesting."""
    return [command for command in one.checks if command.verb != "verify-attestation"]


@cache
def _sorted_out() -> tuple[tuple[Asked, ...], Mapping[tuple[str, str], int]]:
    asked: dict[tuple[str, str], Asked] = {}
    others: dict[tuple[str, str], int] = {}
    for one in cases():
        for command in _of_signatures(one):
            try:
                words = reading(command)
            except NotAsked as reason:
                others[one.name, str(reason)] = others.get((one.name, str(reason)), 0) + 1
                continue
            known = asked.setdefault((one.name, words.title), Asked(one, words, {}))
            answers = {**known.answers, command.generation: command}
            asked[known.name] = Asked(one, words, answers)
    return tuple(asked.values()), others


def examined(one: Asked) -> ImageReport:
    """Judge the image of a question as the command asks for it."""
    words, store = one.words, one.case.store()
    unclaimed = words.value("--check-claims") == "false"
    demand = _demand(words.key(), Annotations() if unclaimed else words.annotations)
    bench = Bench(store, words.shelves(store), parallel=1)
    return examine([words.reference], demand, bench=bench).images[0]


def _demand(key: PublicKey, annotations: Annotations | None = None) -> Demand:
    trust = KeyTrust.of([("key", key)])
    required = Requirement.parse("any", known=trust.anchors)
    return Demand(trust, required, annotations=annotations or Annotations())


def asked_questions() -> tuple[Asked, ...]:
    """Return every question that this version answers."""
    return _sorted_out()[0]


@pytest.mark.parametrize("one", asked_questions(), ids=lambda one: ": ".join(one.name))
def test_a_recorded_reading_gets_its_verdict(one: Asked, record_property: Record) -> None:
    """The flow says what both cosigns said, unless the table says otherwise and why."""
    image = examined(one)
    difference = DIFFERENCES.get(one.name)
    if difference is None:
        assert one.meant == {image.exit_code}, f"cosign: {one.statuses}; boltseal: {image.reason}"
        return
    assert one.meant != {image.exit_code}, "this is listed as a difference, and is none"
    assert (difference.cosign, difference.ours) == (one.statuses, image.exit_code), image.reason
    reason = REASONS[difference.reason]
    told = (f"cosign {one.statuses}", f"boltseal {image.exit_code}", reason)
    tell(record_property, TABLE, *one.name, *told)


def test_every_listed_difference_is_about_a_recorded_reading() -> None:
    """The table names no case and no command that is not there, and every reason is used."""
    assert set(DIFFERENCES) <= {one.name for one in asked_questions()}
    assert {difference.reason for difference in DIFFERENCES.values()} == set(REASONS)


def test_what_is_not_asked_of_this_version_is_listed_by_name(record_property: Record) -> None:
    """Readings by identity and from files are listed, none is skipped unseen."""
    answered, others = _sorted_out()
    assert others == NOT_ASKED
    for (name, what), count in others.items():
        tell(record_property, "golden readings: not asked of this version", name, what, count)
    recorded = sum(len(_of_signatures(one)) for one in cases())
    compared = sum(len(one.answers) for one in answered)
    assert compared + sum(others.values()) == recorded
    differing = sum(len(one.answers) for one in answered if one.name in DIFFERENCES)
    for row in (
        ("recorded by cosign", recorded),
        ("compared", compared),
        ("equal", compared - differing),
        ("differing, listed with reasons", differing),
        ("not asked of this version", sum(others.values())),
    ):
        tell(record_property, "golden readings: totals", *row)


def _examined_with(one: Case, reference: Reference, key: PublicKey) -> ImageReport:
    store = one.store()
    bench = Bench(store, open_shelves(store, BOTH), parallel=1)
    return examine([reference], _demand(key), bench=bench).images[0]


def _steps_with(verb: str) -> list[Case]:
    return [one for one in cases() if {step.verb for step in one.steps} - {"attach"} == {verb}]


@pytest.mark.parametrize("one", _steps_with("attest"), ids=lambda one: one.name)
def test_an_attestation_never_counts_as_a_signature(one: Case) -> None:
    """An image that was only attested is unsigned, whichever key, form and type it was."""
    for step in one.steps:
        if step.verb == "attest":
            key = step.words[step.words.index("--key") + 1]
            image = _examined_with(one, one.reference, public_key(key))
            assert image.exit_code == NO_SIGNATURE, image.reason


@pytest.mark.parametrize("name", ["sig25-keyless", "sig25-keyless-email", "bundle31-keyless"])
def test_a_signature_by_a_certificate_is_not_trusted_by_a_key(name: str) -> None:
    """A keyless signature is one, and no key made it."""
    image = _examined_with(case(name), case(name).reference, public_key("keys/k25.key"))
    assert image.exit_code == NOT_TRUSTED, image.reason


@pytest.mark.parametrize("name", ["sig25-index-recursive", "bundle31-index-recursive"])
def test_a_recursive_reading_judges_every_platform(name: str) -> None:
    """An index that was signed recursively is trusted with each of its children."""
    one = case(name)
    words = Words.of(one.steps[0])
    store = one.store()
    demand = _demand(words.key())
    recursive = Demand(demand.trust, demand.requirement, recursive=True)
    report = examine([one.reference], recursive, bench=Bench(store, open_shelves(store, BOTH)))
    assert [image.exit_code for image in report.images] == [0, 0, 0]
