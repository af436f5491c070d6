"""Find out which digests this run pushed, before anything is signed.

Reference by tag -engine-> the digests pushed from here -store-> what the tag names now -> Reference
by digest
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from boltseal.core.names import Digest, Reference
from boltseal.errors import ImageNotFound, Undecided
from boltseal.flows import Progress
from boltseal.flows.targets import Target, moved
from boltseal.stores import Store


class Engine(Protocol):
    """The local engine, asked what it knows of an image that it has pushed."""

    def pushed(self, reference: Reference) -> tuple[Digest, ...]:
        """Return the digests that the tagged image has in that repository, none if it has none.

        Raise Undecided where the engine cannot be asked.
        """


def pin(
    references: Sequence[Reference], *, engine: Engine, store: Store, progress: Progress
) -> tuple[Reference, ...]:
    """Give every reference the digest that this run pushed for it.

    A reference with a digest stays as it is. Where the engine pushed the tag, the digest is its
    word, and Moved is raised, for all of them together, if the registry's tag names another by
    now. Where the engine knows nothing, the tag is resolved, with a notice; one that cannot be
    resolved is returned as it is, to fail on its own account.
    """
    return tuple(
        reference
        if reference.digest is not None
        else _pinned(reference, engine=engine, store=store, progress=progress)
        for reference in references
    )


def _pinned(reference: Reference, *, engine: Engine, store: Store, progress: Progress) -> Reference:
    why = "the local Docker engine did not push it"
    pushed: tuple[Digest, ...] = ()
    try:
        pushed = engine.pushed(reference)
    except Undecided as error:
        why = str(error)
    try:
        described = store.resolve(reference)
    except (Undecided, ImageNotFound):
        return reference
    if described is None:
        return reference
    if pushed and described.digest not in pushed:
        meant = Target(str(reference), reference, pushed[0])
        raise moved(str(reference.tag), meant, described.digest)
    if not pushed:
        progress.notice(_by_tag(reference, described.digest, why))
    return Reference(reference.repository, reference.tag, described.digest)


def _by_tag(reference: Reference, digest: Digest, why: str) -> str:
    return (
        f"{reference} was given by tag, and {why}; what is signed is the digest that the tag names "
        f"now: {digest}. A tag can move between push and signing: give the digest of the push"
    )
