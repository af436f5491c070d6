"""Attest: say something about images in signed statements.

Reference -locate-> Target -statement-> Draft -signer-> Proof -seal-> Artifact -shelf.place->
stored, read back
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof
from boltseal.core.signing import SignReport
from boltseal.errors import UsageError
from boltseal.flows import Progress
from boltseal.flows.placing import Errand, OnExisting, Piece, Workshop, carry_out, rfc3339
from boltseal.flows.targets import Target
from boltseal.formats import attestation, bundle
from boltseal.formats.schemacheck import demand_schema, schema_of
from boltseal.formats.statement import SIGN, Statement, attest_statement


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be said: a predicate of a type about each image, or one whole statement.

    A whole `statement` keeps its bytes; it must be of the type and have the image among its
    subjects. With `schema_check` a predicate that breaks the published rules of its type is
    refused before anything is signed; cosign takes it.
    """

    predicate_type: str
    predicate: Any = None
    statement: bytes | None = None
    recursive: bool = False
    on_existing: OnExisting = OnExisting.APPEND
    dry_run: bool = False
    schema_check: bool = True


def attest(
    references: Sequence[str | Reference], claim: Claim, *, workshop: Workshop
) -> SignReport:
    """Sign the claim about every digest and attach it; failures stand in the report by image.

    The workshop's shelves are those of attestations. Raise UsageError for no images or for a
    type that cannot be attested, Malformed for a whole statement that is none or for a predicate
    that is not as its type says.
    """
    check_claim(claim, progress=workshop.progress)
    errand = Errand(recursive=claim.recursive, on_existing=claim.on_existing, dry_run=claim.dry_run)
    pieces = partial(_pieces, claim=claim, workshop=workshop)
    return carry_out(references, errand, workshop=workshop, pieces=pieces)


def check_claim(claim: Claim, *, progress: Progress) -> None:
    """Raise UsageError or Malformed for a claim that must not be signed, as `attest` says."""
    if claim.predicate_type == SIGN:
        raise UsageError(
            f"{SIGN} is what a signature of the image itself is written as, so an attestation of "
            "that type would be read as one; sign the image with: boltseal sign"
        )
    predicate = claim.predicate
    if claim.statement is not None:
        given = Statement.parse(claim.statement, what="the statement given")
        if given.predicate_type != claim.predicate_type:
            raise UsageError(
                f"the statement given is of type {given.predicate_type}, and it is to be attested "
                f"as {claim.predicate_type}; leave the type out, or give the right one"
            )
        predicate = given.document.get("predicate")
    if claim.schema_check:
        demand_schema(claim.predicate_type, predicate)
    elif schema_of(claim.predicate_type, predicate) is not None:
        progress.notice("the predicate was not compared with the published rules of its type")


def _pieces(target: Target, *, claim: Claim, workshop: Workshop) -> list[Piece]:
    content = _statement(target, claim)
    pieces: list[Piece] = []
    for shelf in workshop.shelves:
        draft = attestation.draft(
            content, subject=target.digest, predicate_type=claim.predicate_type, form=shelf.form
        )
        seal = attestation.seal
        if shelf.form is Form.BUNDLE:
            seal = partial(_bundled, workshop=workshop)
        pieces.append(Piece(draft, seal, shelf, Kind.ATTESTATION))
    return pieces


def _statement(target: Target, claim: Claim) -> bytes:
    if claim.statement is None:
        subject = {
            "name": str(target.reference.repository),
            "digest": {"sha256": target.digest.hex},
        }
        return attest_statement(
            subject, predicate_type=claim.predicate_type, predicate=claim.predicate
        )
    parsed = Statement.parse(claim.statement, what="the statement given")
    if all(subject.digest != target.digest for subject in parsed.subjects):
        raise UsageError(
            f"the statement given is not about {target.subject}: none of its "
            f"{len(parsed.subjects)} subjects has this digest"
        )
    return claim.statement


def _bundled(draft: Draft, proof: Proof, *, workshop: Workshop) -> Artifact:
    return bundle.seal(draft, proof, created=rfc3339(workshop.now()))
