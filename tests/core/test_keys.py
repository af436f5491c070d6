"""Keys are read from what users have, and refused with one clear sentence where they are unfit."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.core import pem
from boltseal.core.keys import PrivateKey, PublicKey
from boltseal.errors import BoltsealError, KeyUnusable, PasswordError

KEYS = Path(__file__).parents[1] / "vectors" / "keys"
FACTS: dict[str, Any] = json.loads((KEYS / "keys.json").read_text())
PLAIN = KEYS / "plain"
KINDS = {
    "p256-sec1": "ECDSA P-256",
    "p384-sec1": "ECDSA P-384",
    "p521-pkcs8": "ECDSA P-521",
    "rsa2048-pkcs1": "RSA 2048",
    "ed25519-pkcs8": "Ed25519",
}


def plain(name: str) -> PrivateKey:
    return PrivateKey.import_pem((PLAIN / f"{name}.pem").read_bytes(), what=name)


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa_pem(modulus: int, exponent: int, *, oid: str = "06092a864886f70d010101") -> bytes:
    key = der(0x30, integer(modulus), integer(exponent))
    spki = der(0x30, der(0x30, bytes.fromhex(oid + "0500")), der(0x03, b"\0", key))
    return pem.write("PUBLIC KEY", spki)


def ec_pem(curve: str, point: bytes) -> bytes:
    algorithm = der(0x30, bytes.fromhex("06072a8648ce3d0201" + curve))
    return pem.write("PUBLIC KEY", der(0x30, algorithm, der(0x03, b"\0", point)))


MODULUS = load_pem_private_key((PLAIN / "rsa2048-pkcs1.pem").read_bytes(), None)
assert isinstance(MODULUS, rsa.RSAPrivateKey)
N = MODULUS.public_key().public_numbers().n


# --- public keys ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTS["keys"])
def test_public_keys_of_cosign_are_read_and_written(name: str) -> None:
    """Each public key file of cosign is read, written back byte for byte, and has its hint."""
    fact = FACTS["keys"][name]
    data = (KEYS.parent / fact["public"]).read_bytes()
    key = PublicKey.parse(data, what=name)
    assert key.pem == data
    assert key.hint == fact["spki_sha256_b64"]
    assert key.fingerprint == "sha256:" + base64.b64decode(key.hint).hex()
    assert PublicKey.from_spki(key.spki, what=name) == key


@pytest.mark.parametrize("name", KINDS)
def test_the_algorithm_is_named(name: str) -> None:
    """A key names its algorithm, and prints that and its fingerprint."""
    key = plain(name).public_key
    assert key.algorithm == KINDS[name]
    assert repr(key) == f"PublicKey({key.algorithm}, {key.fingerprint})"


def test_two_encodings_of_one_key_are_one_key() -> None:
    """PKCS#1 and SPKI, compressed and uncompressed points: one key, one fingerprint."""
    whole = plain("rsa2048-pkcs1").public_key
    pkcs1 = pem.write("RSA PUBLIC KEY", der(0x30, integer(N), integer(65537)))
    assert PublicKey.parse(pkcs1, what="pkcs1") == whole
    assert len({PublicKey.parse(pkcs1, what="pkcs1"), whole}) == 1

    made = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = made.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = PublicKey.parse(ec_pem("06082a8648ce3d030107", point), what="compressed")
    spki = made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert compressed == PublicKey.from_spki(spki, what="spki")
    assert compressed.fingerprint == PublicKey.from_spki(spki, what="spki").fingerprint


def _public(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _openssh() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _legacy(password: bytes) -> bytes:
    key = load_pem_private_key((PLAIN / "p256-sec1.pem").read_bytes(), None)
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(password)
    )


