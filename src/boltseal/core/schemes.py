"""The signatures that each kind of key may make: those that either generation of cosign writes.

cosign 2.5 signs with SHA-256 whatever the curve, 3.1 with the curve's own hash and Ed25519ph;
all of them are read. What is written is what both verify by default: SHA-256 and pure Ed25519.
A scheme over a hash needs the digest alone, so that the message may be of any size; the two of
Ed25519 need all of it: pure by definition, prehashed because no library takes the hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from boltseal.core.message import Message

Verifying = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
Signing = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

# By cryptography's name of the curve: ours, and the hashes that cosign signs with on it.
_CURVES: dict[str, tuple[str, tuple[hashes.HashAlgorithm, ...]]] = {
    "secp256r1": ("P-256", (hashes.SHA256(),)),
    "secp384r1": ("P-384", (hashes.SHA256(), hashes.SHA384())),
    "secp521r1": ("P-521", (hashes.SHA256(), hashes.SHA512())),
}
_SIGNED = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to sign: its name, and whether a signature (first) over a message (second) holds.

    `hash` names the digest that it needs of the message; None stands for all of its bytes.
    """

    name: str
    hash: str | None
    holds: Callable[[bytes, Message], bool]

    def can_judge(self, message: Message) -> bool:
        """Tell whether `message` has what this scheme needs of it."""
        return message.complete if self.hash is None else self.hash in message.digests


def curve_name(key: ec.EllipticCurvePublicKey) -> str | None:
    """Return `P-256`, `P-384` or `P-521`, None for a curve that cosign does not use."""
    name, _ = _CURVES.get(key.curve.name, (None, ()))
    return name


def schemes(key: Verifying) -> tuple[Scheme, ...]:
    """Return the schemes that a signature by `key` may have, the most frequent first."""
    if isinstance(key, rsa.RSAPublicKey):
        return (Scheme(f"RSA {key.key_size} PKCS#1 v1.5 with SHA-256", _SIGNED.name, _rsa(key)),)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return Scheme("Ed25519", None, _pure(key)), Scheme("Ed25519ph", None, _prehashed(key))
    curve, algorithms = _CURVES[key.curve.name]
    return tuple(
        Scheme(
            f"ECDSA {curve} with SHA-{algorithm.digest_size * 8}",
            algorithm.name,
            _ecdsa(key, algorithm),
        )
        for algorithm in algorithms
    )


def sign(key: Signing, message: Message) -> bytes:
    """Sign with what both generations of cosign verify without a flag; DER for ECDSA.

    The message must have its SHA-256, for an Ed25519 key all of its bytes.
    """
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return _sign_pure(key, message)
    digest = message.digests[_SIGNED.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), Prehashed(_SIGNED))
    return key.sign(digest, ec.ECDSA(Prehashed(_SIGNED)))


def _sign_pure(key: ed25519.Ed25519PrivateKey, message: Message) -> bytes:
    if message.whole is not None:
        return key.sign(message.whole)
    if not message.complete:
        raise ValueError("Ed25519 signs all bytes of a message, and only digests were kept")
    from boltseal.core import edstream  # as below: few messages are that large

    return edstream.sign(
        key.private_bytes_raw(), key.public_key().public_bytes_raw(), message=message
    )


def der_of_pair(key: Verifying, signature: bytes) -> bytes | None:
    """Spell r and s side by side (IEEE P1363) as DER.

    None for a key that is on no curve, and for any other length than that of two numbers on it.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    half = (key.key_size + 7) // 8
    if len(signature) != 2 * half:
        return None
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )


def _ecdsa(
    key: ec.EllipticCurvePublicKey, algorithm: hashes.HashAlgorithm
) -> Callable[[bytes, Message], bool]:
    def holds(signature: bytes, message: Message) -> bool:
        if not _is_strict(signature):
            return False
        try:
            digest = message.digests[algorithm.name]
            key.verify(signature, digest, ec.ECDSA(Prehashed(algorithm)))
        except (InvalidSignature, ValueError):
            return False
        return True

    return holds


def _is_strict(signature: bytes) -> bool:
    """True for the one DER spelling of two positive integers (RFC 3279 2.2.3, X.690 8.3 and 10).

    The library refuses other spellings today; two spellings of one signature must not count as
    two tomorrow. High s is no other spelling but another signature, which cosign accepts.
    """
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return False
    return r > 0 and s > 0 and encode_dss_signature(r, s) == signature


def _rsa(key: rsa.RSAPublicKey) -> Callable[[bytes, Message], bool]:
    def holds(signature: bytes, message: Message) -> bool:
        try:
            digest = message.digests[_SIGNED.name]
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(_SIGNED))
        except (InvalidSignature, ValueError):
            return False
        return True

    return holds


def _pure(key: ed25519.Ed25519PublicKey) -> Callable[[bytes, Message], bool]:
    def holds(signature: bytes, message: Message) -> bool:
        if message.whole is None:
            from boltseal.core import edstream

            return edstream.holds(key.public_bytes_raw(), signature, message=message)
        try:
            key.verify(signature, message.whole)
        except (InvalidSignature, ValueError):
            return False
        return True

    return holds


def _prehashed(key: ed25519.Ed25519PublicKey) -> Callable[[bytes, Message], bool]:
    """Verify Ed25519ph (RFC 8032 5.1, empty context), which cryptography does not have."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def holds(signature: bytes, message: Message) -> bool:
        # Imported here because only this one scheme of one kind of key needs it.
        from nacl import bindings
        from nacl.exceptions import CryptoError

        if len(signature) != bindings.crypto_sign_BYTES or not message.complete:
            return False
        state = bindings.crypto_sign_ed25519ph_state()
        for piece in message.pieces():
            bindings.crypto_sign_ed25519ph_update(state, piece)
        try:
            return bindings.crypto_sign_ed25519ph_final_verify(state, signature, raw)
        except CryptoError:
            return False

    return holds
