"""Sign images: one key, many digests, both forms, nothing of anyone's lost.

Reference -locate-> Target -draft-> Draft -signer-> Proof -seal-> Artifact -shelf.place-> Placed
-shelf.confirm-> read back
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum

from boltseal.core.annotations import Annotations
from boltseal.core.keys import PublicKey
from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.errors import AlreadySigned, BoltsealError, Malformed, UsageError
from boltseal.flows import Progress, Quiet
from boltseal.flows.targets import Target, check_still, expand, locate, side_by_side
from boltseal.formats import bundle, simplesigning
from boltseal.formats.open import open_artifact
from boltseal.signers import Signer
from boltseal.stores import Placed, Shelf, Store


class OnExisting(str, Enum):
    """What to do where an equal signature by this key is there: leave it, add, replace, or fail.

    Equal means the same key and the same payload. `replace` takes away every signature of this
    digest by this key, whatever its annotations, once the new one stands.
    """

    SKIP = "skip"
    APPEND = "append"
    REPLACE = "replace"
    FAIL = "fail"


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


@dataclass(frozen=True, slots=True)
class Workshop:
    """What signing works with: the store, a shelf for each form wanted, the signer, the clock."""

    store: Store
    shelves: Sequence[Shelf]
    signer: Signer
    now: Callable[[], datetime]
    parallel: int = 8
    progress: Progress = field(default_factory=Quiet)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One artifact to be placed: its draft, and the shelf it goes to."""

    draft: Draft
    shelf: Shelf


def sign(references: Sequence[str | Reference], order: Order, *, workshop: Workshop) -> SignReport:
    """Sign every digest once and return what was done; failures stand in the report by image.

    Raise UsageError for no images or for a text that is no reference, before anything is signed.
    """
    asked = [(str(r), r if isinstance(r, Reference) else Reference.parse(r)) for r in references]
    if not asked:
        raise UsageError("there is nothing to sign: no image was given")
    workshop.progress.started(len(asked))
    located = side_by_side(
        lambda item: _locate(item[0], item[1], order, workshop), asked, parallel=workshop.parallel
    )
    targets = _once(located, workshop.progress)
    done = side_by_side(
        lambda target: _sign_one(target, order, workshop), targets, parallel=workshop.parallel
    )
    failed = [item for group in located for item in group if isinstance(item, SignedImage)]
    return SignReport((*done, *failed))


def _locate(
    asked: str, reference: Reference, order: Order, workshop: Workshop
) -> tuple[Target | SignedImage, ...]:
    bundles = any(shelf.form is Form.BUNDLE for shelf in workshop.shelves)
    try:
        target = locate(
            reference, asked=asked, store=workshop.store, look=bundles and not order.recursive
        )
        if reference.digest is None:
            workshop.progress.notice(_by_tag(target))
        elif order.tag_must_agree:
            check_still(target, store=workshop.store)
        return expand(target, store=workshop.store) if order.recursive else (target,)
    except BoltsealError as error:
        workshop.progress.finished(asked, "failed")
        return (SignedImage(asked, reference, reference.digest, error=error),)


def _by_tag(target: Target) -> str:
    return (
        f"{target.asked} was given by tag; what is signed is the digest that it names now: "
        f"{target.subject}. A tag can move between push and signing: give the digest of the push"
    )


def _once(
    located: Sequence[tuple[Target | SignedImage, ...]], progress: Progress
) -> tuple[Target, ...]:
    unique: dict[Reference, Target] = {}
    for target in (item for group in located for item in group if isinstance(item, Target)):
        first = unique.setdefault(target.subject, target)
        if first.asked != target.asked:
            progress.notice(f"{target.asked} is the same image as {first.asked}; it is signed once")
    return tuple(unique.values())


