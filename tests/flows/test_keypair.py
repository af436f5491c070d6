"""Key pairs are made, imported and shown by the verbs, with the randomness that they are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from boltseal.core import keyfile
from boltseal.core.keys import PublicKey
from boltseal.errors import KeyUnusable, PasswordError
from boltseal.flows import keypair

KEYS = Path(__file__).parents[1] / "vectors" / "keys"


class Counted:
    """A source of bytes that are not random, and of how many were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return bytes([len(self.asked)]) * size


def test_a_generated_pair_fits_together() -> None:
    """The private file opens with its password to the key of the public file."""
    entropy = Counted()
    pair = keypair.generate(password=b"pw", entropy=entropy)
    assert entropy.asked == [32, 24]
    assert PublicKey.parse(pair.public, what="it") == pair.key
    assert pair.key.algorithm == "ECDSA P-256"
    assert keypair.public_pem(pair.private, password=b"pw", what="it") == pair.public


def test_an_imported_pair_is_the_same_key() -> None:
    """An imported key keeps its public half, and is sealed under the new password."""
    source = (KEYS / "plain" / "p384-sec1.pem").read_bytes()
    pair = keypair.import_key(source, password=b"", entropy=Counted(), what="it")
    assert pair.public == (KEYS / "imported31-p384-sec1.pub").read_bytes()
    assert keyfile.is_encrypted(pair.private)


def test_an_encrypted_source_needs_its_own_password() -> None:
    """The password of the source and that of the new file are two things."""
    source = (KEYS / "plain" / "rejected-p256-encrypted-pkcs8.pem").read_bytes()
    with pytest.raises(PasswordError, match="is missing"):
        keypair.import_key(source, password=b"new", entropy=Counted(), what="it")


def test_nothing_is_derived_for_a_key_that_cannot_be_used() -> None:
    """A key that is refused asks for no randomness."""
    entropy = Counted()
    source = (KEYS / "plain" / "rejected-rsa1024.pem").read_bytes()
    with pytest.raises(KeyUnusable, match="1024 bits"):
        keypair.import_key(source, password=b"", entropy=entropy, what="it")
    assert entropy.asked == []


def test_the_public_key_is_that_of_cosign() -> None:
    """`public-key` prints what cosign prints for the same file."""
    shown = keypair.public_pem(
        (KEYS / "k31.key").read_bytes(), password=b"Tr0ub4dor&3", what="k31.key"
    )
    assert shown == (KEYS / "k31.pub").read_bytes()


def test_a_pair_prints_neither_file() -> None:
    """The text of a pair shows the public fingerprint, and no file."""
    pair = keypair.KeyPair(
        b"private", b"public", PublicKey.parse((KEYS / "k31.pub").read_bytes(), what="it")
    )
    assert repr(pair) == f"KeyPair(key={pair.key!r})"
