"""From a request to the honest answer: who may, what of, and which room answers."""

from __future__ import annotations

from collections.abc import Callable

from .access import Desk
from .blobs import Blobs
from .exchange import Answer, Request, json_answer, refusal
from .listings import Listings
from .manifests import Manifests
from .options import Options
from .store import Store
from .target import Target

_VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")
_LISTS = frozenset({"tags", "referrers"})


class Routes:
    """Answer requests from a store; `origin` is the registry's own scheme, host and port."""

    def __init__(
        self, store: Store, *, options: Options, origin: str, clock: Callable[[], float]
    ) -> None:
        self._options = options
        self._origin = origin
        self._desk = Desk(options.auth, realm=f"{origin}/token", clock=clock)
        self._manifests = Manifests(store, options)
        self._blobs = Blobs(store, options=options)
        self._listings = Listings(store, options)

    def answer(self, request: Request) -> Answer:
        """Answer one request as an honest registry with these options does."""
        if request.path == "/token":
            return self._desk.token(request)
        answer = self._registry_answer(request)
        location = answer.header("Location") or ""
        if self._options.absolute_location and location.startswith("/"):
            answer = answer.with_headers(Location=self._origin + location)
        return Answer(answer.status, (_VERSION, *answer.headers), answer.body)

    def _registry_answer(self, request: Request) -> Answer:
        if request.path in ("/v2", "/v2/"):
            return self._desk.objection(request, needs=frozenset()) or json_answer(200, {})
        target = Target.parse(request.path)
        if target is None:
            return refusal(404, "UNSUPPORTED", message="this is no path of the registry API")
        if not target.well_named:
            return refusal(400, "NAME_INVALID", message=f"{target.repository!r} is no repository")
        objection = self._desk.objection(request, needs=target.needs(request))
        return objection or self._room_answer(request, target)

    def _room_answer(self, request: Request, target: Target) -> Answer:
        if target.kind in _LISTS and request.method not in ("GET", "HEAD"):
            return refusal(405, "UNSUPPORTED", message="the operation is unsupported")
        rooms: dict[str, Callable[[Request, Target], Answer]] = {
            "manifests": self._manifests.answer,
            "blobs": self._blobs.answer,
            "uploads": self._blobs.upload,
            "tags": self._listings.tags,
            "referrers": self._listings.referrers,
        }
        return rooms[target.kind](request, target)
