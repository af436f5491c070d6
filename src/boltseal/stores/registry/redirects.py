"""Go where a registry points as far as that is safe, and without what is the registry's alone."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import SplitResult, urljoin, urlsplit

from boltseal.errors import RegistryError
from boltseal.stores.registry.addresses import host_reach, parse_address, reach_of
from boltseal.stores.registry.exchange import Failure, Request, Response, Transport, shown_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST = 5
_LONGEST_URL = 16 * 1024
_ALLOWED = {
    "public": frozenset({"public"}),
    "private": frozenset({"public", "private"}),
    "link-local": frozenset({"public", "private", "link-local"}),
    "loopback": frozenset({"public", "private", "loopback"}),
}


class FollowingTransport:
    """A Transport that follows redirects by hand."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        """Follow at most five redirects; an answer that is not to be followed is returned as it is.

        POST and PUT are sent on only by 307 and 308, which keep method and body. Raise
        RegistryError for a redirect that is unsafe, or for too many.
        """
        current = request
        for _ in range(_MOST + 1):
            outcome = self._inner.send(current, limit=limit, deadline=deadline)
            if isinstance(outcome, Failure):
                return outcome
            location = outcome.header("Location")
            if location is None or not _follows(current, outcome, location=location):
                return outcome
            current = onward(current, outcome, location=location)
        raise RegistryError(f"{request.shown} was redirected more than {_MOST} times")


def onward(request: Request, response: Response, *, location: str) -> Request:
    """Return the request for where `response` points, cleaned of what must not go there.

    Authorization is dropped unless the target is of the same origin and of the registry's API;
    TLS is never given up; a registry in the open may not send us to a private address
    (`public_only` makes the connection look as well, since a name tells nothing). Raise
    RegistryError where the target is refused. Source: OCI distribution specification, which lets
    `Location` be on another host.
    """
    target = parse_target(request.url, location)
    here = urlsplit(request.url)
    if here.scheme == "https" and target.scheme != "https":
        raise RegistryError(
            f"{request.shown} points from https to http ({shown_url(target.geturl())}), "
            "which is refused"
        )
    home = home_reach(here, response)
    check_reach(home, target, what=request.shown)
    same = origin(target) == origin(here)
    kept = same and request.keeps_authorization and "/v2/" in target.path
    moved = replace(
        request,
        url=target.geturl(),
        foreign=request.foreign or not same,
        public_only=request.public_only or (home == "public" and not same),
    )
    return moved if kept else moved.with_headers(Authorization=None)


def parse_target(base: str, location: str) -> SplitResult:
    """Resolve `location` against `base`; raise RegistryError if it is no plain HTTP URL."""
    fit = len(location) <= _LONGEST_URL and location.isprintable() and " " not in location
    try:
        target = urlsplit(urljoin(base, location if fit else ""))
        # Beyond ASCII, a host may turn into another one on its way to the resolver.
        named = bool(target.hostname) and target.netloc.isascii()
        usable = fit and target.scheme in ("http", "https") and named
        _ = target.port
    except ValueError as error:
        raise RegistryError(f"{shown_url(base)} points to something that is no URL") from error
    if not usable or "@" in target.netloc:
        raise RegistryError(
            f"{shown_url(base)} points to {shown_url(target.geturl())[:200]!r}, which is refused: "
            "only http and https URLs without a user are followed"
        )
    return target._replace(fragment="")


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port, the port filled in."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


def home_reach(parts: SplitResult, response: Response) -> str:
    """Say how far the host that answered reaches; one that a proxy hides counts as public."""
    peer = parse_address(response.peer or "")
    return reach_of(peer) if peer is not None else host_reach(parts.hostname or "") or "public"


def check_reach(home: str, target: SplitResult, *, what: str) -> None:
    """Raise RegistryError if a target written as an address is nearer than `home` may send us."""
    reach = host_reach(target.hostname or "")
    if reach is not None and reach not in _ALLOWED[home]:
        raise RegistryError(
            f"{what} points to {target.netloc}, a {reach} address, which a {home} registry may "
            "not do; nothing was sent there"
        )


def _follows(request: Request, response: Response, *, location: str) -> bool:
    if response.status not in _REDIRECTS or request.follow == "none":
        return False
    if request.method not in ("GET", "HEAD") and response.status not in (307, 308):
        return False
    if request.follow == "home":
        target = parse_target(request.url, location)
        return origin(target) == origin(urlsplit(request.url)) and "/v2/" in target.path
    return True
