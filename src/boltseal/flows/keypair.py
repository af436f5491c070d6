"""Make, take over and show key pairs.

generate   entropy -> PrivateKey -seal-> KeyPair
import     foreign PEM -parse-> PrivateKey -seal-> KeyPair
public     key file -open-> PrivateKey -> public PEM
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from boltseal.core import keyfile
from boltseal.core.keys import PrivateKey, PublicKey

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two files of a key pair: the encrypted private one, the public one, and the key."""

    private: bytes = field(repr=False)
    public: bytes = field(repr=False)
    key: PublicKey


def generate(*, password: bytes, entropy: Entropy) -> KeyPair:
    """Make a new ECDSA P-256 pair as cosign does; `entropy(n)` gives n random bytes."""
    return _sealed(PrivateKey.generate(), password=password, entropy=entropy)


def import_key(
    data: bytes,
    *,
    password: bytes,
    entropy: Entropy,
    source_password: bytes | None = None,
    what: str,
) -> KeyPair:
    """Make a pair of a private key that another program wrote, as `PrivateKey.import_pem` reads it.

    `source_password` opens what is encrypted by OpenSSL, `password` is that of the new file.
    Raise KeyUnusable for a key that cannot be used and PasswordError for a wrong
    `source_password`; both name `what`.
    """
    key = PrivateKey.import_pem(data, what=what, password=source_password)
    return _sealed(key, password=password, entropy=entropy)


def public_pem(data: bytes, *, password: bytes, what: str) -> bytes:
    """Return the public key of an encrypted private key file; raise as `keyfile.open_key` does."""
    return keyfile.open_key(data, password=password, what=what).public_key.pem


def _sealed(key: PrivateKey, *, password: bytes, entropy: Entropy) -> KeyPair:
    salt, nonce = entropy(keyfile.SALT_SIZE), entropy(keyfile.NONCE_SIZE)
    private = keyfile.seal(key, password=password, salt=salt, nonce=nonce)
    return KeyPair(private, key.public_key.pem, key.public_key)
