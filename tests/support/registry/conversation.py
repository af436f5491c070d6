"""One connection's requests, one after the other: read, scripted or answered, recorded, sent."""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Protocol, cast
from urllib.parse import urlsplit

from .exchange import Alter, Answer, Delay, Drop, Outcome, Raw, Request, Script, refusal
from .ledger import Ledger
from .sending import body_of, closes_after, head_of
from .wire import Limit, Wire


class Answers(Protocol):
    """Answer a request honestly."""

    def answer(self, request: Request) -> Answer:
        """Give the answer; nothing is raised for what a client does wrong."""
        ...


@dataclass(slots=True)
class House:
    """Hold what the connections of one server share."""

    routes: Answers
    ledger: Ledger
    script: Script | None
    latency: float | Callable[[], float]
    clock: Callable[[], float]
    tls: ssl.SSLContext | None
    stopping: threading.Event = field(default_factory=threading.Event)
    received: Limit = field(default_factory=Limit)
    sent: Limit = field(default_factory=Limit)
    faults: list[Exception] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    wires: set[Wire] = field(default_factory=set)
    opened: int = 0

    def enter(self, wire: Wire) -> int:
        """Count a connection in, and give it its number, from 1."""
        with self.lock:
            self.opened += 1
            self.wires.add(wire)
            return self.opened

    def leave(self, wire: Wire) -> None:
        """Count a connection out."""
        with self.lock:
            self.wires.discard(wire)


class Conversation(BaseHTTPRequestHandler):
    """Read requests from one connection until either side has had enough."""

    protocol_version = "HTTP/1.1"
    house: House

    def setup(self) -> None:
        """Take the connection over; the TLS handshake happens here, off the accepting thread."""
        sock = self.request
        if self.house.tls is not None:
            sock = self.house.tls.wrap_socket(sock, server_side=True)
        # Without it a streamed answer waits for the client's delayed acknowledgements.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = Wire(sock, received=self.house.received, sent=self.house.sent)
        self.connection_number = self.house.enter(self.wire)
        self.rfile = io.BufferedReader(self.wire)
        self.wfile = cast("io.BufferedIOBase", self.wire)  # unbuffered, as socketserver has it

    def handle(self) -> None:
        """Converse until the connection ends; a peer that went away is not an error here."""
        self.close_connection = False
        try:
            while not self.close_connection and not self.house.stopping.is_set():
                self.handle_one_request()
        except OSError:
            return

    def finish(self) -> None:
        """Close the connection."""
        self.house.leave(self.wire)
        self.wire.end()

    def handle_one_request(self) -> None:
        """Read one request, and see it through to its answer."""
        before = self.wire.received
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        request = self._request()
        self.house.ledger.arrived(request)
        outcome = self._outcome(request)
        while isinstance(outcome, Delay):
            self.house.stopping.wait(outcome.seconds)
            outcome = outcome.then
        answer = self._carry_out(outcome, request=request)
        latency = self.house.latency
        self.house.stopping.wait(latency() if callable(latency) else latency)
        self._send(answer, request=request, before=before)

    def log_message(self, *_: object) -> None:
        """Say nothing: what happened is in the ledger."""

    def _request(self) -> Request:
        url = urlsplit(self.path)
        return Request(
            number=self.house.ledger.next_number(),
            connection=self.connection_number,
            method=self.command,
            path=url.path,
            query=url.query,
            headers=tuple(self.headers.items()),
            read=cache(self._read_body),
            at=self.house.clock(),
        )

    def _outcome(self, request: Request) -> Outcome:
        if self.house.script is None:
            return None
        try:
            return self.house.script(request)
        except Exception as error:
            return self._fault(error)

    def _carry_out(
        self, outcome: Answer | Raw | Alter | Drop | None, *, request: Request
    ) -> Answer | Raw:
        """Do what was scripted; the body is always read, so that the connection can go on."""
        if isinstance(outcome, Drop) and outcome.sent is None:
            self.rfile.read(min(outcome.received or 0, self._length()))
            self.wire.reset()
        request.read()
        if isinstance(outcome, (Answer, Raw)):
            return outcome
        try:
            answer = self.house.routes.answer(request)
            if isinstance(outcome, Alter):
                answer = outcome.change(answer)
        except Exception as error:
            answer = self._fault(error)
        if isinstance(outcome, Drop) and outcome.sent is not None:
            self.wire.limit_sent(outcome.sent)
        return answer

    def _fault(self, error: Exception) -> Answer:
        """Keep what a script or the registry itself did wrong, to be raised as it stops."""
        if isinstance(error, OSError):
            raise error
        self.house.faults.append(error)
        return refusal(500, "UNKNOWN", message=f"the test registry failed: {error!r}")

    def _send(self, answer: Answer | Raw, *, request: Request, before: int) -> None:
        head = b"" if isinstance(answer, Raw) else head_of(answer)
        status = 0 if isinstance(answer, Raw) else answer.status
        whole = isinstance(answer, Answer) and isinstance(answer.body, bytes)
        pieces = (
            iter(answer.pieces)
            if isinstance(answer, Raw)
            else body_of(answer, method=request.method)
        )
        first = head + b"".join(pieces) if whole else head
        received, start = self.wire.received - before, self.wire.sent
        # Recorded before it is sent: a client that has its answer finds it in the ledger.
        self.house.ledger.answered(
            request.number, status=status, received=received, sent=len(first)
        )
        keep = isinstance(answer, Answer) and not closes_after(answer)
        asked_to_close = request.header("Connection").lower() == "close"
        try:
            self.wire.write(first)
            for piece in pieces:
                self.wire.write(piece)
        finally:
            self.house.ledger.answered(
                request.number, status=status, received=received, sent=self.wire.sent - start
            )
        self.close_connection = asked_to_close or not keep

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._read_chunks())
        content = self.rfile.read(self._length())
        if len(content) < self._length():
            raise ConnectionAbortedError("the client left in the middle of a body")
        return content

    def _length(self) -> int:
        length = self.headers.get("Content-Length", "0").strip()
        return int(length) if length.isdecimal() else 0

    def _read_chunks(self) -> Iterator[bytes]:
        """Read a chunked body (RFC 9112 section 7.1), trailers passed over."""
        while True:
            size = int(self.rfile.readline(1024).partition(b";")[0].strip() or b"0", 16)
            if size == 0:
                break
            yield self.rfile.read(size)
            self.rfile.readline(3)
        while self.rfile.readline(65537).strip():
            pass
