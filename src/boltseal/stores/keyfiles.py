"""Key files on disk: written whole or not at all, read with a cap, never overwritten in silence."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from boltseal.errors import FileUnusable, UsageError

LARGEST = 64 * 1024
_PRIVATE_MODE, _PUBLIC_MODE = 0o600, 0o644
_Moves = tuple[tuple[Path, Path], ...]
_Link = Callable[[Path, Path], None]


def write_pair(
    prefix: str | os.PathLike[str], pair_private: bytes, pair_public: bytes, *, overwrite: bool
) -> tuple[Path, Path]:
    """Write `<prefix>.key` (mode 0600) and `<prefix>.pub` (0644) and return their paths.

    Both are staged beside their places and appear whole, both or none. Raise FileUnusable where
    one of them exists and `overwrite` is False, or where the folder cannot be written to.
    A symbolic link in the place is replaced, not followed.
    """
    text = os.fspath(prefix)
    if not os.path.basename(text) or "\0" in text:
        raise UsageError(
            f"{text!r} is no prefix for the names of key files; give one like 'cosign'"
        )
    private, public = Path(f"{text}.key"), Path(f"{text}.pub")
    try:
        with (
            _staged(private, pair_private, mode=_PRIVATE_MODE) as staged_private,
            _staged(public, pair_public, mode=_PUBLIC_MODE) as staged_public,
        ):
            if overwrite:
                _replace(((staged_private, private), (staged_public, public)))
            else:
                _publish(((staged_private, private), (staged_public, public)))
    except OSError as error:
        raise FileUnusable(f"cannot write the key pair {text!r}: {_reason(error)}") from error
    return private, public


def rewrite(path: str | os.PathLike[str], content: bytes) -> Path:
    """Put new content into the place of a private key, whole or not at all, with mode 0600.

    A symbolic link is followed, so that no older version stays behind it. Return the file's own
    path; raise FileUnusable where it is no regular file or its folder cannot be written to.
    """
    text = os.fspath(path)
    try:
        place = Path(os.path.realpath(text))
        if not stat.S_ISREG(os.stat(place).st_mode):
            raise FileUnusable(f"{text!r} is no regular file, so that nothing can replace it")
        with _staged(place, content, mode=_PRIVATE_MODE) as staged:
            os.replace(staged, place)
    except (OSError, ValueError) as error:
        raise FileUnusable(f"cannot write the key file {text!r}: {_reason(error)}") from error
    return place


def read(path: str | os.PathLike[str], *, limit: int = LARGEST) -> bytes:
    """Read a key file: a regular file or a pipe (`/dev/stdin`, process substitution).

    Raise FileUnusable for what is missing, unreadable, larger than `limit` bytes, or neither of
    these: a folder, a socket, a device such as a terminal.
    """
    text = os.fspath(path)
    try:
        # Asked before opening, because opening a device may already do something.
        _check_kind(os.stat(text).st_mode, text)
        with open(text, "rb", buffering=0) as file:
            _check_kind(os.fstat(file.fileno()).st_mode, text)
            data = _read_capped(file.fileno(), limit)
    except (OSError, ValueError) as error:
        raise FileUnusable(f"cannot read the key file {text!r}: {_reason(error)}") from error
    if len(data) > limit:
        raise FileUnusable(f"{text!r} has more than {limit} bytes; no key file is that large")
    return data


def exposed(path: str | os.PathLike[str]) -> str | None:
    """Return a warning if others on this machine may read the private key at `path`, else None.

    Only for regular files, and not on Windows, whose modes say nothing about that.
    """
    if os.name == "nt":
        return None
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(mode) or not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    text = os.fspath(path)
    return (
        f"the private key {text!r} has mode {stat.S_IMODE(mode):04o}: others on this machine may "
        f"read it, and only its password protects it then; `chmod 600 {text}` closes it"
    )


@contextlib.contextmanager
def _staged(place: Path, content: bytes, *, mode: int) -> Iterator[Path]:
    """Write `content` to a new file beside `place`, which is gone at the end."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        yield Path(name)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _publish(moves: _Moves) -> None:
    """Give the staged files their names, all or none; refuse where one exists."""
    done: list[Path] = []
    try:
        for staged, place in moves:
            _claim(staged, place)
            done.append(place)
    except BaseException as error:
        for place in done:
            os.unlink(place)
        if isinstance(error, FileExistsError):
            raise FileUnusable(
                f"{str(moves[len(done)][1])!r} is already there and is not overwritten, as a lost "
                "key cannot be made again; move it away or give another --output-key-prefix"
            ) from error
        raise


def _claim(staged: Path, place: Path, *, link: _Link = os.link) -> None:
    """Give the file `staged` the name `place`; raise FileExistsError if that is taken."""
    try:
        link(staged, place)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (some network and container mounts): claim the name, then fill it.
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_MODE))
        try:
            os.replace(staged, place)
        except OSError:
            os.unlink(place)
            raise


def _replace(moves: _Moves) -> None:
    """Put the staged files in the places of older ones; if that fails, the older ones stay."""
    done: list[tuple[Path | None, Path]] = []
    with contextlib.ExitStack() as stack:
        try:
            for staged, place in moves:
                copy = _copy(place)
                old = stack.enter_context(copy) if copy else None
                os.replace(staged, place)
                done.append((old, place))
        except BaseException:
            for old, place in done:
                if old is None:
                    os.unlink(place)
                else:
                    os.replace(old, place)
            raise


def _copy(place: Path) -> contextlib.AbstractContextManager[Path] | None:
    """Stage a copy of the file at `place`, None if there is none; refuse what is no file."""
    if place.is_file():
        return _staged(place, place.read_bytes(), mode=stat.S_IMODE(place.stat().st_mode))
    if place.exists():
        raise FileUnusable(f"{str(place)!r} is there and is no regular file; move it away")
    return None


def _check_kind(mode: int, text: str) -> None:
    if stat.S_ISDIR(mode):
        raise FileUnusable(f"{text!r} is a folder, not a key file")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise FileUnusable(f"{text!r} is a device or a socket; give a file, or pipe the key in")


def _read_capped(handle: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    left = limit + 1
    while left > 0 and (chunk := os.read(handle, left)):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
