"""Take away what stands beside an image: everything of a kind, or what one key made, or all but N.

Reference -locate-> Target -tags, referrers-> what is there -choose-> gone
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boltseal.core.attached import Spot, tag_of
from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.core.signature import Artifact, Form, Kind, Signature
from boltseal.errors import AccessDenied, Malformed, RegistryError
from boltseal.flows.targets import Target, locate
from boltseal.formats.bundle import CREATED, is_bundle
from boltseal.formats.open import open_artifact
from boltseal.stores import Shelf, Store
from boltseal.trust import Trust

TAGS = (Spot.SIGNATURES, Spot.ATTESTATIONS, Spot.SBOMS)


@dataclass(frozen=True, slots=True)
class Broom:
    """What cleaning works with: the store, and where things stand if not beside the image.

    `shelves` are asked where single artifacts are chosen, each with the kind that it holds.
    """

    store: Store
    shelves: Sequence[tuple[Kind, Shelf]] = ()
    attachments: Repository | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is gone, each as it was called, and what would not go."""

    target: Target
    gone: tuple[str, ...]
    notices: tuple[str, ...] = ()


def find_target(image: str | Reference, *, store: Store) -> Target:
    """Resolve an image; raise ImageNotFound where it is not there."""
    parsed = image if isinstance(image, Reference) else Reference.parse(image)
    return locate(parsed, asked=str(image), store=store, look=False)


def clean(target: Target, spots: Sequence[Spot], *, broom: Broom) -> Cleaned:
    """Delete everything at these spots; of referrers, bundles alone. What is not there is silent.

    The bundles' manifests go first and their list is written last, so that a run which failed
    can be repeated.
    """
    where = broom.attachments or target.reference.repository
    gone: list[str] = []
    notices: list[str] = []
    for spot in spots:
        if spot is Spot.REFERRER:
            found = tuple(_bundles(target.digest, where, broom.store))
            gone += [str(one.location) for one in found]
            shelf = next(one for _, one in broom.shelves if one.form is Form.BUNDLE)
            notices += shelf.remove(found, target.subject) if found else ()
        else:
            tag = where.at(tag_of(target.digest, spot, prefix=broom.prefix))
            gone += [str(tag)] if _deleted(tag, broom.store) else []
    return Cleaned(target, tuple(gone), tuple(notices))


def prune(target: Target, *, keep: int, trust: Trust | None, broom: Broom) -> Cleaned:
    """Take single artifacts off the shelves: those that `trust` believes, but the newest `keep`.

    Without a trust it is everybody's. What is counted together is of one form and says the same
    kind of thing (an attestation's predicate type). What cannot be read stays.
    """
    gone: list[str] = []
    notices: list[str] = []
    for kind, shelf in broom.shelves:
        groups: dict[str, list[Artifact]] = defaultdict(list)
        found = shelf.find(target.subject)
        notices += [f"stays, because it cannot be read: {fault}" for fault in found.faults]
        for artifact in sorted(found.artifacts, key=_age):
            for signature in _opened(artifact, kind, notices):
                if signature.kind is kind and _is_by(signature, trust):
                    groups[signature.predicate_type or ""].append(artifact)
                    break
        old = [one for group in groups.values() for one in group[: len(group) - keep]]
        if old:
            notices += shelf.remove(old, target.subject)
            gone += [one.origin or str(one.location) for one in old]
    return Cleaned(target, tuple(gone), tuple(notices))


def _age(artifact: Artifact) -> tuple[str, int, str]:
    # Layers are appended; referrers have no order but the time that their maker wrote down.
    created = artifact.manifest_annotations.get(CREATED, "")
    return created, artifact.position, str(artifact.location)


def _opened(artifact: Artifact, kind: Kind, notices: list[str]) -> tuple[Signature, ...]:
    try:
        return open_artifact(artifact, kind=kind)
    except Malformed as error:
        notices.append(f"stays, because it cannot be read: {error}")
        return ()


def _is_by(signature: Signature, trust: Trust | None) -> bool:
    return trust is None or all(check.passed for check in trust.checks(signature).checks)


def _deleted(tag: Reference, store: Store) -> bool:
    try:
        return store.delete(tag)
    except AccessDenied:
        raise
    except RegistryError:
        # Some registries delete by digest alone; so does cosign then.
        described = store.resolve(tag)
        if described is None:
            return False
        return store.delete(tag.pinned(described.digest))


def _bundles(digest: Digest, where: Repository, store: Store) -> Iterator[Artifact]:
    """Find every bundle that names the image, whether or not it could be read as one."""
    for entry in _listed(digest, where, store):
        location = where.at(entry.digest)
        found = store.manifest(location)
        if not isinstance(found, Manifest) or found.subject is None:
            continue
        if found.subject.digest == digest and _holds_bundle(found):
            yield Artifact(Form.BUNDLE, found.artifact_type or "", b"", location=location)


def _holds_bundle(image: Manifest) -> bool:
    kinds = [image.artifact_type or "", image.config.artifact_type or ""]
    return any(is_bundle(kind) for kind in (*kinds, *(one.media_type for one in image.layers)))


def _listed(digest: Digest, where: Repository, store: Store) -> Sequence[Descriptor]:
    entries = store.referrers(where, digest)
    if entries or where.is_layout:
        return entries or ()
    state = store.manifest(where.at(f"sha256-{digest.hex}"))
    return state.manifests if isinstance(state, Index) and state.digest != digest else ()
