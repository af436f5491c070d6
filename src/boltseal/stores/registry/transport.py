"""The one seam to the network: an attempt at one exchange, over requests, within limits."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from boltseal.stores.registry.addresses import is_listed
from boltseal.stores.registry.exchange import Failure, Headers, Request, Response
from boltseal.stores.registry.failures import failure_of
from boltseal.stores.registry.proxies import Proxies
from boltseal.stores.registry.sockets import Contacts, pool_classes
from boltseal.stores.registry.tls import TLS

_CHUNK = 64 * 1024
_ERROR_BODY = 64 * 1024
_LARGEST_HEAD = 256 * 1024
_CONNECT = 15.0
_SLOWEST_UPLOAD = 64 * 1024  # bytes a second


@dataclass(frozen=True, slots=True)
class WireSettings:
    """How to reach hosts. `unverified` lists `host[:port]` whose certificates are not checked.

    `silence` is the longest time in seconds between two reads that bring something.
    """

    tls: TLS = field(default_factory=TLS)
    unverified: frozenset[str] = frozenset()
    proxies: Proxies = field(default_factory=Proxies)
    version: str = "0"
    silence: float = 30.0
    connections: int = 32

    @property
    def user_agent(self) -> str:
        """`boltseal/<version> (<os>; <arch>) python-requests/<version>`."""
        machine = f"{platform.system().lower()}; {platform.machine().lower()}"
        return f"boltseal/{self.version} ({machine}) python-requests/{requests.__version__}"


class RequestsTransport:
    """A Wire over requests: pooled connections for each host, no cookie, no netrc, no redirect.

    requests' sessions are left out on purpose: they read `~/.netrc`, which replaces an explicit
    Authorization header, keep cookies, and read the body of a redirect whole. Its adapter, one
    for each host, does none of this.
    """

    def __init__(
        self,
        settings: WireSettings,
        *,
        check: Callable[[], None] = lambda: None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        """`check` raises to stop a run; `trace` takes one line without secrets an exchange."""
        self._settings = settings
        self._contacts = Contacts(check=check, silence=settings.silence)
        self._trace = trace
        self._agent = settings.user_agent
        self._lock = threading.Lock()
        self._adapters: dict[tuple[Any, ...], _Adapter] = {}
        self._contexts: dict[tuple[bool, bool], Any] = {}

    def exchange(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        """Send once and read at most `limit` bytes of the body; what went wrong is a value."""
        begun = time.monotonic()
        if deadline <= begun:
            return Failure("timeout", "the time allowed for it was used up")
        try:
            outcome = self._attempt(request, limit=limit, left=deadline - begun)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            outcome = failure_of(error, deadline_passed=time.monotonic() >= deadline)
        except (ValueError, UnicodeError) as error:
            outcome = Failure("protocol", f"the request cannot be sent ({type(error).__name__})")
        if self._trace is not None:
            self._trace(_line(request, outcome, seconds=time.monotonic() - begun))
        return outcome

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            adapters, self._adapters = self._adapters, {}
        for adapter in adapters.values():
            adapter.close()

    def _attempt(self, request: Request, *, limit: int, left: float) -> Response | Failure:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return Failure("protocol", "the URL is not one of HTTP")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        unverified = self._unverified(request, parts.netloc)
        adapter = self._adapter(request, key=(parts.scheme, parts.hostname, port))
        proxy = self._settings.proxies.for_url(request.url)
        connect = min(left, _CONNECT + len(request.body) / _SLOWEST_UPLOAD)
        answer = adapter.send(
            self._prepared(request),
            stream=True,
            timeout=urllib3.Timeout(total=left, connect=connect, read=left),  # type: ignore[arg-type]
            verify=not unverified,
            proxies={parts.scheme: proxy} if proxy else {},
        )
        try:
            peer = None if proxy else self._contacts.peer(parts.hostname, port)
            return self._read(answer, request=request, limit=limit, peer=peer)
        finally:
            answer.close()

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        headers = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Accept": "*/*"}
        headers.update(request.headers)
        body = request.body or None
        prepared = requests.Request(request.method, request.url, headers=headers, data=body)
        return prepared.prepare()

    def _read(
        self, answer: requests.Response, *, request: Request, limit: int, peer: str | None
    ) -> Response | Failure:
        headers: Headers = tuple((str(k), str(v)) for k, v in answer.raw.headers.items())
        if sum(len(name) + len(value) for name, value in headers) > _LARGEST_HEAD:
            return Failure("protocol", f"its answer has more than {_LARGEST_HEAD} bytes of headers")
        status = answer.status_code
        response = Response(status, headers, url=request.url, peer=peer)
        encoding = (response.header("Content-Encoding") or "identity").strip().lower()
        if encoding not in ("identity", "") and request.method != "HEAD":
            return Failure(
                "encoded", f"it answered in the encoding {encoding[:40]!r}, not asked for"
            )
        allowed = limit if status < 300 else min(limit, _ERROR_BODY)
        body, whole = _capped(answer, limit=allowed)
        return Response(status, headers, body, url=request.url, whole=whole, peer=peer)

    def _unverified(self, request: Request, authority: str) -> bool:
        listed = is_listed(authority, self._settings.unverified) and not request.foreign
        return self._settings.tls.unverified or listed

    def _adapter(self, request: Request, *, key: tuple[str, str, int]) -> _Adapter:
        unverified = self._unverified(request, urlsplit(request.url).netloc)
        full = (*key, request.foreign, request.public_only)
        with self._lock:
            found = self._adapters.get(full)
            if found is None:
                found = self._adapters[full] = self._new_adapter(
                    request, secure=key[0] == "https", unverified=unverified
                )
        return found

    def _new_adapter(self, request: Request, *, secure: bool, unverified: bool) -> _Adapter:
        options: dict[str, Any] = {}
        if secure:
            options["ssl_context"] = self._context(request.foreign, unverified)
            if self._settings.tls.server_name and not request.foreign:
                options["server_hostname"] = self._settings.tls.server_name
                if not unverified:
                    options["assert_hostname"] = self._settings.tls.server_name
        return _Adapter(
            self._contacts,
            public_only=request.public_only,
            options=options,
            connections=self._settings.connections,
        )

    def _context(self, foreign: bool, unverified: bool) -> Any:
        key = (foreign, unverified)
        if key not in self._contexts:
            self._contexts[key] = self._settings.tls.context(foreign=foreign, unverified=unverified)
            if unverified or self._settings.tls.unverified:
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return self._contexts[key]


class _Adapter(HTTPAdapter):
    """requests' adapter with our connections and our TLS, and none of its own CA bundle."""

    def __init__(
        self, contacts: Contacts, *, public_only: bool, options: dict[str, Any], connections: int
    ) -> None:
        self._contacts = contacts
        self._public_only = public_only
        self._options = options
        super().__init__(pool_connections=4, pool_maxsize=connections)

    def init_poolmanager(self, *rest: Any, **more: Any) -> None:
        super().init_poolmanager(*rest, **{**self._options, **more})
        classes = pool_classes(self._contacts, public_only=self._public_only, direct=True)
        self.poolmanager.pool_classes_by_scheme = classes

    def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**self._options, **more})
        manager.pool_classes_by_scheme = pool_classes(
            self._contacts, public_only=False, direct=False
        )
        return manager

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Name the host and nothing of TLS but whether to verify.

        Some versions of requests put a context of their own here, which knows other CAs.
        """
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"cert_reqs": "CERT_REQUIRED" if verify else "CERT_NONE"}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the pool alone: its context knows whom to trust."""


def _capped(answer: requests.Response, *, limit: int) -> tuple[bytes, bool]:
    """Read at most `limit` bytes, and one more to see whether there is more."""
    pieces: list[bytes] = []
    size = 0
    while size <= limit:
        piece = answer.raw.read(min(_CHUNK, limit + 1 - size), decode_content=False)
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:limit], False


def _line(request: Request, outcome: Response | Failure, *, seconds: float) -> str:
    if isinstance(outcome, Failure):
        told = f"no answer: {outcome.reason}"
    else:
        told = f"{outcome.status}, {len(outcome.body)} bytes"
    return f"{request.shown} -> {told}, {seconds * 1000:.0f} ms"
