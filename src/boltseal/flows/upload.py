"""Put plain files into a registry, each as an image of one layer, several as an index.

Loaded -carrier-> blobs, config -put-> manifest, or manifests by digest and an index
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import OCI_CONFIG, Descriptor, Index, Manifest, artifact_config
from boltseal.errors import UsageError
from boltseal.stores import Carrier, Store

# What Go's DetectContentType finds by first bytes, as far as files for releases go.
_MAGIC = (
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x00asm", "application/wasm"),
    (b"<?xml", "text/xml"),
)
_SNIFFED = 512
# Control characters that no text has (WHATWG MIME Sniffing, "binary data byte").
_BINARY = {*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)}


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file to upload: its name, what it is, its bytes from the beginning each time asked for.

    `platform` is `os[/architecture]`, by which a reader chooses among several files.
    """

    name: str
    described: Descriptor
    pieces: Callable[[], Iterator[bytes]]
    platform: str = ""


def media_type_of(content: bytes) -> str:
    """Guess a media type from the first 512 bytes of a file, without parameters."""
    head = content[:_SNIFFED]
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return "application/octet-stream" if _BINARY & set(head) else "text/plain"


def upload(
    files: Sequence[Loaded],
    target: Reference,
    *,
    annotations: Mapping[str, str],
    store: Store,
    carrier: Carrier,
) -> Digest:
    """Upload files under one reference and return the digest that it names then.

    Raise UsageError where there is no file, or where several could not be told apart.
    """
    _check(files)
    images = [_image(file, target, annotations, carrier=carrier, store=store) for file in files]
    if len(images) == 1:
        store.put_manifest(target, images[0])
        return images[0].digest
    entries = []
    for file, image in zip(files, images, strict=True):
        store.put_manifest(target.pinned(image.digest), image)
        system, _, architecture = file.platform.partition("/")
        entries.append(image.descriptor(platform={"architecture": architecture, "os": system}))
    index = Index.build(tuple(entries))
    store.put_manifest(target, index)
    return index.digest


def _check(files: Sequence[Loaded]) -> None:
    if not files:
        raise UsageError("there is nothing to upload; name a file with -f")
    if len(files) == 1:
        return
    seen: dict[str, str] = {}
    for file in files:
        if not file.platform:
            raise UsageError(
                f"each file must include a unique platform, {file.name} had no platform"
            )
        if file.platform in seen:
            raise UsageError(
                f"each file must include a unique platform, {file.name} and {seen[file.platform]} "
                f"are both for {file.platform}"
            )
        seen[file.platform] = file.name


def _image(
    file: Loaded,
    target: Reference,
    annotations: Mapping[str, str],
    *,
    carrier: Carrier,
    store: Store,
) -> Manifest:
    carrier.send_blob(file.described, target=target.repository, pieces=file.pieces)
    layers = (file.described,)
    config = artifact_config(layers)
    store.put_blob(target.repository, config)
    return Manifest.build(Descriptor.of(config, OCI_CONFIG), layers, annotations=annotations)
