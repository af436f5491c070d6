"""Public and private keys as values: parsed once, compared by SPKI, never printing a secret."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from boltseal.core import pem, rsachecks, schemes
from boltseal.core.keykinds import Kind, key_block, kind_of, named
from boltseal.core.message import Message
from boltseal.errors import BoltsealError, KeyUnusable, PasswordError

# RFC 4055 id-RSASSA-PSS. The library reads such keys as plain RSA; Go, and so cosign, refuses them.
_PSS = bytes.fromhex("06092a864886f70d01010a")
_PSS_WITHIN = 24
_USABLE = "use ECDSA on P-256, P-384 or P-521, RSA or Ed25519"
_UNSOUND = "is not a sound private key: it is damaged, or its parts do not agree"
# The library lets an error of OpenSSL itself out where an Ed448 key has another length.
_FAULTS = (ValueError, TypeError, InternalError)
_LABEL_OF_PUBLIC = "PUBLIC KEY"

_PUBLIC_CURES = {
    Kind.SEALED: "give the .pub file beside it, or write one with `boltseal public-key --key FILE`",
    Kind.ENCRYPTED: "give its public part, which `openssl pkey -pubout -in FILE` prints",
    Kind.PLAIN: "give its public part, which `openssl pkey -pubout -in FILE` prints, and keep the "
    "private one to yourself",
    Kind.OPENSSH: "give its public part, which `ssh-keygen -e -m PKCS8 -f FILE` prints",
    Kind.CERTIFICATE: "`openssl x509 -pubkey -noout -in FILE` prints the key that is in it",
}
_IMPORT_CURES = {
    Kind.SEALED: "there is nothing to import: it can sign as it is",
    Kind.OPENSSH: "convert a copy of it with `ssh-keygen -p -m PKCS8 -f COPY`",
    Kind.PARAMETERS: "the block of the private key itself must follow",
}


@dataclass(frozen=True, slots=True, repr=False)
class PublicKey:
    """A key that verifies; equal and hashed by `spki`, its SubjectPublicKeyInfo in DER.

    The SPKI is written anew when a key is read, so that two encodings of one key are one.
    """

    spki: bytes
    algorithm: str = field(compare=False)
    _key: schemes.Verifying = field(compare=False)

    @classmethod
    def parse(cls, data: bytes, *, what: str) -> PublicKey:
        """Read the first PEM block of `data`: `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1).

        Raise KeyUnusable, which names `what` and the mistake, for anything else: a private key,
        a certificate, OpenSSH or binary forms, unknown curves, RSA that is too small.
        """
        block = key_block(data, what=what)
        if kind_of(block) is not Kind.PUBLIC:
            cure = _PUBLIC_CURES.get(kind_of(block), "give a file with a PUBLIC KEY block")
            raise KeyUnusable(f"{what} holds {named(block)}, not a public key; {cure}")
        return cls.from_spki(block.content, what=what)

    @classmethod
    def from_spki(cls, der: bytes, *, what: str) -> PublicKey:
        """Read SubjectPublicKeyInfo (or PKCS#1) in DER; raise KeyUnusable as `parse` does."""
        if _PSS in der[:_PSS_WITHIN]:
            raise KeyUnusable(f"{what} holds a key for RSA-PSS only; {_USABLE}")
        try:
            key = serialization.load_der_public_key(der)
        except UnsupportedAlgorithm as error:
            raise KeyUnusable(
                f"{what} is of a kind or on a curve unknown here; {_USABLE}"
            ) from error
        except _FAULTS as error:
            raise KeyUnusable(
                f"{what} is not a sound public key: damaged, or with values that no key may have, "
                "such as an RSA exponent that is even or 1"
            ) from error
        return cls._of(key, what=what)

    @classmethod
    def _of(cls, key: object, *, what: str) -> PublicKey:
        if isinstance(key, rsa.RSAPublicKey):
            if fault := rsachecks.public_fault(key):
                raise KeyUnusable(f"{what} {fault}")
            return cls(_spki(key), f"RSA {key.key_size}", key)
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(_spki(key), "Ed25519", key)
        if isinstance(key, ec.EllipticCurvePublicKey):
            curve = schemes.curve_name(key)
            if curve is None:
                raise KeyUnusable(f"{what} is on the curve {key.curve.name}; {_USABLE}")
            return cls(_spki(key), f"ECDSA {curve}", key)
        kind = type(key).__name__.removesuffix("PublicKey")
        raise KeyUnusable(f"{what} is a key of kind {kind}, which cosign does not use; {_USABLE}")

    @property
    def pem(self) -> bytes:
        """The key as a `PUBLIC KEY` block, byte for byte as cosign writes it."""
        return pem.write(_LABEL_OF_PUBLIC, self.spki)

    @property
    def fingerprint(self) -> str:
        """`sha256:` and the SHA-256 of the SPKI in hexadecimal: the key's name in reports."""
        return f"sha256:{hashlib.sha256(self.spki).hexdigest()}"

    @property
    def hint(self) -> str:
        """The SHA-256 of the SPKI in standard base64: how a Sigstore bundle names its key."""
        return base64.b64encode(hashlib.sha256(self.spki).digest()).decode("ascii")

    @property
    def hashes(self) -> frozenset[str]:
        """The digests of a message that verifying with this key may need (`message.HASHES`)."""
        return frozenset(one.hash for one in schemes.schemes(self._key) if one.hash)

    @property
    def wants_whole(self) -> bool:
        """Whether this key verifies and signs over all bytes of a message, not over a digest."""
        return any(one.hash is None for one in schemes.schemes(self._key))

    def verify(
        self, signature: bytes, message: bytes | Message, *, pair: bool = False
    ) -> str | None:
        """Return the name of the scheme by which `signature` over `message` holds, else None.

        Only the schemes of this kind of key are tried (`schemes.schemes`), of those the ones for
        which a `Message` has what they need. ECDSA signatures are strict DER; no bytes make this
        raise. The scheme is part of the answer because one key may have several: `Ed25519` and
        `Ed25519ph`, SHA-256 and the curve's own hash. With `pair`, r and s side by side
        (IEEE P1363) are read as well.
        """
        if isinstance(message, bytes):
            message = Message.of(message, hashes=self.hashes)
        other = schemes.der_of_pair(self._key, signature) if pair else None
        for one in schemes.schemes(self._key):
            if one.can_judge(message) and (
                one.holds(signature, message) or (other and one.holds(other, message))
            ):
                return one.name
        return None

    def __repr__(self) -> str:
        return f"PublicKey({self.algorithm}, {self.fingerprint})"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PrivateKey:
    """A key that signs; its `repr` and its errors show the public fingerprint at most."""

    public_key: PublicKey
    _key: schemes.Signing

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new ECDSA P-256 key, the only kind that cosign generates."""
        return cls._of(ec.generate_private_key(ec.SECP256R1()), what="the new key")

    @classmethod
    def parse_pkcs8(cls, der: bytes, *, what: str) -> PrivateKey:
        """Read an unencrypted private key in DER; raise KeyUnusable, which never shows content."""
        return cls._of(_load(der, what=what), what=what)

    @classmethod
    def import_pem(cls, data: bytes, *, what: str, password: bytes | None = None) -> PrivateKey:
        """Read a private key that another program wrote, fit to be sealed and signed with.

        PKCS#1, SEC 1 (`EC PARAMETERS` may stand in front, as openssl writes them; cosign refuses
        these) and PKCS#8; with `password` also what OpenSSL encrypted. RSA must have 2048, 3072
        or 4096 bits, the exponent 65537 and sound primes. Raise KeyUnusable for other keys and
        PasswordError for a password that is missing or wrong.
        """
        block = _private_block(data, what=what)
        if kind_of(block) is Kind.ENCRYPTED:
            loaded = _decrypt(block, what=what, password=password)
        else:
            loaded = _load(block.content, what=what)
        if isinstance(loaded, rsa.RSAPrivateKey) and (fault := rsachecks.import_fault(loaded)):
            raise KeyUnusable(f"{what} {fault}")
        return cls._of(loaded, what=what)

    @classmethod
    def _of(cls, key: object, *, what: str) -> PrivateKey:
        if isinstance(
            key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
        ):
            if isinstance(key, ec.EllipticCurvePrivateKey) and not _halves_agree(key):
                raise KeyUnusable(f"{what} {_UNSOUND}")
            return cls(PublicKey._of(key.public_key(), what=what), key)
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise KeyUnusable(f"{what} is a key of kind {kind}, which cosign does not use; {_USABLE}")

    @property
    def pkcs8(self) -> bytes:
        """The secret: PKCS#8 in DER in Go's shape, which for EC has [1] and no [0]."""
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes | Message) -> bytes:
        """Sign `message` with what both cosigns verify by default (`schemes.sign`).

        A `Message` must have what `public_key.hashes` and `wants_whole` name.
        """
        if isinstance(message, bytes):
            message = Message.of(message, hashes=self.public_key.hashes)
        return schemes.sign(self._key, message)

    def __repr__(self) -> str:
        return f"PrivateKey({self.public_key.algorithm}, {self.public_key.fingerprint})"


def _spki(key: schemes.Verifying) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _halves_agree(key: ec.EllipticCurvePrivateKey) -> bool:
    """True if the public point stored with the key is its own: older libraries do not look."""
    try:
        own = ec.derive_private_key(key.private_numbers().private_value, key.curve)
    except ValueError:
        return False
    return own.public_key().public_numbers() == key.public_key().public_numbers()


def _private_block(data: bytes, *, what: str) -> pem.Block:
    block = key_block(data, what=what)
    if kind_of(block) is Kind.PARAMETERS:
        block = next((b for b in pem.blocks(data, what=what) if b.label == "EC PRIVATE KEY"), block)
    if kind_of(block) not in (Kind.PLAIN, Kind.ENCRYPTED):
        cure = _IMPORT_CURES.get(
            kind_of(block), "give a PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY block"
        )
        raise KeyUnusable(f"{what} holds {named(block)}, not a private key to import; {cure}")
    return block


def _load(der: bytes, *, what: str) -> object:
    if _PSS in der[:_PSS_WITHIN]:
        raise KeyUnusable(f"{what} holds a key for RSA-PSS only; {_USABLE}")
    try:
        return serialization.load_der_private_key(der, password=None)
    except UnsupportedAlgorithm:
        sentence = f"{what} is of a kind or on a curve unknown here; {_USABLE}"
    except _FAULTS:
        sentence = f"{what} {_UNSOUND}"
    # Outside of the handler, so that nothing that saw the key's bytes hangs on our error.
    raise KeyUnusable(sentence)


def _decrypt(block: pem.Block, *, what: str, password: bytes | None) -> object:
    if not password:
        raise PasswordError(
            f"{what} is a private key that OpenSSL encrypted, and the password of that is missing; "
            "give it, or decrypt a copy with `openssl pkey`"
        )
    fault: BoltsealError
    try:
        return serialization.load_pem_private_key(_as_pem(block), password=password)
    except UnsupportedAlgorithm:
        fault = KeyUnusable(f"{what} is encrypted in a way unknown here; decrypt it with OpenSSL")
    except _FAULTS:
        fault = PasswordError(f"the password given does not open {what}, or the file is damaged")
    raise fault  # outside of the handlers, as in _load


def _as_pem(block: pem.Block) -> bytes:
    begin, _, rest = pem.write(block.label, block.content).partition(b"\n")
    headers = "".join(f"{name}: {value}\n" for name, value in block.headers)
    return begin + b"\n" + (headers + "\n" if headers else "").encode() + rest
