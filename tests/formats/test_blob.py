"""Signatures of plain files are read in exactly one way, and written as cosign writes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.keys import PublicKey
from boltseal.core.message import Message
from boltseal.core.signature import Form, Proof
from boltseal.errors import Malformed, Unsupported
from boltseal.formats.blob import draft, read_bundle, read_signature, write_bundle, write_old

VECTORS = Path(__file__).parents[1] / "vectors"
BLOB = VECTORS / "blob"
ARTIFACT = Message.of((BLOB / "artifact.bin").read_bytes())
HINT = "L0vmTNWJpYhYp8S6NaKKOOckoIvW29WN2igJfCU/GV0="


def content(name: str) -> bytes:
    return (BLOB / name).read_bytes()


@pytest.mark.parametrize("name", ["31-p256.sigstore.json", "31-rsa2048.sigstore.json"])
def test_a_bundle_is_written_byte_for_byte_as_by_cosign(name: str) -> None:
    """The same signature over the same file becomes the very bundle that cosign 3.1 wrote."""
    evidence = read_bundle(content(name), what=name)
    assert write_bundle(draft(ARTIFACT), evidence.proof) == content(name)


@pytest.mark.parametrize("name", ["25-p256", "25-rsa2048", "25-ed25519", "25-p521"])
def test_an_old_bundle_is_written_byte_for_byte_as_by_cosign(name: str) -> None:
    """The same signature becomes the very bundle that cosign 2.5 wrote."""
    evidence = read_bundle(content(f"{name}.oldbundle.json"), what=name)
    assert write_old(evidence.proof.signature) == content(f"{name}.oldbundle.json")


def test_an_old_bundle_of_an_attestation_holds_the_whole_envelope() -> None:
    """cosign 2's bundle around an envelope opens into the attestation."""
    (attested,) = read_bundle(write_old(content("25-att.sig")), what="it").attestations()
    assert attested.predicate_type == "https://example.com/predicate/v1"
    assert attested.form is Form.CLASSIC


def test_the_key_that_an_old_bundle_brings_is_told_apart() -> None:
    """cosign 3.1 puts the public key where a certificate would be; it is read as what it is."""
    key = PublicKey.parse((VECTORS / "keys" / "k25.pub").read_bytes(), what="k25")
    assert read_bundle(content("31-p256.oldbundle.json"), what="it").key == key
    assert read_bundle(content("25-p256.oldbundle.json"), what="it").key is None
    plain = json.loads(content("31-p256.oldbundle.json"))
    plain["cert"] = base64.b64decode(plain["cert"]).decode()
    assert read_bundle(json.dumps(plain).encode(), what="it").key == key


# --- bare signatures -----------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=100), st.sampled_from([b"", b"\n", b"\r\n"]))
def test_a_signature_in_base64_is_decoded_whatever_its_line_breaks(raw: bytes, end: bytes) -> None:
    """Base64 is decoded with line breaks anywhere, as cosign's reader does."""
    text = base64.b64encode(raw)
    lines = end.join(text[i : i + 8] for i in range(0, len(text), 8)) + end
    assert read_signature(lines, what="it").proof.signature == raw


@given(st.binary(min_size=1, max_size=100))
def test_what_is_no_base64_is_the_signature_itself(raw: bytes) -> None:
    """Any other bytes are taken as they are: one reading for each content, none fails."""
    for other in (b" " + raw, raw + b"!", b"\x30" + raw + b"\xff"):
        assert read_signature(other, what="it").proof.signature == other


def test_an_empty_signature_file_is_refused() -> None:
    """Nothing at all is no signature."""
    with pytest.raises(Malformed, match="is empty"):
        read_signature(b"", what="app.sig")


# --- bundles -------------------------------------------------------------------------------


