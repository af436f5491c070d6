"""cosign's encrypted private key file: PEM, in it JSON, in it a secretbox, in it PKCS#8.

Sources: cosign `pkg/cosign/keys.go`, go-securesystemslib `encrypted/encrypted.go`. The JSON is
read as Go reads it (unknown members, any letter case, line breaks inside base64), save that a
member which stands there twice is refused.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from boltseal.core import pem
from boltseal.core.keykinds import SIGSTORE_LABEL, Kind, key_block, kind_of, named
from boltseal.core.keys import PrivateKey
from boltseal.core.reading import parse_json
from boltseal.core.writing import go_json
from boltseal.errors import KeyUnusable, Malformed, PasswordError, UsageError

SALT_SIZE = 32
NONCE_SIZE = 24
_KEY_SIZE = 32
_N, _R, _P = 65536, 8, 1
# What cosign wrote in 2021, what it writes now, and OWASP's advice: it reads these and no others.
_KNOWN_N = (32768, 65536, 131072)
_TAG_SIZE = 16
_SHORTEST_PKCS8 = 48  # Ed25519
_KDF, _CIPHER = "scrypt", "nacl/secretbox"

_CURES = {
    Kind.PLAIN: "encrypt it with `boltseal import-key-pair` first",
    Kind.ENCRYPTED: "convert it with `boltseal import-key-pair` first",
    Kind.PARAMETERS: "a private key may follow: encrypt it with `boltseal import-key-pair` first",
    Kind.OPENSSH: "convert a copy of it with `ssh-keygen -p -m PKCS8 -f COPY`, then import that",
    Kind.PUBLIC: "give the private part, the .key file",
}


def seal(key: PrivateKey, *, password: bytes, salt: bytes, nonce: bytes) -> bytes:
    """Encrypt `key` into the bytes of a key file, as cosign since 2.0.1 writes it.

    `salt` is 32 and `nonce` 24 fresh random bytes: UsageError otherwise. Takes 64 MiB and some
    tenths of a second, for scrypt with N=65536, r=8, p=1.
    """
    from nacl.bindings import crypto_secretbox

    if len(salt) != SALT_SIZE or len(nonce) != NONCE_SIZE:
        raise UsageError(f"a key file needs {SALT_SIZE} bytes of salt and {NONCE_SIZE} of nonce")
    derived = _derive(password, salt=salt, n=_N)
    parameters = {"N": _N, "r": _R, "p": _P}
    envelope = {
        "kdf": {"name": _KDF, "params": parameters, "salt": _base64(salt)},
        "cipher": {"name": _CIPHER, "nonce": _base64(nonce)},
        "ciphertext": _base64(crypto_secretbox(key.pkcs8, nonce, derived)),
    }
    return pem.write(SIGSTORE_LABEL, go_json(envelope))


def is_encrypted(data: bytes) -> bool:
    """True if the first PEM block of `data` is labelled as cosign's encrypted private key."""
    try:
        return kind_of(pem.first_block(data, what="")) is Kind.SEALED
    except Malformed:
        return False


def open_key(data: bytes, *, password: bytes, what: str) -> PrivateKey:
    """Open a key file, as `what` is called in errors.

    Raise KeyUnusable for what is no such file or a damaged one, always before anything is
    derived; PasswordError where the box does not open, which a wrong password and a changed
    file have in common. The password is taken byte for byte; only after it failed is it tried
    with, or without, a newline at its end, so that the error can say so.
    """
    block = key_block(data, what=what)
    if kind_of(block) is not Kind.SEALED:
        cure = _CURES.get(
            kind_of(block), "give a file with an ENCRYPTED SIGSTORE PRIVATE KEY block"
        )
        raise KeyUnusable(f"{what} holds {named(block)}, not an encrypted cosign key; {cure}")
    box = _Box.parse(block.content, what=what)
    opened = box.open(password)
    if opened is None:
        raise PasswordError(_refusal(box, password=password, what=what))
    return PrivateKey.parse_pkcs8(opened, what=f"the key inside {what}")


