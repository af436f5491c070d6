"""Small images are made here as pure bytes from a seed, and pushed without an engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
# A registry asked for less than all four converts the manifest, or answers with another digest.
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
_OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
_OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Blob:
    """Hold exact bytes and the media type that names their meaning."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """Give `sha256:` and the hex digest of the content."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, object]:
        """Give the OCI descriptor (image-spec, descriptor.md) of these bytes."""
        return {"mediaType": self.media_type, "size": len(self.content), "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Image:
    """Hold a manifest or an index with all that it names: blobs, or further images.

    `about` is the digest of the image that an attestation speaks of, and empty for an image.
    """

    manifest: Blob
    blobs: tuple[Blob, ...] = ()
    children: tuple[Image, ...] = ()
    platform: str = ""
    about: str = ""

    @property
    def digest(self) -> str:
        """Give the digest of the manifest, which is the image's."""
        return self.manifest.digest


@dataclass(frozen=True, slots=True)
class PushedImage:
    """Name an image where a registry now has it; `host` is without a scheme."""

    host: str
    repository: str
    tag: str
    image: Image = field(repr=False)

    @property
    def name(self) -> str:
        """Give `host/repository`."""
        return f"{self.host}/{self.repository}"

    @property
    def digest(self) -> str:
        """Give the image's digest."""
        return self.image.digest

    @property
    def tagged(self) -> str:
        """Give the reference by tag."""
        return f"{self.name}:{self.tag}"

    @property
    def pinned(self) -> str:
        """Give the reference by digest."""
        return f"{self.name}@{self.digest}"

    @property
    def child_digests(self) -> tuple[str, ...]:
        """Give the digests of an index's children in its order, attestations included."""
        return tuple(child.digest for child in self.image.children)


def build(seed: str, *, platform: str = "linux/amd64") -> Image:
    """Make a one-layer OCI image whose every byte follows from `seed` and `platform`."""
    layer_tar = _tar({"seed.txt": f"{seed} for {platform}\n".encode()})
    layer = Blob(_OCI_LAYER, gzip.compress(layer_tar, mtime=0))
    os_name, _, architecture = platform.partition("/")
    config = {
        "architecture": architecture,
        "os": os_name,
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [Blob("", layer_tar).digest]},
        "history": [{"created_by": "COPY seed.txt /"}],
    }
    blobs = (Blob(_OCI_CONFIG, _json(config)), layer)
    return Image(_manifest(blobs[0], layers=[layer.descriptor]), blobs=blobs, platform=platform)


def build_index(
    seed: str,
    *,
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64"),
    attestations: bool = False,
) -> Image:
    """Make an OCI index of one image a platform.

    With `attestations`, each is followed by a child of platform `unknown/unknown` that holds an
    in-toto statement about it, as buildx writes them (BuildKit, attestation-storage.md).
    """
    images = [build(seed, platform=platform) for platform in platforms]
    children = [child for image in images for child in _with_attestation(image, also=attestations)]
    entries = [_entry(child) for child in children]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return Image(Blob(OCI_INDEX, _json(index)), children=tuple(children))


def push(
    registry_url: str,
    repository: str,
    *,
    tag: str,
    seed: str | None = None,
    image: Image | None = None,
    auth: tuple[str, str] | None = None,
) -> PushedImage:
    """Push `image`, or the single image made from `seed` (by default the tag), over plain HTTP.

    Raises requests.HTTPError where the registry refuses, AssertionError where it stored the
    manifest under another digest.
    """
    chosen = image or build(tag if seed is None else seed)
    with _session(auth) as session:
        base = f"{registry_url.rstrip('/')}/v2/{repository}"
        _upload(session, base, image=chosen, name=tag)
    host = registry_url.split("://")[1].rstrip("/")
    return PushedImage(host=host, repository=repository, tag=tag, image=chosen)


def head(
    registry_url: str, repository: str, *, reference: str, auth: tuple[str, str] | None = None
) -> str | None:
    """Ask the registry which digest a tag or digest has now; None where it has none."""
    with _session(auth) as session:
        address = f"{registry_url.rstrip('/')}/v2/{repository}/manifests/{reference}"
        answer = session.head(address, headers={"Accept": ", ".join(MANIFEST_TYPES)}, timeout=30)
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.headers["Docker-Content-Digest"]


def _with_attestation(image: Image, *, also: bool) -> tuple[Image, ...]:
    return (image, _attestation(image)) if also else (image,)


def _attestation(image: Image) -> Image:
    subject = {"name": "_", "digest": {"sha256": image.digest.partition(":")[2]}}
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": [subject],
        "predicate": {"buildType": "https://mobyproject.org/buildkit@v1"},
    }
    layer = Blob(_IN_TOTO, _json(statement))
    config = Blob(
        _OCI_CONFIG,
        _json(
            {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
            }
        ),
    )
    annotations = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}
    manifest = _manifest(config, layers=[{**layer.descriptor, "annotations": annotations}])
    blobs = (config, layer)
    return Image(manifest, blobs=blobs, platform="unknown/unknown", about=image.digest)


def _entry(child: Image) -> dict[str, object]:
    """Shape a child's descriptor; annotations tie an attestation to its image."""
    os_name, _, architecture = child.platform.partition("/")
    entry = child.manifest.descriptor
    if child.about:
        entry["annotations"] = {
            "vnd.docker.reference.digest": child.about,
            "vnd.docker.reference.type": "attestation-manifest",
        }
    entry["platform"] = {"architecture": architecture, "os": os_name}
    return entry


def _manifest(config: Blob, *, layers: Sequence[Mapping[str, object]]) -> Blob:
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.descriptor,
        "layers": list(layers),
    }
    return Blob(OCI_MANIFEST, _json(manifest))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return sink.getvalue()


def _session(auth: tuple[str, str] | None) -> requests.Session:
    session = requests.Session()
    # A proxy or a netrc of the machine's has no say on loopback.
    session.trust_env = False
    session.auth = auth
    return session


def _upload(session: requests.Session, base: str, *, image: Image, name: str) -> None:
    """Store what is named before what names it: distribution refuses the other order."""
    for child in image.children:
        _upload(session, base, image=child, name=child.digest)
    for blob in image.blobs:
        _upload_blob(session, base, blob=blob)
    answer = session.put(
        f"{base}/manifests/{name}",
        data=image.manifest.content,
        headers={"Content-Type": image.manifest.media_type},
        timeout=30,
    )
    answer.raise_for_status()
    stored = answer.headers.get("Docker-Content-Digest", image.digest)
    assert stored == image.digest, f"{base} stored {stored} for {image.digest}"


def _upload_blob(session: requests.Session, base: str, *, blob: Blob) -> None:
    """Upload in one POST and one PUT (distribution-spec, pushing blobs monolithically)."""
    if session.head(f"{base}/blobs/{blob.digest}", timeout=30).ok:
        return
    begun = session.post(f"{base}/blobs/uploads/", timeout=30)
    begun.raise_for_status()
    session.put(
        urljoin(begun.url, begun.headers["Location"]),
        params={"digest": blob.digest},
        data=blob.content,
        headers={"Content-Type": "application/octet-stream"},
        timeout=30,
    ).raise_for_status()
