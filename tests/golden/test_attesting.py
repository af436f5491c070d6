"""What both cosigns attested and what they answered about it, beside what boltseal does.

Statements are compared byte for byte with those of 3.1, by their meaning with those of 2.5, whose
encoder is another. Verdicts and what is printed are compared command by command.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from boltseal.core.keys import PublicKey
from boltseal.core.oci import Manifest
from boltseal.core.signature import Form, Kind
from boltseal.core.verdict import ImageReport
from boltseal.flows.attest import Claim, attest
from boltseal.flows.placing import OnExisting, Workshop
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.formats.attestation import MEDIA_TYPE as ENVELOPE
from boltseal.formats.predicates import CUSTOM, PredicateType
from boltseal.reports import attested
from boltseal.stores import Shelf
from boltseal.stores.open import BOTH, open_shelves
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.tags import TagShelf
from boltseal.trust.conditions import Where
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement
from tests.golden.cases import VECTORS, Case, Command, cases
from tests.golden.commands import Words
from tests.golden.replay import BUNDLE, Made, Replay, made_signatures
from tests.support.making import Clock
from tests.support.memory import MemoryStore
from tests.support.tables import Record, tell

READINGS = "golden attestations: answers that differ from cosign's"
WRITINGS = "golden attestations: statements beside cosign's"
EQUAL = "equal, byte for byte"

# Where our statement is not 3.1's, by the name of the type: what differs, and why.
STATEMENTS = {
    "slsaprovenance": "3.1 drops members that are false; they are kept",
    "slsaprovenance02": "3.1 drops members that are false; they are kept",
    "slsaprovenance1": "3.1 renames invocationID to invocationId; the file's name is kept",
}
_RENAMED = {"invocationID": "invocationId", "buildInvocationID": "buildInvocationId"}
REASONS = {
    "BLIND": "cosign 2.5 does not see bundles",
    "STRING": "3.1 cannot read the text that it signs as a predicate itself",
    "NOREGO": "Debian's 2.5 cannot evaluate Rego; the same question is asked with --where",
}
# case | what was asked | cosign's exit status by generation | boltseal's exit code | reason
_URI = "--type https://example.com/predicate/v1"
_DIFFERENCES = f"""
att25-bundle-uri | k25 {_URI} | 2.5:1 3.1:0 | 0 | BLIND
att25-spdx | k25 --type spdx | 2.5:0 3.1:1 | 0 | STRING
att31-legacy-spdx | k31 --type spdx | 2.5:0 3.1:1 | 0 | STRING
att31-bundle-spdx | k31 --type spdx | 3.1:1 | 0 | STRING
att25-uri | k25 {_URI} --policy predicates/pass.rego | 2.5:1 3.1:0 | 0 | NOREGO
"""
DIFFERENCES = {
    (name, asked): (answers, int(ours), reason)
    for name, asked, answers, ours, reason in (
        [cell.strip() for cell in line.split(" | ")] for line in _DIFFERENCES.strip().splitlines()
    )
}
# cosign's policies as the conditions that ask the same.
POLICIES = {
    "predicates/pass.cue": "/predicate/hello~w*",
    "predicates/pass.rego": "/predicate/hello=w<o>rld & co",
    "predicates/fail.cue": "/predicate/hello=other",
    "predicates/fail.rego": "/predicate/hello=other",
}
NO_SIGNATURE, NOT_TRUSTED = 10, 12


@dataclass(frozen=True, slots=True)
class Asked:
    """One `verify-attestation` about one case, with what each generation answered."""

    case: Case
    words: Words
    answers: Mapping[str, Command]

    @property
    def name(self) -> tuple[str, str]:
        """Case and command in short."""
        return self.case.name, self.words.title

    @property
    def statuses(self) -> str:
        """The exit statuses in the table's words."""
        return " ".join(f"{generation}:{run.status}" for generation, run in self.answers.items())

    @property
    def meant(self) -> set[int]:
        """What cosign's answers mean, by boltseal's exit codes; all its failures end with 1."""
        return {_meaning(run) for run in self.answers.values()}

    def examined(self) -> ImageReport:
        """Judge the image as the command asks for it."""
        words, store = self.words, self.case.store()
        trust = KeyTrust.of([("key", words.key())])
        demand = Demand(
            trust,
            Requirement.parse("any", known=trust.anchors),
            conditions=tuple(Where.parse(POLICIES[name]) for name in words.values("--policy")),
            kind=Kind.ATTESTATION,
            predicate_type=PredicateType.parse(words.value("--type", default="custom")).uri,
        )
        shelves = open_shelves(store, BOTH, kind=Kind.ATTESTATION)
        bench = Bench(store, shelves, parallel=1)
        return examine([words.reference], demand, bench=bench).images[0]


