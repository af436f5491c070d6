"""Blobs of a registry: nothing is read that was not announced, nothing sent that is known there."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal
from urllib.parse import quote, urlsplit

from boltseal.core.names import Digest, Repository
from boltseal.core.oci import Descriptor
from boltseal.errors import IntegrityError, Malformed, RegistryError
from boltseal.stores.registry.answers import is_missing, refuse_page
from boltseal.stores.registry.caller import Call, Caller
from boltseal.stores.registry.exchange import Request, Response
from boltseal.stores.registry.redirects import onward
from boltseal.stores.registry.scopes import KeyedLocks, Need, scopes_of

SinglePost = Literal["off", "auto", "on"]
_SMALL = 4 * 1024
_OCTETS = (("Content-Type", "application/octet-stream"),)


class Blobs:
    """Read and write blobs, remembering what is known to be where."""

    def __init__(self, caller: Caller, *, single_post: SinglePost = "off") -> None:
        """`single_post`: whether to send a blob with the first request of its upload.

        A registry may store it (201) or begin an upload as if there were none (202), so that
        `auto` tries it once with a small blob and loses nothing.
        """
        self._caller = caller
        self._mode = single_post
        self.takes_single_post: dict[str, bool] = {}
        self._known: set[tuple[Repository, Digest]] = set()
        self._locks = KeyedLocks()

    def read(self, repository: Repository, descriptor: Descriptor, *, limit: int) -> bytes:
        """Return a blob, checked against size and digest; its `urls` are not followed."""
        what = f"the blob {descriptor.digest} of {repository}"
        if descriptor.size > limit:
            raise Malformed(
                f"{what} is announced with {descriptor.size} bytes where {limit} are allowed; it "
                "was not read"
            )
        if descriptor.data is not None:
            return descriptor.check(descriptor.data, what=f"the inline data of {what}")
        call = Call(
            "GET",
            blob_path(repository, descriptor.digest),
            Need(repository),
            limit=descriptor.size,
        )
        response = self._caller.call(call)
        if response.status != 200:
            refuse_page(response, what=call.told)
            if is_missing(response):
                raise RegistryError(
                    f"{what} is not there, though a manifest names it; the registry lost it, or "
                    "deletes what it thinks unused"
                )
            raise self._caller.refusal(response, call)
        if not response.whole:
            raise IntegrityError(f"{what} has more than the {descriptor.size} bytes announced")
        content = descriptor.check(response.body, what=what)
        self._known.add((repository, descriptor.digest))
        return content

    def exists(self, repository: Repository, digest: Digest) -> bool:
        """Say whether a blob is there, by HEAD where it is not known."""
        if (repository, digest) in self._known:
            return True
        call = Call("HEAD", blob_path(repository, digest), Need(repository))
        response = self._caller.call(call)
        if response.status == 200 and not response.media_type.startswith("text/html"):
            self._known.add((repository, digest))
            return True
        if response.status == 404:
            return False
        raise self._caller.refusal(response, call)

    def put(
        self, repository: Repository, content: bytes, *, mount: Repository | None, probe: bool
    ) -> Digest:
        """Store a blob; `mount` names a repository to take it from, `probe` asks first by HEAD."""
        digest = Digest.of(content)
        with self._locks.of((repository, digest)):
            if (repository, digest) in self._known:
                return digest
            if not (probe and self.exists(repository, digest)):
                self._upload(repository, content, digest=digest, mount=mount)
            self._known.add((repository, digest))
        return digest

    def learn(self, repository: Repository, digest: Digest) -> None:
        """Remember that a blob is there."""
        self._known.add((repository, digest))

    def forget(self, repository: Repository) -> None:
        """Forget what is known of a repository, whose registry says that it is not so."""
        self._known = {pair for pair in self._known.copy() if pair[0] != repository}

    def _upload(
        self, repository: Repository, content: bytes, *, digest: Digest, mount: Repository | None
    ) -> None:
        for last in (False, True):
            call, begun = self._begin(repository, content, digest=digest, mount=mount)
            if begun is None:
                return
            finished = self._finish(call, begun, content=content, digest=digest)
            if finished.status in (200, 201, 202, 204):
                check_stored(finished, digest, call=call)
                return
            if last or finished.status not in (404, 416):
                raise self._caller.refusal(finished, replace(call, method="PUT"))
            # The upload is gone: it may have ended with a lost answer, or been swept away.
            if self.exists(repository, digest):
                return

    def _begin(
        self, repository: Repository, content: bytes, *, digest: Digest, mount: Repository | None
    ) -> tuple[Call, Response | None]:
        """Begin an upload; without a response, it has ended already (mounted, or sent with it)."""
        path = f"/v2/{repository.path}/blobs/uploads/"
        need = Need(repository, ("pull", "push"))
        call = Call("POST", path, need, repeatable=True)
        if mount is not None and mount.registry == repository.registry and mount != repository:
            source = quote(mount.path, safe="")
            call = replace(
                call,
                path=f"{path}?mount={digest}&from={source}",
                need=replace(need, more=scopes_of(mount, "pull")),
            )
        elif self._sends_at_once(repository, content):
            call = replace(call, path=f"{path}?digest={digest}", headers=_OCTETS, body=content)
            return self._at_once(call, digest=digest, plain_path=path)
        response = self._caller.call(call)
        if response.status == 201:
            check_stored(response, digest, call=call)
            return call, None
        if response.status == 202:
            return call, response
        if call.need.more and response.status in (400, 401, 403, 404, 405):
            # A mount is a favour: without the right to it, the content is sent.
            return self._begin(repository, content, digest=digest, mount=None)
        refuse_page(response, what=call.told)
        raise self._caller.refusal(response, call)

    def _sends_at_once(self, repository: Repository, content: bytes) -> bool:
        known = self.takes_single_post.get(repository.registry)
        if self._mode == "off" or known is False:
            return False
        return self._mode == "on" or known is True or len(content) <= _SMALL

    def _at_once(
        self, call: Call, *, digest: Digest, plain_path: str
    ) -> tuple[Call, Response | None]:
        registry = call.need.repository.registry
        response = self._caller.call(call)
        self.takes_single_post[registry] = response.status == 201
        if response.status == 201:
            check_stored(response, digest, call=call)
            return call, None
        call = replace(call, path=plain_path, headers=(), body=b"")
        if response.status == 202:
            return call, response
        if response.status in (401, 403, 429) or response.status >= 500:
            raise self._caller.refusal(response, call)
        response = self._caller.call(call)
        if response.status != 202:
            raise self._caller.refusal(response, call)
        return call, response

    def _finish(self, call: Call, begun: Response, *, content: bytes, digest: Digest) -> Response:
        """Send the content to the upload's Location: the data may go elsewhere, credentials not."""
        location = begun.header("Location")
        if not location:
            raise RegistryError(
                f"{call.need.repository.registry} began an upload and named no place"
            )
        start = Request("PUT", begun.url, headers=_OCTETS, body=content)
        request = onward(start, begun, location=location)
        parts = urlsplit(request.url)
        query = "&".join(part for part in (parts.query, f"digest={quote(str(digest))}") if part)
        request = replace(request, url=parts._replace(query=query).geturl())
        if request.foreign:
            return self._caller.elsewhere(request, limit=64 * 1024)
        return self._caller.call(Call("PUT", request.url, call.need, headers=_OCTETS, body=content))


def blob_path(repository: Repository, digest: Digest) -> str:
    """Return the path of a blob in the API."""
    return f"/v2/{repository.path}/blobs/{digest}"


def check_stored(response: Response, digest: Digest, *, call: Call) -> None:
    """Raise IntegrityError for a registry that says that it stored another blob."""
    refuse_page(response, what=call.told)
    said = (response.header("Docker-Content-Digest") or "").strip()
    if said.startswith("sha256:") and said != str(digest):
        raise IntegrityError(
            f"{call.need.repository.registry} stored a blob under another digest than {digest}; "
            "the registry, or something on the way, changes blobs"
        )
