"""The bytes of one connection: counted both ways, and cut off where a test asks for it."""

from __future__ import annotations

import io
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Limit:
    """Let a number of bytes through, then fire once; unarmed, let everything through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: int | None = None
        self.total = 0

    def arm(self, left: int) -> None:
        """Fire after that many more bytes."""
        with self._lock:
            self._left = left

    def take(self, wanted: int) -> tuple[int, bool]:
        """Count up to `wanted` bytes; give how many may pass, and whether this was the end."""
        with self._lock:
            if self._left is None:
                self.total += wanted
                return wanted, False
            allowed = min(wanted, self._left)
            self.total += allowed
            fired = allowed == self._left
            self._left = None if fired else self._left - allowed
            return allowed, fired


class Wire(io.RawIOBase):
    """Read and write one socket under the server's limits, which all of its connections share."""

    def __init__(self, sock: socket.socket, *, received: Limit, sent: Limit) -> None:
        self._socket = sock
        self._shared_received = received
        self._shared_sent = sent
        self._own_sent = Limit()
        self.received = 0
        self.sent = 0

    def readable(self) -> bool:
        """Say that this is read from."""
        return True

    def writable(self) -> bool:
        """Say that this is written to."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Receive once; raise ConnectionResetError where the shared limit is reached."""
        count = self._socket.recv_into(buffer)
        self.received += count
        if count and self._shared_received.take(count)[1]:  # the end of a stream brings no byte
            self.reset()
        return count

    def write(self, data: ReadableBuffer) -> int:
        """Send everything; raise ConnectionResetError where a limit is reached."""
        view = memoryview(data).cast("B")
        allowed, own_end = self._own_sent.take(len(view))
        allowed, shared_end = self._shared_sent.take(allowed)
        self._socket.sendall(view[:allowed])
        self.sent += allowed
        if own_end or shared_end:
            self.reset()
        return allowed

    def limit_sent(self, count: int) -> None:
        """Reset this connection after that many more bytes sent."""
        self._own_sent.arm(count)

    def reset(self) -> None:
        """Close with RST, and raise ConnectionResetError.

        A linger time of zero makes the kernel drop what is pending and reset (socket(7)).
        """
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        raise ConnectionResetError("this connection was to be reset here")

    def wake(self) -> None:
        """End both directions, so that a thread waiting on this connection comes back."""
        with suppress(OSError):  # it may be closed already
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close in the orderly way."""
        self.wake()
        self._socket.close()
