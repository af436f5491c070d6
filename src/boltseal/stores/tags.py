"""The classic shelf: artifacts as layers of one image under the tag `sha256-<hex>.sig`.

Source: cosign specs/SIGNATURE_SPEC.md and pkg/oci/{remote,mutate,static}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import (
    OCI_CONFIG,
    OCI_MANIFEST,
    ZERO_TIME,
    Descriptor,
    Index,
    Manifest,
    artifact_config,
)
from boltseal.core.reading import parse_object
from boltseal.core.signature import Artifact, Form
from boltseal.errors import BoltsealError, Malformed, Undecided
from boltseal.stores import Found, Placed, Store
from boltseal.stores.merging import Merge, Pace, State, Written, confirm, write

SIGNATURES = ".sig"
ATTESTATIONS = ".att"
MOST_LAYERS = 64
LARGEST_PAYLOAD = 4 * 1024 * 1024
LayerIdentity = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class TagShelf:
    """The layers of the image under one tag beside the subject, or in `repository` if given.

    At most `most` layers of at most `largest` bytes each are read.

    `created` is RFC 3339 and goes into the config of a new image, as cosign's
    `--record-creation-timestamp` does; by default it is the zero time.
    """

    store: Store
    repository: Repository | None = None
    prefix: str = ""
    suffix: str = SIGNATURES
    created: str = ZERO_TIME
    image_type: str = OCI_MANIFEST
    config_type: str = OCI_CONFIG
    most: int = MOST_LAYERS
    largest: int = LARGEST_PAYLOAD
    pace: Pace = field(default_factory=Pace)

    @property
    def form(self) -> Form:
        """Always classic."""
        return Form.CLASSIC

    def reference(self, subject: Reference) -> Reference:
        """Return the tag at which artifacts of `subject`, a reference by digest, stand."""
        digest = _digest_of(subject)
        where = self.repository or subject.repository
        return where.at(f"{self.prefix}sha256-{digest.hex}{self.suffix}")

    def find(self, subject: Reference, *, only: Sequence[bytes] | None = None) -> Found:
        """Read the layers, at most `most` of them, each blob once however often it is named."""
        where = self.reference(subject)
        began = self.pace.now()
        state = self.store.manifest(where)
        found = self._read(state, where, only) if isinstance(state, Manifest) else Found()
        if isinstance(state, Index):
            found = Found(faults=(Malformed(f"{where} is an index, not an image of signatures"),))
        return replace(found, state=state, at=began)

    def _read(self, image: Manifest, where: Reference, only: Sequence[bytes] | None) -> Found:
        known = {Digest.of(content): content for content in only or ()}
        artifacts: list[Artifact] = []
        faults: list[BoltsealError] = []
        contents: dict[Digest, bytes | BoltsealError] = dict(known)
        for number, layer in enumerate(image.layers[: self.most]):
            if only is not None and layer.digest not in known:
                continue
            origin = f"{where} layer {number}"
            if layer.digest not in contents:
                contents[layer.digest] = self._content(where, layer, origin)
            content = contents[layer.digest]
            if isinstance(content, BoltsealError):
                faults.append(content)
            else:
                artifacts.append(_artifact(layer, content, where, image.digest, number, origin))
        if len(image.layers) > self.most:
            faults.append(_too_many(where, len(image.layers), self.most))
        return Found(tuple(artifacts), tuple(faults))

    def _content(self, where: Reference, layer: Descriptor, origin: str) -> bytes | BoltsealError:
        try:
            return self.store.blob(where.repository, layer, limit=self.largest)
        except (Malformed, Undecided) as error:
            return type(error)(f"{origin}: {error}")

    def place(
        self,
        artifact: Artifact,
        subject: Reference,
        described: Descriptor | None,
        *,
        seen: Found | None = None,
    ) -> Placed:
        """Append the artifact as a layer; the layers that are there stay byte for byte."""
        where = self.reference(subject)
        before, read_at = (seen.state, seen.at) if seen else (None, None)
        merge = self._merge(artifact, where)
        written = write(self.store, merge, pace=self.pace, before=before, read_at=read_at)
        return self._placed(artifact, subject, where, written)

    def confirm(self, placed: Placed) -> Placed:
        """Read the tag back until the layer stands there for good."""
        where = self.reference(placed.subject)
        merge = self._merge(placed.artifact, where)
        written = Written(placed.state, placed.written, placed.window)
        written = confirm(self.store, merge, written, pace=self.pace)
        return self._placed(placed.artifact, placed.subject, where, written)

    def remove(self, artifacts: Sequence[Artifact], subject: Reference) -> tuple[str, ...]:
        """Write the tag again without the layers of `artifacts`."""
        where = self.reference(subject)
        gone = {_layer_of(artifact) for artifact in artifacts}
        merge = Merge(
            where,
            join=lambda state: self._without(state, gone, where),
            holds=lambda state: not gone & set(_layers(state)),
        )
        confirm(self.store, merge, write(self.store, merge, pace=self.pace), pace=self.pace)
        return ()

    def joining(self, image: Manifest, where: Reference) -> Merge:
        """Return the merge that adds the layers of another such image, whose blobs are there.

        Where nothing stands yet, that image itself is put, byte for byte.
        """
        wanted = set(_layers(image))
        return Merge(
            where,
            join=lambda state: self._joined(state, image, where),
            holds=lambda state: wanted <= set(_layers(state)),
        )

    def _joined(self, state: State, image: Manifest, where: Reference) -> Manifest | None:
        if state is None:
            return image
        there = set(_layers(state))
        missing = tuple(layer for layer in image.layers if _identity(layer) not in there)
        if isinstance(state, Index):
            raise Malformed(f"{where} is an index, so nothing can be added to it; delete the tag")
        return self._image(state, (*state.layers, *missing), where) if missing else None

    def _merge(self, artifact: Artifact, where: Reference) -> Merge:
        layer = _descriptor(artifact)
        return Merge(
            where,
            join=lambda state: self._with(state, layer, where, artifact.content),
            holds=lambda state: _identity(layer) in _layers(state),
        )

    def _with(
        self, state: State, layer: Descriptor, where: Reference, content: bytes
    ) -> Manifest | None:
        if isinstance(state, Index):
            raise Malformed(
                f"{where} is an index, so no signature can be added to it; "
                "delete the tag or sign with --format bundle"
            )
        if _identity(layer) in _layers(state):
            return None
        self.store.put_blob(where.repository, content)
        layers = (*(state.layers if state else ()), layer)
        return self._image(state, layers, where)

    def _without(self, state: State, gone: set[LayerIdentity], where: Reference) -> Manifest | None:
        if not isinstance(state, Manifest) or not gone & set(_layers(state)):
            return None
        layers = tuple(layer for layer in state.layers if _identity(layer) not in gone)
        return self._image(state, layers, where)

    def _image(
        self, old: Manifest | None, layers: tuple[Descriptor, ...], where: Reference
    ) -> Manifest:
        config_type = old.config.media_type if old else self.config_type
        content = artifact_config(layers, created=self._created(old, where))
        self.store.put_blob(where.repository, content)
        return Manifest.build(
            Descriptor.of(content, config_type),
            layers,
            media_type=old.media_type if old else self.image_type,
            annotations=old.annotations if old else None,
            subject=old.subject if old else None,
            artifact_type=old.artifact_type if old else None,
        )

    def _created(self, old: Manifest | None, where: Reference) -> str:
        # cosign keeps the time of the image that it appends to. Only an image made with
        # --record-creation-timestamp has one, so its config is rarely worth a round trip.
        if old is None or self.created != ZERO_TIME:
            return self.created
        if Digest.of(artifact_config(old.layers)) == old.config.digest:
            return ZERO_TIME
        return _recorded_time(self.store, old, where)

    def _placed(
        self, artifact: Artifact, subject: Reference, where: Reference, written: Written
    ) -> Placed:
        digest = written.digest or _digest_of(subject)
        return Placed(
            artifact,
            subject,
            where.pinned(digest),
            tag=where.tag,
            state=written.digest,
            written=written.at,
            window=written.window,
        )


def _recorded_time(store: Store, image: Manifest, where: Reference) -> str:
    try:
        content = store.blob(where.repository, image.config, limit=LARGEST_PAYLOAD)
        created = parse_object(content, what=f"{where} config").get("created")
    except Malformed:
        return ZERO_TIME
    return created if isinstance(created, str) and len(created) < 64 else ZERO_TIME


def _digest_of(subject: Reference) -> Digest:
    if subject.digest is None:
        raise ValueError("a shelf is asked about a digest, never about a tag")
    return subject.digest


def _descriptor(artifact: Artifact) -> Descriptor:
    return Descriptor.of(
        artifact.content, artifact.media_type, annotations=dict(artifact.annotations)
    )


def _artifact(
    layer: Descriptor, content: bytes, where: Reference, digest: Digest, number: int, origin: str
) -> Artifact:
    return Artifact(
        form=Form.CLASSIC,
        media_type=layer.media_type,
        content=content,
        annotations=layer.annotations,
        origin=origin,
        location=where.pinned(digest),
        position=number,
    )


def _identity(layer: Descriptor) -> LayerIdentity:
    return str(layer.digest), tuple(sorted(layer.annotations.items()))


def _layer_of(artifact: Artifact) -> LayerIdentity:
    return _identity(_descriptor(artifact))


def _layers(state: State) -> tuple[LayerIdentity, ...]:
    return tuple(_identity(layer) for layer in state.layers) if isinstance(state, Manifest) else ()


def _too_many(where: Reference, count: int, most: int) -> Malformed:
    return Malformed(
        f"{where} has {count} signatures, of which the first {most} were looked at; "
        "remove old ones with: boltseal clean"
    )
