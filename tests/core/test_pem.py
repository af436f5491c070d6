"""PEM is read as Go reads it, and written as Go writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.core import pem
from boltseal.core.pem import Block
from boltseal.errors import Malformed

KEYS = Path(__file__).parents[1] / "vectors" / "keys"
PLAIN = b"-----BEGIN X-----\naGVsbG8=\n-----END X-----\n"

ACCEPTED = {
    "plain": PLAIN,
    "text before": b"a note before\n" + PLAIN,
    "something behind": PLAIN + b"anything \x00 at all",
    "another block behind": PLAIN + PLAIN.replace(b"aGVsbG8=", b"AAAA"),
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "no newline at the end": PLAIN.rstrip(),
    "blanks at the ends of lines": PLAIN.replace(b"\n", b" \t\n"),
    "blanks inside base64": PLAIN.replace(b"aGVs", b"aG V\ts"),
    "line breaks inside base64": PLAIN.replace(b"aGVs", b"aG\nV\r\ns"),
    "a header": PLAIN.replace(b"aGV", b"Version: 1\n\naGV"),
    "a header without an empty line": PLAIN.replace(b"aGV", b"Version: 1\naGV"),
    "an END line that ends nothing": b"-----END X-----\n" + PLAIN,
    "a BEGIN line that is not ended": b"-----BEGIN X-----\nAAAA\n" + PLAIN,
    "a block with two labels before": b"-----BEGIN A-----\nAAAA\n-----END B-----\n" + PLAIN,
    "a block that is not base64 before": b"-----BEGIN A-----\n!!!!\n-----END A-----\n" + PLAIN,
}

REFUSED = {
    b"": "is empty",
    b" \n\t": "is empty",
    b"hello": "no line starts with -----BEGIN",
    b"  " + PLAIN: "indented",
    b"\xef\xbb\xbf" + PLAIN: "byte order mark",
    PLAIN.decode().encode("utf-16"): "UTF-16",
    PLAIN.decode().encode("utf-16-be"): "UTF-16",
    b"-----BEGIN X-----\naGVsbG8=\n": "cut off",
    b"-----BEGIN X-----\naGVsbG8=\n-----END Y-----\n": "END line",
    b"-----BEGIN X-----\naGVsbG8=\n-----END X----- junk\n": "END line",
    b"-----BEGIN X-----\naGVsbG8\n-----END X-----\n": "not base64",
    b"-----BEGIN X-----\naGVs_G8=\n-----END X-----\n": "not base64",
    b"-----BEGIN X-----\naGVsbG8=aGVsbG8=\n-----END X-----\n": "not base64",
    b"-----BEGIN X\naGVsbG8=\n-----END X-----\n": "closing dashes",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_go_tolerates_is_read(name: str) -> None:
    """A block is found under everything that Go's decoder tolerates around and inside it."""
    block = pem.first_block(ACCEPTED[name], what="the file")
    assert (block.label, block.content) == ("X", b"hello")


@pytest.mark.parametrize("data", REFUSED)
def test_what_go_refuses_is_refused_with_the_reason(data: bytes) -> None:
    """Bytes without a whole block are malformed, and the message says in which way."""
    with pytest.raises(Malformed, match=r"^the file ") as caught:
        pem.first_block(data, what="the file")
    assert REFUSED[data] in str(caught.value)
    with pytest.raises(Malformed):
        pem.blocks(data, what="the file")


def test_an_empty_block_is_a_block() -> None:
    """A block without content is read as such."""
    assert pem.first_block(b"-----BEGIN X-----\n-----END X-----", what="it") == Block("X", b"")


def test_headers_are_kept() -> None:
    """RFC 1421 headers come along, because they tell an encrypted key from a plain one."""
    data = PLAIN.replace(b"aGV", b"Proc-Type: 4,ENCRYPTED\nDEK-Info: A,0:1\n\naGV")
    assert pem.first_block(data, what="it").headers == (
        ("Proc-Type", "4,ENCRYPTED"),
        ("DEK-Info", "A,0:1"),
    )


def test_all_blocks_come_in_order() -> None:
    """Every whole block is returned, in order, broken ones left out."""
    data = PLAIN + b"-----BEGIN A-----\n!\n-----END A-----\n" + pem.write("CERTIFICATE", b"c")
    assert pem.blocks(data, what="it") == (Block("X", b"hello"), Block("CERTIFICATE", b"c"))


def test_repr_shows_no_content() -> None:
    """A block prints its label and nothing of what is in it."""
    shown = repr(Block("PRIVATE KEY", b"secret", (("secret", "secret"),)))
    assert "PRIVATE KEY" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("path", sorted(KEYS.glob("k*.*")) + sorted(KEYS.glob("imported*")))
def test_written_blocks_are_those_of_cosign(path: Path) -> None:
    """Writing what was read from one of cosign's files gives that file's bytes."""
    data = path.read_bytes()
    if path.suffix in (".key", ".pub"):
        block = pem.first_block(data, what=path.name)
        assert pem.write(block.label, block.content) == data


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_written_blocks_are_read_back(content: bytes) -> None:
    """Whatever is written is read back, in lines of at most 64 characters."""
    data = pem.write("SOME LABEL", content)
    assert pem.first_block(data, what="it") == Block("SOME LABEL", content)
    assert max(map(len, data.splitlines())) <= 64


FRAGMENTS = st.sampled_from(
    [
        b"-----BEGIN ",
        b"-----END ",
        b"-----",
        b"X",
        b"\n",
        b"\r\n",
        b":",
        b"=",
        b"AAAA",
        b" ",
        b"\xff",
    ]
)


@settings(deadline=None)
@given(st.binary() | st.lists(FRAGMENTS, max_size=30).map(b"".join))
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    """Any bytes at all give a block or Malformed."""
    try:
        found = pem.blocks(data, what="it")
    except Malformed:
        return
    assert pem.first_block(data, what="it") == found[0]
