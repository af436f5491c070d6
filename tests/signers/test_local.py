"""A local key signs drafts so that its public key, and both cosigns, believe them."""

from __future__ import annotations

from pathlib import Path

import pytest

from boltseal.core.keys import PrivateKey
from boltseal.core.names import Digest
from boltseal.core.signature import Draft, Form
from boltseal.signers import Signer
from boltseal.signers.local import LocalSigner

PLAIN = Path(__file__).parents[1] / "vectors" / "keys" / "plain"
KINDS = ["p256-sec1", "p384-sec1", "p521-pkcs8", "rsa2048-pkcs1", "ed25519-pkcs8"]
DRAFT = Draft(Form.BUNDLE, Digest.of(b"image"), payload=b"payload", signed=b"what is signed")


@pytest.mark.parametrize("name", KINDS)
def test_the_proof_is_over_what_is_signed_and_names_the_key(name: str) -> None:
    """The proof verifies over the draft's signed bytes, not its payload, and has the key's hint."""
    key = PrivateKey.import_pem((PLAIN / f"{name}.pem").read_bytes(), what=name)
    signer: Signer = LocalSigner(key)
    proof = signer.sign(DRAFT)
    assert signer.public_key == key.public_key
    assert key.public_key.verify(proof.signature, DRAFT.signed) is not None
    assert key.public_key.verify(proof.signature, DRAFT.payload) is None
    assert proof.hint == key.public_key.hint
    assert (proof.certificates, proof.log_entries, proof.timestamps) == ((), (), ())


def test_a_signer_prints_its_public_fingerprint_only() -> None:
    """The text of a signer is that of its public key."""
    key = PrivateKey.generate()
    shown = repr(LocalSigner(key))
    assert key.public_key.fingerprint in shown
    assert shown == f"LocalSigner(key=PrivateKey(ECDSA P-256, {key.public_key.fingerprint}))"
