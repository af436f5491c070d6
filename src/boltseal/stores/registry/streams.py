"""Large blobs of a registry: read by ranges and sent by chunks, each of them tried on its own.

Source: OCI distribution specification 1.1, "Pulling blobs" (RFC 9110 range requests), "Pushing a
blob in chunks" and "Mounting a blob from another repository".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from boltseal.core.names import Repository
from boltseal.core.oci import Descriptor
from boltseal.errors import AccessDenied, IntegrityError, RegistryError
from boltseal.stores.pieces import PIECE, checked, regrouped
from boltseal.stores.registry.answers import is_missing, refuse_page
from boltseal.stores.registry.blobs import Blobs, blob_path, check_stored
from boltseal.stores.registry.caller import Call, Caller
from boltseal.stores.registry.exchange import Headers, Request, Response
from boltseal.stores.registry.redirects import onward
from boltseal.stores.registry.scopes import Need, scopes_of

# What is taken whole from a registry that knows no ranges, and the longest chunk it may demand.
WHOLE = 64 * 1024 * 1024
_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
_SO_FAR = re.compile(r"(?:bytes=)?0-([0-9]{1,19})")
_GONE = frozenset({404, 416})
_AGAIN = frozenset({400, *_GONE})
# 202 by the specification; go-containerregistry's own registry says 204.
_TAKEN = frozenset({200, 201, 202, 204})


class Streamed:
    """Blobs of any size in constant memory, beside those that `Blobs` reads and sends whole."""

    def __init__(self, caller: Caller, blobs: Blobs) -> None:
        self._caller = caller
        self._blobs = blobs

    def read(self, repository: Repository, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob; raise IntegrityError at its end if it was not the one announced."""
        if descriptor.size <= PIECE or descriptor.data is not None:
            yield self._blobs.read(repository, descriptor, limit=max(PIECE, descriptor.size))
            return
        what = f"the blob {descriptor.digest} of {repository}"
        yield from checked(self._ranges(repository, descriptor, what=what), descriptor, what=what)

    def _ranges(
        self, repository: Repository, descriptor: Descriptor, *, what: str
    ) -> Iterator[bytes]:
        start = 0
        while start < descriptor.size:
            end = min(start + PIECE, descriptor.size) - 1
            call = Call(
                "GET",
                blob_path(repository, descriptor.digest),
                Need(repository),
                headers=(("Range", f"bytes={start}-{end}"),),
                limit=end + 1 - start,
            )
            response = self._caller.call(call)
            if response.status == 200 and start == 0:
                yield self._whole(repository, descriptor, what=what)
                return
            yield self._piece(response, call, start=start, end=end, what=what)
            start = end + 1

    def _whole(self, repository: Repository, descriptor: Descriptor, *, what: str) -> bytes:
        if descriptor.size > WHOLE:
            raise RegistryError(
                f"{repository.registry} does not serve parts of blobs (RFC 9110, Range), and "
                f"{what} has {descriptor.size} bytes; without that, {WHOLE} are read at most"
            )
        return self._blobs.read(repository, descriptor, limit=WHOLE)

    def _piece(self, response: Response, call: Call, *, start: int, end: int, what: str) -> bytes:
        refuse_page(response, what=call.told)
        if response.status != 206:
            if is_missing(response):
                raise RegistryError(f"{what} is not there, though a manifest names it")
            raise self._caller.refusal(response, call)
        told = _RANGE.fullmatch((response.header("Content-Range") or "").strip())
        if told is None or (int(told[1]), int(told[2])) != (start, end):
            raise RegistryError(f"{what}: the answer is not the part that was asked for")
        if not response.whole or len(response.body) != end + 1 - start:
            raise IntegrityError(f"{what}: a part of it was answered with another length")
        return response.body

    def put(
        self,
        repository: Repository,
        descriptor: Descriptor,
        pieces: Callable[[], Iterator[bytes]],
    ) -> None:
        """Store a blob; one that fits in a piece goes as `Blobs` sends it."""
        if descriptor.size <= PIECE:
            content = b"".join(checked(pieces(), descriptor, what=f"the blob {descriptor.digest}"))
            self._blobs.put(repository, content, mount=None, probe=False)
            return
        for last in (False, True):
            refused = self._send(repository, descriptor, pieces())
            if refused is None:
                self._blobs.learn(repository, descriptor.digest)
                return
            call, response = refused
            if last or response.status not in _GONE:
                raise self._caller.refusal(response, call)

    def _send(
        self, repository: Repository, descriptor: Descriptor, pieces: Iterator[bytes]
    ) -> tuple[Call, Response] | None:
        """Send everything in one upload; what refused it is returned, None if all went well."""
        call = Call(
            "POST",
            f"/v2/{repository.path}/blobs/uploads/",
            Need(repository, ("pull", "push")),
            repeatable=True,
        )
        begun = self._caller.call(call)
        if begun.status != 202:
            refuse_page(begun, what=call.told)
            raise self._caller.refusal(begun, call)
        upload = _Upload(self._caller, call, _next(begun, begun, call))
        what = f"the blob {descriptor.digest}"
        for piece in regrouped(checked(pieces, descriptor, what=what), size=_chunk(begun)):
            response = upload.patch(piece)
            if response.status not in _TAKEN:
                return replace(call, method="PATCH"), response
        response = upload.finish(descriptor)
        if response.status not in (200, 201, 202, 204):
            return replace(call, method="PUT"), response
        check_stored(response, descriptor.digest, call=call)
        return None

    def mount(self, repository: Repository, descriptor: Descriptor, *, source: Repository) -> bool:
        """Ask for a blob of another repository; False where the registry does not give it.

        The upload that a registry begins instead is left to it to forget.
        """
        if source.registry != repository.registry or source == repository:
            return False
        need = Need(repository, ("pull", "push"))
        origin = quote(source.path, safe="")
        path = f"/v2/{repository.path}/blobs/uploads/?mount={descriptor.digest}&from={origin}"
        call = Call("POST", path, replace(need, more=scopes_of(source, "pull")), repeatable=True)
        try:
            response = self._caller.call(call)
        except AccessDenied:
            # A mount is a favour: without the right to it, the content is sent.
            return False
        if response.status == 201:
            check_stored(response, descriptor.digest, call=call)
            self._blobs.learn(repository, descriptor.digest)
            return True
        if response.status in (202, 400, 401, 403, 404, 405):
            return False
        refuse_page(response, what=call.told)
        raise self._caller.refusal(response, call)


