"""Blobs and uploads over HTTP: distribution spec v1.1, end points 2, 4, 5, 6, 10 and 11."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field

from .exchange import Answer, Request, refusal
from .options import Options
from .store import Store, digest_of, is_digest
from .target import Target


@dataclass(slots=True)
class _Upload:
    """Gather one upload; `state` changes with each chunk, so that an old Location is refused."""

    repository: str
    state: str
    content: bytearray = field(default_factory=bytearray)


class Blobs:
    """Answer what is asked of `/v2/<name>/blobs/`."""

    def __init__(self, store: Store, *, options: Options) -> None:
        self._store = store
        self._options = options
        self._lock = threading.Lock()
        self._uploads: dict[str, _Upload] = {}

    def answer(self, request: Request, target: Target) -> Answer:
        """Read or delete one blob."""
        if not is_digest(target.reference):
            return refusal(400, "DIGEST_INVALID", message=f"{target.reference!r} is no digest")
        if request.method in ("GET", "HEAD"):
            content = self._store.blob(target.repository, target.reference)
            if content is None:
                return _unknown()
            return _part(_blob(content, target.reference), request, ranges=self._options.ranges)
        if request.method == "DELETE" and self._options.deletes:
            gone = self._store.delete_blob(target.repository, target.reference)
            return Answer(202) if gone else _unknown()
        return refusal(405, "UNSUPPORTED", message="the operation is unsupported")

    def upload(self, request: Request, target: Target) -> Answer:
        """Begin, continue, ask after, finish or give up an upload."""
        content = request.read()
        with self._lock:
            if request.method == "POST" and not target.reference:
                return self._begin(request, target, content=content)
            upload = self._uploads.get(target.reference)
            if upload is None or upload.repository != target.repository:
                return refusal(404, "BLOB_UPLOAD_UNKNOWN", message="blob upload unknown")
            return self._continue(request, target, upload=upload, content=content)

    def _continue(
        self, request: Request, target: Target, *, upload: _Upload, content: bytes
    ) -> Answer:
        if request.method == "GET":
            return _progress(204, target.reference, upload=upload)
        if request.method == "DELETE":
            del self._uploads[target.reference]
            return Answer(204)
        if request.method not in ("PATCH", "PUT"):
            return refusal(405, "UNSUPPORTED", message="the operation is unsupported")
        if request.parameter("_state") != upload.state:
            return refusal(400, "BLOB_UPLOAD_INVALID", message="not the upload's latest Location")
        start = request.header("Content-Range").partition("-")[0].strip()
        if start not in ("", str(len(upload.content))):
            return _progress(416, target.reference, upload=upload)
        upload.content += content
        upload.state = secrets.token_urlsafe(8)
        if request.method == "PATCH":
            return _progress(202, target.reference, upload=upload)
        del self._uploads[target.reference]
        return self._finish(request, target, content=bytes(upload.content))

    def _begin(self, request: Request, target: Target, *, content: bytes) -> Answer:
        if request.parameter("digest") and self._options.single_post:
            return self._finish(request, target, content=content)
        mount, source = request.parameter("mount"), request.parameter("from")
        if mount and source:
            found = self._store.blob(source, mount)
            if found is not None:
                return self._keep(target, mount, content=found)
        name, upload = secrets.token_hex(16), _Upload(target.repository, secrets.token_urlsafe(8))
        self._uploads[name] = upload
        return _progress(202, name, upload=upload)

    def _finish(self, request: Request, target: Target, *, content: bytes) -> Answer:
        claimed = request.parameter("digest") or ""
        if not is_digest(claimed):
            return refusal(400, "DIGEST_INVALID", message=f"{claimed!r} is no digest")
        if digest_of(content, algorithm=claimed.partition(":")[0]) != claimed:
            message = "provided digest did not match uploaded content"
            return refusal(400, "DIGEST_INVALID", message=message, detail={"digest": claimed})
        return self._keep(target, claimed, content=content)

    def _keep(self, target: Target, digest: str, *, content: bytes) -> Answer:
        self._store.put_blob(target.repository, content, algorithm=digest.partition(":")[0])
        location = f"/v2/{target.repository}/blobs/{digest}"
        return Answer(201, (("Location", location), ("Docker-Content-Digest", digest)))


def _blob(content: bytes, digest: str) -> Answer:
    headers = (
        ("Content-Type", "application/octet-stream"),
        ("Docker-Content-Digest", digest),
        ("ETag", f'"{digest}"'),
    )
    return Answer(200, headers, content)


def _part(answer: Answer, request: Request, *, ranges: bool) -> Answer:
    """Cut the one range of bytes out that was asked for (RFC 9110 section 14)."""
    asked = re.fullmatch(r"bytes=([0-9]+)-([0-9]+)", request.header("Range"))
    if not ranges or request.method != "GET" or asked is None or not isinstance(answer.body, bytes):
        return answer
    start, end = int(asked[1]), min(int(asked[2]), len(answer.body) - 1)
    if start > end:
        return refusal(416, "SIZE_INVALID", message="no such range")
    told = f"bytes {start}-{end}/{len(answer.body)}"
    headers = (*answer.headers, ("Content-Range", told))
    return Answer(206, headers, answer.body[start : end + 1])


def _unknown() -> Answer:
    return refusal(404, "BLOB_UNKNOWN", message="blob unknown to registry")


def _progress(status: int, name: str, *, upload: _Upload) -> Answer:
    """Say how far an upload is; the state in Location's query must be kept by the client."""
    headers = (
        ("Location", f"/v2/{upload.repository}/blobs/uploads/{name}?_state={upload.state}"),
        ("Docker-Upload-UUID", name),
        ("Range", f"0-{max(len(upload.content) - 1, 0)}"),
    )
    return Answer(status, headers)
