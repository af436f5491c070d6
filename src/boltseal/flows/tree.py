"""List what stands beside an image.

Reference -locate-> digest -three tags, referrers-> manifests -> Tree
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boltseal.core.attached import Attached, Spot, Tree, tag_of
from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.errors import Malformed
from boltseal.flows.targets import locate, side_by_side
from boltseal.stores import Store

MOST_REFERRERS = 256
_PREDICATE = "dev.sigstore.bundle.predicateType"
_TAGS = (Spot.SIGNATURES, Spot.ATTESTATIONS, Spot.SBOMS)


@dataclass(frozen=True, slots=True)
class Grove:
    """Where to look: the store, the repository of signatures if another, their tags' prefix."""

    store: Store
    attachments: Repository | None = None
    prefix: str = ""
    parallel: int = 4


def tree(image: str | Reference, *, grove: Grove) -> Tree:
    """Return what stands at the three tags and in the referrers of an image, in that order.

    Raise ImageNotFound for a tag that is not there, Undecided where a place could not be read.
    """
    asked, parsed = str(image), image if isinstance(image, Reference) else Reference.parse(image)
    target = locate(parsed, asked=asked, store=grove.store, look=False)
    where = grove.attachments or target.reference.repository
    digest = target.digest
    tags = [(spot, where.at(tag_of(digest, spot, prefix=grove.prefix))) for spot in _TAGS]
    tagged = side_by_side(
        lambda one: _tagged(one[0], one[1], grove.store), tags, parallel=grove.parallel
    )
    entries = _referrers(where, digest, grove.store)
    referring = side_by_side(
        lambda entry: _referrer(where.at(entry.digest), digest, grove.store),
        entries[:MOST_REFERRERS],
        parallel=grove.parallel,
    )
    attached = tuple(one for one in (*tagged, *referring) if one is not None)
    left_out = sum(one is None for one in referring) + max(len(entries) - MOST_REFERRERS, 0)
    return Tree(asked, target.subject, attached, left_out)


def _tagged(spot: Spot, where: Reference, store: Store) -> Attached | None:
    found = store.manifest(where)
    if not isinstance(found, Manifest) or not found.layers:
        return None
    return Attached(spot, where, _digests(found.layers))


def _referrers(where: Repository, digest: Digest, store: Store) -> Sequence[Descriptor]:
    entries = store.referrers(where, digest)
    if entries:
        return entries
    # Also after an empty list: a registry that learnt the API keeps the tags of before.
    fallback = store.manifest(where.at(f"sha256-{digest.hex}"))
    return fallback.manifests if isinstance(fallback, Index) and fallback.digest != digest else ()


def _referrer(where: Reference, digest: Digest, store: Store) -> Attached | None:
    try:
        found = store.manifest(where)
    except Malformed:
        return None
    if not isinstance(found, Manifest) or found.subject is None or found.subject.digest != digest:
        return None
    kind = found.annotations.get(_PREDICATE) or found.artifact_type or found.config.media_type
    return Attached(Spot.REFERRER, where, _digests(found.layers), kind)


def _digests(layers: Iterable[Descriptor]) -> tuple[Digest, ...]:
    return tuple(layer.digest for layer in layers)
