"""A real registry, both real cosigns, and keys of every kind by every side; once a process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from boltseal.flows.keypair import KeyPair, generate, import_key
from tests.interop.parties import PASSWORD, Boltseal, Party, RealCosign
from tests.interop.rows import KEYS
from tests.peers.cosign import Cosign, KeyFiles, cosign
from tests.peers.registry import Registry, distribution


@dataclass(frozen=True, slots=True)
class House:
    """What the tests between programs share."""

    registry: Registry
    parties: dict[str, Party]
    cosigns: dict[str, Cosign]
    keys: dict[tuple[str, str], KeyFiles]
    stranger: KeyFiles


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run the registry and make the keys."""
    home = tmp_path_factory.mktemp("interop")
    old, new = cosign("2.5", home=home / "old"), cosign("3.1", home=home / "new")
    cosigns = {"2.5": old, "3.1": new}
    parties: dict[str, Party] = {
        "boltseal": Boltseal(),
        "2.5": RealCosign(old),
        "3.1": RealCosign(new),
    }
    keys = {key: _made(*key, home=home, cosigns=cosigns) for key in KEYS}
    stranger = _written(_generated(), home / "stranger")
    with distribution(home / "registry") as registry:
        yield House(registry, parties, cosigns, keys, stranger)


def _made(kind: str, maker: str, *, home: Path, cosigns: dict[str, Cosign]) -> KeyFiles:
    prefix = home / f"{kind}-by-{maker}"
    if kind == "P-256":
        if maker == "boltseal":
            return _written(_generated(), prefix)
        return cosigns[maker].generate_key_pair(prefix.name, password=PASSWORD)
    foreign = _foreign(kind)
    if maker == "boltseal":
        password = PASSWORD.encode()
        pair = import_key(foreign, password=password, entropy=os.urandom, what="the PEM file")
        return _written(pair, prefix)
    pem = Path(f"{prefix}.pem")
    pem.write_bytes(foreign)
    args = ["import-key-pair", "--key", str(pem), "--output-key-prefix", str(prefix)]
    cosigns[maker].run(args, password=PASSWORD).check()
    return _files(prefix)


def _generated() -> KeyPair:
    return generate(password=PASSWORD.encode(), entropy=os.urandom)


def _written(pair: KeyPair, prefix: Path) -> KeyFiles:
    files = _files(prefix)
    files.private.write_bytes(pair.private)
    files.public.write_bytes(pair.public)
    return files


def _files(prefix: Path) -> KeyFiles:
    return KeyFiles(Path(f"{prefix}.key"), Path(f"{prefix}.pub"))


def _foreign(kind: str) -> bytes:
    """Make a key as openssl would: RSA in PKCS#1, curves in SEC 1, Ed25519 in PKCS#8."""
    traditional = PrivateFormat.TraditionalOpenSSL
    if kind == "RSA":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.private_bytes(Encoding.PEM, traditional, NoEncryption())
    if kind == "Ed25519":
        made = ed25519.Ed25519PrivateKey.generate()
        return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    curve = ec.SECP384R1() if kind == "P-384" else ec.SECP521R1()
    return ec.generate_private_key(curve).private_bytes(Encoding.PEM, traditional, NoEncryption())
