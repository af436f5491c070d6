"""Local files that verbs read and write, with one sentence for what goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from boltseal.errors import FileUnusable

LARGEST = 4 * 1024 * 1024


def save(path: str, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole; a new one gets `mode`. Raise FileUnusable."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags, mode), "wb") as file:
            file.write(content)
    except (OSError, ValueError) as error:
        raise FileUnusable(f"cannot write {path!r}: {_reason(error)}") from error


@contextmanager
def writing(path: str) -> Iterator[BinaryIO]:
    """Open a file for what would go to standard output; raise FileUnusable."""
    try:
        file = open(path, "wb")  # noqa: SIM115 - closed below, where other errors pass through
    except (OSError, ValueError) as error:
        raise FileUnusable(f"cannot write {path!r}: {_reason(error)}") from error
    with file:
        yield file


def load(path: str, *, limit: int = LARGEST) -> bytes:
    """Read a file of at most `limit` bytes; raise FileUnusable."""
    try:
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise FileUnusable(f"cannot read {path!r}: {_reason(error)}") from error
    if len(content) > limit:
        raise FileUnusable(f"{path!r} has more than {limit} bytes, which is too large for its kind")
    return content


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
