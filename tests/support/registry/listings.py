"""Tags and referrers over HTTP, page by page (distribution spec v1.1, end points 8 and 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from .exchange import Answer, Request, json_answer, refusal
from .manifests import OCI_INDEX
from .options import Options
from .store import Manifest, Store, is_digest
from .target import Target


@dataclass(frozen=True, slots=True)
class Listings:
    """Answer `/v2/<name>/tags/list` and `/v2/<name>/referrers/<digest>`."""

    store: Store
    options: Options

    def tags(self, request: Request, target: Target) -> Answer:
        """List tags in lexical order, after `last`, at most `n` of them."""
        tags = self.store.tags(target.repository)
        if tags is None:
            return refusal(404, "NAME_UNKNOWN", message="repository name not known to registry")
        last = request.parameter("last") or ""
        left = [tag for tag in tags if tag > last]
        page = left[: self._limit(request)]
        answer = json_answer(200, {"name": target.repository, "tags": page})
        if not page or len(page) == len(left):
            return answer
        query = {"last": page[-1], "n": str(len(page))}
        return answer.with_headers(Link=_link(f"/v2/{target.repository}/tags/list", query))

    def referrers(self, request: Request, target: Target) -> Answer:
        """List what refers to a digest, filtered by `artifactType` where that was asked for."""
        if not self.options.referrers:
            return refusal(404, "UNSUPPORTED", message="the referrers API is not supported")
        if not is_digest(target.reference):
            return refusal(400, "DIGEST_INVALID", message=f"{target.reference!r} is no digest")
        found = self.store.referrers(target.repository, target.reference)
        descriptors = [descriptor_of(manifest) for manifest in found]
        wanted = request.parameter("artifactType")
        if wanted is not None:
            descriptors = [d for d in descriptors if d.get("artifactType") == wanted]
        answer = self._referrers_page(request, target, descriptors=descriptors)
        return answer if wanted is None else answer.with_headers(OCI_Filters_Applied="artifactType")

    def _referrers_page(
        self, request: Request, target: Target, *, descriptors: list[dict[str, Any]]
    ) -> Answer:
        digests = [str(descriptor["digest"]) for descriptor in descriptors]
        last = request.parameter("last")
        start = digests.index(last) + 1 if last in digests else 0
        limit = self._limit(request)
        end = len(descriptors) if limit is None else start + limit
        page = descriptors[start:end]
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": page}
        answer = json_answer(200, index, media_type=OCI_INDEX)
        if not page or end >= len(descriptors):
            return answer
        query = {"last": str(page[-1]["digest"]), "n": str(len(page))}
        artifact_type = request.parameter("artifactType")
        if artifact_type is not None:
            query["artifactType"] = artifact_type
        path = f"/v2/{target.repository}/referrers/{target.reference}"
        return answer.with_headers(Link=_link(path, query))

    def _limit(self, request: Request) -> int | None:
        asked = request.parameter("n") or ""
        sizes = [int(asked)] if asked.isdecimal() else []
        sizes += [] if self.options.page_size is None else [self.options.page_size]
        return min(sizes, default=None)


def descriptor_of(manifest: Manifest) -> dict[str, Any]:
    """Describe a manifest as the referrers list has it: its artifactType, or else its config's."""
    document = manifest.document()
    descriptor: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.content),
    }
    config = document.get("config")
    config_type = config.get("mediaType") if isinstance(config, dict) else None
    artifact_type = document.get("artifactType") or config_type
    if artifact_type:
        descriptor["artifactType"] = artifact_type
    if document.get("annotations"):
        descriptor["annotations"] = document["annotations"]
    return descriptor


def _link(path: str, query: dict[str, str]) -> str:
    return f'<{path}?{urlencode(query, quote_via=quote)}>; rel="next"'