def _sign_one(target: Target, order: Order, workshop: Workshop) -> SignedImage:
    done: list[Outcome] = []
    error: BoltsealError | None = None
    notices: list[str] = []
    try:
        _work(target, order, workshop, done, notices)
    except BoltsealError as failure:
        error = failure
    word = "failed" if error else ", ".join(dict.fromkeys(str(o.action) for o in done))
    workshop.progress.finished(str(target.subject), word)
    return SignedImage(
        asked=target.asked,
        reference=target.reference,
        digest=target.digest,
        platform=target.platform,
        outcomes=tuple(done),
        error=error,
        notices=tuple(notices),
    )


def _work(
    target: Target, order: Order, workshop: Workshop, done: list[Outcome], notices: list[str]
) -> None:
    # Everything is placed first and read back last: the longer the time between, the surer it
    # is that no other writer of the same tag is still on its way.
    placed: list[tuple[Placed, Shelf, tuple[Artifact, ...]]] = []
    for piece in _pieces(target, order, workshop.shelves):
        equal, mine = _existing(piece, target, order, workshop.signer.public_key)
        if equal and order.on_existing is OnExisting.FAIL:
            raise AlreadySigned(
                f"{target.subject} has an equal {piece.draft.form} signature by this key"
            )
        if equal and order.on_existing is OnExisting.SKIP:
            done.append(_outcome(piece, Action.SKIPPED, equal[0]))
        elif order.dry_run:
            done.append(Outcome(piece.draft.form, Action.PLANNED))
        else:
            artifact = _seal(piece.draft, workshop.signer.sign(piece.draft), workshop.now())
            stands = piece.shelf.place(artifact, target.subject, target.described)
            placed.append((stands, piece.shelf, mine))
    for stands, shelf, mine in placed:
        final = shelf.confirm(stands)
        if mine:
            notices.extend(shelf.remove(mine, target.subject))
        action = Action.REPLACED if mine else Action.SIGNED
        done.append(Outcome(shelf.form, action, final.location, final.tag))


def _outcome(piece: _Piece, action: Action, artifact: Artifact) -> Outcome:
    return Outcome(piece.draft.form, action, artifact.location)


def _pieces(target: Target, order: Order, shelves: Sequence[Shelf]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for shelf in shelves:
        if shelf.form is Form.BUNDLE:
            pieces.append(_Piece(bundle.draft(target.digest, order.annotations), shelf))
            continue
        for identity in order.identities or (str(target.reference.repository),):
            draft = simplesigning.draft(identity, target.digest, order.annotations)
            pieces.append(_Piece(draft, shelf))
    return pieces


def _seal(draft: Draft, proof: Proof, now: datetime) -> Artifact:
    if draft.form is Form.CLASSIC:
        return simplesigning.seal(draft, proof)
    created = now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return bundle.seal(draft, proof, created=created)


def _existing(
    piece: _Piece, target: Target, order: Order, key: PublicKey | None
) -> tuple[tuple[Artifact, ...], tuple[Artifact, ...]]:
    """Return what is there by this key: artifacts with the same payload, and all to be replaced."""
    if order.on_existing is OnExisting.APPEND or key is None:
        return (), ()
    replacing = order.on_existing is OnExisting.REPLACE
    only = None if replacing or piece.draft.form is Form.BUNDLE else (piece.draft.payload,)
    equal: list[Artifact] = []
    mine: list[Artifact] = []
    for artifact in piece.shelf.find(target.subject, only=only).artifacts:
        payload = _payload_by(artifact, key, piece.draft)
        if payload is None:
            continue
        mine.append(artifact)
        if payload == piece.draft.payload:
            equal.append(artifact)
    return tuple(equal), tuple(mine) if replacing else ()


def _payload_by(artifact: Artifact, key: PublicKey, draft: Draft) -> bytes | None:
    """Return the payload of an artifact that this key signed for this purpose, else None."""
    try:
        signature = open_artifact(artifact, kind=Kind.SIGNATURE)[0]
    except Malformed:
        return None
    if signature.predicate_type != draft.predicate_type:
        return None
    if key.verify(signature.proof.signature, signature.signed) is None:
        return None
    return signature.payload
