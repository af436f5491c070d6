"""Put signed artifacts on their shelves: each digest once, nothing of anyone's lost.

    Reference -locate-> Target -pieces-> Drafts -signer-> Proofs -seal-> Artifacts -shelf.place->
    Placed -shelf.confirm-> read back

What is drafted is the verb's business: signatures in `sign`, statements in `attest`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum

from boltseal.core.keys import PublicKey
from boltseal.core.names import Reference
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof, Signature
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.errors import AlreadySigned, BoltsealError, Malformed, UsageError
from boltseal.flows import Progress, Quiet
from boltseal.flows.targets import Target, check_still, expand, locate, side_by_side
from boltseal.formats.open import open_artifact
from boltseal.signers import Signer
from boltseal.stores import Found, Placed, Shelf, Store


class OnExisting(str, Enum):
    """What to do where an equal artifact by this key is there: leave it, add, replace, or fail.

    Equal means the same key and the same payload. `replace` takes away every artifact of the
    same kind about this digest by this key, whatever else it says, once the new one stands.
    """

    SKIP = "skip"
    APPEND = "append"
    REPLACE = "replace"
    FAIL = "fail"


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
class Errand:
    """How targets are found and what is done about what is there already.

    With `tag_must_agree` a reference by tag and digest is refused once the tag names another
    digest.
    """

    recursive: bool = False
    on_existing: OnExisting = OnExisting.SKIP
    dry_run: bool = False
    tag_must_agree: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One artifact to be made: its draft, how proof and draft become it, and where it goes."""

    draft: Draft
    seal: Callable[[Draft, Proof], Artifact]
    shelf: Shelf
    kind: Kind = Kind.SIGNATURE


def carry_out(
    references: Sequence[str | Reference],
    errand: Errand,
    *,
    workshop: Workshop,
    pieces: Callable[[Target], Sequence[Piece]],
) -> SignReport:
    """Do the pieces of every digest once and return what was done; failures stand by image.

    Raise UsageError for no images or for a text that is no reference, before anything is signed.
    """
    asked = [(str(r), r if isinstance(r, Reference) else Reference.parse(r)) for r in references]
    if not asked:
        raise UsageError("there is nothing to sign: no image was given")
    workshop.progress.started(len(asked))
    located = side_by_side(
        lambda item: _located(item[0], item[1], errand, workshop), asked, parallel=workshop.parallel
    )
    done = side_by_side(
        lambda target: _one(target, errand, workshop, pieces),
        _once(located, workshop.progress),
        parallel=workshop.parallel,
    )
    failed = [item for group in located for item in group if isinstance(item, SignedImage)]
    return SignReport((*done, *failed))


def rfc3339(moment: datetime) -> str:
    """Write a time in UTC with whole seconds, as cosign writes it beside a bundle."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _located(
    asked: str, reference: Reference, errand: Errand, workshop: Workshop
) -> tuple[Target | SignedImage, ...]:
    bundles = any(shelf.form is Form.BUNDLE for shelf in workshop.shelves)
    look = bundles and not errand.recursive
    try:
        target = locate(reference, asked=asked, store=workshop.store, look=look)
        if reference.digest is None:
            workshop.progress.notice(_by_tag(target))
        elif errand.tag_must_agree:
            check_still(target, store=workshop.store)
        return expand(target, store=workshop.store) if errand.recursive else (target,)
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


def _one(
    target: Target,
    errand: Errand,
    workshop: Workshop,
    pieces: Callable[[Target], Sequence[Piece]],
) -> SignedImage:
    done: list[Outcome] = []
    notices: list[str] = []
    error: BoltsealError | None = None
    try:
        _work(target, pieces(target), errand, workshop=workshop, done=done, notices=notices)
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
    target: Target,
    pieces: Sequence[Piece],
    errand: Errand,
    *,
    workshop: Workshop,
    done: list[Outcome],
    notices: list[str],
) -> None:
    # Everything is placed first and read back last: the longer the time between, the surer it
    # is that no other writer of the same tag is still on its way.
    placed: list[tuple[Placed, Piece, tuple[Artifact, ...]]] = []
    for piece in pieces:
        seen = _look(piece, target, errand, workshop.signer.public_key)
        equal, mine = seen.equal, seen.mine
        if equal and errand.on_existing is OnExisting.FAIL:
            raise AlreadySigned(
                f"{target.subject} has an equal {piece.draft.form} {piece.kind} by this key"
            )
        if equal and errand.on_existing is OnExisting.SKIP:
            done.append(Outcome(piece.draft.form, Action.SKIPPED, equal[0].location))
        elif errand.dry_run:
            done.append(Outcome(piece.draft.form, Action.PLANNED))
        else:
            artifact = piece.seal(piece.draft, workshop.signer.sign(piece.draft))
            stands = piece.shelf.place(artifact, target.subject, target.described, seen=seen.found)
            others = tuple(old for old in mine if not _same(old, artifact, stands))
            placed.append((stands, piece, others))
    for stands, piece, mine in placed:
        final = piece.shelf.confirm(stands)
        if mine:
            notices.extend(piece.shelf.remove(mine, target.subject))
        action = Action.REPLACED if mine else Action.SIGNED
        done.append(Outcome(piece.draft.form, action, final.location, final.tag))


def _same(old: Artifact, new: Artifact, stands: Placed) -> bool:
    """Tell whether what was there is what was placed: some keys sign the same bytes alike."""
    if new.form is Form.BUNDLE:
        return old.location == stands.location
    return (old.content, dict(old.annotations)) == (new.content, dict(new.annotations))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is there by this key: artifacts with the same payload, and all to be replaced."""

    found: Found | None = None
    equal: tuple[Artifact, ...] = ()
    mine: tuple[Artifact, ...] = ()


def _look(piece: Piece, target: Target, errand: Errand, key: PublicKey | None) -> _Seen:
    if errand.on_existing is OnExisting.APPEND or key is None:
        return _Seen()
    replacing = errand.on_existing is OnExisting.REPLACE
    # The content of a classic signature is its payload, so others need not be fetched.
    foreseen = piece.draft.form is Form.CLASSIC and piece.kind is Kind.SIGNATURE
    only = (piece.draft.payload,) if foreseen and not replacing else None
    equal: list[Artifact] = []
    mine: list[Artifact] = []
    found = piece.shelf.find(target.subject, only=only)
    for artifact in found.artifacts:
        signature = _made_by(key, artifact, piece)
        if signature is None:
            continue
        mine.append(artifact)
        if signature.payload == piece.draft.payload:
            equal.append(artifact)
    return _Seen(found, tuple(equal), tuple(mine) if replacing else ())


def _made_by(key: PublicKey, artifact: Artifact, piece: Piece) -> Signature | None:
    """Return the signature in an artifact if it is of the piece's type and this key made it."""
    try:
        opened = open_artifact(artifact, kind=piece.kind)
    except Malformed:
        return None
    for signature in opened:
        if signature.predicate_type == piece.draft.predicate_type and key.verify(
            signature.proof.signature, signature.signed
        ):
            return signature
    return None
