"""The bundle shelf: artifacts as manifests that name the subject, found by the referrers API.

Source: OCI distribution specification 1.1, "Listing Referrers" and its fallback tag; cosign
pkg/oci/remote/write.go for the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import (
    EMPTY_OBJECT,
    OCI_EMPTY,
    OCI_INDEX,
    Descriptor,
    Index,
    Manifest,
)
from boltseal.core.signature import Artifact, Form
from boltseal.errors import BoltsealError, Malformed, RegistryError, Undecided
from boltseal.stores import Found, Placed, Store
from boltseal.stores.merging import (
    Merge,
    Pace,
    State,
    Written,
    confirm,
    patiently,
    read_back,
    write,
)

FAMILY = "application/vnd.dev.sigstore.bundle"
LARGEST_ARTIFACT = 16 * 1024 * 1024
MOST_ENTRIES = 64
# What go-containerregistry before 0.21 writes as an entry's type: that of the config.
CONFIG_TYPES = frozenset({OCI_EMPTY})


@dataclass(frozen=True, slots=True)
class ReferrerShelf:
    """The referrers of a subject that hold one bundle each, in `repository` if given.

    `most` bounds how many candidates are read, `largest` how many bytes each may have.
    `family` is how a bundle's media type begins.
    """

    store: Store
    repository: Repository | None = None
    family: str = FAMILY
    most: int = MOST_ENTRIES
    largest: int = LARGEST_ARTIFACT
    pace: Pace = field(default_factory=Pace)

    @property
    def form(self) -> Form:
        """Always bundle."""
        return Form.BUNDLE

    def fallback(self, subject: Reference) -> Reference:
        """Return the tag that lists referrers where the registry has no API for it."""
        digest = _digest_of(subject)
        return self._where(subject).at(f"sha256-{digest.hex}")

    def find(self, subject: Reference, *, only: Sequence[bytes] | None = None) -> Found:
        """Read every bundle that names the subject, from the API and from the fallback tag.

        Where the API answers with an empty list the tag is still looked at: a registry that
        learnt the API keeps the tags of before (distribution specification, "Backwards
        Compatibility").
        """
        began = self.pace.now()
        listed, state, read = self._listed(subject)
        entries = [entry for entry in listed if self._may_hold_bundle(entry)]
        artifacts: list[Artifact] = []
        faults: list[BoltsealError] = []
        left_out = len(listed) - len(entries)
        for entry in entries[: self.most]:
            try:
                artifact = self._read(subject, entry)
            except (Malformed, Undecided) as error:
                faults.append(error)
                continue
            if artifact is None:
                left_out += 1
            else:
                artifacts.append(artifact)
        if len(entries) > self.most:
            faults.append(_too_many(subject, len(entries), self.most))
        at = began if read else None
        return Found(tuple(artifacts), tuple(faults), left_out, state=state, at=at)

    def _listed(self, subject: Reference) -> tuple[tuple[Descriptor, ...], State, bool]:
        """Return the entries, what the fallback tag names, and whether that was asked."""
        digest = _digest_of(subject)
        entries = self.store.referrers(self._where(subject), digest)
        if entries:
            return tuple(entries), None, False
        state = self.store.manifest(self.fallback(subject))
        return _entries(state, digest), state, True

    def _may_hold_bundle(self, entry: Descriptor) -> bool:
        # Listings lie about the type or leave it out, so only what claims to be something
        # else altogether is passed over unread.
        kind = entry.artifact_type
        return not kind or kind.startswith(self.family) or kind in CONFIG_TYPES

    def _read(self, subject: Reference, entry: Descriptor) -> Artifact | None:
        where = self._where(subject).at(entry.digest)
        manifest = self.store.manifest(where)
        if manifest is None:
            raise Malformed(f"{where} is listed as a referrer and is not there")
        if isinstance(manifest, Index) or manifest.subject is None:
            return None
        if manifest.subject.digest != subject.digest:
            return None
        if len(manifest.layers) != 1 or not manifest.layers[0].media_type.startswith(self.family):
            return None
        layer = manifest.layers[0]
        try:
            content = self.store.blob(where.repository, layer, limit=self.largest)
        except (Malformed, Undecided) as error:
            raise type(error)(f"{where}: {error}") from error
        return _artifact(manifest, content, where)

    def place(
        self,
        artifact: Artifact,
        subject: Reference,
        described: Descriptor | None,
        *,
        seen: Found | None = None,
    ) -> Placed:
        """Store the artifact's manifest, and list it by tag where there is no referrers API."""
        if described is None:
            raise ValueError("a bundle names its subject's type and size, so they must be given")
        repository = self._where(subject)
        manifest = self._manifest(artifact, described)
        location = repository.at(manifest.digest)

        def upload() -> None:
            self.store.put_blob(repository, artifact.content)
            self.store.put_blob(repository, EMPTY_OBJECT)
            self.store.put_manifest(location, manifest)

        patiently(upload, pace=self.pace)
        placed = Placed(artifact, subject, location)
        if self.store.lists_referrers(repository, _digest_of(subject)):
            return placed
        before, read_at = (seen.state, seen.at) if seen else (None, None)
        merge = self._merge(manifest, subject)
        written = write(self.store, merge, pace=self.pace, before=before, read_at=read_at)
        return replace(
            placed,
            tag=self.fallback(subject).tag,
            state=written.digest,
            written=written.at,
            window=written.window,
        )

    def confirm(self, placed: Placed) -> Placed:
        """Read the manifest back, and the list that it is found by."""
        manifest = read_back(self.store, placed.location, pace=self.pace)
        if placed.tag is None:
            return placed
        written = Written(placed.state, placed.written, placed.window)
        confirm(self.store, self._merge(manifest, placed.subject), written, pace=self.pace)
        return placed

    def remove(self, artifacts: Sequence[Artifact], subject: Reference) -> tuple[str, ...]:
        """Take artifacts off the fallback list and delete their manifests where that is allowed."""
        gone = {a.location.digest for a in artifacts if a.location and a.location.digest}
        merge = Merge(
            self.fallback(subject),
            join=lambda state: _without(state, gone),
            holds=lambda state: not any(e.digest in gone for e in _all_entries(state)),
        )
        confirm(self.store, merge, write(self.store, merge, pace=self.pace), pace=self.pace)
        refused = [self._refused(a.location) for a in artifacts if a.location]
        return tuple(notice for notice in refused if notice)

    def _refused(self, location: Reference) -> str:
        try:
            self.store.delete(location)
        except RegistryError as error:
            return f"{location} stays, because it could not be deleted: {error}"
        return ""

    def _manifest(self, artifact: Artifact, described: Descriptor) -> Manifest:
        # cosign writes the artifact type into the config's descriptor as well.
        config = Descriptor.of(EMPTY_OBJECT, OCI_EMPTY, artifact_type=artifact.media_type)
        return Manifest.build(
            config,
            (Descriptor.of(artifact.content, artifact.media_type),),
            annotations=dict(artifact.manifest_annotations),
            subject=Descriptor(described.media_type, described.size, described.digest),
            artifact_type=artifact.media_type,
        )

    def _merge(self, manifest: Manifest, subject: Reference) -> Merge:
        return self.listing(manifest, subject)

    def listing(self, manifest: Manifest, subject: Reference) -> Merge:
        """Return the merge that lists a manifest in the fallback tag of its subject."""
        where = self.fallback(subject)
        return Merge(
            where,
            join=lambda state: listing(state, manifest, where),
            holds=lambda state: any(e.digest == manifest.digest for e in _all_entries(state)),
        )

    def _where(self, subject: Reference) -> Repository:
        return self.repository or subject.repository


def listing(state: State, manifest: Manifest, where: Reference) -> Index | None:
    """Return the fallback index with `manifest` in it, sorted by digest, or None if it is there.

    The entry's `artifactType` is the manifest's, as the distribution specification demands and
    go-containerregistry does since 0.21; older ones wrote the config's type instead.
    """
    subject = manifest.subject.digest if manifest.subject else None
    if state is not None and state.digest == subject:
        raise RegistryError(
            f"{where} is answered with the image itself, as GitLab's registry does and as "
            "`cosign copy` leaves it, so bundles cannot be listed there; sign with --format classic"
        )
    if isinstance(state, Manifest):
        raise Malformed(
            f"{where} names an image, not a list of referrers; "
            "delete that tag, or sign with --format classic"
        )
    entries = _all_entries(state)
    if any(entry.digest == manifest.digest for entry in entries):
        return None
    new = manifest.descriptor(artifact_type=manifest.artifact_type)
    entries = tuple(sorted((*entries, new), key=lambda entry: str(entry.digest)))
    return Index.build(entries, annotations=state.annotations if state else None)


def _without(state: State, gone: set[Digest]) -> Index | None:
    entries = _all_entries(state)
    kept = tuple(entry for entry in entries if entry.digest not in gone)
    return None if len(kept) == len(entries) else Index.build(kept)


def _all_entries(state: State) -> tuple[Descriptor, ...]:
    return state.manifests if isinstance(state, Index) else ()


def _entries(state: State, subject: Digest) -> tuple[Descriptor, ...]:
    # GitLab answers this tag with the subject itself, and a subject may be an index.
    if not isinstance(state, Index) or state.media_type != OCI_INDEX or state.digest == subject:
        return ()
    return state.manifests


def _digest_of(subject: Reference) -> Digest:
    if subject.digest is None:
        raise ValueError("a shelf is asked about a digest, never about a tag")
    return subject.digest


def _artifact(manifest: Manifest, content: bytes, where: Reference) -> Artifact:
    return Artifact(
        form=Form.BUNDLE,
        media_type=manifest.layers[0].media_type,
        content=content,
        annotations=manifest.layers[0].annotations,
        manifest_annotations=manifest.annotations,
        origin=str(where),
        location=where,
    )


def _too_many(subject: Reference, count: int, most: int) -> Malformed:
    return Malformed(
        f"{subject} has {count} referrers, of which the first {most} were looked at; "
        "remove old ones with: boltseal clean"
    )
