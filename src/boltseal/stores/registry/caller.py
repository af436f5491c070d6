"""One call to a registry: its scheme chosen, its challenge answered, its errors told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from boltseal.errors import RegistryError
from boltseal.stores.registry.addresses import host_reach, is_listed, split_host
from boltseal.stores.registry.answers import refusal, told
from boltseal.stores.registry.auth import Authentication, Conversation
from boltseal.stores.registry.exchange import (
    Failure,
    Follow,
    Headers,
    Request,
    Response,
    Transport,
    answered,
)
from boltseal.stores.registry.scopes import Need
from boltseal.stores.registry.tokens import LARGEST_ANSWER

Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a registry: `path` begins with `/v2/`, or is a whole URL of its host."""

    method: str
    path: str
    need: Need
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    limit: int = 64 * 1024
    follow: Follow = "any"
    repeatable: bool | None = None
    again: Callable[[], Response | None] | None = field(default=None, compare=False)

    @property
    def told(self) -> str:
        """The call for people."""
        return f"{self.method} {urlsplit(self.path).path}"


@dataclass(frozen=True, slots=True)
class Plain:
    """Which registries may be spoken to without TLS.

    Loopback and the `listed` ones (`host[:port]`) are tried without it first and with it second;
    with `everywhere`, all others with TLS first and without it second; `nowhere` refuses it all.
    """

    listed: frozenset[str] = frozenset()
    everywhere: bool = False
    nowhere: bool = False

    def schemes(self, registry: str) -> tuple[Scheme, ...]:
        """Return the schemes to try in order."""
        if self.nowhere:
            return ("https",)
        host, _ = split_host(registry)
        if host_reach(host) == "loopback" or is_listed(registry, self.listed):
            return ("http", "https")
        return ("https", "http") if self.everywhere else ("https",)


class Caller:
    """Calls to registries over a transport. Thread-safe."""

    def __init__(
        self,
        transport: Transport,
        authentication: Authentication,
        *,
        clock: Callable[[], float],
        timeout: float,
        plain: Plain,
    ) -> None:
        """`timeout` is in seconds, for a call with its tokens, repetitions and redirects."""
        self._transport = transport
        self._authentication = authentication
        self._clock = clock
        self._timeout = timeout
        self._plain = plain
        self._schemes: dict[str, Scheme] = {}

    def call(self, call: Call) -> Response:
        """Make a call and return its answer, whatever its status.

        Raise RegistryError where no answer came, AccessDenied where no token was given.
        """
        registry = call.need.repository.registry
        url = (
            call.path if "://" in call.path else f"{self._scheme(registry)}://{registry}{call.path}"
        )
        request = Request(
            call.method,
            url,
            headers=call.headers,
            body=call.body,
            follow=call.follow,
            repeatable=call.repeatable,
            again=call.again,
        )
        conversation = self._authentication.conversation(request, call.need)
        return self._converse(conversation, call=call, url=url)

    def elsewhere(self, request: Request, *, limit: int) -> Response:
        """Send a request that carries no credentials, to a host that a registry named."""
        deadline = self._clock() + self._timeout
        return answered(request, self._transport.send(request, limit=limit, deadline=deadline))

    def told(self, response: Response) -> str:
        """Say in one line what an answer says, our secrets taken out."""
        return self._authentication.redact(told(response))

    def refusal(self, response: Response, call: Call) -> RegistryError:
        """Make the error for an answer that is of no use."""
        repository = call.need.repository
        return refusal(
            response,
            call.need,
            credentials=self._authentication.credentials(repository),
            redact=self._authentication.redact,
            what=call.told,
        )

    def _converse(self, conversation: Conversation, *, call: Call, url: str) -> Response:
        deadline = self._clock() + self._timeout
        try:
            request = next(conversation)
            while True:
                # What is not the call itself is a question to a token server.
                limit = call.limit if request.url == url else LARGEST_ANSWER
                response = self._send(request, call=call, limit=limit, deadline=deadline)
                request = conversation.send(response)
        except StopIteration as stop:
            final: Response = stop.value
            return final
        finally:
            conversation.close()

    def _send(self, request: Request, *, call: Call, limit: int, deadline: float) -> Response:
        registry = call.need.repository.registry
        request = self._as_decided(request, registry)
        outcome = self._transport.send(request, limit=limit, deadline=deadline)
        other = self._other_scheme(request, outcome, registry=registry)
        if other is not None:
            moved = _with_scheme(request, other)
            second = self._transport.send(moved, limit=limit, deadline=deadline)
            if isinstance(second, Response):
                self._learn(second, registry)
                return second
        response = answered(request, outcome)
        self._learn(response, registry)
        return response

    def _learn(self, response: Response, registry: str) -> None:
        """Remember the scheme that the registry answered in; a redirect may have raised it."""
        parts = urlsplit(response.url)
        if parts.netloc.lower() == registry.lower() and parts.path.startswith("/v2/"):
            self._schemes[registry] = "http" if parts.scheme == "http" else "https"

    def _scheme(self, registry: str) -> Scheme:
        return self._schemes.get(registry) or self._plain.schemes(registry)[0]

    def _as_decided(self, request: Request, registry: str) -> Request:
        """Give a request of a conversation the scheme that was found while it went on."""
        decided = self._schemes.get(registry)
        parts = urlsplit(request.url)
        ours = parts.netloc.lower() == registry.lower() and parts.path.startswith("/v2/")
        return _with_scheme(request, decided) if decided and ours else request

    def _other_scheme(
        self, request: Request, outcome: Response | Failure, *, registry: str
    ) -> Scheme | None:
        schemes = self._plain.schemes(registry)
        if (
            registry in self._schemes
            or len(schemes) == 1
            or urlsplit(request.url).netloc != registry
        ):
            return None
        return schemes[1] if _is_wrong_scheme(outcome) else None


def _is_wrong_scheme(outcome: Response | Failure) -> bool:
    """Say whether an outcome looks as if the far side spoke the other of HTTP and HTTPS."""
    if isinstance(outcome, Failure):
        return outcome.kind in ("tls", "protocol", "broken", "connect")
    # Go: "Client sent an HTTP request to an HTTPS server."; nginx: "… was sent to HTTPS port".
    return outcome.status == 400 and b"HTTPS" in outcome.body


def _with_scheme(request: Request, scheme: Scheme) -> Request:
    return replace(request, url=urlsplit(request.url)._replace(scheme=scheme).geturl())
