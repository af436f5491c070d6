"""Sign images: one key, many digests, both forms.

Reference -locate-> Target -draft-> Draft -signer-> Proof -seal-> Artifact -shelf.place-> stored,
read back
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from boltseal.core.annotations import Annotations
from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Draft, Form, Proof
from boltseal.core.signing import SignReport
from boltseal.errors import UsageError
from boltseal.flows.placing import Errand, OnExisting, Piece, Workshop, carry_out, rfc3339
from boltseal.flows.targets import Target
from boltseal.formats import bundle, simplesigning

__all__ = ["OnExisting", "Order", "Workshop", "sign"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be signed into every image, and how.

    `identities` replace the docker-reference of the classic payload, one signature for each.
    """

    annotations: Annotations = field(default_factory=Annotations)
    recursive: bool = False
    on_existing: OnExisting = OnExisting.SKIP
    identities: tuple[str, ...] = ()
    dry_run: bool = False
    tag_must_agree: bool = False


def sign(references: Sequence[str | Reference], order: Order, *, workshop: Workshop) -> SignReport:
    """Sign every digest once and return what was done; failures stand in the report by image.

    Raise UsageError for no images or for a text that is no reference, before anything is signed.
    """
    errand = Errand(
        recursive=order.recursive,
        on_existing=order.on_existing,
        dry_run=order.dry_run,
        tag_must_agree=order.tag_must_agree,
    )
    pieces = partial(_pieces, order=order, workshop=workshop)
    return carry_out(references, errand, workshop=workshop, pieces=pieces)


def _pieces(target: Target, *, order: Order, workshop: Workshop) -> list[Piece]:
    pieces: list[Piece] = []
    for shelf in workshop.shelves:
        if shelf.form is Form.BUNDLE:
            draft = bundle.draft(target.digest, order.annotations)
            pieces.append(Piece(draft, partial(_bundled, workshop=workshop), shelf))
            continue
        for identity in order.identities or (_name(target),):
            draft = simplesigning.draft(identity, target.digest, order.annotations)
            pieces.append(Piece(draft, simplesigning.seal, shelf))
    return pieces


def _name(target: Target) -> str:
    if target.reference.repository.is_layout:
        raise UsageError(
            f"{target.reference} is in a folder and has no name that the classic form could sign; "
            "give the one it will be deployed under with --sign-container-identity, or sign with "
            "--format bundle"
        )
    return str(target.reference.repository)


def _bundled(draft: Draft, proof: Proof, *, workshop: Workshop) -> Artifact:
    return bundle.seal(draft, proof, created=rfc3339(workshop.now()))
