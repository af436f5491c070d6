"""What goes to a registry and what comes back, as values; nothing here knows how bytes travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol
from urllib.parse import parse_qsl, quote, urlsplit

from boltseal.errors import RegistryError

Headers = tuple[tuple[str, str], ...]
Follow = Literal["any", "home", "none"]
Kind = Literal[
    "name", "connect", "timeout", "broken", "tls", "certificate", "address", "encoded", "protocol"
]
_SHOWN_PARAMETERS = frozenset({"scope", "service", "n", "last", "digest", "mount", "from"})
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One HTTP request; headers, body and the query stay out of its repr.

    `foreign`: the host was named by a registry (storage, token server), so that what identifies
    us to the registry (client certificate, server name) is not shown to it. `public_only`: refuse
    to talk to it at a private address. `follow`: which redirects to follow, `home` being those
    within the origin. `keeps_authorization`: whether a redirect within the origin's API may
    carry the Authorization header on. `repeatable`: whether a lost answer may be asked for again
    (None: by the method). `again` is called before each repetition; what it returns, unless None,
    is taken for the answer.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    foreign: bool = False
    public_only: bool = False
    follow: Follow = "any"
    keeps_authorization: bool = True
    repeatable: bool | None = None
    again: Callable[[], Response | None] | None = field(default=None, compare=False)

    def with_headers(self, **changes: str | None) -> Request:
        """Set headers, or drop those given as None; underscores stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        lowered = {name.lower() for name in named}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in lowered)
        added = tuple((name, value) for name, value in named.items() if value is not None)
        return replace(self, headers=kept + added)

    @property
    def may_repeat(self) -> bool:
        """Whether repeating the request after a lost answer does no harm."""
        return self.method in _REPEATABLE if self.repeatable is None else self.repeatable

    @property
    def shown(self) -> str:
        """Method and URL for people and logs, without what may be a secret."""
        return f"{self.method} {shown_url(self.url)}"

    def __repr__(self) -> str:
        return f"<Request {self.shown}>"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. `body` was cut at the caller's limit if `whole` is False.

    `peer` is the address that answered, None where a proxy stands between.
    """

    status: int
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)
    whole: bool = True
    peer: str | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None if it is absent."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header in order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def media_type(self) -> str:
        """The Content-Type in lower case without parameters, or empty."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no answer came; `reason` is a clause for people.

    Kinds `name` (there is no such host) and `connect` mean that nothing was sent; `tls` that the
    far side does not speak TLS, `certificate` that it could not be trusted.
    """

    kind: Kind
    reason: str

    @property
    def passing(self) -> bool:
        """Whether another attempt may succeed."""
        return self.kind in ("connect", "timeout", "broken")


class Wire(Protocol):
    """One attempt at one exchange: no repetition, no redirect, no credential of its own."""

    def exchange(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        """Send a request and read at most `limit` bytes of the answer's body.

        `deadline` is the instant on the monotonic clock at which to give up.
        """


class Transport(Protocol):
    """Requests to answers, repetition and redirects included."""

    def send(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        """Send a request, patiently, and return the answer with at most `limit` bytes of body."""


def answered(request: Request, outcome: Response | Failure) -> Response:
    """Return the answer, or raise RegistryError that says why there is none."""
    if isinstance(outcome, Response):
        return outcome
    host = urlsplit(request.url).netloc.rpartition("@")[2]
    raise RegistryError(
        f"{host} did not answer {request.shown}: {outcome.reason}{_advice(outcome)}"
    )


def _advice(failure: Failure) -> str:
    if failure.kind == "name":
        return "; look at the spelling of the host and at the network of this machine"
    if failure.kind == "certificate":
        return "; give the CA that issued it, there is no automatic way around"
    return "; this says nothing about whether the image is signed" if failure.passing else ""


def shown_url(url: str) -> str:
    """Return `url` without user information and without the values of unknown parameters.

    The query of a storage URL is a credential (S3 and Azure sign it), so only parameters of the
    distribution and token specifications are shown.
    """
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return "(unreadable URL)"
    host = parts.netloc.rpartition("@")[2]
    shown = "&".join(
        f"{quote(name)}={quote(value, safe=':/,') if name in _SHOWN_PARAMETERS else '…'}"
        for name, value in pairs[:20]
    )
    path = parts.path if len(parts.path) <= 300 else parts.path[:300] + "…"
    return f"{parts.scheme}://{host}{path}" + (f"?{shown}" if shown else "")
