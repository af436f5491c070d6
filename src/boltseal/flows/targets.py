"""References to digests: what was asked for becomes what is signed or verified, each thing once.

texts -parse-> References -resolve-> Targets -expand-> Targets with platforms
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Descriptor, Index
from boltseal.errors import ImageNotFound, Moved
from boltseal.stores import Store

MOST_DEEP = 4


@dataclass(frozen=True, slots=True)
class Target:
    """One digest to work on: as asked, as parsed, its descriptor if looked at, its platform."""

    asked: str
    reference: Reference
    digest: Digest
    described: Descriptor | None = None
    platform: str | None = None

    @property
    def subject(self) -> Reference:
        """The reference by digest."""
        return self.reference.pinned(self.digest)


def locate(reference: Reference, *, asked: str, store: Store, look: bool) -> Target:
    """Turn a reference into a target; a tag is resolved here and never again.

    A digest is taken as it is, without a request, unless `look` asks for its descriptor.
    Raise ImageNotFound where the registry does not have it.
    """
    if reference.digest is not None and not look:
        return Target(asked, reference, reference.digest)
    described = store.resolve(reference)
    if described is None:
        raise not_found(reference)
    return Target(asked, reference, described.digest, described)


def expand(target: Target, *, store: Store) -> tuple[Target, ...]:
    """Return the target and, if it is an index, its platform images, nested ones included.

    cosign's order: the index first. BuildKit's attestation manifests are no platform images.
    """
    return tuple(_expanded(target, store, 0))


def _expanded(target: Target, store: Store, depth: int) -> Iterable[Target]:
    document = store.manifest(target.subject)
    if document is None:
        raise not_found(target.subject)
    described = document.descriptor()
    yield Target(target.asked, target.reference, target.digest, described, target.platform)
    if not isinstance(document, Index) or depth >= MOST_DEEP:
        return
    for child in document.children():
        below = Target(target.asked, target.reference, child.digest, child, child.platform_name)
        if child.media_type in ("", described.media_type):
            yield from _expanded(below, store, depth + 1)
        else:
            yield below


def not_found(reference: Reference) -> ImageNotFound:
    """Return the error for an image that the registry says it does not have."""
    return ImageNotFound(
        f"{reference} is not in the registry: nothing was pushed under that name, it was deleted, "
        "or these credentials may not see it. Sign and verify after the push, by its digest"
    )


def check_still(target: Target, *, store: Store) -> None:
    """Raise Moved if the tag of a target given by tag and digest names another digest by now."""
    if target.reference.tag is None:
        return
    now = store.resolve(Reference(target.reference.repository, tag=target.reference.tag))
    if now is not None and now.digest != target.digest:
        raise moved(target.reference.tag, target, now.digest)


def moved(tag: str, target: Target, now: Digest) -> Moved:
    """Return the error for a tag that names another digest than the one that is meant."""
    return Moved(
        f"tag {tag!r} of {target.reference.repository} names {now} by now, and {target.digest} was "
        "meant: another push moved it between this run's push and its signing. Nothing was "
        "signed. Push again, or hand over the build's own digest "
        "(digest: ${{ steps.build.outputs.digest }})"
    )


Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], *, parallel: int
) -> tuple[Result, ...]:
    """Do `work` on every item, at most `parallel` at once, results in the order of the items."""
    listed = list(items)
    if len(listed) < 2 or parallel < 2:
        return tuple(work(item) for item in listed)
    with ThreadPoolExecutor(max_workers=min(parallel, len(listed))) as pool:
        return tuple(pool.map(work, listed))
