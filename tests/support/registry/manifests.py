"""Manifests over HTTP (distribution spec v1.1, end points 3, 7 and 9), as distribution does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .exchange import Answer, Request, refusal
from .options import Options
from .store import Conflict, Manifest, Store, digest_of, is_digest, subject_of
from .target import Target, is_tag

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MEDIA_TYPES = frozenset({OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST})


@dataclass(frozen=True, slots=True)
class Manifests:
    """Answer what is asked of `/v2/<name>/manifests/<reference>`."""

    store: Store
    options: Options

    def answer(self, request: Request, target: Target) -> Answer:
        """Read, put or delete one manifest."""
        if not (is_digest(target.reference) or is_tag(target.reference)):
            code = "DIGEST_INVALID" if ":" in target.reference else "TAG_INVALID"
            return refusal(400, code, message=f"{target.reference!r} is no tag and no digest")
        if request.method in ("GET", "HEAD"):
            return self._get(request, target)
        if request.method == "PUT":
            return self._put(request, target)
        if request.method == "DELETE" and self.options.deletes:
            return self._delete(target)
        return refusal(405, "UNSUPPORTED", message="the operation is unsupported")

    def _get(self, request: Request, target: Target) -> Answer:
        manifest = self.store.manifest(target.repository, target.reference)
        accepted = accepted_types(request)
        if manifest is not None and not is_digest(target.reference):
            manifest = self._for_old_client(manifest, target=target, accepted=accepted)
        if manifest is None:
            return refusal(404, "MANIFEST_UNKNOWN", message="manifest unknown")
        if manifest.media_type in (OCI_MANIFEST, OCI_INDEX) and (
            manifest.media_type not in accepted
        ):
            found = "OCI index" if manifest.media_type == OCI_INDEX else "OCI manifest"
            message = f"{found} found, but the Accept header does not name its media type"
            return refusal(404, "MANIFEST_UNKNOWN", message=message)
        headers = (
            ("Content-Type", manifest.media_type),
            ("Docker-Content-Digest", manifest.digest),
            ("ETag", f'"{manifest.digest}"'),
        )
        return Answer(200, headers, manifest.content)

    def _for_old_client(
        self, manifest: Manifest, *, target: Target, accepted: frozenset[str]
    ) -> Manifest | None:
        """Give the linux/amd64 child of a Docker list to a client that knows no lists."""
        if manifest.media_type != DOCKER_LIST or DOCKER_LIST in accepted:
            return manifest
        for child in _objects(manifest.document().get("manifests")):
            platform = child.get("platform", {})
            if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
                return self.store.manifest(target.repository, str(child.get("digest")))
        return None

    def _put(self, request: Request, target: Target) -> Answer:
        content = request.read()
        algorithm = target.reference.partition(":")[0] if is_digest(target.reference) else "sha256"
        media_type = request.header("Content-Type").partition(";")[0].strip()
        manifest = Manifest(digest_of(content, algorithm=algorithm), media_type, content)
        objection = self._objection(manifest, target)
        if objection is not None:
            return objection
        tag = None if is_digest(target.reference) else target.reference
        try:
            self.store.put_manifest(
                target.repository,
                manifest,
                tag=tag,
                lag=self.options.lag,
                expected=self._expected(request) if tag else None,
            )
        except Conflict:
            return refusal(412, "DENIED", message="the tag has been moved by another writer")
        return self._created(manifest, target)

    def _created(self, manifest: Manifest, target: Target) -> Answer:
        answer = Answer(
            201,
            (
                ("Location", f"/v2/{target.repository}/manifests/{manifest.digest}"),
                ("Docker-Content-Digest", manifest.digest),
            ),
        )
        subject = subject_of(manifest.document())
        if subject is None or not self.options.referrers:
            return answer
        return answer.with_headers(OCI_Subject=subject)

    def _expected(self, request: Request) -> str | None:
        if not self.options.compare_and_swap:
            return None
        if request.header("If-None-Match") == "*":
            return ""
        return request.header("If-Match").strip('"') or None

    def _objection(self, manifest: Manifest, target: Target) -> Answer | None:
        if len(manifest.content) > self.options.manifest_limit:
            message = f"a manifest may take {self.options.manifest_limit} bytes at most"
            return refusal(413, "MANIFEST_INVALID", message=message)
        if is_digest(target.reference) and target.reference != manifest.digest:
            message = "provided digest did not match uploaded content"
            return refusal(400, "DIGEST_INVALID", message=message)
        fault = shape_fault(manifest)
        if fault is not None:
            return refusal(400, "MANIFEST_INVALID", message=fault)
        missing = list(self._missing(manifest, target)) if self.options.check_references else []
        if missing:
            message = "the manifest speaks of content that is not in the repository"
            return refusal(400, "MANIFEST_BLOB_UNKNOWN", message=message, detail=missing)
        return None

    def _missing(self, manifest: Manifest, target: Target) -> Iterator[str]:
        """Name what the manifest refers to and the repository lacks; a subject may be missing."""
        document = manifest.document()
        for child in _objects(document.get("manifests")):
            if not self.store.has_manifest(target.repository, str(child.get("digest"))):
                yield str(child.get("digest"))
        for part in _objects([document.get("config"), *document.get("layers", [])]):
            digest = str(part.get("digest"))
            if not part.get("urls") and self.store.blob(target.repository, digest) is None:
                yield digest

    def _delete(self, target: Target) -> Answer:
        if is_digest(target.reference):
            gone = self.store.delete_manifest(target.repository, target.reference)
        else:
            gone = self.store.delete_tag(target.repository, target.reference)
        return Answer(202) if gone else refusal(404, "MANIFEST_UNKNOWN", message="manifest unknown")


def accepted_types(request: Request) -> frozenset[str]:
    """Read the media types that a request names; as in distribution, a wildcard stands for none."""
    named = request.header("Accept").split(",")
    return frozenset(name.partition(";")[0].strip() for name in named)


def shape_fault(manifest: Manifest) -> str | None:
    """Say what keeps the bytes from being a manifest of their media type, or None."""
    if manifest.media_type not in MEDIA_TYPES:
        return f"the media type {manifest.media_type!r} is not known"
    try:
        document = json.loads(manifest.content)
    except ValueError as error:
        return f"not JSON: {error}"
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        return "not a JSON object of schemaVersion 2"
    if document.get("mediaType", manifest.media_type) != manifest.media_type:
        return "the mediaType inside is not that of the Content-Type header"
    index = manifest.media_type in (OCI_INDEX, DOCKER_LIST)
    wanted, foreign = ("manifests", "layers") if index else ("layers", "manifests")
    if not isinstance(document.get(wanted), list) or foreign in document:
        return f"a {manifest.media_type} has {wanted} and no {foreign}"
    return None


def _objects(values: Any) -> list[dict[str, Any]]:
    return [value for value in values or [] if isinstance(value, dict)]
