"""The action `verify`: let the deploy job go on, or not.

inputs -> references -examine-> Report -admit-> Admissions -> outputs, pinned digests, exit code
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from boltseal.actions.around import Around
from boltseal.actions.images import Named, gather
from boltseal.actions.inputs import VerifyInputs
from boltseal.actions.keys import trust
from boltseal.actions.seam import run
from boltseal.actions.telling import Telling, Told, failure, listed, notices
from boltseal.core.annotations import Annotations
from boltseal.core.names import Reference
from boltseal.core.signature import Kind
from boltseal.core.times import parse_span
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.errors import BoltsealError, UsageError
from boltseal.flows.admit import Admission, Exemption, admit, closing
from boltseal.flows.conditions import annotation_matches, younger_than
from boltseal.flows.together import also
from boltseal.flows.verify import Bench, Condition, Demand, examine
from boltseal.formats.predicates import PredicateType
from boltseal.reports import facts, structured, summary, text
from boltseal.reports.annotations import Command, Level, commands
from boltseal.stores import Store
from boltseal.stores.open import open_shelves, parse_forms
from boltseal.trust.policy import Requirement

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FAIL_ON = {"not-trusted": Verdict.NOT_TRUSTED, "undecided": Verdict.UNDECIDED}


def work(inputs: VerifyInputs, around: Around) -> Told:
    """Verify, and return what to tell; raise what makes the question itself wrong."""
    telling = Telling(around.say)
    named = images(inputs, around)
    for notice in named.notices:
        telling.notice(notice)
    asked = demand(inputs, around)
    exemptions = [Exemption.of(pattern, reason) for pattern, reason in inputs.allow]
    fail_on = parse_fail_on(inputs.fail_on)
    kinds = [PredicateType.parse(name) for name in inputs.attestations]
    if inputs.json_file:
        around.workspace.path(inputs.json_file)
    with around.registry(inputs, writes=False) as store:
        attachments = around.attachments(inputs)
        shelves = open_shelves(store, parse_forms(inputs.formats), attachments=attachments)
        bench = Bench(store, shelves, parallel=inputs.parallel, progress=telling)
        report = examine(named.references, asked, bench=bench)
        for kind in kinds:
            report = also(report, attested(asked, kind), bench=_attic(inputs, around, store))
    admissions = admit(report, exemptions=exemptions, fail_on=fail_on)
    told = tell(report, admissions, around=around, said=telling.notices)
    return _written(told, report, inputs=inputs, around=around) if inputs.json_file else told


def _attic(inputs: VerifyInputs, around: Around, store: Store) -> Bench:
    shelves = open_shelves(
        store,
        parse_forms(inputs.formats),
        attachments=around.attachments(inputs),
        kind=Kind.ATTESTATION,
    )
    return Bench(store, shelves, parallel=inputs.parallel)


def attested(signed: Demand, kind: PredicateType) -> Demand:
    """Return the demand for an attestation of a type by as many of the same keys."""
    return Demand(signed.trust, signed.requirement, kind=Kind.ATTESTATION, predicate_type=kind.uri)


def _written(told: Told, report: Report, *, inputs: VerifyInputs, around: Around) -> Told:
    """Write the report to a file; that this fails must not keep the verdict from being told."""
    try:
        around.workspace.write(inputs.json_file, structured.render(report))
    except BoltsealError as error:
        return replace(told, commands=(failure(error), *told.commands), error=told.error or error)
    return told


def images(inputs: VerifyInputs, around: Around) -> Named:
    """Return the images that the inputs name; none at all is an error, never a success."""
    metadata = inputs.build_metadata.strip()
    data = None
    if metadata:
        inline = metadata.startswith("{")
        data = metadata.encode("utf-8") if inline else around.workspace.read(metadata)
    named = gather(inputs.images, digest=inputs.digest, metadata=data)
    if not named.references:
        raise UsageError(
            "there is nothing to verify: the inputs `images` and `build-metadata` are empty; an "
            "output that they are made of may be missing. A gate that checks nothing stays closed"
        )
    return named


def demand(inputs: VerifyInputs, around: Around) -> Demand:
    """Return what must hold of an image, from keys, counts and conditions."""
    keys = trust(inputs.key, around=around)
    return Demand(
        keys,
        Requirement.parse(inputs.require, known=keys.anchors),
        annotations=required(inputs),
        conditions=conditions(inputs, around),
        recursive=inputs.recursive,
    )


def required(inputs: VerifyInputs) -> Annotations:
    """Return the annotations that must be signed exactly, the short inputs among them."""
    if inputs.commit and not _COMMIT.fullmatch(inputs.commit):
        raise UsageError(
            f"the input `commit`: {inputs.commit[:80]!r} is no whole commit id; give all 40 (or "
            "64) hex digits, such as ${{ github.sha }}"
        )
    short = {"commit": inputs.commit, "ref": inputs.ref, "repository": inputs.repository}
    given = dict(inputs.annotations)
    for name, value in short.items():
        if value and given.get(name, value) != value:
            raise UsageError(f"the inputs `{name}` and `annotations` ask for different values")
    wanted = {**given, **{name: value for name, value in short.items() if value}}
    return Annotations.of(wanted)


def conditions(inputs: VerifyInputs, around: Around) -> tuple[Condition, ...]:
    """Return the questions beyond exact annotations: globs, and the age."""
    asked = [annotation_matches(name, pattern) for name, pattern in inputs.annotations_match]
    if inputs.max_age:
        try:
            limit = parse_span(inputs.max_age)
        except UsageError as error:
            raise UsageError(f"the input `max-age`: {error}") from error
        asked.append(younger_than(limit, now=around.now()))
    return tuple(asked)


def parse_fail_on(words: Sequence[str]) -> tuple[Verdict, ...]:
    """Read which verdicts stop the job: some of not-trusted and undecided, or none alone."""
    if list(words) == ["none"]:
        return ()
    unknown = [word for word in words if word not in _FAIL_ON]
    if unknown or not words:
        raise UsageError(
            f"the input `fail-on`: {', '.join(map(repr, unknown)) or 'an empty list'} is none of "
            "not-trusted, undecided and none"
        )
    return tuple(_FAIL_ON[word] for word in words)


def tell(
    report: Report, admissions: Sequence[Admission], *, around: Around, said: Sequence[str]
) -> Told:
    """Return the end of the action: outputs, summary, annotations and the error if it is closed."""
    now = around.now()
    exempt = [f"{one.asked}: {one.exempt}" for one in admissions if one.exempt]
    pinned = [str(one.pinned) for one in admissions if one.pinned]
    return Told(
        outputs=outputs(report, admissions),
        text=text.render(report, now=now),
        summary=summary.render(report, now=now)
        + listed("Let through without a signature", exempt)
        + listed("Pinned", pinned),
        commands=(*_annotations(admissions), *notices([*said, *map(_let, exempt)])),
        error=closing(admissions),
    )


def _let(line: str) -> str:
    return f"let through without a signature: {line}"


def _annotations(admissions: Sequence[Admission]) -> tuple[Command, ...]:
    """Return errors for what stops the job and warnings for what does not but might."""
    stopped = [image for one in admissions if not one.admitted for image in one.images]
    endured = [i for one in admissions if one.admitted and not one.exempt for i in one.images]
    return (
        *commands(Report(tuple(stopped)), level=Level.ERROR),
        *commands(Report(tuple(endured)), level=Level.WARNING),
    )


def outputs(report: Report, admissions: Sequence[Admission]) -> Mapping[str, str]:
    """Return the outputs by name; only what may go on is among the digests."""
    going = [one for one in admissions if one.pinned is not None]
    named = {name: image for one in going for name, image in _names(one)}
    digests = {str(image.digest) for image in named.values()}
    doubtful = [image for one in admissions if not one.exempt for image in one.images]
    failed = [image for image in doubtful if image.verdict is not Verdict.TRUSTED]
    every = all(one.trusted or one.exempt for one in admissions)
    return {
        "verified": "true" if every else "false",
        "digest": digests.pop() if every and len(digests) == 1 else "",
        "digests": json.dumps({name: str(image.digest) for name, image in named.items()}),
        "pinned": "\n".join(str(one.pinned) for one in going),
        "annotations": json.dumps({name: _signed(image) for name, image in named.items()}),
        "failures": json.dumps([_failure(image) for image in failed]),
        "report": json.dumps(structured.document(report)),
    }


def _names(one: Admission) -> Iterator[tuple[str, ImageReport]]:
    """Give each name under which an image was asked for: `registry/path:tag`, or by digest."""
    for image in one.images:
        reference = image.reference
        # Platform images go by their index's reference and have digests of their own.
        if reference is not None and image.digest == one.images[0].digest:
            tagged = Reference(reference.repository, reference.tag)
            yield str(tagged) if reference.tag else one.asked, image


def _signed(image: ImageReport) -> list[Mapping[str, object]]:
    """Return the annotations of each trusted signature, those that say the same once."""
    return [dict(belief.annotations) for belief in facts.beliefs(image)]


def _failure(image: ImageReport) -> Mapping[str, str]:
    error: BoltsealError | None = image.error
    return {
        "image": image.asked,
        "platform": image.platform or "",
        "verdict": str(image.verdict),
        "kind": error.title if error else "",
        "reason": facts.why(image),
        "advice": image.advice,
    }


if __name__ == "__main__":
    run(VerifyInputs, work)