@dataclass(frozen=True, slots=True, repr=False)
class _Box:
    """The parts of a key file once everything but the password has been checked."""

    salt: bytes
    n: int
    nonce: bytes
    ciphertext: bytes

    @classmethod
    def parse(cls, content: bytes, *, what: str) -> _Box:
        try:
            value = parse_json(content, what=f"the content of {what}")
        except Malformed as error:
            raise KeyUnusable(f"{error}; the file is cut off or damaged") from error
        kdf, cipher = (_Members.of(value, name, what=what) for name in ("kdf", "cipher"))
        _check_name(kdf.get("name"), _KDF, what=f"the key derivation of {what}")
        _check_name(cipher.get("name"), _CIPHER, what=f"the cipher of {what}")
        n = _known_n(_Members.of(kdf.value, "params", what=what), what=what)
        nonce = cipher.data("nonce")
        if len(nonce) != NONCE_SIZE:
            raise KeyUnusable(
                f"{what} is damaged: its nonce has {len(nonce)} bytes, not {NONCE_SIZE}"
            )
        ciphertext = _Members(value, what).data("ciphertext")
        if len(ciphertext) < _TAG_SIZE + _SHORTEST_PKCS8:
            raise KeyUnusable(f"{what} is cut off: {len(ciphertext)} bytes are too few for any key")
        return cls(kdf.data("salt"), n, nonce, ciphertext)

    def open(self, password: bytes) -> bytes | None:
        """Return what is in the box, None if `password` does not open it."""
        derived = _derive(password, salt=self.salt, n=self.n)
        # Imported after scrypt has given its memory back: the two together would be the peak.
        from nacl.bindings import crypto_secretbox_open
        from nacl.exceptions import CryptoError

        try:
            return crypto_secretbox_open(self.ciphertext, self.nonce, derived)
        except CryptoError:
            return None


@dataclass(frozen=True, slots=True, repr=False)
class _Members:
    """A JSON object of a key file, its members found in any letter case, as Go finds them."""

    value: Any
    what: str

    @classmethod
    def of(cls, value: Any, name: str, *, what: str) -> _Members:
        found = cls(value, what).get(name)
        if not isinstance(found, dict):
            raise KeyUnusable(f"{what} is damaged: {name!r} is missing or no JSON object")
        return cls(found, what)

    def get(self, name: str) -> Any:
        members = self.value if isinstance(self.value, dict) else {}
        found = [item for key, item in members.items() if key.casefold() == name.casefold()]
        if len(found) > 1:
            raise KeyUnusable(f"{self.what} is ambiguous: {name!r} stands there twice")
        return found[0] if found else None

    def data(self, name: str) -> bytes:
        found = self.get(name)
        data = pem.unbase64(found.encode("utf-8")) if isinstance(found, str) else None
        if data is None:
            raise KeyUnusable(f"{self.what} is damaged: its {name} is missing or not base64")
        return data


def _check_name(found: Any, wanted: str, *, what: str) -> None:
    if found != wanted:
        shown = repr(found)[:40] if isinstance(found, str) else "not named"
        raise KeyUnusable(f"{what} is {shown}; only {wanted!r} is known")


def _known_n(parameters: _Members, *, what: str) -> int:
    """Return N if the parameters are one of the three known sets, before they cost anything."""
    n, r, p = (parameters.get(name) for name in ("N", "r", "p"))
    if not all(type(number) is int for number in (n, r, p)):
        raise KeyUnusable(f"{what} is damaged: its scrypt parameters are not three integers")
    if n not in _KNOWN_N or (r, p) != (_R, _P):
        known = ", ".join(map(str, _KNOWN_N))
        raise KeyUnusable(
            f"{what} asks for scrypt with N={n}, r={r}, p={p}; known are N of {known} with r=8, p=1"
        )
    return int(n)


def _derive(password: bytes, *, salt: bytes, n: int) -> bytes:
    try:
        return Scrypt(salt=salt, length=_KEY_SIZE, n=n, r=_R, p=_P).derive(password)
    except MemoryError as error:
        raise KeyUnusable(
            f"not enough memory to open or seal a key: scrypt needs {n * _R * 128 >> 20} MiB"
        ) from error


def _refusal(box: _Box, *, password: bytes, what: str) -> str:
    """Say why the box stays shut, and whether a newline at the password's end is all of it."""
    if password.endswith(b"\n"):
        bare = password.removesuffix(b"\n")
        if any(
            box.open(guess) is not None for guess in dict.fromkeys((bare, bare.removesuffix(b"\r")))
        ):
            return (
                f"the password given for {what} ends with a newline, and without it the key opens; "
                "use `printf %s` instead of `echo`, or take the newline out of the secret"
            )
    elif box.open(password + b"\n") is not None:
        return (
            f"the password given for {what} lacks a newline at its end, and with it the key opens; "
            "the key was made with a piped password, whose newline belongs to it"
        )
    return f"the password given does not open {what}, or the file was changed"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