@dataclass(slots=True)
class _Upload:
    """One upload under way: where its next chunk goes, and how much of it is there."""

    caller: Caller
    call: Call
    next: Request
    sent: int = 0

    def patch(self, piece: bytes) -> Response:
        """Send a chunk; a lost answer is asked after before anything is sent again."""
        end = self.sent + len(piece) - 1
        headers = (
            ("Content-Type", "application/octet-stream"),
            ("Content-Range", f"{self.sent}-{end}"),
        )
        begin = self.next
        response = self._to(
            replace(begin, method="PATCH", body=piece, repeatable=True),
            headers=headers,
            again=lambda: self._arrived(begin, end),
        )
        if response.status in _AGAIN:
            # A repetition of a chunk that had arrived is out of order for the registry.
            response = self._arrived(begin, end) or response
        if response.status in _TAKEN:
            self.sent = end + 1
            self.next = _next(response, response, self.call, otherwise=begin)
        return response

    def _arrived(self, begin: Request, end: int) -> Response | None:
        """Return the registry's account of the upload if it has everything up to `end`."""
        status = self._to(replace(begin, method="GET", body=b""), headers=())
        so_far = _SO_FAR.fullmatch((status.header("Range") or "").strip())
        if status.status not in (202, 204) or so_far is None or int(so_far[1]) != end:
            return None
        return replace(status, status=202)

    def finish(self, descriptor: Descriptor) -> Response:
        """End the upload."""
        parts = urlsplit(self.next.url)
        digest = f"digest={quote(str(descriptor.digest))}"
        query = "&".join(part for part in (parts.query, digest) if part)
        url = parts._replace(query=query).geturl()
        return self._to(replace(self.next, method="PUT", url=url, body=b""), headers=())

    def _to(
        self,
        request: Request,
        *,
        headers: Headers,
        again: Callable[[], Response | None] | None = None,
    ) -> Response:
        if request.foreign:
            sent = replace(request, headers=headers, again=again)
            return self.caller.elsewhere(sent, limit=64 * 1024)
        call = replace(
            self.call,
            method=request.method,
            path=request.url,
            headers=headers,
            body=request.body,
            repeatable=request.repeatable,
            again=again,
        )
        return self.caller.call(call)


def _next(
    response: Response, begun: Response, call: Call, *, otherwise: Request | None = None
) -> Request:
    """Return the request for where the upload goes on."""
    location = response.header("Location")
    if not location:
        if otherwise is not None:
            return otherwise
        raise RegistryError(f"{call.need.repository.registry} began an upload and named no place")
    return replace(onward(Request("PUT", begun.url), begun, location=location), headers=())


def _chunk(begun: Response) -> int:
    """Return the length of a chunk: ours, or the least that the registry takes."""
    least = (begun.header("OCI-Chunk-Min-Length") or "").strip()
    wanted = int(least) if least.isascii() and least.isdigit() and len(least) < 12 else 0
    return min(max(PIECE, wanted), WHOLE)
