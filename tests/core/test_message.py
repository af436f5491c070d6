"""A message that is met in chunks is signed and verified as the same bytes in one piece are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core import edstream
from boltseal.core.keyfile import open_key
from boltseal.core.keys import PrivateKey
from boltseal.core.message import HASHES, Message
from boltseal.errors import FileUnusable

KEYS = Path(__file__).parents[1] / "vectors" / "keys"
PLAIN = ("p256-pkcs8", "p384-sec1", "p521-pkcs8", "rsa2048-pkcs1", "ed25519-pkcs8")


def private(name: str) -> PrivateKey:
    data = (KEYS / f"imported31-{name}.key").read_bytes()
    return open_key(data, password=b"imported", what=name)


@pytest.mark.parametrize("name", PLAIN)
def test_a_message_in_chunks_is_signed_as_the_same_bytes_are(name: str) -> None:
    """What is signed in chunks holds over the bytes, and the reverse, for every kind of key."""
    key = private(name)
    content = bytes(range(256)) * 9000
    chunks = [content[i : i + 1000] for i in range(0, len(content), 1000)]
    again = (lambda: iter(chunks)) if key.public_key.wants_whole else None
    message = Message.read(chunks, hashes=key.public_key.hashes, again=again)
    assert key.public_key.verify(key.sign(message), content) is not None
    assert key.public_key.verify(key.sign(content), message) is not None
    assert key.public_key.verify(key.sign(content + b"x"), message) is None


def test_a_message_without_what_a_key_needs_is_not_verified() -> None:
    """A digest alone never passes for the bytes that Ed25519 signs, nor one hash for another."""
    ed25519, p384 = private("ed25519-pkcs8"), private("p384-sec1")
    digest = Message.read([b"abc"], hashes=["sha256"])
    assert ed25519.public_key.verify(ed25519.sign(b"abc"), digest) is None
    assert p384.public_key.verify(p384.sign(b"abc"), digest) == "ECDSA P-384 with SHA-256"
    with pytest.raises(ValueError, match="all bytes"):
        ed25519.sign(digest)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_digests_do_not_depend_on_how_a_message_is_cut(chunks: list[bytes]) -> None:
    """The digests of a message are those of its chunks joined."""
    content = b"".join(chunks)
    message = Message.read(chunks, hashes=HASHES)
    assert message.digests == Message.of(content).digests
    assert message.digests["sha384"] == hashlib.sha384(content).digest()
    assert b"".join(Message.of(content).pieces()) == content


@pytest.mark.parametrize("name", ["p256-pkcs8", "p384-sec1", "p521-pkcs8"])
def test_a_pair_of_numbers_is_read_where_it_is_allowed_and_as_long_as_the_curve(name: str) -> None:
    """r and s side by side hold for their own curve's length alone, and only where asked for."""
    key = private(name)
    half = {"p256-pkcs8": 32, "p384-sec1": 48, "p521-pkcs8": 66}[name]
    r, s = decode_dss_signature(key.sign(b"abc"))
    for size in (32, 48, 66, 70):
        if r.bit_length() > size * 8 or s.bit_length() > size * 8:
            continue
        pair = r.to_bytes(size, "big") + s.to_bytes(size, "big")
        held = key.public_key.verify(pair, b"abc", pair=True)
        assert (held is not None) is (size == half)
        assert key.public_key.verify(pair, b"abc") is None
    assert key.public_key.verify(bytes(2 * half), b"abc", pair=True) is None
    assert key.public_key.verify(key.sign(b"abc"), b"abc", pair=True) is not None


def test_a_pair_is_nothing_to_keys_on_no_curve() -> None:
    """RSA and Ed25519 signatures mean the same whether pairs are allowed or not."""
    for name in ("rsa2048-pkcs1", "ed25519-pkcs8"):
        key = private(name)
        assert key.public_key.verify(key.sign(b"abc"), b"abc", pair=True) is not None
        assert key.public_key.verify(bytes(64), b"abc", pair=True) is None


# --- pure Ed25519 in pieces ----------------------------------------------------------------


def pieces_of(content: bytes) -> Message:
    """Return a message that is nowhere in one piece."""
    chunks = [content[i : i + 7] for i in range(0, len(content), 7)]
    return Message.read(chunks, hashes=[], again=lambda: iter(chunks))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_ed25519_in_pieces_is_ed25519_in_one_piece(seed: bytes, content: bytes) -> None:
    """A signature made in pieces has the very bytes that the library makes, and both verify."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    made = edstream.sign(seed, public, message=pieces_of(content))
    assert made == key.sign(content)
    assert edstream.holds(public, made, message=pieces_of(content))
    assert not edstream.holds(public, made, message=pieces_of(content + b"x"))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=70), st.integers(0, 63))
def test_no_other_bytes_hold_as_ed25519_in_pieces(seed: bytes, noise: bytes, at: int) -> None:
    """Noise, a changed byte, and the second spelling of a signature do not hold."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    good = key.sign(b"abc")
    changed = bytes((*good[:at], good[at] ^ 1, *good[at + 1 :]))
    order = 2**252 + 27742317777372353535851937790883648493
    higher = int.from_bytes(good[32:], "little") + order
    second = good[:32] + higher.to_bytes(32, "little")
    for wrong in (noise, changed, second, bytes(64), good + b"\0"):
        assert not edstream.holds(public, wrong, message=pieces_of(b"abc"))
    assert not edstream.holds(bytes(32), good, message=pieces_of(b"abc"))


def test_a_message_that_changes_meanwhile_is_not_signed() -> None:
    """A file that reads otherwise the second time gets no signature: two would reveal the key."""
    readings = iter([[b"first"], [b"second"]])
    message = Message({}, again=lambda: next(readings))
    with pytest.raises(FileUnusable, match="changed while it was being signed"):
        private("ed25519-pkcs8").sign(message)