NOT_PUBLIC = {
    "a sealed private key": ((KEYS / "k25.key").read_bytes(), "encrypted cosign private key"),
    "a private key": ((PLAIN / "p256-pkcs8.pem").read_bytes(), "unencrypted private key"),
    "a SEC 1 private key": ((PLAIN / "p256-sec1.pem").read_bytes(), "unencrypted private key"),
    "an encrypted private key": (
        (PLAIN / "rejected-p256-encrypted-pkcs8.pem").read_bytes(),
        "OpenSSL encrypted",
    ),
    "an encrypted private key of old": (_legacy(b"pw"), "OpenSSL encrypted"),
    "EC parameters": (
        (PLAIN / "rejected-p256-with-params-block.pem").read_bytes(),
        "parameters of an elliptic curve",
    ),
    "an OpenSSH private key": (_openssh(), "an OpenSSH private key"),
    "an OpenSSH public key": (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me\n", "OpenSSH public key"),
    "a certificate": (pem.write("CERTIFICATE", b"c"), "a certificate, not"),
    "a certificate request": (pem.write("CERTIFICATE REQUEST", b"c"), "a certificate request"),
    "OpenPGP": (pem.write("PGP PUBLIC KEY BLOCK", b"c"), "OpenPGP"),
    "another block": (pem.write("X509 CRL", b"c"), "a PEM block of another kind (X509 CRL)"),
    "an odd label": (pem.write("\x1b[2J hunter2", b"c"), "a PEM block of another kind, not"),
    "DER": (plain("p256-sec1").public_key.spki, "binary (DER)"),
    "long DER": (plain("rsa2048-pkcs1").public_key.spki, "binary (DER)"),
    "nothing": (b"", "is empty"),
    "text": (b"hunter2", "no PEM block"),
    "a damaged key": (pem.write("PUBLIC KEY", b"0\x03abc"), "not a sound public key"),
    "a key for RSA-PSS": (rsa_pem(N, 65537, oid="06092a864886f70d01010a"), "RSA-PSS only"),
    "RSA of 1024 bits": (rsa_pem(N >> 1024 | 1, 65537), "has only 1024 bits"),
    "RSA of 20000 bits": (rsa_pem(N << 17952 | 1, 65537), "has 20000 bits"),
    "an RSA exponent of 1": (rsa_pem(N, 1), "exponent that is even"),
    "an even RSA exponent": (rsa_pem(N, 65536), "exponent that is even"),
    "a huge RSA exponent": (rsa_pem(N, N - 2), "above 2^31-1"),
    "P-224": (_public(ec.generate_private_key(ec.SECP224R1()).public_key()), "curve secp224r1"),
    "secp256k1": (_public(ec.generate_private_key(ec.SECP256K1()).public_key()), "secp256k1"),
    "an unknown curve": (ec_pem("06082a8648ce3d030109", b"\x04" * 65), "unknown here"),
    "a point off the curve": (ec_pem("06082a8648ce3d030107", b"\x04" * 65), "not a sound"),
    "X25519": (_public(x25519.X25519PrivateKey.generate().public_key()), "of kind X25519"),
    "Ed448": (_public(ed448.Ed448PrivateKey.generate().public_key()), "of kind Ed448"),
}


@pytest.mark.parametrize("name", NOT_PUBLIC)
def test_what_is_no_usable_public_key_is_named(name: str) -> None:
    """Each thing that people give for a public key is refused by name, without its content."""
    data, words = NOT_PUBLIC[name]
    with pytest.raises(KeyUnusable, match=r"^the file ") as caught:
        PublicKey.parse(data, what="the file")
    message = str(caught.value)
    assert words in message
    assert "hunter2" not in message
    assert message.isprintable()


@settings(deadline=None)
@given(
    st.binary()
    | st.tuples(st.sampled_from(["PUBLIC KEY", "RSA PUBLIC KEY"]), st.binary()).map(
        lambda pair: pem.write(*pair)
    )
)
def test_no_bytes_make_reading_a_public_key_raise_anything_else(data: bytes) -> None:
    """Any bytes, in a PEM block or not, are a public key or refused with our own error."""
    with pytest.raises(BoltsealError):
        PublicKey.parse(data, what="it")


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_changed_public_key_is_another_key_or_none(data: st.DataObject) -> None:
    """A key with any one byte changed is read as another key or refused, and never crashes."""
    name = data.draw(st.sampled_from(sorted(KINDS)))
    key = plain_public(name)
    place = data.draw(st.integers(0, len(key.spki) - 1))
    changed = bytearray(key.spki)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        read = PublicKey.from_spki(bytes(changed), what="it")
    except KeyUnusable:
        return
    assert read.verify(b"0", b"message") is None


_PUBLIC: dict[str, PublicKey] = {}


def plain_public(name: str) -> PublicKey:
    """Return the public part of a plain key, read once: checking RSA primes takes a while."""
    if name not in _PUBLIC:
        _PUBLIC[name] = plain(name).public_key
    return _PUBLIC[name]


# --- private keys --------------------------------------------------------------------------

IMPORTED = sorted(path.stem for path in PLAIN.glob("*.pem") if "rejected" not in path.stem)

# cosign's import refuses each of these. Where the answer here is another one, the reason is given.
REJECTED = {
    "rejected-rsa1024": "has 1024 bits",
    "rejected-p224": "curve secp224r1",
    "rejected-secp256k1": "curve secp256k1",
    "rejected-x25519": "of kind X25519",
    "rejected-p256-encrypted-pkcs8": "the password of that is missing",
    "rejected-rsa-pss": "RSA-PSS only",
}
ACCEPTED_HERE = {
    "rejected-p256-with-params-block": "`openssl ecparam -genkey` writes the parameters in front "
    "by default, and they change nothing: the key block repeats them",
}


@pytest.mark.parametrize("name", IMPORTED)
def test_imported_keys_are_those_that_cosign_imports(name: str) -> None:
    """Every plain key that cosign imported has the same public key and the same PKCS#8 bytes."""
    key = plain(name)
    fact = FACTS["keys"][f"imported31-{name}"]
    assert key.public_key.hint == fact["spki_sha256_b64"]
    assert hashed(key.pkcs8) == fact["pkcs8_sha256"]
    assert PrivateKey.parse_pkcs8(key.pkcs8, what=name).pkcs8 == key.pkcs8


def hashed(data: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize().hex()


def test_every_rejected_vector_has_its_answer() -> None:
    """The two tables above speak of every key that cosign's import refuses, and of no other."""
    sources = {Path(fact["source"]).stem for fact in FACTS["rejected_by_import"]}
    assert sources == set(REJECTED) | set(ACCEPTED_HERE)
    assert sources == {path.stem for path in PLAIN.glob("rejected-*.pem")}


@pytest.mark.parametrize("name", REJECTED)
def test_keys_that_cosign_refuses_are_refused_with_the_reason(name: str) -> None:
    """Keys that cosign does not import are refused, each with a sentence of its own."""
    with pytest.raises((KeyUnusable, PasswordError), match=f"^{name} ") as caught:
        plain(name)
    assert REJECTED[name] in str(caught.value)


@pytest.mark.parametrize("name", ACCEPTED_HERE)
def test_keys_with_parameters_in_front_are_imported(name: str) -> None:
    """OpenSSL's EC PARAMETERS block in front is skipped, which cosign does not do."""
    assert plain(name).public_key.algorithm == "ECDSA P-256"


def test_parameters_alone_are_no_key() -> None:
    """A file with nothing but EC PARAMETERS is refused, and says what must follow."""
    data = pem.write("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))
    with pytest.raises(KeyUnusable, match="must follow"):
        PrivateKey.import_pem(data, what="it")


WEAK = {
    "rsa2048-close-primes": "Fermat",
    "rsa2048-exponent-3": "another public exponent than 65537",
    "rsa2048-roca": "ROCA",
    "rsa2048-unequal-primes": "unequal length",
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_rsa_keys_are_not_imported(name: str) -> None:
    """RSA keys that were made badly are refused on import, each for its own reason."""
    with pytest.raises(KeyUnusable, match=WEAK[name]):
        PrivateKey.import_pem((KEYS / "weak" / f"{name}.pem").read_bytes(), what="it")


def test_every_weak_key_is_tried() -> None:
    """The table of weak keys is that of the folder."""
    assert {path.stem for path in (KEYS / "weak").glob("*.pem")} == set(WEAK)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_keys_that_openssl_encrypted_need_their_password(form: PrivateFormat) -> None:
    """Both of OpenSSL's encrypted forms open with their password, and say so without it."""
    source = load_pem_private_key((PLAIN / "p384-sec1.pem").read_bytes(), None)
    data = source.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"hunter2"))
    key = PrivateKey.import_pem(data, what="it", password=b"hunter2")
    assert key.pkcs8 == plain("p384-sec1").pkcs8
    for password in (None, b""):
        with pytest.raises(PasswordError, match="is missing"):
            PrivateKey.import_pem(data, what="it", password=password)
    for password in (b"hunter3", b"x" * 5000):
        with pytest.raises(PasswordError, match="does not open it, or the file is damaged"):
            PrivateKey.import_pem(data, what="it", password=password)


def _dsa() -> bytes:
    key = dsa.generate_private_key(1024)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


NOT_IMPORTED = {
    "a sealed key": ((KEYS / "k25.key").read_bytes(), "there is nothing to import"),
    "a public key": ((KEYS / "k25.pub").read_bytes(), "holds a public key"),
    "a certificate": (pem.write("CERTIFICATE", b"c"), "holds a certificate"),
    "an OpenSSH key": (_openssh(), "ssh-keygen -p -m PKCS8"),
    "DER": (plain("p256-sec1").pkcs8, "binary (DER)"),
    "DSA": (_dsa(), "of kind DSA"),
    "nothing": (b"", "is empty"),
    "a damaged key": (pem.write("PRIVATE KEY", b"hunter2"), "not a sound private key"),
    "a cut key": (pem.write("PRIVATE KEY", plain("p256-sec1").pkcs8[:-1]), "not a sound private"),
}


@pytest.mark.parametrize("name", NOT_IMPORTED)
def test_what_cannot_be_imported_is_named(name: str) -> None:
    """Each thing that people give to import is refused by name, without its content."""
    data, words = NOT_IMPORTED[name]
    with pytest.raises(KeyUnusable, match=r"^the file ") as caught:
        PrivateKey.import_pem(data, what="the file")
    assert words in str(caught.value)


def test_a_key_whose_halves_differ_is_refused() -> None:
    """An EC key with the public point of another key is refused."""
    mine, other = plain("p256-sec1"), plain("p256-pkcs8")
    swapped = mine.pkcs8.replace(mine.public_key.spki[-64:], other.public_key.spki[-64:])
    assert swapped != mine.pkcs8
    with pytest.raises(KeyUnusable, match="its parts do not agree"):
        PrivateKey.parse_pkcs8(swapped, what="it")


def test_generated_keys_are_new_p256_keys_in_the_shape_of_go() -> None:
    """A generated key is P-256, no two are alike, and its PKCS#8 has the length of Go's."""
    first, second = PrivateKey.generate(), PrivateKey.generate()
    assert first.public_key.algorithm == "ECDSA P-256"
    assert first.public_key != second.public_key
    assert len(first.pkcs8) == 138
    assert PrivateKey.parse_pkcs8(first.pkcs8, what="it").public_key == first.public_key


def test_no_secret_is_shown() -> None:
    """Neither a private key's text nor the errors about one hold anything of the secret."""
    key = plain("p256-sec1")
    loaded = load_der_private_key(key.pkcs8, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    secret = loaded.private_numbers().private_value
    raw = secret.to_bytes(32, "big")
    told = [repr(key), str(key), f"{key}", repr(vars_of(key))]
    for damaged in (key.pkcs8[:-9], key.pkcs8.replace(b"\x03\x01\x07", b"\x03\x01\x09", 1)):
        with pytest.raises(KeyUnusable) as caught:
            PrivateKey.parse_pkcs8(damaged, what="it")
        told += chain(caught.value)
        with pytest.raises(KeyUnusable) as caught:
            PublicKey.parse(pem.write("PRIVATE KEY", damaged), what="it")
        told += chain(caught.value)
    for text in told:
        for form in (str(secret), raw.hex(), repr(raw)[2:-1], base64.b64encode(raw[:30]).decode()):
            assert form not in text


def vars_of(value: object) -> list[object]:
    return [getattr(value, name) for name in getattr(value, "__slots__", ())]


def chain(error: BaseException | None) -> list[str]:
    """Return everything that an exception and those behind it could print."""
    if error is None:
        return []
    told = [str(error), repr(error), repr(error.args), repr(vars(error))]
    return told + chain(error.__cause__) + chain(error.__context__)


@settings(deadline=None)
@given(st.binary() | st.binary().map(lambda data: pem.write("PRIVATE KEY", data)))
def test_no_bytes_make_reading_a_private_key_raise_anything_else(data: bytes) -> None:
    """Any bytes, in a PEM block or not, are refused with our own error."""
    with pytest.raises(BoltsealError):
        PrivateKey.import_pem(data, what="it", password=b"pw")
    with pytest.raises(BoltsealError):
        PrivateKey.parse_pkcs8(data, what="it")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_private_key_is_whole_or_refused(data: st.DataObject) -> None:
    """A private key with one byte changed is refused, or its public half verifies what it signs."""
    der = plain(data.draw(st.sampled_from(["p256-sec1", "p521-pkcs8", "ed25519-pkcs8"]))).pkcs8
    changed = bytearray(der)
    changed[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        key = PrivateKey.parse_pkcs8(bytes(changed), what="it")
    except KeyUnusable:
        return
    assert key.public_key.verify(key.sign(b"message"), b"message") is not None


def test_an_ed448_key_of_a_wrong_length_is_refused() -> None:
    """A key that calls itself Ed448 and is too short for it is one clear refusal."""
    der = plain("ed25519-pkcs8").pkcs8.replace(
        bytes.fromhex("06032b6570"), bytes.fromhex("06032b6571")
    )
    with pytest.raises(KeyUnusable, match="not a sound private key"):
        PrivateKey.parse_pkcs8(der, what="it")


# --- signing -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_signs_what_cosign_verifies_by_default(name: str) -> None:
    """Whatever the key, the signature is of the scheme that both cosigns verify without a flag."""
    key = plain(name)
    default = {
        "RSA 2048": "RSA 2048 PKCS#1 v1.5 with SHA-256",
        "Ed25519": "Ed25519",
    }.get(KINDS[name], f"{KINDS[name]} with SHA-256")
    signature = key.sign(b"message")
    assert key.public_key.verify(signature, b"message") == default
    assert key.public_key.verify(signature, b"massage") is None


def test_rsa_signs_with_pkcs1_and_sha256() -> None:
    """An RSA signature is the deterministic PKCS#1 v1.5 one over SHA-256."""
    assert isinstance(MODULUS, rsa.RSAPrivateKey)
    wanted = MODULUS.sign(b"message", padding.PKCS1v15(), hashes.SHA256())
    assert plain("rsa2048-pkcs1").sign(b"message") == wanted
