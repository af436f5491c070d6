"""The action `attest`: say something about what was just pushed, signed.

inputs -> references -pin-> this run's digests; predicate -claim-> attest -> SignReport -> outputs
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from boltseal.actions.around import Around
from boltseal.actions.inputs import AttestInputs
from boltseal.actions.keys import signer
from boltseal.actions.seam import run
from boltseal.actions.sign import Done, images, public_key_beside, signed, tagged
from boltseal.actions.telling import Telling, Told, notices
from boltseal.core.signature import Kind
from boltseal.core.times import parse_epoch, render_time
from boltseal.errors import UsageError
from boltseal.flows.attest import Claim, attest
from boltseal.flows.placing import OnExisting, Workshop
from boltseal.flows.pushed import pin
from boltseal.formats.predicates import SLSA_1, PredicateType
from boltseal.formats.provenance import WorkflowRun
from boltseal.reports import signing, structured
from boltseal.signers.local import LocalSigner
from boltseal.stores import Store
from boltseal.stores.engine import LocalEngine
from boltseal.stores.open import open_shelves, parse_forms


@dataclass(frozen=True, slots=True)
class Job:
    """What one run of the action is about, once its inputs have been read."""

    inputs: AttestInputs
    around: Around
    claim: Claim
    signer: LocalSigner
    telling: Telling


def work(inputs: AttestInputs, around: Around) -> Told:
    """Attest, and return what to tell; raise what stands in the way before anything is signed."""
    telling = Telling(around.say)
    around.build().check_may_sign(allow_pull_request=inputs.allow_pull_request)
    named = images(inputs, around)
    for notice in named.notices:
        telling.notice(notice)
    claim = claim_of(inputs, around)
    opened = signer(inputs.key, password=inputs.password, around=around)
    job = Job(inputs, around, claim, opened, telling)
    with around.registry(inputs, writes=not inputs.dry_run) as store:
        engine = LocalEngine(around.environment)
        pinned = pin(named.references, engine=engine, store=store, progress=telling)
        report = attest(pinned, claim, workshop=_workshop(job, store))
    return tell(job, Done(pinned, report))


def claim_of(inputs: AttestInputs, around: Around) -> Claim:
    """Return what is to be said: a file's predicate, or provenance of this run."""
    kind = PredicateType.parse(inputs.type)
    if inputs.predicate:
        content = around.workspace.read(inputs.predicate)
        what = f"the predicate {inputs.predicate}"
        predicate = kind.predicate(content, timestamp=_timestamp(around), what=what)
    elif kind.uri == SLSA_1:
        predicate = WorkflowRun.from_github(around.environment).predicate()
    else:
        raise UsageError(
            f"the input `predicate` is empty, and a predicate of type {inputs.type} is not made "
            "here; give the file that holds it, or type slsaprovenance1 for provenance of this run"
        )
    return Claim(
        kind.uri,
        predicate,
        recursive=inputs.recursive,
        on_existing=OnExisting(inputs.on_existing),
        dry_run=inputs.dry_run,
        schema_check=inputs.schema_check,
    )


def _timestamp(around: Around) -> str:
    epoch = around.environment.get("SOURCE_DATE_EPOCH")
    return render_time(parse_epoch(epoch) if epoch else around.now())


def _workshop(job: Job, store: Store) -> Workshop:
    shelves = open_shelves(
        store,
        parse_forms(job.inputs.format),
        attachments=job.around.attachments(job.inputs),
        kind=Kind.ATTESTATION,
    )
    return Workshop(
        store,
        shelves,
        job.signer,
        now=job.around.now,
        parallel=job.inputs.parallel,
        progress=job.telling,
    )


def tell(job: Job, done: Done) -> Told:
    """Return the end of the action, whatever it was."""
    command = verify_command(job, done)
    summary = f"**Attestation of type** `{job.claim.predicate_type}`\n\n"
    summary += signing.summary(done.report)
    if done.error is None and not job.inputs.dry_run:
        summary += f"\n**Verify**\n\n```sh\n{command}\n```\n"
    return Told(
        outputs=outputs(job, done, command=command),
        text=signing.text(done.report),
        summary=summary,
        commands=(*signing.commands(done.report), *notices(job.telling.notices)),
        error=done.error,
    )


def outputs(job: Job, done: Done, *, command: str) -> Mapping[str, str]:
    """Return the outputs by name; counts are of images, children of an index among them."""
    pinned = signed(done)
    digests = {str(reference.digest) for reference in pinned}
    results = [signing.result(image) for image in done.report.images]
    locations = [str(o.location) for i in done.report.images for o in i.outcomes if o.location]
    return {
        "digest": digests.pop() if len(digests) == 1 else "",
        "digests": json.dumps({tagged(r): str(r.digest) for r in pinned}),
        "images": "\n".join(dict.fromkeys(map(str, pinned))),
        "attestations": "\n".join(dict.fromkeys(locations)),
        "predicate-type": job.claim.predicate_type,
        "attested": str(sum(word in ("signed", "replaced") for word in results)),
        "skipped": str(results.count("skipped")),
        "failed": str(results.count("failed")),
        "key-fingerprint": job.signer.public_key.fingerprint,
        "results": json.dumps(structured.signing_document(done.report)),
        "verify-command": command,
    }


def verify_command(job: Job, done: Done) -> str:
    """Return a command line that verifies what was attested with cosign, or with boltseal alike."""
    pinned = signed(done)
    if not pinned:
        return ""
    words = ["cosign", "verify-attestation", "--key", public_key_beside(job.inputs.key)]
    words += ["--type", job.claim.predicate_type, "--insecure-ignore-tlog=true"]
    return shlex.join([*words, *dict.fromkeys(map(str, pinned))])


if __name__ == "__main__":
    run(AttestInputs, work)
