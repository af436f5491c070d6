"""Point public tags at an image once it is signed, so that no such tag names an unsigned one.

texts -plan-> Promotions -store.manifest-> the image's own bytes -store.put_manifest-> under the tag
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from boltseal.core.names import Digest, Reference
from boltseal.errors import NotStored, UsageError
from boltseal.flows.targets import not_found
from boltseal.stores import Store


@dataclass(frozen=True, slots=True)
class Promotion:
    """A tag that is to name a digest, both in one repository."""

    tag: Reference
    digest: Digest

    @property
    def subject(self) -> Reference:
        """The image by digest."""
        return self.tag.pinned(self.digest)


def plan(tags: Sequence[str], images: Sequence[Reference]) -> tuple[Promotion, ...]:
    """Say which tag is to name which digest; raise UsageError where that is not clear.

    A bare tag is meant in the repository of every image, a whole reference in its own, which
    must be that of an image. One repository with two digests leaves nothing clear.
    """
    digests: dict[str, set[Digest]] = {}
    for image in images:
        if image.digest is not None:
            digests.setdefault(str(image.repository), set()).add(image.digest)
    wanted = [tag for text in tags for tag in _tags(text, images)]
    return tuple(
        dict.fromkeys(
            Promotion(tag, _only(tag, digests.get(str(tag.repository)))) for tag in wanted
        )
    )


def _tags(text: str, images: Sequence[Reference]) -> tuple[Reference, ...]:
    if "/" not in text and ":" not in text and "@" not in text:
        return tuple(image.repository.at(text) for image in images)
    reference, _ = Reference.lowered(text)
    if reference.digest is not None or reference.tag is None:
        raise UsageError(f"promote-tags takes tags, and {text[:200]!r} names a digest")
    return (reference,)


def _only(tag: Reference, digests: set[Digest] | None) -> Digest:
    if not digests:
        raise UsageError(
            f"promote-tags asks for {tag}, and no image of that repository is signed here; a tag "
            "can only be promoted where its image is"
        )
    if len(digests) > 1:
        listed = ", ".join(str(digest) for digest in sorted(digests))
        raise UsageError(
            f"promote-tags asks for {tag}, and several digests of that repository are signed here "
            f"({listed}): sign the one that is to have the tag in a step of its own"
        )
    return next(iter(digests))


def promote(
    promotions: Sequence[Promotion],
    *,
    store: Store,
    pause: Callable[[float], None],
    patience: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
) -> None:
    """Put the very bytes of each image under its tag and see that the tag names them.

    `pause` waits seconds between looks at a registry that lags. Raise ImageNotFound for an image
    that is gone, NotStored where the tag does not come to name it.
    """
    for promotion in promotions:
        document = store.manifest(promotion.subject)
        if document is None:
            raise not_found(promotion.subject)
        store.put_manifest(promotion.tag, document)
        for seconds in (*patience, None):
            found = store.resolve(promotion.tag)
            if found is not None and found.digest == promotion.digest:
                break
            if seconds is None:
                now = found.digest if found else "nothing"
                raise NotStored(
                    f"{promotion.tag} was pointed at {promotion.digest} and names {now}: another "
                    "push took the tag, or the registry does not let it move (immutable tags)"
                )
            pause(seconds)
