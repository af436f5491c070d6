"""A signature holds exactly if it is one that the key's kind allows, in its one spelling."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings

from boltseal.core.keys import PublicKey

VECTORS = Path(__file__).parents[1] / "vectors"
BLOB = VECTORS / "blob"
ARTIFACT = (BLOB / "artifact.bin").read_bytes()
OTHER = (BLOB / "other.bin").read_bytes()
MESSAGE = b"message"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public(name: str) -> PublicKey:
    return PublicKey.parse((VECTORS / "keys" / f"{name}.pub").read_bytes(), what=name)


def test_the_table_has_every_signature_of_the_folder() -> None:
    """Every signature and message-signature bundle of a plain file has a row in the table."""
    bare = {path.name for path in BLOB.glob("*.sig")}
    bundles = {
        path.name
        for path in BLOB.glob("*.sigstore.json")
        if b"messageSignature" in path.read_bytes()
    }
    elsewhere = {"25-att.sig", "31-att.sig", "31-keyless.sigstore.json", "31-tlog.sigstore.json"}
    assert (bare | bundles) - elsewhere == set(SIGNED) | {"synthetic-p256.p1363.sig"}


P256, P384 = "ECDSA P-256 with SHA-256", "ECDSA P-384 with SHA-256"
P521, RSA = "ECDSA P-521 with SHA-256", "RSA 2048 PKCS#1 v1.5 with SHA-256"
K25, K384, K521 = "k25", "imported31-p384-sec1", "imported31-p521-pkcs8"
KRSA, K25519 = "imported31-rsa2048-pkcs1", "imported31-ed25519-pkcs8"

# File: the key that made it, and the scheme. cosign 3.1 verifies its own SHA-384 and SHA-512 only
# when told the hash; here they need no flag.
SIGNED = {
    "25-p256.sig": (K25, P256),
    "25-p256.raw.sig": (K25, P256),
    "25-p256.sigstore.json": (K25, P256),
    "31-p256.sig": (K25, P256),
    "31-p256.sigstore.json": (K25, P256),
    "25-p384.sig": (K384, P384),
    "25-p384.sigstore.json": (K384, P384),
    "31-p384.sig": (K384, "ECDSA P-384 with SHA-384"),
    "31-p384.sigstore.json": (K384, "ECDSA P-384 with SHA-384"),
    "25-p521.sig": (K521, P521),
    "25-p521.sigstore.json": (K521, P521),
    "31-p521.sig": (K521, "ECDSA P-521 with SHA-512"),
    "31-p521.sigstore.json": (K521, "ECDSA P-521 with SHA-512"),
    "25-rsa2048.sig": (KRSA, RSA),
    "25-rsa2048.sigstore.json": (KRSA, RSA),
    "31-rsa2048.sig": (KRSA, RSA),
    "31-rsa2048.sigstore.json": (KRSA, RSA),
    "25-ed25519.sig": (K25519, "Ed25519"),
    "25-ed25519.sigstore.json": (K25519, "Ed25519"),
    "31-ed25519.sig": (K25519, "Ed25519"),
    "31-ed25519.sigstore.json": (K25519, "Ed25519"),
}


def signature_of(name: str) -> bytes:
    data = (BLOB / name).read_bytes()
    if name.endswith(".raw.sig"):
        return data
    if name.endswith(".json"):
        return base64.b64decode(json.loads(data)["messageSignature"]["signature"])
    return base64.b64decode(data)


@pytest.mark.parametrize("name", SIGNED)
def test_signatures_of_cosign_hold(name: str) -> None:
    """What either generation of cosign signed holds, by the scheme that it used."""
    key, scheme = SIGNED[name]
    signature = signature_of(name)
    assert public(key).verify(signature, ARTIFACT) == scheme
    assert public(key).verify(signature, OTHER) is None
    for other in {K25, "k31", K384, K521, KRSA, K25519} - {key}:
        assert public(other).verify(signature, ARTIFACT) is None


def test_an_ieee_p1363_signature_does_not_hold() -> None:
    """r and s side by side are refused, though cosign takes them: one signature, one spelling."""
    signature = base64.b64decode((BLOB / "synthetic-p256.p1363.sig").read_bytes())
    assert len(signature) == 64
    assert public(K25).verify(signature, ARTIFACT) is None


# --- Ed25519ph -----------------------------------------------------------------------------


def ed25519_key() -> tuple[ed25519.Ed25519PrivateKey, PublicKey]:
    key = ed25519.Ed25519PrivateKey.generate()
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, PublicKey.from_spki(spki, what="the key")


def prehashed(key: ed25519.Ed25519PrivateKey, message: bytes) -> bytes:
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    _, secret = bindings.crypto_sign_seed_keypair(seed)
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    return bindings.crypto_sign_ed25519ph_final_create(state, secret)


def test_ed25519ph_holds_and_is_told_from_pure_ed25519() -> None:
    """A prehashed signature, as cosign 3.1 makes for images, holds under its own name."""
    key, verifier = ed25519_key()
    assert verifier.verify(prehashed(key, MESSAGE), MESSAGE) == "Ed25519ph"
    assert verifier.verify(key.sign(MESSAGE), MESSAGE) == "Ed25519"
    assert verifier.verify(prehashed(key, MESSAGE), b"other") is None
    other, _ = ed25519_key()
    assert verifier.verify(prehashed(other, MESSAGE), MESSAGE) is None


def test_ed25519ph_is_that_of_rfc_8032() -> None:
    """The test vector of RFC 8032 section 7.3 holds."""
    secret = "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"
    signature = (
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = PublicKey.from_spki(spki, what="the key of the RFC")
    assert verifier.verify(bytes.fromhex(signature), b"abc") == "Ed25519ph"


# --- only what the kind allows -------------------------------------------------------------


@pytest.mark.parametrize(
    ("curve", "refused"),
    [
        (ec.SECP256R1(), (hashes.SHA224(), hashes.SHA384(), hashes.SHA512(), hashes.SHA3_256())),
        (ec.SECP384R1(), (hashes.SHA224(), hashes.SHA512(), hashes.SHA3_384())),
        (ec.SECP521R1(), (hashes.SHA224(), hashes.SHA384(), hashes.SHA3_512())),
    ],
)
def test_other_hashes_than_those_of_the_curve_do_not_hold(
    curve: ec.EllipticCurve, refused: tuple[hashes.HashAlgorithm, ...]
) -> None:
    """A signature over a hash that cosign never uses with the curve does not hold."""
    key = ec.generate_private_key(curve)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = PublicKey.from_spki(spki, what="it")
    assert verifier.verify(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), MESSAGE) is not None
    for algorithm in refused:
        assert verifier.verify(key.sign(MESSAGE, ec.ECDSA(algorithm)), MESSAGE) is None


def test_other_rsa_schemes_do_not_hold() -> None:
    """RSA-PSS, and PKCS#1 v1.5 over other hashes, do not hold."""
    key = load_pem_private_key((VECTORS / "keys/plain/rsa2048-pkcs1.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    verifier = public(KRSA)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    right = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert verifier.verify(right, MESSAGE) == RSA
    wrong = [
        key.sign(MESSAGE, pss, hashes.SHA256()),
        key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512()),
        key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1()),
        right + b"\0",
        b"\0" + right,
        right[:-1],
        bytes(256),
        b"",
    ]
    assert [verifier.verify(signature, MESSAGE) for signature in wrong] == [None] * len(wrong)