def _message(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(content("31-p256.sigstore.json"))
    change(document)
    return json.dumps(document).encode()


def _in(name: str, **members: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        target = document
        for step in name.split("."):
            target = target[step]
        target.update(members)

    return change


SIGNED, DIGEST = "messageSignature", "messageSignature.messageDigest"
REFUSED = {
    "no digest": (_in(SIGNED, messageDigest=None), "messageDigest"),
    "an empty digest": (_in(SIGNED, messageDigest={}), "not algorithm and digest"),
    "half a digest": (_in(SIGNED, messageDigest={"algorithm": "SHA2_256"}), "not algorithm and"),
    "another hash": (_in(DIGEST, algorithm="SHA3_256"), "SHA3_256"),
    "a hash of another length": (_in(DIGEST, algorithm="SHA2_512"), "in 32 bytes"),
    "a number for a hash": (_in(DIGEST, algorithm=1), "algorithm"),
    "a cut digest": (_in(DIGEST, digest="AAAA"), "in 3 bytes"),
    "a digest in hex": (_in(DIGEST, digest="zz"), "base64"),
    "one member more": (_in(SIGNED, keyid="x"), "unknown member 'keyid'"),
    "no signature": (_in(SIGNED, signature=None), "signature"),
    "two contents": (lambda document: document.update(dsseEnvelope={}), "either an envelope"),
    "two keys": (_in("verificationMaterial", certificate={"rawBytes": ""}), "names 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bundle_that_binds_itself_to_no_file_is_refused(name: str) -> None:
    """A message signature without exactly one digest of a known hash is refused with the reason."""
    change, reason = REFUSED[name]
    with pytest.raises(Malformed, match=reason):
        read_bundle(_message(change), what="it")


def test_an_empty_digest_is_cosigns_own_for_ed25519_alone() -> None:
    """What 3.1 writes for Ed25519 is read, since there the signature is over the file itself."""
    evidence = read_bundle(content("31-ed25519.sigstore.json"), what="it")
    assert evidence.digest is None
    assert len(evidence.proof.signature) == 64


def test_another_version_is_not_called_malformed() -> None:
    """A bundle of a version to come leaves the verdict open; a newer reader might know it."""
    newer = content("31-p256.sigstore.json").replace(b".v0.3+", b".v0.9+")
    with pytest.raises(Unsupported, match=r"version 0\.3"):
        read_bundle(newer, what="it")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "no bundle"),
        ({"base64Signature": 1}, "not a string"),
        ({"base64Signature": ""}, "empty"),
        ({"base64Signature": "a b"}, "base64"),
        ({"base64Signature": "AA==", "Cert": "x"}, "ambiguous"),
        ({"base64Signature": "AA==", "cert": "AAAA"}, "neither a certificate nor a public key"),
        ({"base64Signature": "AA==", "cert": "-----BEGIN PUBLIC KEY-----\n"}, "key in it"),
        ({"base64Signature": "AA==", "rekorBundle": []}, "rekorBundle"),
    ],
)
def test_an_old_bundle_that_could_be_read_in_two_ways_is_refused(
    document: dict[str, Any], reason: str
) -> None:
    """Whatever two readers could take differently in cosign 2's bundle is refused."""
    with pytest.raises(Malformed, match=reason):
        read_bundle(json.dumps(document).encode(), what="it")


def test_each_verb_refuses_what_the_other_judges() -> None:
    """A statement is no signature of the file, nor the reverse, and the reason names the verb."""
    statement = read_bundle(content("31-att.sigstore.json"), what="it")
    with pytest.raises(Malformed, match="verify-blob-attestation judges it"):
        statement.signature(ARTIFACT)
    with pytest.raises(Malformed, match="verify-blob judges it"):
        read_bundle(content("31-p256.sigstore.json"), what="it").attestations()


SAMPLES = [content(path.name) for path in sorted(BLOB.glob("*bundle.json"))]
SAMPLES += [content(path.name) for path in sorted(BLOB.glob("*.sigstore.json"))]


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.binary(max_size=3))
def test_no_change_to_a_bundle_makes_reading_fail_otherwise(
    sample: bytes, at: int, noise: bytes
) -> None:
    """Whatever is changed in a bundle, reading gives evidence or raises Malformed."""
    at %= len(sample)
    changed = sample[:at] + noise + sample[at + len(noise) :]
    try:
        evidence = read_bundle(changed, what="it")
    except Malformed:
        return
    assert isinstance(evidence.proof, Proof)
