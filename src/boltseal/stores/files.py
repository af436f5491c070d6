"""Files on disk: read in chunks whatever their size, written whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from boltseal.core.message import Message
from boltseal.errors import FileUnusable, UsageError

STDIN = "-"
LARGEST_SPOOL = 8 * 1024**3
SMALL = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The files of this machine; `stdin` is what `-` names, and `check` may end a long reading."""

    stdin: BinaryIO | None = None
    check: Callable[[], None] = lambda: None
    largest_spool: int = LARGEST_SPOOL

    @contextlib.contextmanager
    def message(self, path: str, *, hashes: Iterable[str], whole: bool) -> Iterator[Message]:
        """Read a file once, in chunks, and keep its digests.

        With `whole`, a file of up to `SMALL` bytes is kept in memory, and a larger one can be
        read again; what is no regular file, standard input too, is first written to a temporary
        file of at most `largest_spool` bytes.
        """
        with self._opened(path) as file, contextlib.ExitStack() as stack:
            if not whole:
                yield Message.read(self._chunks(file, path), hashes=hashes)
                return
            if not _is_regular(file):
                file = stack.enter_context(self._spooled(file, path))
            if os.fstat(file.fileno()).st_size <= SMALL:
                yield Message.of(b"".join(self._chunks(file, path)), hashes=hashes)
                return
            again = partial(self._again, file, path)
            yield Message.read(again(), hashes=hashes, again=again)

    def _again(self, file: BinaryIO, path: str) -> Iterator[bytes]:
        file.seek(0)
        return self._chunks(file, path)

    def read(self, path: str, *, limit: int) -> bytes:
        """Return what a file holds; raise FileUnusable for more than `limit` bytes."""
        with self._opened(path) as file:
            content = b""
            for chunk in self._chunks(file, path):
                content += chunk
                if len(content) > limit:
                    raise FileUnusable(
                        f"{_shown(path)} has more than {limit} bytes, too many for its kind"
                    )
            return content

    def write(self, path: str, content: bytes) -> None:
        """Put a file with mode 0600 in place, over an older one; a reader never sees half of it.

        A symbolic link is replaced, not followed. What is no regular file, such as a pipe or
        `/dev/stdout`, is written to as it is.
        """
        try:
            if _is_special(path):
                with open(path, "wb") as file:
                    file.write(content)
            else:
                _replace(path, content)
        except (OSError, ValueError) as error:
            raise FileUnusable(f"cannot write {path!r}: {_reason(error)}") from error

    def exists(self, path: str) -> bool:
        """Tell whether something stands at a path, a dangling link too."""
        return os.path.lexists(path)

    @contextlib.contextmanager
    def _opened(self, path: str) -> Iterator[BinaryIO]:
        if path == STDIN:
            if self.stdin is None:
                raise FileUnusable("there is no standard input to read (-); name a file")
            yield self.stdin
            return
        try:
            if stat.S_ISDIR(os.stat(path).st_mode):
                raise FileUnusable(f"{path!r} is a folder; name a file, or a pattern: {path}/*")
            file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below
        except (OSError, ValueError) as error:
            raise FileUnusable(f"cannot read {path!r}: {_reason(error)}") from error
        with file:
            yield file

    def _chunks(self, file: BinaryIO, path: str) -> Iterator[bytes]:
        try:
            while chunk := file.read(_CHUNK):
                self.check()
                yield chunk
        except OSError as error:
            raise FileUnusable(f"cannot read {_shown(path)}: {_reason(error)}") from error

    @contextlib.contextmanager
    def _spooled(self, file: BinaryIO, path: str) -> Iterator[BinaryIO]:
        size = 0
        try:
            with tempfile.TemporaryFile(buffering=0) as spool:
                for chunk in self._chunks(file, path):
                    size += len(chunk)
                    if size > self.largest_spool:
                        raise UsageError(
                            f"{_shown(path)} has more than {self.largest_spool} bytes, and an "
                            "Ed25519 key needs all of them at hand; give the file itself by name"
                        )
                    spool.write(chunk)
                spool.seek(0)
                yield spool
        except OSError as error:
            raise FileUnusable(
                f"cannot keep {_shown(path)} in a temporary file: {_reason(error)}"
            ) from error


def expand(words: Iterable[str], *, leave_out: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the files that names and patterns (`*`, `?`, `[...]`, `**`) stand for, each once.

    What a name says is taken as it is, there or not. Of what a pattern matches, folders and
    names that end with one of `leave_out` are left out. Raise UsageError for a pattern without
    a file.
    """
    found: dict[str, None] = {}
    for word in words:
        if word == STDIN or not glob.has_magic(word) or os.path.lexists(word):
            found[word] = None
            continue
        matched = sorted(glob.glob(word, recursive=True))
        files = [p for p in matched if os.path.isfile(p) and not p.endswith(leave_out)]
        if not files:
            raise UsageError(f"{word} matches no file; compare it with what is there")
        found.update(dict.fromkeys(files))
    return tuple(found)


def _replace(path: str, content: bytes) -> None:
    folder, name = os.path.split(path)
    handle, staged = tempfile.mkstemp(prefix=f".{name[:64]}.", dir=folder or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(staged, _MODE)
        os.replace(staged, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        raise


def _is_regular(file: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.tell() == 0
    except (OSError, ValueError):
        return False  # a stream without a descriptor


def _is_special(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode)


def _shown(path: str) -> str:
    return "standard input" if path == STDIN else repr(path)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
