"""One request, its answer and what is remembered of both: values only, no sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request as it arrived; `path` and `query` are raw, still percent-encoded.

    `headers` keeps order and repetition, secrets included, and stays out of the repr. `read()`
    gives the body, read from the socket at its first call and remembered.
    """

    number: int
    connection: int
    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    read: Callable[[], bytes] = field(repr=False, compare=False)
    at: float

    def header(self, name: str) -> str:
        """Join every value of a header with commas (RFC 9110 section 5.2); empty if absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    def parameters(self, name: str) -> list[str]:
        """List every value of a query parameter, decoded, empty ones included."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [])

    def parameter(self, name: str) -> str | None:
        """Give the first value of a query parameter, or None if it is absent."""
        return next(iter(self.parameters(name)), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an answer, honest or not.

    A bytes body gets a Content-Length and an iterable one is chunked, unless `headers` already
    frame it: then they are sent as they are, lies included, the pieces of the body are written raw
    (or chunked, where they say so), and the connection is closed wherever the two might disagree.
    An iterable body with `Connection: close` alone runs until the close.
    """

    status: int
    headers: Headers = ()
    body: bytes | Iterable[bytes] = b""

    def header(self, name: str) -> str | None:
        """Give the first value of a header, or None if it is absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, **changes: str | None) -> Answer:
        """Set headers, or drop those given as None; an underscore in a name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        replaced = {name.lower() for name in named}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in replaced)
        added = tuple((name, value) for name, value in named.items() if value is not None)
        return replace(self, headers=kept + added)


@dataclass(frozen=True, slots=True)
class Raw:
    """Write these bytes in place of any HTTP answer, then close."""

    pieces: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Alter:
    """Let the registry do the work, then send what `change` makes of its honest answer."""

    change: Callable[[Answer], Answer]


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the connection (RST).

    With neither number: as soon as the head was read. `received`: after that many bytes of the
    body, the request not carried out. `sent`: the request is carried out, and the reset comes after
    that many bytes of the answer, its head included.
    """

    received: int | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait that many seconds, then do `then` (by default, answer honestly)."""

    seconds: float
    then: Answer | Raw | Alter | Drop | None = None


Outcome = Answer | Raw | Alter | Drop | Delay | None
Script = Callable[[Request], Outcome]


@dataclass(frozen=True, slots=True)
class Record:
    """Remember one request without its secrets.

    `status` is 0 until the answer is about to be sent, and stays 0 if none was. `authorization` is
    "none", "basic", "bearer" or "other". `received` and `sent` count bytes on the wire, heads
    included; for a streamed answer `sent` is complete only when the stream has ended. `at` is
    seconds on the registry's clock.
    """

    number: int
    connection: int
    method: str
    path: str
    query: str
    status: int
    authorization: str
    user_agent: str
    accept: str
    accept_encoding: str
    content_type: str
    received: int
    sent: int
    at: float

    @classmethod
    def arrived(cls, request: Request) -> Record:
        """Start the record of a request that has no answer yet."""
        scheme = request.header("Authorization").partition(" ")[0].lower() or "none"
        return cls(
            number=request.number,
            connection=request.connection,
            method=request.method,
            path=request.path,
            query=request.query,
            status=0,
            authorization=scheme if scheme in ("none", "basic", "bearer") else "other",
            user_agent=request.header("User-Agent"),
            accept=request.header("Accept"),
            accept_encoding=request.header("Accept-Encoding"),
            content_type=request.header("Content-Type"),
            received=0,
            sent=0,
            at=request.at,
        )


def json_answer(status: int, value: object, *, media_type: str = "application/json") -> Answer:
    """Answer with a JSON document."""
    return Answer(status, (("Content-Type", media_type),), json.dumps(value).encode())


def refusal(status: int, code: str, *, message: str, detail: object = None) -> Answer:
    """Answer in the error shape of the OCI distribution spec v1.1, "Error Codes"."""
    return json_answer(
        status, {"errors": [{"code": code, "message": message, "detail": detail or {}}]}
    )
