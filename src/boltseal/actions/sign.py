"""The root action: sign what was just pushed.

inputs -> references -pin-> this run's digests -sign-> SignReport -settle-> verified -promote-> tags
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from boltseal.actions.around import Around
from boltseal.actions.images import Named, gather, parse_artifacts
from boltseal.actions.inputs import AttestInputs, SignInputs
from boltseal.actions.keys import signer
from boltseal.actions.seam import run
from boltseal.actions.telling import Telling, Told, failure, listed, notices
from boltseal.actions.workspace import read_file
from boltseal.core.annotations import Annotations, where_cosign_splits
from boltseal.core.build import Build, created_at, parse_items, timestamp_notice
from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.signing import SignReport
from boltseal.errors import BoltsealError, UsageError
from boltseal.flows.promote import Promotion, plan, promote
from boltseal.flows.pushed import pin
from boltseal.flows.settle import settle
from boltseal.flows.sign import OnExisting, Order, Workshop, sign
from boltseal.flows.verify import Bench, Demand
from boltseal.reports import signing, structured
from boltseal.signers.local import LocalSigner
from boltseal.stores import Shelf, Store
from boltseal.stores.engine import LocalEngine
from boltseal.stores.open import open_shelves, parse_forms
from boltseal.trust.open import open_trust
from boltseal.trust.policy import Requirement

_MOST_ARTIFACTS = 400


@dataclass(frozen=True, slots=True)
class Job:
    """What one run of the action is about, once its inputs have been read."""

    inputs: SignInputs
    around: Around
    references: tuple[Reference, ...]
    annotations: Annotations
    signer: LocalSigner
    telling: Telling


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the references by digest, the report, and what came after the signing."""

    pinned: tuple[Reference, ...]
    report: SignReport
    promoted: tuple[Promotion, ...] = ()
    failure: BoltsealError | None = None

    @property
    def error(self) -> BoltsealError | None:
        """The error that the action ends with."""
        return self.report.error or self.failure


def work(inputs: SignInputs, around: Around) -> Told:
    """Sign, and return what to tell; raise what stands in the way before anything is signed."""
    telling = Telling(around.say)
    build = around.build()
    build.check_may_sign(allow_pull_request=inputs.allow_pull_request)
    named = images(inputs, around)
    for notice in named.notices:
        telling.notice(notice)
    annotations = annotate(inputs, build, around=around, telling=telling)
    opened = signer(inputs.key, password=inputs.password, around=around)
    job = Job(inputs, around, named.references, annotations, opened, telling)
    with around.registry(inputs, writes=not inputs.dry_run) as store:
        done = _carried_out(job, store)
    return tell(job, done)


def images(inputs: SignInputs | AttestInputs, around: Around) -> Named:
    """Return the images that the inputs name, else those that the job's steps declared."""
    metadata = inputs.build_metadata.strip()
    data = None
    if metadata:
        inline = metadata.startswith("{")
        data = metadata.encode("utf-8") if inline else around.workspace.read(metadata)
    named = gather(inputs.images, digest=inputs.digest, metadata=data)
    if named.references:
        return named
    declared = _declared(around)
    if not declared:
        raise UsageError(
            "there is nothing to sign: the inputs `images` and `build-metadata` are empty; give "
            "the names that were pushed, and the build's digest"
        )
    return Named(declared, ("the images were taken from what earlier steps declared",))


def annotate(inputs: SignInputs, build: Build, *, around: Around, telling: Telling) -> Annotations:
    """Return what is signed beside the digest: the build's own facts, then the user's over them."""
    items = parse_items(inputs.metadata)
    when = created_at(
        inputs.timestamp,
        build=build,
        epoch=around.environment.get("SOURCE_DATE_EPOCH"),
        committed=lambda: around.workspace.commit_time(build.head or build.commit),
        now=around.now(),
    )
    own = Annotations.parse(f"{name}={value}" for name, value in inputs.annotations)
    told = [where_cosign_splits(f"{name}={value}") for name, value in inputs.annotations]
    if inputs.format != "bundle":
        told.append(timestamp_notice(own))
    for notice in filter(None, told):
        telling.notice(notice)
    demanded = tuple(inputs.metadata) not in (("auto",), ("none",))
    return build.at(when).annotations(items, demanded=demanded).merged(own)


def _declared(around: Around) -> tuple[Reference, ...]:
    """Return the images that earlier steps of the job declared, where the runner keeps a list."""
    path = around.environment.get("GITHUB_ARTIFACTS_LIST")
    return parse_artifacts(read_file(Path(path).resolve(), shown=path)) if path else ()


