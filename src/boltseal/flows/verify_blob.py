"""Verify plain files: does a key that we trust stand behind these very bytes?

path -files.message-> Message; what lies beside it -read-> Evidence -> Signatures -trust.checks->
Checks -> Judged -requirement-> Verdict -> Report
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from boltseal.core.keys import PublicKey
from boltseal.core.message import Message
from boltseal.core.names import Digest
from boltseal.core.signature import Signature
from boltseal.core.verdict import Check, Checks, ImageReport, Judged, Report, Verdict
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
from boltseal.flows.targets import side_by_side
from boltseal.formats.blob import Evidence, read_bundle, read_signature
from boltseal.stores import Files
from boltseal.trust import Trust
from boltseal.trust.policy import Requirement

LARGEST_BUNDLE = 32 * 1024 * 1024
LARGEST_SIGNATURE = 16 * 1024 * 1024
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
BUNDLE, SIGNATURE = ".sigstore.json", ".sig"


@dataclass(frozen=True, slots=True)
class Question:
    """One file to judge, and where its signature is: a bundle, a bare signature, or both.

    `path` may be `-`, or `sha256:<hex>` for a file that is not at hand, or empty where the claims
    of an attestation are not compared. `signature` is the content of a bare signature, called
    `called` in messages; beside a bundle it takes the place of the bundle's own. With neither,
    `FILE.sigstore.json` or else `FILE.sig` beside the file is taken.
    """

    path: str
    bundle: str | None = None
    signature: bytes | None = None
    called: str = "the signature"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a reader wants to see before a file is trusted.

    `hashes` and `whole` say what the trusted keys need of a file. With `claims` off, what an
    attestation is about is not compared with the file; its type always is.
    """

    trust: Trust
    requirement: Requirement
    hashes: frozenset[str]
    whole: bool = False
    predicate_type: str | None = None
    claims: bool = True


@dataclass(frozen=True, slots=True)
class Bench:
    """What verifying files works with."""

    files: Files
    parallel: int = 4
    progress: Progress = field(default_factory=Quiet)


def verify_blob(questions: Sequence[Question], demand: Demand, *, bench: Bench) -> Report:
    """Judge every file by its signature and return the report, whatever it says.

    Raise UsageError if there is nothing to verify.
    """
    return _each(questions, lambda q: _judged_file(q, demand, bench), bench=bench)


def verify_blob_attestation(
    questions: Sequence[Question], demand: Demand, *, bench: Bench
) -> Report:
    """Judge every file by an attestation of the demanded type and return the report.

    Raise UsageError if there is nothing to verify, or no type is demanded: a statement that says
    something else of the file, however well signed, is no answer.
    """
    if not demand.predicate_type:
        raise UsageError("no predicate type is asked for; an attestation is judged by its type")
    return _each(questions, lambda q: _judged_statement(q, demand, bench), bench=bench)


def _each(
    questions: Sequence[Question], work: Callable[[Question], ImageReport], *, bench: Bench
) -> Report:
    if not questions:
        raise UsageError("there is nothing to verify: no file was given")
    bench.progress.started(len(questions))

    def one(question: Question) -> ImageReport:
        try:
            report = work(question)
        except BoltsealError as error:
            report = _report(question, (), _meaning(error))
        bench.progress.finished(question.path, str(report.verdict))
        return report

    return Report(side_by_side(one, questions, parallel=bench.parallel))


def _beside(path: str, files: Files) -> Question:
    if files.exists(path + BUNDLE):
        return Question(path, bundle=path + BUNDLE)
    if files.exists(path + SIGNATURE):
        content = files.read(path + SIGNATURE, limit=LARGEST_SIGNATURE)
        return Question(path, signature=content, called=path + SIGNATURE)
    return Question(path)


def _evidence(question: Question, bench: Bench) -> Evidence:
    """Read what the signature is; a bare one beside a bundle takes the place of the bundle's."""
    bare = None
    if question.signature is None and question.bundle is None:
        question = _beside(question.path, bench.files)
    if question.signature is not None:
        bare = read_signature(question.signature, what=question.called)
    if question.bundle is None and bare is not None:
        return bare
    if question.bundle is None:
        raise NoSignature(
            f"neither {question.path}{BUNDLE} nor {question.path}{SIGNATURE} is there"
        )
    content = bench.files.read(question.bundle, limit=LARGEST_BUNDLE)
    evidence = read_bundle(content, what=question.bundle)
    if bare is None:
        return evidence
    proof = replace(evidence.proof, signature=bare.proof.signature, pair=True)
    return replace(evidence, proof=proof)


def _judged_file(question: Question, demand: Demand, bench: Bench) -> ImageReport:
    evidence = _evidence(question, bench)
    hashes = demand.hashes | {"sha256"}
    if evidence.digest:
        hashes |= {evidence.digest.hash}
    known = _digest_given(question.path, bench.files)
    if known is not None:
        return _decided(question, (_judged(evidence, known, demand),), demand)
    with bench.files.message(question.path, hashes=hashes, whole=demand.whole) as message:
        return _decided(question, (_judged(evidence, message, demand),), demand)


def _judged_statement(question: Question, demand: Demand, bench: Bench) -> ImageReport:
    evidence = _evidence(question, bench)
    digest = None
    if demand.claims:
        message = _digest_given(question.path, bench.files)
        if message is None:
            with bench.files.message(question.path, hashes=["sha256"], whole=False) as read:
                message = read
        if "sha256" not in message.digests:
            raise UsageError(f"{question.path}: statements name files by SHA-256; give that digest")
        digest = Digest(message.digests["sha256"].hex())
    judged = [
        Judged(one, _statement_checks(one, evidence, demand, digest=digest))
        for one in evidence.attestations()
    ]
    return _decided(question, tuple(judged), demand)


