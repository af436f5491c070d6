"""Keys are believed one by one: who signed is decided by the signature, never by what it claims."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.core.keys import PrivateKey, PublicKey
from boltseal.core.names import Digest
from boltseal.core.signature import Form, Kind, Proof, Signature, Subject
from boltseal.errors import UsageError
from boltseal.trust import Trust
from boltseal.trust.key import KeyTrust

ALICE, BOB, CAROL = (PrivateKey.generate() for _ in range(3))
SIGNED = b"what is signed"


def signature(proof: Proof) -> Signature:
    return Signature(
        form=Form.CLASSIC,
        kind=Kind.SIGNATURE,
        payload=SIGNED,
        signed=SIGNED,
        subjects=(Subject(Digest.of(b"image")),),
        proof=proof,
    )


def by(key: PrivateKey, *, hint: str | None = None) -> Signature:
    return signature(Proof(key.sign(SIGNED), hint=hint))


def trust(**keys: PrivateKey) -> KeyTrust:
    return KeyTrust.of([(name, key.public_key) for name, key in keys.items()])


def failure(trust: KeyTrust, signature: Signature) -> str:
    checks = trust.checks(signature)
    assert not checks.passed
    assert checks.anchor is None
    (check,) = checks.checks
    assert check.name == "signature"
    return check.detail


def test_the_key_that_made_it_is_the_anchor() -> None:
    """A signature by one of the keys passes, and the anchor and the words name that key."""
    both: Trust = trust(alice=ALICE, bob=BOB)
    checks = both.checks(by(BOB))
    assert checks.passed
    assert checks.anchor == both.anchors[1]
    assert checks.anchor is not None
    assert checks.anchor.fingerprint == BOB.public_key.fingerprint
    (check,) = checks.checks
    assert check.detail == f"ECDSA P-256 with SHA-256 by bob ({BOB.public_key.fingerprint})"


def test_another_key_is_not_believed_and_is_named_by_its_hint() -> None:
    """A signature by a stranger fails; the words list what was tried and what it claims."""
    said = failure(trust(alice=ALICE, bob=BOB), by(CAROL, hint=CAROL.public_key.hint))
    assert said.startswith("none of the 2 given keys made it; tried sha256:")
    assert ALICE.public_key.fingerprint in said
    assert BOB.public_key.fingerprint in said
    assert f"names {CAROL.public_key.fingerprint} as its maker, which is none of them" in said


def test_one_key_is_spoken_of_as_one() -> None:
    """With one key given, the words are those for one key."""
    said = failure(trust(alice=ALICE), by(CAROL))
    assert said == f"the given key did not make it; tried {ALICE.public_key.fingerprint}"


def test_a_hint_of_another_key_does_not_matter() -> None:
    """A signature by a trusted key counts for that key, whatever key its hint names."""
    checks = trust(alice=ALICE, bob=BOB).checks(by(ALICE, hint=BOB.public_key.hint))
    assert checks.passed
    assert checks.anchor is not None
    assert checks.anchor.name == "alice"


def test_a_hint_of_a_trusted_key_proves_nothing() -> None:
    """A stranger's signature with a trusted key's hint fails, and is told as changed."""
    said = failure(trust(alice=ALICE), by(CAROL, hint=ALICE.public_key.hint))
    assert said.endswith("it names alice as its maker, so it or what it signs was changed")


@pytest.mark.parametrize("hint", ["", "AAAA", "\x1b[2Jnot base64", "é", "A" * 100_000])
def test_an_odd_hint_is_left_out(hint: str) -> None:
    """A hint that is not one of cosign's is neither shown nor a reason to fail otherwise."""
    said = failure(trust(alice=ALICE), by(CAROL, hint=hint))
    assert said == f"the given key did not make it; tried {ALICE.public_key.fingerprint}"


def test_a_keyless_signature_is_told_as_such() -> None:
    """A certificate beside the signature is never a key to believe by, but is mentioned."""
    proof = Proof(CAROL.sign(SIGNED), certificates=(b"a certificate",))
    assert "made without a key of its own (keyless)" in failure(
        trust(alice=ALICE), signature(proof)
    )


def test_a_changed_message_fails() -> None:
    """A good signature over other bytes is no signature."""
    other = Signature(
        form=Form.CLASSIC,
        kind=Kind.SIGNATURE,
        payload=b"p",
        signed=b"other",
        subjects=(),
        proof=Proof(ALICE.sign(SIGNED)),
    )
    assert "did not make it" in failure(trust(alice=ALICE), other)


def test_many_keys_are_not_all_listed() -> None:
    """A long list of keys is cut, and the number of those left out is said."""
    many = KeyTrust.of([(f"key{n}", PrivateKey.generate().public_key) for n in range(11)])
    said = failure(many, by(CAROL))
    assert said.count("sha256:") == 8
    assert said.startswith("none of the 11 given keys made it")
    assert said.endswith(" and 3 more")


TWICE: list[tuple[Sequence[tuple[str, PublicKey]], str]] = [
    ([], "no public key is given"),
    ([("a", ALICE.public_key), ("a", ALICE.public_key)], "'a' is given twice"),
    ([("a", ALICE.public_key), ("b", ALICE.public_key)], "'a' and 'b' are one and the same key"),
    ([("a", ALICE.public_key), ("a", BOB.public_key)], "two different keys are both called 'a'"),
]


@pytest.mark.parametrize(("keys", "words"), TWICE)
def test_keys_must_be_distinct(keys: Sequence[tuple[str, PublicKey]], words: str) -> None:
    """No key at all, one key twice, or two under one name is wrong use: one would count twice."""
    with pytest.raises(UsageError) as caught:
        KeyTrust.of(keys)
    assert words in str(caught.value)


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=50), st.text(max_size=50) | st.none())
def test_no_bytes_make_a_trust_raise(proof: bytes, signed: bytes, hint: str | None) -> None:
    """Whatever a stranger stores as a signature, the answer is no, and never an exception."""
    found = Signature(
        form=Form.BUNDLE,
        kind=Kind.ATTESTATION,
        payload=b"",
        signed=signed,
        subjects=(),
        proof=Proof(proof, hint=hint),
    )
    assert not trust(alice=ALICE).checks(found).passed


def test_a_hint_is_base64_of_the_fingerprint() -> None:
    """The hint that is read is the one that keys write."""
    raw = base64.b64decode(ALICE.public_key.hint)
    assert ALICE.public_key.fingerprint == f"sha256:{raw.hex()}"
