"""How an answer becomes bytes: honest framing unless the answer brings its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from .exchange import Answer

_FRAMING = frozenset({"content-length", "transfer-encoding"})


def head_of(answer: Answer) -> bytes:
    """Write the status line and headers, framing added where the answer has none."""
    headers = answer.headers
    if not any(name.lower() in _FRAMING for name, _ in headers) and not _until_close(answer):
        headers = (*headers, *_framing(answer))
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def body_of(answer: Answer, *, method: str) -> Iterator[bytes]:
    """Yield the body as it goes over the wire, chunked where the head says so."""
    if method == "HEAD" or answer.status in (204, 304):
        return
    pieces = [answer.body] if isinstance(answer.body, bytes) else answer.body
    yield from chunked(pieces) if _is_chunked(answer) else pieces


def closes_after(answer: Answer) -> bool:
    """Say whether the framing leaves a doubt about where the answer ends."""
    if (answer.header("Connection") or "").lower() == "close":
        return True
    length = answer.header("Content-Length")
    if isinstance(answer.body, bytes):
        return length not in (None, str(len(answer.body)))
    return length is not None


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Frame pieces as chunks (RFC 9112 section 7.1)."""
    for piece in pieces:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _is_chunked(answer: Answer) -> bool:
    named = (answer.header("Transfer-Encoding") or "").lower()
    if named:
        return named == "chunked"
    framed = answer.header("Content-Length") is not None or _until_close(answer)
    return not isinstance(answer.body, bytes) and not framed


def _until_close(answer: Answer) -> bool:
    stream = not isinstance(answer.body, bytes)
    return stream and (answer.header("Connection") or "").lower() == "close"


def _framing(answer: Answer) -> tuple[tuple[str, str], ...]:
    if answer.status in (204, 304):
        return ()
    if isinstance(answer.body, bytes):
        return (("Content-Length", str(len(answer.body))),)
    return (("Transfer-Encoding", "chunked"),)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
