"""OCI manifests, indexes and image configs as values that keep the bytes they were read from.

Source: OCI image specification 1.1 (descriptor, manifest, image-index, config); member order and
escaping of what is written are go-containerregistry's, because cosign writes through it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boltseal.core.names import Digest
from boltseal.core.reading import (
    member,
    optional_member,
    parse_base64,
    parse_object,
)
from boltseal.core.writing import go_json, sorted_members
from boltseal.errors import IntegrityError, Malformed, UsageError

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)
LARGEST_MANIFEST = 4 * 1024 * 1024
EMPTY_OBJECT = b"{}"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says about one blob or manifest: type, size in bytes, digest and notes."""

    media_type: str
    size: int
    digest: Digest
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None
    data: bytes | None = None
    platform: Mapping[str, Any] | None = None
    urls: tuple[str, ...] = ()

    @classmethod
    def of(cls, content: bytes, media_type: str, **more: Any) -> Descriptor:
        """Describe `content`."""
        return cls(media_type, len(content), Digest.of(content), **more)

    @classmethod
    def parse(cls, value: Any, *, what: str) -> Descriptor:
        """Read a descriptor object; raise Malformed, or IntegrityError for false inline data."""
        if not isinstance(value, dict):
            raise Malformed(f"{what} is not an object")
        size = member(value, "size", int, what=what)
        if size < 0:
            raise Malformed(f"{what} has a negative size")
        data = optional_member(value, "data", str, what=what)
        urls = optional_member(value, "urls", list, what=what) or []
        return cls(
            media_type=member(value, "mediaType", str, what=what),
            size=size,
            digest=parse_digest(member(value, "digest", str, what=what), what=what),
            annotations=_string_map(value, "annotations", what=what),
            artifact_type=optional_member(value, "artifactType", str, what=what),
            data=None if data is None else parse_base64(data, what=f"{what}: data"),
            platform=optional_member(value, "platform", dict, what=what),
            urls=tuple(url for url in urls if isinstance(url, str)),
        ).checked()

    def checked(self) -> Descriptor:
        """Return self if the inline data, where there is some, is that of the digest."""
        if self.data is not None:
            self.check(self.data, what="inline data")
        return self

    def check(self, content: bytes, *, what: str) -> bytes:
        """Return `content` if it has this size and digest, else raise IntegrityError."""
        if len(content) != self.size:
            raise IntegrityError(
                f"{what} has {len(content)} bytes where {self.size} were announced"
            )
        if Digest.of(content) != self.digest:
            raise IntegrityError(f"{what} does not have the digest {self.digest}")
        return content

    @property
    def platform_name(self) -> str | None:
        """`os/architecture[/variant]`, or None where no platform is given."""
        if self.platform is None:
            return None
        parts = (
            self.platform.get("os"),
            self.platform.get("architecture"),
            self.platform.get("variant"),
        )
        return "/".join(str(part) for part in parts if part)

    def is_for(self, platform: str) -> bool:
        """Tell whether this is for `os/architecture[/variant]`, any variant if none is named."""
        name = self.platform_name or ""
        return name == platform or name.startswith(f"{platform}/")

    def to_json(self) -> dict[str, Any]:
        """Return the members in go-containerregistry's order, empty ones left out."""
        value: dict[str, Any] = {
            "mediaType": self.media_type,
            "size": self.size,
            "digest": str(self.digest),
        }
        if self.data is not None:
            value["data"] = base64.b64encode(self.data).decode("ascii")
        if self.urls:
            value["urls"] = list(self.urls)
        if self.annotations:
            value["annotations"] = sorted_members(self.annotations)
        if self.platform is not None:
            value["platform"] = dict(self.platform)
        if self.artifact_type:
            value["artifactType"] = self.artifact_type
        return value


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image manifest. `raw` holds the exact bytes, whose hash is the manifest's digest."""

    raw: bytes
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    artifact_type: str | None = None

    @classmethod
    def build(
        cls,
        config: Descriptor,
        layers: tuple[Descriptor, ...],
        *,
        media_type: str = OCI_MANIFEST,
        annotations: Mapping[str, str] | None = None,
        subject: Descriptor | None = None,
        artifact_type: str | None = None,
    ) -> Manifest:
        """Write a manifest in go-containerregistry's member order."""
        value: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": config.to_json(),
            "layers": [layer.to_json() for layer in layers],
        }
        if annotations:
            value["annotations"] = sorted_members(annotations)
        if subject is not None:
            value["subject"] = subject.to_json()
        if artifact_type:
            value["artifactType"] = artifact_type
        return cls(
            go_json(value), media_type, config, layers, annotations or {}, subject, artifact_type
        )

    @property
    def digest(self) -> Digest:
        """The digest of the exact bytes."""
        return Digest.of(self.raw)

    def descriptor(self, **more: Any) -> Descriptor:
        """Describe this manifest."""
        return Descriptor.of(self.raw, self.media_type, **more)


