"""Blobs piece by piece: none is held whole, and none is believed before its last byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from boltseal.core.names import Repository
from boltseal.core.oci import Descriptor
from boltseal.errors import IntegrityError

PIECE = 8 * 1024 * 1024


class Streams(Protocol):
    """The part of a store that moves blobs of any size; raises what a Store raises."""

    def has_blob(self, repository: Repository, descriptor: Descriptor) -> bool:
        """Tell whether a blob is there, without reading it."""

    def pieces(self, repository: Repository, descriptor: Descriptor) -> Iterator[bytes]:
        """Yield a blob in pieces; raise IntegrityError at the end if it was not that blob."""

    def put_pieces(
        self,
        repository: Repository,
        descriptor: Descriptor,
        pieces: Callable[[], Iterator[bytes]],
    ) -> None:
        """Store a blob; `pieces` gives it from its beginning each time that it is called."""

    def mount_blob(
        self, repository: Repository, descriptor: Descriptor, *, source: Repository
    ) -> bool:
        """Let a blob of `source` stand in `repository` too; False where that is not done."""


def checked(pieces: Iterator[bytes], descriptor: Descriptor, *, what: str) -> Iterator[bytes]:
    """Pass pieces on; raise IntegrityError where size or digest are not those announced.

    More than announced is refused as it comes, so that an endless source fills no disk.
    """
    known, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > descriptor.size:
            raise IntegrityError(f"{what} has more than the {descriptor.size} bytes announced")
        known.update(piece)
        yield piece
    if size != descriptor.size:
        raise IntegrityError(f"{what} has {size} bytes where {descriptor.size} were announced")
    if known.hexdigest() != descriptor.digest.hex:
        raise IntegrityError(f"{what} does not have the digest {descriptor.digest}")


def regrouped(pieces: Iterator[bytes], *, size: int) -> Iterator[bytes]:
    """Yield the same bytes in pieces of exactly `size`, the last one perhaps shorter."""
    waiting = b""
    for piece in pieces:
        waiting = waiting + piece if waiting else piece
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting
