"""A server is started on loopback, waited for, and ended by its own process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_STEP = 0.02
_GRACE = 15.0


class NotStarted(RuntimeError):
    """Tell that a real server ended or stayed silent, with the end of its log."""


def free_port() -> int:
    """Ask the kernel for a loopback port that is free now; another process may still take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    ready: Callable[[], bool],
    seconds: float = 30,
) -> Iterator[int]:
    """Run a server for the length of the block and give its process id.

    Both its outputs are appended to `log`. Raises NotStarted when `ready` has not said yes after
    `seconds`, or when the server ended before. It has a process group of its own, so that an
    interrupted test ends it in this order, and not the terminal's signal in any.
    """
    with log.open("ab") as sink:
        server = subprocess.Popen(
            list(argv),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(server, ready=ready, seconds=seconds, log=log)
        yield server.pid
    finally:
        _end(server)


def _wait(
    server: subprocess.Popen[bytes], *, ready: Callable[[], bool], seconds: float, log: Path
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if server.poll() is not None:
            raise NotStarted(f"it ended with status {server.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"no answer after {seconds:g} seconds:\n{tail(log)}")
        time.sleep(_STEP)


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(_GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def tail(log: Path, *, lines: int = 20) -> str:
    """Give the last lines of a server's log, for an error to show."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
