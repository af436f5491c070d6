"""Read what stands beside an image, without judging it.

Reference -locate-> Target -shelf.find-> Artifacts, or the blob of an SBOM
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.core.attached import Spot, tag_of
from boltseal.core.names import Reference, Repository
from boltseal.core.oci import Index, Manifest
from boltseal.core.signature import Artifact, Kind
from boltseal.errors import BoltsealError, ImageNotFound, Malformed, NoSignature, UsageError
from boltseal.flows import Progress
from boltseal.flows.targets import Target, locate
from boltseal.formats.open import open_artifact
from boltseal.stores import Shelf, Store

LARGEST_SBOM = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sbom:
    """An attached SBOM: its media type and its bytes."""

    media_type: str
    content: bytes


def find_target(image: str | Reference, *, store: Store, platform: str = "") -> Target:
    """Resolve an image, or the one image of an index that is for `platform`.

    Raise ImageNotFound where it is not there, UsageError for a platform that the index has not.
    """
    parsed = image if isinstance(image, Reference) else Reference.parse(image)
    target = locate(parsed, asked=str(image), store=store, look=False)
    if not platform:
        return target
    document = store.manifest(target.subject)
    if not isinstance(document, Index):
        return target
    fitting = [child for child in document.children() if child.is_for(platform)]
    if len(fitting) != 1:
        has = ", ".join(child.platform_name or "?" for child in document.children())
        raise UsageError(f"{image} has no one image for {platform}; it has {has}")
    return Target(str(image), parsed, fitting[0].digest, fitting[0], platform)


def artifacts(
    target: Target,
    kind: Kind,
    *,
    shelves: Sequence[Shelf],
    progress: Progress,
    predicate_type: str | None = None,
) -> tuple[Artifact, ...]:
    """Return what is stored of one kind, shelf by shelf, as it is stored.

    With `predicate_type`, attestations of that type alone. What cannot be read is told to
    `progress`. Raise NoSignature where nothing is stored, and what stood in the way where all
    that is stored cannot be read.
    """
    found: list[Artifact] = []
    faults: list[BoltsealError] = []
    for shelf in shelves:
        here = shelf.find(target.subject)
        faults += here.faults
        for artifact in here.artifacts:
            try:
                if _is_wanted(artifact, kind, predicate_type):
                    found.append(artifact)
            except Malformed as error:
                faults.append(error)
    if not found and faults:
        raise faults[0]
    for fault in faults:
        progress.notice(f"left out: {fault}")
    if not found:
        raise NoSignature(f"{target.subject}: no {kind}s associated")
    return tuple(found)


def _is_wanted(artifact: Artifact, kind: Kind, predicate_type: str | None) -> bool:
    opened = open_artifact(artifact, kind=kind)
    return any(one.kind is kind and predicate_type in (None, one.predicate_type) for one in opened)


def sbom(
    target: Target, *, store: Store, attachments: Repository | None = None, prefix: str = ""
) -> Sbom:
    """Return the SBOM that is attached to an image; raise ImageNotFound if there is none."""
    where = (attachments or target.reference.repository).at(
        tag_of(target.digest, Spot.SBOMS, prefix=prefix)
    )
    image = store.manifest(where)
    if image is None:
        raise ImageNotFound(f"{target.subject} has no SBOM: {where} is not there")
    if not isinstance(image, Manifest) or len(image.layers) != 1:
        raise Malformed(f"{where} is no SBOM: an image with exactly one layer is")
    layer = image.layers[0]
    content = store.blob(where.repository, layer, limit=LARGEST_SBOM)
    return Sbom(layer.media_type, content)
