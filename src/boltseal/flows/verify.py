"""Verify images: does enough of what we trust stand behind this digest?

Reference -locate-> Target -shelf.find-> Artifacts -open-> Signatures -trust.checks-> Checks
-> Judged -requirement-> Verdict -> Report
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boltseal.core.annotations import Annotations
from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Kind, Signature
from boltseal.core.verdict import (
    Anchor,
    Check,
    Checks,
    ImageReport,
    Judged,
    Report,
    Verdict,
)
from boltseal.errors import (
    BoltsealError,
    Malformed,
    NoSignature,
    NotTrusted,
    Undecided,
    Unsupported,
    UsageError,
)
from boltseal.flows import Progress, Quiet
from boltseal.flows.targets import Target, expand, locate, side_by_side
from boltseal.formats.open import open_artifact
from boltseal.stores import Found, Shelf, Store
from boltseal.trust import Trust
from boltseal.trust.policy import Requirement

Condition = Callable[[Signature, Target], Check]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a reader wants to see before an image is trusted.

    `annotations` must be in each counted signature, exactly. `conditions` are further questions
    asked of each signature. With `match_identity` the docker-reference that was signed must be
    the repository that is read from. Attestations are judged by `predicate_type`, a URI that
    must be given with that kind: a signature over something else said about the image, however
    good, is no answer (CVE-2022-35929).
    """

    trust: Trust
    requirement: Requirement
    annotations: Annotations = field(default_factory=Annotations)
    conditions: tuple[Condition, ...] = ()
    match_identity: bool = False
    recursive: bool = False
    kind: Kind = Kind.SIGNATURE
    predicate_type: str | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What verifying works with: the store, the shelves that are searched, and the pace."""

    store: Store
    shelves: Sequence[Shelf]
    parallel: int = 8
    progress: Progress = field(default_factory=Quiet)


def verify(references: Sequence[str | Reference], demand: Demand, *, bench: Bench) -> Report:
    """Return the report if every image is trusted; raise the gravest failure otherwise."""
    report = examine(references, demand, bench=bench)
    if report.error is not None:
        raise report.error
    return report


def examine(references: Sequence[str | Reference], demand: Demand, *, bench: Bench) -> Report:
    """Judge every image on its own and return the report, whatever it says.

    Each distinct digest of a repository is looked at once. Raise UsageError if there is nothing
    to verify, or for a text that is no reference: a gate that checks nothing must not open.
    """
    asked = [(str(r), r if isinstance(r, Reference) else Reference.parse(r)) for r in references]
    if not asked:
        raise UsageError("there is nothing to verify: no image was given")
    bench.progress.started(len(asked))
    located = side_by_side(
        lambda a: _locate(a[0], a[1], demand, bench), asked, parallel=bench.parallel
    )
    targets = list(
        dict.fromkeys(t.subject for group in located for t in group if isinstance(t, Target))
    )
    first = {t.subject: t for group in located for t in group if isinstance(t, Target)}
    judged = side_by_side(
        lambda s: _examined(first[s], demand, bench), targets, parallel=bench.parallel
    )
    found = dict(zip(targets, judged, strict=True))
    images = [
        _as_asked(found[item.subject], item) if isinstance(item, Target) else item
        for group in located
        for item in group
    ]
    return Report(tuple(images))


def _locate(
    asked: str, reference: Reference, demand: Demand, bench: Bench
) -> tuple[Target | ImageReport, ...]:
    try:
        target = locate(reference, asked=asked, store=bench.store, look=False)
        return expand(target, store=bench.store) if demand.recursive else (target,)
    except BoltsealError as error:
        bench.progress.finished(asked, str(_verdict_of(error)))
        return (_failed(asked, reference, error),)


def _as_asked(report: ImageReport, target: Target) -> ImageReport:
    return ImageReport(
        asked=target.asked,
        verdict=report.verdict,
        resolved=target.subject,
        reference=target.reference,
        judged=report.judged,
        faults=report.faults,
        reason=report.reason,
        advice=report.advice,
        error=report.error,
        left_out=report.left_out,
        platform=target.platform,
    )


def _examined(target: Target, demand: Demand, bench: Bench) -> ImageReport:
    report = judge(target, demand, shelves=bench.shelves, parallel=bench.parallel)
    bench.progress.finished(target.asked, str(report.verdict))
    return report


def judge(
    target: Target, demand: Demand, *, shelves: Sequence[Shelf], parallel: int = 2
) -> ImageReport:
    """Look at everything that stands on the shelves for one digest and come to a verdict.

    A shelf that could not be read leaves a fault; only if what was read is not enough does that
    fault make the verdict 'undecided'. One bad artifact never hides a good one.
    """
    searched = side_by_side(lambda shelf: _search(shelf, target), shelves, parallel=parallel)
    faults = [fault for found in searched for fault in found.faults]
    judged: list[Judged] = []
    left_out = sum(found.left_out for found in searched)
    for artifact in (artifact for found in searched for artifact in found.artifacts):
        opened = _opened(artifact, demand.kind)
        if isinstance(opened, BoltsealError):
            faults.append(opened)
            continue
        wanted = [signature for signature in opened if signature.kind is demand.kind]
        left_out += len(opened) - len(wanted)
        judged += [Judged(signature, check(signature, target, demand)) for signature in wanted]
    return conclude(target, demand, judged=tuple(judged), faults=tuple(faults), left_out=left_out)


def _search(shelf: Shelf, target: Target) -> Found:
    try:
        return shelf.find(target.subject)
    except (Undecided, Malformed) as error:
        return Found(faults=(error,))


def _opened(artifact: Artifact, kind: Kind) -> tuple[Signature, ...] | Malformed:
    try:
        return open_artifact(artifact, kind=kind)
    except Malformed as error:
        return error


def check(signature: Signature, target: Target, demand: Demand) -> Checks:
    """Ask everything that must hold of one signature; every question is asked of it alone."""
    checks = demand.trust.checks(signature)
    subject = signature.subject(target.digest)
    if subject is None:
        claimed = ", ".join(str(s.digest) for s in signature.subjects[:3])
        return checks.also(
            Check("subject", False, f"it is over {claimed}, not over {target.digest}")
        )
    more = [Check("subject", True, str(target.digest))]
    if demand.kind is Kind.ATTESTATION:
        more.append(_type(signature, demand))
    if demand.annotations:
        lacking = demand.annotations.missing_from(subject.annotations)
        more.append(Check("annotations", lacking is None, lacking or ""))
    if demand.match_identity:
        more.append(_identity(signature, target))
    more.extend(condition(signature, target) for condition in demand.conditions)
    return checks.also(*more)


def _type(signature: Signature, demand: Demand) -> Check:
    same = demand.predicate_type is not None and signature.predicate_type == demand.predicate_type
    return Check(
        "predicate type",
        same,
        "" if same else f"it is a {signature.predicate_type}, not a {demand.predicate_type}",
    )


def _identity(signature: Signature, target: Target) -> Check:
    wanted = str(target.reference.repository)
    if signature.reference is None:
        return Check("identity", False, "a bundle does not say which repository was signed")
    same = signature.reference == wanted
    return Check("identity", same, "" if same else f"it names {signature.reference}, not {wanted}")


def conclude(
    target: Target,
    demand: Demand,
    *,
    judged: tuple[Judged, ...],
    faults: tuple[BoltsealError, ...],
    left_out: int,
) -> ImageReport:
    """Come from checks to a verdict; the only place where 'trusted' is decided."""
    anchors = _anchors(judged)
    enough = demand.requirement.met_by(anchors)
    error = None if enough else _failure(target, demand, judged, faults, left_out)
    return ImageReport(
        asked=target.asked,
        verdict=Verdict.TRUSTED if error is None else _verdict_of(error),
        resolved=target.subject,
        reference=target.reference,
        judged=judged,
        faults=tuple(str(fault) for fault in faults),
        reason="" if error is None else str(error),
        advice="" if error is None else _advice(error, judged, demand.kind),
        error=error,
        left_out=left_out,
        platform=target.platform,
    )


def _anchors(judged: Sequence[Judged]) -> tuple[Anchor, ...]:
    return tuple(j.checks.anchor for j in judged if j.trusted and j.checks.anchor is not None)


def _failure(
    target: Target,
    demand: Demand,
    judged: Sequence[Judged],
    faults: Sequence[BoltsealError],
    left_out: int,
) -> BoltsealError:
    unknown = [fault for fault in faults if isinstance(fault, Undecided)]
    if unknown:
        kind = type(unknown[0])
        return kind(f"{target.subject}: could not be decided: {unknown[0]}")
    unsupported = [fault for fault in faults if isinstance(fault, Unsupported)]
    if unsupported and not judged and len(unsupported) == len(faults):
        return Undecided(f"{target.subject}: could not be decided: {unsupported[0]}")
    if not judged and not faults:
        others = f"; {left_out} other attached artifacts are no {demand.kind}s" if left_out else ""
        wanted = _wanted(demand)
        return NoSignature(f"{target.subject}: no {wanted} is stored for this digest{others}")
    return NotTrusted(f"{target.subject}: {_why(demand, judged, faults)}")


def _wanted(demand: Demand) -> str:
    of_type = f" of type {demand.predicate_type}" if demand.predicate_type else ""
    return f"{demand.kind}{of_type}"


def _why(demand: Demand, judged: Sequence[Judged], faults: Sequence[BoltsealError]) -> str:
    anchors = _anchors(judged)
    if anchors:
        return demand.requirement.shortfall(anchors)
    reasons = [j.reason for j in judged] + [str(fault) for fault in faults]
    listed = "; ".join(list(dict.fromkeys(reasons))[:5])
    count = len(judged) + len(faults)
    if count > 1:
        return f"none of {count} {demand.kind}s may be trusted: {listed}"
    return f"its {demand.kind} may not be trusted: {listed}"


def _verdict_of(error: BoltsealError) -> Verdict:
    return Verdict.UNDECIDED if isinstance(error, Undecided) else Verdict.NOT_TRUSTED


def _failed(asked: str, reference: Reference, error: BoltsealError) -> ImageReport:
    resolved = reference.pinned(reference.digest) if reference.digest else None
    return ImageReport(
        asked=asked,
        verdict=_verdict_of(error),
        resolved=resolved,
        reference=reference,
        reason=str(error),
        advice=_advice(error, (), Kind.SIGNATURE),
        error=error,
    )


def _advice(error: BoltsealError, judged: Sequence[Judged], kind: Kind) -> str:
    if isinstance(error, NoSignature) and kind is Kind.ATTESTATION:
        return "attest it in the workflow that pushed it (boltseal attest), by this digest"
    if isinstance(error, NoSignature):
        return "sign it in the workflow that pushed it (the boltseal action), by this digest"
    if isinstance(error, Undecided):
        return (
            "nothing was decided: run again; if it stays, look at the registry and its credentials"
        )
    failed = {c.name for j in judged for c in j.checks.checks if not c.passed}
    return next((text for name, text in _ADVICE if name in failed), "")


_ADVICE = (
    (
        "annotations",
        "deploy the image that was built from the wanted commit, or ask for what was signed",
    ),
    (
        "signature",
        "give the public key that belongs to the signer, or sign again with the right key",
    ),
    ("predicate type", "ask for the type that was attested, or attest this type too"),
    ("subject", "the signature was copied from another image: sign this digest itself"),
    (
        "identity",
        "the image was signed under another name: sign it under this one, or do not match",
    ),
)