def _meaning(run: Command) -> int:
    if run.status == 0:
        return 0
    if "no matching attestations: \n" in run.stderr:
        return NO_SIGNATURE
    return NOT_TRUSTED


@cache
def _asked() -> tuple[Asked, ...]:
    asked: dict[tuple[str, str], Asked] = {}
    for one in cases():
        for command in one.checks:
            if command.verb == "verify-attestation":
                words = Words.of(command)
                known = asked.setdefault((one.name, words.title), Asked(one, words, {}))
                answers = {**known.answers, command.generation: command}
                asked[known.name] = replace(known, answers=answers)
    return tuple(asked.values())


@pytest.mark.parametrize("one", list(_asked()), ids=lambda one: ": ".join(one.name))
def test_a_recorded_reading_gets_its_verdict(one: Asked, record_property: Record) -> None:
    """The flow says what both cosigns said of an attestation, or the table says why not."""
    image = one.examined()
    listed = DIFFERENCES.get(one.name)
    if listed is None:
        assert one.meant == {image.exit_code}, f"cosign: {one.statuses}; boltseal: {image.reason}"
        return
    answers, ours, reason = listed
    assert one.meant != {image.exit_code}, "this is listed as a difference, and is none"
    assert (answers, ours) == (one.statuses, image.exit_code), image.reason
    told = (f"cosign {answers}", f"boltseal {ours}", REASONS[reason])
    tell(record_property, READINGS, *one.name, *told)


@pytest.mark.parametrize("one", list(_asked()), ids=lambda one: ": ".join(one.name))
def test_what_is_printed_is_what_cosign_printed(one: Asked) -> None:
    """Whoever reads the envelopes from cosign's standard output reads the same from ours."""
    printed = {run.stdout for run in one.answers.values() if run.status == 0}
    if printed:
        assert {attested.stdout(one.examined()).decode()} == printed


def test_every_listed_difference_is_about_a_recorded_reading() -> None:
    """The table names no command that is not there, and every reason is used."""
    assert set(DIFFERENCES) <= {one.name for one in _asked()}
    assert {reason for _, _, reason in DIFFERENCES.values()} == set(REASONS)


@dataclass(frozen=True, slots=True)
class Step:
    """One `attest` of a case: its words, its type, and the statement that cosign signed."""

    case: Case
    words: Words

    @property
    def kind(self) -> PredicateType:
        """The predicate's type."""
        return PredicateType.parse(self.words.value("--type", default="custom"))

    @property
    def form(self) -> Form:
        """The form that was written."""
        chosen = self.words.value("--new-bundle-format")
        if self.words.command.generation == "3.1":
            return Form.CLASSIC if chosen == "false" else Form.BUNDLE
        return Form.BUNDLE if self.words.has("--new-bundle-format") else Form.CLASSIC

    def claim(self, *, timestamp: str) -> Claim:
        """What is to be said, from the same file; the sample files are not all by the rules."""
        path = self.words.value("--predicate")
        content = (VECTORS / path).read_bytes()
        predicate = self.kind.predicate(content, timestamp=timestamp, what=path)
        return Claim(self.kind.uri, predicate, on_existing=OnExisting.APPEND, schema_check=False)


def _steps() -> Iterator[Step]:
    for one in cases():
        found = [step for step in one.steps if step.verb == "attest"]
        if len(found) == 1 and "--no-upload" not in found[0].words:
            yield Step(one, _words(found[0]))


def _words(command: Command) -> Words:
    """Part the words of an attest; `--new-bundle-format` of 2.5 has no value of its own."""
    words = ["--new-bundle-format=true" if w == "--new-bundle-format" else w for w in command.words]
    return Words.of(replace(command, words=tuple(words)))


def _made(one: Case) -> list[Made]:
    """Take every attestation out of the case's registry, read by plain JSON."""
    store = one.store()
    contents = {digest: content for (_, digest), content in store.blobs.items()}
    made = []
    for held in store.manifests.values():
        for layer in held.layers if isinstance(held, Manifest) else ():
            if layer.media_type in (ENVELOPE, BUNDLE):
                document = json.loads(contents[layer.digest])
                envelope = document.get("dsseEnvelope", document)
                payload = base64.b64decode(envelope["payload"])
                (signature,) = envelope["signatures"]
                made.append(Made(payload, base64.b64decode(signature["sig"])))
    return made


