"""Connections that keep a total deadline on every read and look at whom they have reached."""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from boltseal.stores.registry.addresses import parse_address, reach_of

_SLICE = 0.5


class WrongAddress(OSError):
    """Tell, inside of the transport, that a host was found at an address that it may not have."""


class Contacts:
    """What is known of where hosts live; one for all connections of a transport."""

    def __init__(self, *, check: Callable[[], None], silence: float) -> None:
        self.check = check
        self.silence = silence
        self._peers: dict[tuple[str, int], str] = {}

    def peer(self, host: str, port: int) -> str | None:
        """Return the address where `host` answered last."""
        return self._peers.get((host, port))

    def admit(self, peer: str, *, host: str, port: int, public_only: bool) -> None:
        """Remember an address, or raise WrongAddress.

        A host that was public once has to stay it: a name that moves into the private network
        between two requests is an attack (DNS rebinding).
        """
        address = parse_address(peer)
        reach = "public" if address is None else reach_of(address)
        known = parse_address(self._peers.get((host, port), ""))
        was_public = known is not None and reach_of(known) == "public"
        if reach != "public" and (public_only or was_public):
            moved = "moved to" if was_public else "is at"
            raise WrongAddress(f"{host} {moved} the {reach} address {peer}")
        self._peers[(host, port)] = peer


class _PacedFile(io.RawIOBase):
    """Read from a socket until one instant, however slowly the bytes drip, asking for a stop."""

    def __init__(self, sock: socket.socket, *, contacts: Contacts, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        # The socket stays open while a file of it is: http.client closes the socket first.
        self._keep = sock.makefile("rb", buffering=0)
        self._contacts = contacts
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        silent_at = time.monotonic() + self._contacts.silence
        while True:
            self._contacts.check()
            left = min(self._deadline, silent_at) - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(min(left, _SLICE))
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                continue

    def close(self) -> None:
        if not self.closed:
            self._keep.close()
        super().close()


class _PacedSocket:
    """The one method of a socket that http.client's response uses."""

    def __init__(self, sock: socket.socket, contacts: Contacts) -> None:
        self._sock = sock
        self._contacts = contacts

    def makefile(self, mode: str) -> io.BufferedReader:
        # urllib3 has just set what is left of the total as the timeout of the socket.
        left = self._sock.gettimeout()
        deadline = time.monotonic() + (self._contacts.silence if left is None else left)
        return io.BufferedReader(_PacedFile(self._sock, contacts=self._contacts, deadline=deadline))


class _PacedResponse(http.client.HTTPResponse):
    """http.client's response over a paced file, its head included."""

    def __init__(self, sock: socket.socket, *rest: Any, contacts: Contacts, **more: Any) -> None:
        super().__init__(_PacedSocket(sock, contacts), *rest, **more)  # type: ignore[arg-type]


class _Watched:
    """What both kinds of connection do; `contacts`, `public_only`, `direct` come with the class."""

    contacts: Contacts
    public_only: bool
    direct: bool

    def __init__(self, *rest: Any, **more: Any) -> None:
        super().__init__(*rest, **more)
        self.response_class = functools.partial(_PacedResponse, contacts=self.contacts)

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if self.direct:
            self._look(sock)
        return sock

    def _look(self, sock: socket.socket) -> None:
        host, port = str(self.host), int(self.port)  # type: ignore[attr-defined]
        try:
            peer = str(sock.getpeername()[0])
            self.contacts.admit(peer, host=host, port=port, public_only=self.public_only)
        except BaseException:
            sock.close()
            raise


def pool_classes(
    contacts: Contacts, *, public_only: bool, direct: bool
) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pool classes by scheme, over watched connections.

    `direct` is False where a proxy stands between, whose address says nothing of the host.
    """
    facts = {"contacts": contacts, "public_only": public_only, "direct": direct}
    plain = type("_Plain", (_Watched, HTTPConnection), facts)
    secure = type("_Secure", (_Watched, HTTPSConnection), facts)
    return {
        "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
