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
from boltseal.flows.placing import Errand, OnExisting, Piece, Workshop, carry_out, rfc3339
from boltseal.flows.targets import Target
from boltseal.formats import attestation, bundle
from boltseal.formats.statement import Statement, attest_statement


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be said: a predicate of a type about each image, or one whole statement.

    A whole `statement` keeps its bytes and must have the image among its subjects.
    """

    predicate_type: str
    predicate: Any = None
    statement: bytes | None = None
    recursive: bool = False
    on_existing: OnExisting = OnExisting.APPEND
    dry_run: bool = False


def attest(
    references: Sequence[str | Reference], claim: Claim, *, workshop: Workshop
) -> SignReport:
    """Sign the claim about every digest and attach it; failures stand in the report by image.

    The workshop's shelves are those of attestations. Raise UsageError for no images, Malformed
    for a whole statement that is none.
    """
    errand = Errand(recursive=claim.recursive, on_existing=claim.on_existing, dry_run=claim.dry_run)
    pieces = partial(_pieces, claim=claim, workshop=workshop)
    return carry_out(references, errand, workshop=workshop, pieces=pieces)


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