# --- the one spelling of an ECDSA signature ------------------------------------------------


def length(size: int) -> bytes:
    return bytes((size,)) if size < 0x80 else bytes((0x81, size))


def spelled(*integers: bytes, tail: bytes = b"") -> bytes:
    body = b"".join(b"\x02" + length(len(one)) + one for one in integers) + tail
    return b"\x30" + length(len(body)) + body


def signed(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def test_other_spellings_of_an_ecdsa_signature_do_not_hold() -> None:
    """Padded, negative, out-of-range and trailing spellings of a good signature do not hold."""
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = PublicKey.from_spki(spki, what="it")
    good = key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(good)
    one, two = signed(r), signed(s)
    body = good[2:]
    assert good == spelled(one, two)
    assert verifier.verify(good, MESSAGE) is not None

    variants = {
        "byte behind": good + b"\0",
        "byte behind, inside": spelled(one, two, tail=b"\0"),
        "third integer": spelled(one, two, b"\x01"),
        "zero in front of r": spelled(b"\0" + one, two),
        "zero in front of s": spelled(one, b"\0" + two),
        "length in long form": b"\x30\x81" + good[1:],
        "length in longer form": b"\x30\x82\0" + good[1:],
        "indefinite length": b"\x30\x80" + body + b"\0\0",
        "r is zero": spelled(b"\0", two),
        "s is zero": spelled(one, b"\0"),
        "both zero": spelled(b"\0", b"\0"),
        "both empty": spelled(b"", b""),
        "r above the order": spelled(signed(r + P256_ORDER), two),
        "s above the order": spelled(one, signed(s + P256_ORDER)),
        "r is the order": spelled(signed(P256_ORDER), two),
        "negative r": spelled((r - (1 << 256)).to_bytes(33, "big", signed=True), two),
        "negative s": spelled(one, (-s).to_bytes(33, "big", signed=True)),
        "swapped": spelled(two, one),
        "a set": b"\x31" + good[1:],
        "cut": good[:-1],
        "empty": b"",
        "side by side": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "another tag": good.replace(b"\x02", b"\x04", 1),
    }
    held = [name for name, one in variants.items() if verifier.verify(one, MESSAGE) is not None]
    assert held == []


def test_a_high_s_holds() -> None:
    """The mirror signature holds, as cosign has it: so signatures are never told apart by bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    r, s = decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
    mirrored = encode_dss_signature(r, P256_ORDER - s)
    assert PublicKey.from_spki(spki, what="it").verify(mirrored, MESSAGE) is not None


EVERY_KIND = [public(name) for name in (K25, K384, K521, KRSA, K25519)]


@settings(deadline=None)
@given(
    st.sampled_from(EVERY_KIND),
    st.binary(max_size=300)
    | st.binary(min_size=64, max_size=64)
    | st.binary(min_size=256, max_size=256)
    | st.tuples(st.integers(0, 2**520), st.integers(0, 2**520)).map(
        lambda pair: encode_dss_signature(*pair)
    ),
    st.binary(max_size=100),
)
def test_no_bytes_make_verifying_raise(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Whatever stands where a signature should be, verifying answers no and does not raise."""
    assert key.verify(signature, message) is None