@dataclass(frozen=True, slots=True)
class Index:
    """An image index (or Docker manifest list). `raw` holds the exact bytes."""

    raw: bytes
    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    artifact_type: str | None = None

    @classmethod
    def build(
        cls, manifests: tuple[Descriptor, ...], *, annotations: Mapping[str, str] | None = None
    ) -> Index:
        """Write an OCI index in go-containerregistry's member order."""
        value: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [entry.to_json() for entry in manifests],
        }
        if annotations:
            value["annotations"] = sorted_members(annotations)
        return cls(go_json(value), OCI_INDEX, manifests, annotations or {})

    @property
    def digest(self) -> Digest:
        """The digest of the exact bytes."""
        return Digest.of(self.raw)

    def descriptor(self, **more: Any) -> Descriptor:
        """Describe this index."""
        return Descriptor.of(self.raw, self.media_type, **more)

    def children(self) -> tuple[Descriptor, ...]:
        """The platform images: entries that are manifests, BuildKit's attestations left out.

        BuildKit marks an attestation manifest with the platform `unknown/unknown` and the
        annotation `vnd.docker.reference.type: attestation-manifest`; both must be there, so
        that nothing leaves the list by carrying one of them only.
        """
        return tuple(entry for entry in self.manifests if not _is_build_attestation(entry))


def _is_build_attestation(entry: Descriptor) -> bool:
    return (
        entry.platform_name == "unknown/unknown"
        and entry.annotations.get("vnd.docker.reference.type") == "attestation-manifest"
    )


def parse_manifest(raw: bytes, *, media_type: str | None, what: str) -> Manifest | Index:
    """Read a manifest or an index, whichever it is; raise Malformed if it could be both.

    `media_type` is the Content-Type it came with; it must not contradict the document
    (CVE-2021-41190). Docker schema 1 is refused. A document without a media type of its own is
    told by its members.
    """
    if len(raw) > LARGEST_MANIFEST:
        raise Malformed(f"{what} is larger than {LARGEST_MANIFEST} bytes")
    value = parse_object(raw, what=what)
    if value.get("schemaVersion") != 2 or isinstance(value.get("schemaVersion"), bool):
        raise Malformed(f"{what} is not of schema version 2 (Docker's schema 1 is not supported)")
    own = optional_member(value, "mediaType", str, what=what)
    kind = _kind(value, own or _known(media_type), what=what)
    if _known(media_type) and own and media_type != own:
        raise Malformed(f"{what} came as {media_type} and says that it is {own}")
    return (
        _read_index(raw, value, kind, what=what)
        if kind in INDEX_TYPES
        else _read_manifest(raw, value, kind, what=what)
    )


def _known(media_type: str | None) -> str | None:
    return media_type if media_type in MANIFEST_TYPES else None


def _kind(value: Mapping[str, Any], claimed: str | None, *, what: str) -> str:
    is_index, is_image = "manifests" in value, "layers" in value or "config" in value
    if is_index and is_image:
        raise Malformed(f"{what} is ambiguous: it has both layers and manifests")
    kind = claimed or (OCI_INDEX if is_index else OCI_MANIFEST)
    if kind not in MANIFEST_TYPES:
        raise Malformed(f"{what} has the unknown media type {kind[:100]!r}")
    if (kind in INDEX_TYPES) != is_index:
        raise Malformed(f"{what} says that it is {kind}, and its members say otherwise")
    return kind


def _read_manifest(raw: bytes, value: dict[str, Any], kind: str, *, what: str) -> Manifest:
    # Go writes an empty list of layers as null.
    layers = optional_member(value, "layers", list, what=what) or []
    return Manifest(
        raw=raw,
        media_type=kind,
        config=Descriptor.parse(value.get("config"), what=f"{what}: config"),
        layers=tuple(
            Descriptor.parse(layer, what=f"{what}: layer {number}")
            for number, layer in enumerate(layers)
        ),
        annotations=_string_map(value, "annotations", what=what),
        subject=_subject(value, what=what),
        artifact_type=optional_member(value, "artifactType", str, what=what),
    )


def _read_index(raw: bytes, value: dict[str, Any], kind: str, *, what: str) -> Index:
    entries = optional_member(value, "manifests", list, what=what) or []
    return Index(
        raw=raw,
        media_type=kind,
        manifests=tuple(
            Descriptor.parse(entry, what=f"{what}: entry {number}")
            for number, entry in enumerate(entries)
        ),
        annotations=_string_map(value, "annotations", what=what),
        subject=_subject(value, what=what),
        artifact_type=optional_member(value, "artifactType", str, what=what),
    )


def _subject(value: Mapping[str, Any], *, what: str) -> Descriptor | None:
    subject = value.get("subject")
    return None if subject is None else Descriptor.parse(subject, what=f"{what}: subject")


def _string_map(value: Mapping[str, Any], name: str, *, what: str) -> dict[str, str]:
    found = optional_member(value, name, dict, what=what) or {}
    if any(not isinstance(text, str) for text in found.values()):
        raise Malformed(f"{what}: member {name!r} holds something other than text")
    return dict(found)


def parse_digest(text: str, *, what: str) -> Digest:
    """Read a digest out of untrusted bytes; raise Malformed where `Digest.parse` refuses."""
    try:
        return Digest.parse(text)
    except UsageError as error:
        raise Malformed(f"{what}: {error}") from error


ZERO_TIME = "0001-01-01T00:00:00Z"


def artifact_config(layers: tuple[Descriptor, ...], *, created: str = ZERO_TIME) -> bytes:
    """Write the image config that cosign gives to an image of signatures.

    One history entry and one diff_id a layer, the diff_id being the layer's own digest, since
    the layers are not compressed. `created` is RFC 3339. Source: cosign pkg/oci/empty.
    """
    value: dict[str, Any] = {"architecture": "", "created": created}
    if layers:
        value["history"] = [{"created": ZERO_TIME} for _ in layers]
    value["os"] = ""
    value["rootfs"] = {"type": "layers", "diff_ids": [str(layer.digest) for layer in layers]}
    value["config"] = {}
    return go_json(value)