def _meaning(error: BoltsealError) -> BoltsealError:
    """Return what it means for a file that its signature cannot be read."""
    if isinstance(error, Unsupported):
        return Undecided(f"could not be decided: {error}")
    if isinstance(error, Malformed):
        return NotTrusted(f"its signature cannot be read: {error}")
    return error


def _digest_given(path: str, files: Files) -> Message | None:
    """Read `sha256:<hex>` (or 384, 512) as a message of which only that digest is known."""
    name, colon, text = path.partition(":")
    if not colon or _LENGTHS.get(name) != len(text) or files.exists(path):
        return None
    try:
        return Message({name: bytes.fromhex(text)})
    except ValueError:
        return None


def _judged(evidence: Evidence, message: Message, demand: Demand) -> Judged:
    signature = evidence.signature(message)
    checks = demand.trust.checks(signature)
    if not message.complete and demand.whole and not checks.passed:
        needed = "a digest is not enough for an Ed25519 key, which signs the file itself"
        checks = checks.also(Check("file", False, f"{needed}; give the file"))
    return Judged(signature, checks.also(*_bindings(evidence, message, checks, demand=demand)))


def _bindings(
    evidence: Evidence, message: Message, checks: Checks, *, demand: Demand
) -> list[Check]:
    """Ask whether the bundle itself speaks of this file, and of the key that was asked for."""
    asked: list[Check] = []
    bound = evidence.digest
    if bound is not None:
        known = message.digests.get(bound.hash)
        told = f"the bundle is for a file with {bound.hash}:{bound.raw.hex()}, not for this one"
        if known is None:
            told = f"the bundle names its file by {bound.hash}, and no such digest is given"
        asked.append(Check("digest", known == bound.raw, "" if known == bound.raw else told))
    if evidence.key is not None and (told := _foreign(evidence.key, checks, demand)):
        asked.append(Check("key in the bundle", False, told))
    return asked


def _foreign(key: PublicKey, checks: Checks, demand: Demand) -> str:
    """Say why a key that came with the bundle is not the one that decides, empty if it is."""
    if all(anchor.fingerprint != key.fingerprint for anchor in demand.trust.anchors):
        return f"the bundle brings a key of its own ({key.fingerprint}), which was not asked for"
    if checks.anchor is not None and checks.anchor.fingerprint != key.fingerprint:
        return f"the bundle names {key.fingerprint}, and {checks.anchor.name} made the signature"
    return ""


def _statement_checks(
    signature: Signature, evidence: Evidence, demand: Demand, *, digest: Digest | None
) -> Checks:
    checks = demand.trust.checks(signature)
    if evidence.key is not None and (told := _foreign(evidence.key, checks, demand)):
        checks = checks.also(Check("key in the bundle", False, told))
    same = signature.predicate_type == demand.predicate_type
    told = f"it is a {signature.predicate_type}, not a {demand.predicate_type}"
    asked = [Check("predicate type", same, "" if same else told)]
    if digest is not None:
        found = signature.subject(digest) is not None
        told = f"none of its {len(signature.subjects)} subjects is this file ({digest})"
        asked.append(Check("subject", found, "" if found else told))
    return checks.also(*asked)


def _decided(question: Question, judged: tuple[Judged, ...], demand: Demand) -> ImageReport:
    """Come from checks to a verdict; the only place where a file becomes 'trusted'."""
    anchors = [j.checks.anchor for j in judged if j.trusted and j.checks.anchor is not None]
    if demand.requirement.met_by(anchors):
        return _report(question, judged, None)
    reasons = "; ".join(dict.fromkeys(j.reason for j in judged if j.reason))
    short = demand.requirement.shortfall(anchors) if anchors else ""
    error = NotTrusted(f"its signature may not be trusted: {reasons or short}")
    return _report(question, judged, error)


def _report(
    question: Question, judged: tuple[Judged, ...], error: BoltsealError | None
) -> ImageReport:
    verdict = Verdict.TRUSTED
    reason = "" if error is None else str(error)
    if error is not None:
        undecided = isinstance(error, Undecided)
        verdict = Verdict.UNDECIDED if undecided else Verdict.NOT_TRUSTED
        named = f"{question.path}: {error}" if question.path not in str(error) else str(error)
        error = type(error)(named)
    return ImageReport(
        asked=question.path or question.bundle or question.called,
        verdict=verdict,
        judged=judged,
        reason=reason,
        advice="" if error is None else _advice(error, judged),
        error=error,
    )


def _advice(error: BoltsealError, judged: Sequence[Judged]) -> str:
    if isinstance(error, NoSignature):
        return "sign it with --beside, or name its signature with --bundle or --signature"
    if isinstance(error, Undecided):
        return "nothing was decided: a newer version may read it"
    failed = {c.name for j in judged for c in j.checks.checks if not c.passed}
    return next((text for name, text in _ADVICE if name in failed), "")


_ADVICE = (
    ("file", "give the file itself in place of its digest"),
    ("digest", "compare the file with the one that was signed: it was changed, or is another one"),
    ("key in the bundle", "give the public key of the signer; the bundle's own proves nothing"),
    ("subject", "compare the file with the one that was attested, or attest this one"),
    ("predicate type", "ask for the type that was attested, or attest this type too"),
    ("signature", "give the signer's public key, or the file that was signed, unchanged"),
)
