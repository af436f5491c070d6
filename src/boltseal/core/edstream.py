"""Pure Ed25519 (RFC 8032 5.1) over a message too large for memory, which no library offers.

The curve's arithmetic is libsodium's; only the order of the steps is written here. What is signed
is byte for byte what a library signs in one piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from nacl import bindings
from nacl.exceptions import CryptoError

from boltseal.core.message import Message
from boltseal.errors import FileUnusable

_ORDER = 2**252 + 27742317777372353535851937790883648493


def sign(seed: bytes, public: bytes, *, message: Message) -> bytes:
    """Sign with the 32-byte seed of a private key; the message is read twice.

    Raise FileUnusable if it was not the same both times: two signatures with one nonce over
    different messages would give the private key away.
    """
    expanded = hashlib.sha512(seed).digest()
    scalar = _clamped(expanded[:32])
    first, content = _hashed(expanded[32:], message.pieces())
    nonce = bindings.crypto_core_ed25519_scalar_reduce(first)
    commitment = bindings.crypto_scalarmult_ed25519_base_noclamp(nonce)
    second, again = _hashed(commitment + public, message.pieces())
    if content != again:
        raise FileUnusable("the file changed while it was being signed, so it was not signed")
    challenge = bindings.crypto_core_ed25519_scalar_reduce(second)
    product = bindings.crypto_core_ed25519_scalar_mul(challenge, scalar)
    return commitment + bindings.crypto_core_ed25519_scalar_add(product, nonce)


def holds(public: bytes, signature: bytes, *, message: Message) -> bool:
    """Tell whether a signature holds, by the strict equation: no cofactor, one spelling each."""
    commitment, answer = signature[:32], signature[32:]
    if len(signature) != 64 or int.from_bytes(answer, "little") >= _ORDER:
        return False
    hashed, _ = _hashed(commitment + public, message.pieces())
    challenge = bindings.crypto_core_ed25519_scalar_reduce(hashed)
    try:
        left = bindings.crypto_scalarmult_ed25519_base_noclamp(answer)
        right = bindings.crypto_scalarmult_ed25519_noclamp(challenge, public)
        expected = bindings.crypto_core_ed25519_sub(left, right)
    except CryptoError:
        return False
    return expected == commitment


def _hashed(prefix: bytes, pieces: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Return SHA-512 of prefix and message, and of the message alone."""
    running, alone = hashlib.sha512(prefix), hashlib.sha512()
    for piece in pieces:
        running.update(piece)
        alone.update(piece)
    return running.digest(), alone.digest()


def _clamped(half: bytes) -> bytes:
    """Make the secret scalar of a private key (RFC 8032 5.1.5), reduced as libsodium wants it."""
    value = bytearray(half)
    value[0] &= 248
    value[31] = value[31] & 127 | 64
    return bindings.crypto_core_ed25519_scalar_reduce(bytes(value) + bytes(32))