def _timestamp(made: Made) -> str:
    statement = json.loads(made.payload)
    if statement["predicateType"] != CUSTOM:
        return ""
    told: str = statement["predicate"]["Timestamp"]
    return told


class _Recording(Replay):
    """A signer that keeps what it was asked to sign, and signs nothing of worth."""

    def __init__(self, key: PublicKey) -> None:
        super().__init__(key, [])
        self.payloads: list[bytes] = []

    def sign(self, draft: Any) -> Any:
        """Keep the payload and give up."""
        self.payloads.append(draft.payload)
        raise _Enough


class _Enough(Exception):
    """Tell that a draft came this far."""


def _statement(step: Step, made: Made) -> bytes:
    store = step.case.before()
    signer = _Recording(step.words.key())
    shelves = open_shelves(store, [step.form], kind=Kind.ATTESTATION)
    workshop = Workshop(store, shelves, signer, now=signer.now, parallel=1)
    with pytest.raises(_Enough):
        attest([step.words.reference], step.claim(timestamp=_timestamp(made)), workshop=workshop)
    (payload,) = signer.payloads
    return payload


@pytest.mark.parametrize("step", list(_steps()), ids=lambda step: step.case.name)
def test_a_statement_is_cosigns_or_differs_for_a_reason(
    step: Step, record_property: Record
) -> None:
    """3.1's bytes are ours, but where it changes what a file says; 2.5's mean the same."""
    (made,) = _made(step.case)
    ours = _statement(step, made)
    reason = STATEMENTS.get(step.kind.name, "")
    if step.words.command.generation == "2.5":
        assert _without(json.loads(ours)) == _without(json.loads(made.payload))
        assert ours != made.payload
        told = "2.5 orders and escapes otherwise, drops what is false, renames ids"
        tell(record_property, WRITINGS, step.case.name, told)
    elif reason:
        assert json.loads(ours) != json.loads(made.payload)
        assert _without(json.loads(ours)) == _without(json.loads(made.payload))
        tell(record_property, WRITINGS, step.case.name, reason)
    else:
        assert ours == made.payload
        tell(record_property, WRITINGS, step.case.name, EQUAL)


def _without(value: Any) -> Any:
    """Return a document without what a cosign drops or renames."""
    if isinstance(value, dict):
        kept = {n: _without(v) for n, v in value.items() if v is not False}
        return {_RENAMED.get(n, n): v for n, v in kept.items()}
    return [_without(item) for item in value] if isinstance(value, list) else value


def _written() -> list[Step]:
    return [
        step
        for step in _steps()
        if step.words.command.generation == "3.1"
        and step.kind.name not in STATEMENTS
        and "tlog" not in step.case.name
    ]


def _paced(shelf: Shelf) -> Shelf:
    assert isinstance(shelf, TagShelf | ReferrerShelf)
    return replace(shelf, pace=Clock().pace())


def _attested_again(step: Step) -> MemoryStore:
    store, made = step.case.before(), _made_with_times(step.case)
    timestamp = _timestamp(made[0])
    signer = Replay(step.words.key(), made)
    shelves = [_paced(s) for s in open_shelves(store, [step.form], kind=Kind.ATTESTATION)]
    workshop = Workshop(store, shelves, signer, now=signer.now, parallel=1)
    claim = step.claim(timestamp=timestamp)
    report = attest([step.words.reference], claim, workshop=workshop)
    assert report.error is None
    return store


def _made_with_times(one: Case) -> list[Made]:
    bundles = made_signatures(one.store())
    times = {made.payload: made.created for made in bundles if made.payload.startswith(b"{")}
    return [replace(made, created=times.get(made.payload, made.created)) for made in _made(one)]


@pytest.mark.parametrize("step", list(_written()), ids=lambda step: step.case.name)
def test_what_is_stored_is_what_cosign_stored(step: Step) -> None:
    """Envelopes, bundles, configs and manifests of 3.1 are ours, byte for byte."""
    theirs, ours = step.case.store(), _attested_again(step)
    assert set(ours.tags) == set(theirs.tags)
    lists = {
        digest for (_, tag), digest in theirs.tags.items() if "sha256-" in tag and "." not in tag
    }
    for place, manifest in theirs.manifests.items():
        if place[1] not in lists:
            assert ours.manifests[place].raw == manifest.raw
    assert set(theirs.blobs) <= set(ours.blobs)
