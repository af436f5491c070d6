"""Sign again with the next key what the old one signed, and leave both standing.

Target -shelf.find-> Artifacts -open-> Signatures -old key's checks-> what may be repeated
-draft-> Draft -next signer-> Proof -seal-> Artifact -shelf.place-> stored, read back
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from boltseal.core.annotations import Annotations
from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof, Signature
from boltseal.core.signing import SignReport
from boltseal.core.verdict import Judged
from boltseal.errors import BoltsealError, Malformed, Undecided, UsageError
from boltseal.flows.placing import Errand, OnExisting, Piece, Workshop, carry_out, rfc3339
from boltseal.flows.targets import Target
from boltseal.flows.verify import Demand, check, conclude
from boltseal.formats import attestation, bundle, simplesigning
from boltseal.formats.open import open_artifact
from boltseal.stores import Shelf


@dataclass(frozen=True, slots=True)
class Handover:
    """From which trust to take over, and how far: a demand by the old key alone.

    `attested` are the shelves of attestations; those of signatures are the workshop's.
    """

    old: Demand
    attested: Sequence[Shelf] = ()
    recursive: bool = False
    dry_run: bool = False


def rotate(
    references: Sequence[str | Reference], handover: Handover, *, workshop: Workshop
) -> SignReport:
    """Repeat with the workshop's signer what the old key said of every digest, in the same forms.

    Annotations, names and statements are those of signatures that verify under the old key; what
    stands there is not touched, and what the next key has signed already is not signed again.
    An image that the old key did not sign fails as in `verify`.
    """
    errand = Errand(
        recursive=handover.recursive, on_existing=OnExisting.SKIP, dry_run=handover.dry_run
    )
    pieces = partial(_pieces, handover=handover, workshop=workshop)
    return carry_out(references, errand, workshop=workshop, pieces=pieces)


def _pieces(target: Target, *, handover: Handover, workshop: Workshop) -> list[Piece]:
    pieces: dict[tuple[Kind, Form, bytes], Piece] = {}
    judged: list[Judged] = []
    for kind, shelves in (
        (Kind.SIGNATURE, workshop.shelves),
        (Kind.ATTESTATION, handover.attested),
    ):
        for shelf in shelves:
            for one in _judged(shelf, target, kind=kind, demand=handover.old):
                judged.append(one)
                if one.trusted:
                    piece = _piece(one.signature, target, shelf, workshop=workshop)
                    pieces[kind, shelf.form, piece.draft.payload] = piece
    if not pieces:
        raise _nothing(target, handover.old, judged)
    return list(pieces.values())


def _judged(shelf: Shelf, target: Target, *, kind: Kind, demand: Demand) -> Iterator[Judged]:
    """Give what a shelf holds with what the old key says of it; raise where it cannot be read.

    A shelf that is read in part must not pass for all that was signed.
    """
    found = shelf.find(target.subject)
    for fault in found.faults:
        if isinstance(fault, Undecided):
            raise fault
    for artifact in found.artifacts:
        try:
            opened = open_artifact(artifact, kind=kind)
        except Malformed:
            continue  # somebody's, and not by the old key
        for signature in (one for one in opened if one.kind is kind):
            asked = replace(demand, kind=kind, predicate_type=signature.predicate_type)
            yield Judged(signature, check(signature, target, asked))


def _nothing(target: Target, demand: Demand, judged: Sequence[Judged]) -> BoltsealError:
    report = conclude(target, demand, judged=tuple(judged), faults=(), left_out=0)
    return report.error or Undecided(f"{target.subject}: nothing by the old key was found")


def _piece(signature: Signature, target: Target, shelf: Shelf, *, workshop: Workshop) -> Piece:
    bundled = partial(_bundled, workshop=workshop)
    if signature.kind is Kind.ATTESTATION:
        draft = attestation.draft(
            signature.payload,
            subject=target.digest,
            predicate_type=signature.predicate_type or "",
            form=shelf.form,
        )
        seal = bundled if shelf.form is Form.BUNDLE else attestation.seal
        return Piece(draft, seal, shelf, Kind.ATTESTATION)
    annotations = _annotations(signature, target)
    if shelf.form is Form.BUNDLE:
        return Piece(bundle.draft(target.digest, annotations), bundled, shelf)
    identity = signature.reference or str(target.reference.repository)
    draft = simplesigning.draft(identity, target.digest, annotations)
    return Piece(draft, simplesigning.seal, shelf)


def _annotations(signature: Signature, target: Target) -> Annotations:
    subject = signature.subject(target.digest)
    signed = dict(subject.annotations) if subject else {}
    other = [name for name, value in signed.items() if not isinstance(value, str)]
    if other:
        raise UsageError(
            f"{target.subject}: the old key signed the annotation {other[0]!r} with a value that "
            "is no text, which cannot be repeated; sign this image with the next key by itself"
        )
    return Annotations.of(signed)


def _bundled(draft: Draft, proof: Proof, *, workshop: Workshop) -> Artifact:
    return bundle.seal(draft, proof, created=rfc3339(workshop.now()))
