"""Start, inspect and stop a registry on loopback."""

from __future__ import annotations

import os
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType

from .conversation import Conversation, House
from .exchange import Record, Script
from .ledger import Ledger
from .options import Options
from .routes import Routes
from .store import Manifest, Store, digest_of

_STOPS_WITHIN = 5.0  # seconds


class _Listener(socketserver.ThreadingTCPServer):
    """Accept connections. Not http.server's own class, which asks DNS for the host's name."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over what ended a connection before its first request: a refused handshake."""


class Registry:
    """Serve an OCI registry (distribution spec v1.1) on 127.0.0.1 while the `with` block runs.

    `script` sees each request before it is carried out and may answer in the registry's place; it
    is called on the thread of the connection, so several calls may run at once.
    `tls` names a certificate and a key file, both PEM. `clock` gives seconds, and decides when a
    token expires and a lag is over. At the end of the block, what a script raised (or the registry
    itself, by mistake) is raised again.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        script: Script | None = None,
        tls: tuple[str | os.PathLike[str], str | os.PathLike[str]] | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options = options or Options()
        self.store = Store(clock=clock)
        self._clock = clock
        self._ledger = Ledger()
        self._script = script
        self._tls = tls
        self._port = port

    def __enter__(self) -> Registry:
        """Bind, and begin to serve."""
        handler = type("Bound", (Conversation,), {})
        self._listener = _Listener(("127.0.0.1", self._port), handler)
        self.host = "127.0.0.1:{1}".format(*self._listener.server_address)
        self.url = f"{'http' if self._tls is None else 'https'}://{self.host}"
        self._house = House(
            routes=Routes(self.store, options=self.options, origin=self.url, clock=self._clock),
            ledger=self._ledger,
            script=self._script,
            latency=self.options.latency,
            clock=self._clock,
            tls=None if self._tls is None else _context(*self._tls),
        )
        handler.house = self._house  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, end every connection, and raise what went wrong unless something is raised."""
        self._house.stopping.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()
        self._end_connections()
        if error is None and self._house.faults:
            raise self._house.faults[0]

    def _end_connections(self) -> None:
        deadline = time.monotonic() + _STOPS_WITHIN
        while time.monotonic() < deadline:
            with self._house.lock:
                wires = list(self._house.wires)
            if not wires:
                return
            for wire in wires:
                wire.wake()
            time.sleep(0.005)

    @property
    def requests(self) -> tuple[Record, ...]:
        """Give the records of the requests since the last `clear`, in order of arrival."""
        return self._ledger.records

    @property
    def connections(self) -> int:
        """Count the distinct connections that those requests came over."""
        return len({record.connection for record in self.requests})

    @property
    def received(self) -> int:
        """Count the bytes received since the start, on all connections."""
        return self._house.received.total

    @property
    def sent(self) -> int:
        """Count the bytes sent since the start, on all connections."""
        return self._house.sent.total

    def count(
        self,
        matches: Callable[[Record], bool] | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
    ) -> int:
        """Count the records that fit everything given; `path` is a regular expression, searched."""
        return self._ledger.count(matches, method=method, path=path, status=status)

    def clear(self) -> None:
        """Forget the records so far; what is stored stays."""
        self._ledger.clear()

    def cut_after(self, *, received: int | None = None, sent: int | None = None) -> None:
        """Reset, once, whichever connection brings the bytes from now on to that many."""
        if received is not None:
            self._house.received.arm(received)
        if sent is not None:
            self._house.sent.arm(sent)

    def put_manifest(
        self, repository: str, content: bytes, *, media_type: str, tag: str | None = None
    ) -> str:
        """Store a manifest unseen by any check, at once visible; return its digest."""
        manifest = Manifest(digest_of(content), media_type, bytes(content))
        self.store.put_manifest(repository, manifest, tag=tag)
        return manifest.digest

    def put_blob(self, repository: str, content: bytes) -> str:
        """Store a blob and return its digest."""
        return self.store.put_blob(repository, content)

    def delete_tag(self, repository: str, tag: str) -> bool:
        """Remove a tag and leave its manifest; False if there was none."""
        return self.store.delete_tag(repository, tag)


def _context(certificate: str | os.PathLike[str], key: str | os.PathLike[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