def _carried_out(job: Job, store: Store) -> Done:
    inputs = job.inputs
    engine = LocalEngine(job.around.environment)
    pinned = pin(job.references, engine=engine, store=store, progress=job.telling)
    # An image without a digest is not in the registry, and signing is about to say so.
    found = all(reference.digest for reference in pinned)
    promotions = plan(inputs.promote_tags, pinned) if found else ()
    attachments = job.around.attachments(inputs)
    shelves = open_shelves(store, parse_forms(inputs.format), attachments=attachments)
    report = sign(pinned, _order(job), workshop=_workshop(job, store, shelves))
    if inputs.dry_run or report.error:
        return Done(pinned, report)
    pause = job.around.pause(inputs.timeout)
    try:
        if inputs.verify_after or promotions:
            settle(report, _own(job), bench=Bench(store, shelves, inputs.parallel), pause=pause)
        promote(promotions, store=store, pause=pause)
    except BoltsealError as error:
        return Done(pinned, report, failure=error)
    return Done(pinned, report, promoted=promotions)


def _order(job: Job) -> Order:
    return Order(
        annotations=job.annotations,
        recursive=job.inputs.recursive,
        on_existing=OnExisting(job.inputs.on_existing),
        dry_run=job.inputs.dry_run,
    )


def _workshop(job: Job, store: Store, shelves: Sequence[Shelf]) -> Workshop:
    return Workshop(
        store,
        shelves,
        job.signer,
        now=job.around.now,
        parallel=job.inputs.parallel,
        progress=job.telling,
    )


def _own(job: Job) -> Demand:
    """Demand what was signed just now: this key, these annotations."""
    trust = open_trust([("the key that signed", job.signer.public_key.pem)])
    requirement = Requirement.parse("any", known=trust.anchors)
    return Demand(trust, requirement, annotations=job.annotations)


def tell(job: Job, done: Done) -> Told:
    """Return the end of the action, whatever it was."""
    commands = signing.commands(done.report)
    if done.failure and not done.report.error:
        commands = (failure(done.failure),)
    command = verify_command(job, signed(done))
    summary = signing.summary(done.report)
    summary += listed("Promoted", [f"{p.tag} → {p.digest}" for p in done.promoted])
    if done.error is None and not job.inputs.dry_run:
        summary += f"\n**Verify**\n\n```sh\n{command}\n```\n"
    return Told(
        outputs=outputs(job, done, command=command),
        text=signing.text(done.report),
        summary=summary,
        commands=(*commands, *notices(job.telling.notices)),
        artifacts=() if job.inputs.dry_run else _artifacts(job, signed(done)),
        error=done.error,
    )


def outputs(job: Job, done: Done, *, command: str) -> Mapping[str, str]:
    """Return the outputs by name; counts are of images, children of an index among them."""
    report = done.report
    pinned = signed(done)
    digests = {str(reference.digest) for reference in pinned}
    results = [signing.result(image) for image in report.images]
    locations = [str(o.location) for i in report.images for o in i.outcomes if o.location]
    return {
        "digest": digests.pop() if len(digests) == 1 else "",
        "digests": json.dumps({tagged(r): str(r.digest) for r in pinned}),
        "images": "\n".join(dict.fromkeys(map(str, pinned))),
        "signatures": "\n".join(dict.fromkeys(locations)),
        "signed": str(sum(word in ("signed", "replaced") for word in results)),
        "skipped": str(results.count("skipped")),
        "failed": str(results.count("failed")),
        "key-fingerprint": job.signer.public_key.fingerprint,
        "results": json.dumps(structured.signing_document(report)),
        "verify-command": command,
    }


def signed(done: Done) -> tuple[Reference, ...]:
    """Return the references that were asked for and whose digest needs no more signing."""
    good = {image.pinned for image in done.report.images if not image.error}
    return tuple(r for r in done.pinned if r.digest and r.pinned(r.digest) in good)


def tagged(reference: Reference) -> str:
    """Return a reference as it was named, without its digest."""
    return f"{reference.repository}{f':{reference.tag}' if reference.tag else ''}"


def verify_command(job: Job, pinned: Sequence[Reference]) -> str:
    """Return a command line that verifies what was signed with cosign, or with boltseal alike."""
    if not pinned:
        return ""
    commit = job.annotations.as_dict().get("commit", "")
    noted = ["-a", f"commit={commit}"] if commit.isalnum() else []
    words = [
        "cosign",
        "verify",
        "--key",
        public_key_beside(job.inputs.key),
        "--insecure-ignore-tlog=true",
    ]
    return shlex.join([*words, *noted, *dict.fromkeys(map(str, pinned))])


def public_key_beside(private: str) -> str:
    """Guess where the public key is: beside the private one, as it was made."""
    key = private.strip()
    beside = key.removesuffix(".key") + ".pub"
    return beside if key.endswith(".key") and "://" not in key else "cosign.pub"


def _artifacts(job: Job, pinned: Sequence[Reference]) -> tuple[str, ...]:
    """Return the images to declare; a runner fails the step for one name with two digests."""
    known: dict[Repository, Digest | None] = {}
    try:
        earlier = _declared(job.around)
    except BoltsealError:
        earlier = ()
    for reference in (*earlier, *pinned):
        known.setdefault(reference.repository, reference.digest)
    fitting = [str(r) for r in pinned if known[r.repository] == r.digest]
    return tuple(dict.fromkeys(fitting))[:_MOST_ARTIFACTS]


if __name__ == "__main__":
    run(SignInputs, work)
