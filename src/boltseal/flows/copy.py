"""Copy images with everything that stands beside them; the tag is written last.

    Reference -locate-> digest -children-> blobs -carrier-> manifests by digest -tags, referrers->
    merged beside the copy -put-> tag

What is at the destination already is left alone, so that a run that failed can be repeated.
cosign's own copy leaves a tag `sha256-<hex>` that names the image, the very name of the referrers'
fallback list; nothing here writes such a tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from boltseal.core.attached import Spot, tag_of
from boltseal.core.carried import CarriedImage, CarryReport, Tally
from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Descriptor, Index, Manifest
from boltseal.errors import BoltsealError, Malformed, UsageError
from boltseal.flows import Progress, Quiet
from boltseal.flows.targets import MOST_DEEP, not_found, side_by_side
from boltseal.stores import Carrier, How, Store

SPOTS = (Spot.SIGNATURES, Spot.ATTESTATIONS, Spot.SBOMS)
_FAMILY = "application/vnd.dev.sigstore.bundle"
_PREDICATE = "dev.sigstore.bundle.predicateType"
_SIGNED = "https://sigstore.dev/cosign/sign/v1"
_JOBS = 3
# No image has as many; a document that says so is after our time.
_MOST_MANIFESTS = 2000


@dataclass(frozen=True, slots=True)
class Choice:
    """What of an image to copy.

    With `only`, the image itself stays behind and of what stands beside it those spots are taken,
    as cosign's `--only` does. `platform` is `os/architecture[/variant]` of the one image of an
    index to copy. `force` lets a tag that names another image be moved. `beside` is where
    signatures stand, if not beside the source; `prefix` is before the names of their tags.
    """

    only: tuple[Spot, ...] = ()
    platform: str = ""
    force: bool = False
    beside: Repository | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Cart:
    """What copying works with: the store, the carrier, how many images at once, the progress."""

    store: Store
    carrier: Carrier
    parallel: int = 4
    progress: Progress = field(default_factory=Quiet)


def copy(
    pairs: Sequence[tuple[Reference, Reference]], choice: Choice, *, cart: Cart
) -> CarryReport:
    """Copy each source to its target and return what was done; failures stand by image.

    Raise UsageError if there is nothing to copy.
    """
    if not pairs:
        raise UsageError("there is nothing to copy: no image was given")
    cart.progress.started(len(pairs))
    return CarryReport(
        side_by_side(lambda pair: _one(*pair, choice, cart), pairs, parallel=cart.parallel)
    )


def _one(source: Reference, target: Reference, choice: Choice, cart: Cart) -> CarriedImage:
    trip = _Trip(source.repository, target.repository, choice, cart)
    digest: Digest | None = None
    error: BoltsealError | None = None
    try:
        digest = trip.go(source, target)
    except BoltsealError as failure:
        error = failure
    word = "failed" if error else "there already" if trip.tally.idle else "copied"
    cart.progress.finished(str(source), word)
    return CarriedImage(str(source), target, digest, trip.tally, error, tuple(trip.notices))


@dataclass(frozen=True, slots=True)
class _Trip:
    """One image on its way from a repository to another."""

    source: Repository
    target: Repository
    choice: Choice
    cart: Cart
    tally: Tally = field(default_factory=Tally)
    notices: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.cart.store

    def go(self, asked: Reference, target: Reference) -> Digest:
        document = self._chosen(asked)
        if target.digest is not None and target.digest != document.digest:
            raise UsageError(f"{target} cannot be the name of {document.digest}; leave it out")
        retag = not self.choice.only and target.digest is None and self._may_tag(document, target)
        digests = [digest for digest, _ in self._walked(document, carry=not self.choice.only)]
        for digest in digests:
            self._beside(digest)
        if retag:
            self.store.put_manifest(target, document)
            self.tally.manifests += 1
        return document.digest

    def _chosen(self, asked: Reference) -> Manifest | Index:
        document = self.store.manifest(asked)
        if document is None:
            raise not_found(asked)
        wanted = self.choice.platform
        if not wanted or not isinstance(document, Index):
            return document
        found = [child for child in document.children() if child.is_for(wanted)]
        if len(found) != 1:
            has = ", ".join(child.platform_name or "?" for child in document.children())
            how = "several images" if found else "no image"
            raise UsageError(f"{asked} has {how} for {wanted}; it has {has}")
        return self._read(self.source.at(found[0].digest))

    def _may_tag(self, document: Manifest | Index, target: Reference) -> bool:
        """Tell whether the tag has to be written; raise UsageError if another image has it."""
        there = self.store.resolve(target)
        if there is None or there.digest == document.digest:
            return there is None
        if not self.choice.force:
            # cosign's words, and its rule.
            raise UsageError(
                f'image "{target}" already exists. Use `-f` to overwrite; it is {there.digest}'
            )
        return True

    def _walked(
        self, document: Manifest | Index, *, carry: bool, depth: int = 0
    ) -> Iterator[tuple[Digest, Manifest | Index]]:
        """Go through an image and its children, bringing each after what it names."""
        yield document.digest, document
        where = self.target.at(document.digest)
        if isinstance(document, Index):
            if depth >= MOST_DEEP or len(document.manifests) > _MOST_MANIFESTS:
                raise Malformed(f"{where} is nested too deeply or names too many images")
            for child in document.manifests:
                below = self._read(self.source.at(child.digest))
                yield from self._walked(below, carry=carry, depth=depth + 1)
        if carry:
            self._bring(document)

    def _bring(self, document: Manifest | Index, *, origin: Repository | None = None) -> None:
        """Put a manifest by digest, its blobs first; nothing is done where it is there."""
        where = self.target.at(document.digest)
        if self.store.resolve(where) is not None:
            self.tally.kept += 1
            return
        if isinstance(document, Manifest):
            self._bring_blobs(document, origin or self.source)
        self.store.put_manifest(where, document)
        self.tally.manifests += 1

    def _bring_blobs(self, image: Manifest, origin: Repository) -> None:
        wanted = {blob.digest: blob for blob in (*image.layers, image.config)}
        # What is only to be had elsewhere stays there, as Docker's foreign layers do.
        blobs = [blob for blob in wanted.values() if not blob.urls]
        parallel = _JOBS if self.cart.parallel < 2 else 1
        for blob, how in zip(
            blobs,
            side_by_side(lambda one: self._bring_blob(one, origin), blobs, parallel=parallel),
            strict=True,
        ):
            self._count(blob, how)

    def _bring_blob(self, blob: Descriptor, origin: Repository) -> How:
        return self.cart.carrier.copy_blob(blob, source=origin, target=self.target)

    def _count(self, blob: Descriptor, how: How) -> None:
        self.tally.blobs += how is How.SENT
        self.tally.mounted += how is How.MOUNTED
        self.tally.kept += how is How.THERE
        self.tally.bytes += blob.size if how is How.SENT else 0

    def _beside(self, digest: Digest) -> None:
        """Bring what stands beside one digest: three tags, and referrers of referrers too."""
        for spot in self.choice.only or SPOTS:
            self._tagged(digest, spot)
        seen = {digest}
        waiting = [digest]
        for subject in waiting:
            for manifest in self._referrers(subject):
                if manifest.digest in seen or not self._wanted(manifest):
                    continue
                seen.add(manifest.digest)
                if len(seen) > _MOST_MANIFESTS:
                    raise Malformed(f"{self.source}@{digest} has too many referrers")
                self._bring(manifest, origin=self._origin)
                self.tally.merged += self.cart.carrier.list_referrer(manifest, self.target)
                waiting.append(manifest.digest)

    @property
    def _origin(self) -> Repository:
        return self.choice.beside or self.source

    def _tagged(self, digest: Digest, spot: Spot) -> None:
        tag = tag_of(digest, spot, prefix=self.choice.prefix)
        image = self.store.manifest(self._origin.at(tag))
        if image is None:
            return
        if isinstance(image, Index):
            self.notices.append(f"{self._origin}:{tag} is an index, and was not copied")
            return
        where = self.target.at(tag)
        there = self.store.resolve(where)
        if there is not None and there.digest == image.digest:
            self.tally.kept += 1
            return
        self._bring_blobs(image, self._origin)
        if spot is Spot.SBOMS:
            self._put_sbom(image, where, taken=there is not None)
        else:
            self.tally.merged += self.cart.carrier.join_layers(image, where)

    def _put_sbom(self, image: Manifest, where: Reference, *, taken: bool) -> None:
        # One image has one SBOM there, so there is nothing to join.
        if taken and not self.choice.force:
            self.notices.append(f"{where} has another SBOM, which stays; use -f to overwrite")
            return
        self.store.put_manifest(where, image)
        self.tally.manifests += 1

    def _referrers(self, digest: Digest) -> Iterator[Manifest]:
        for entry in self._listed(digest):
            found = self.store.manifest(self._origin.at(entry.digest))
            if found is None:
                self.notices.append(f"{self._origin}@{entry.digest} is listed and is not there")
            elif isinstance(found, Index):
                self.notices.append(f"{self._origin}@{entry.digest} is an index, and stays")
            elif found.subject is not None and found.subject.digest == digest:
                yield found

    def _listed(self, digest: Digest) -> Iterable[Descriptor]:
        entries = self.store.referrers(self._origin, digest)
        if entries:
            return entries
        # Also after an empty list: a registry that learnt the API keeps the tags of before.
        if self._origin.is_layout:
            return ()
        state = self.store.manifest(self._origin.at(f"sha256-{digest.hex}"))
        return state.manifests if isinstance(state, Index) and state.digest != digest else ()

    def _wanted(self, manifest: Manifest) -> bool:
        if not self.choice.only:
            return True
        kind = manifest.artifact_type or ""
        if not kind.startswith(_FAMILY):
            return False
        signed = manifest.annotations.get(_PREDICATE) == _SIGNED
        return (Spot.SIGNATURES if signed else Spot.ATTESTATIONS) in self.choice.only

    def _read(self, where: Reference) -> Manifest | Index:
        found = self.store.manifest(where)
        if found is None:
            raise not_found(where)
        return found
