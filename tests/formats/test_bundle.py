"""A bundle is written as cosign 3.1 writes it, and opened for the one statement that it carries."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.signature import Form, Kind, Proof
from boltseal.formats import bundle
from boltseal.formats.dsse import IN_TOTO, Envelope, pre_authentication
from boltseal.formats.open import open_artifact
from boltseal.formats.statement import SIGN, sign_statement
from tests.formats.shapes import BUNDLE, DIGEST, ENCODED, NOTES, SIGNATURE, bundled, stating

NOON = "2026-01-02T12:00:00Z"
VERSION_03 = "application/vnd.dev.sigstore.bundle+json;version=0.3"


def test_a_bundle_is_written_in_cosigns_bytes() -> None:
    """Member order of the protobuf, nothing between the tokens, empty members left out."""
    drafted = bundle.draft(DIGEST, NOTES)
    payload = base64.b64encode(drafted.payload).decode()
    artifact = bundle.seal(drafted, Proof(SIGNATURE, hint="aGludA=="), created=NOON)
    assert artifact.content.decode() == (
        '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":'
        '{"publicKey":{"hint":"aGludA=="}},"dsseEnvelope":{"payload":"' + payload + '",'
        f'"payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"{ENCODED}"}}]}}}}'
    )


def test_the_notes_beside_a_bundle_are_cosigns() -> None:
    """Content, predicate type and time stand in the manifest; none of them is signed."""
    artifact = bundle.seal(bundle.draft(DIGEST, NOTES), Proof(SIGNATURE), created=NOON)
    assert artifact.media_type == bundle.MEDIA_TYPE
    assert artifact.annotations == {}
    assert artifact.manifest_annotations == {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
        "org.opencontainers.image.created": NOON,
    }


def test_a_draft_is_signed_over_its_envelopes_encoding() -> None:
    """The key signs type and payload with their lengths, not the bare statement."""
    drafted = bundle.draft(DIGEST, NOTES)
    assert drafted.payload == sign_statement(DIGEST, NOTES)
    assert drafted.signed == pre_authentication(drafted.payload)
    assert (drafted.form, drafted.predicate_type) == (Form.BUNDLE, SIGN)


@pytest.mark.parametrize(
    ("media_type", "counts"),
    [
        (bundle.MEDIA_TYPE, True),
        (VERSION_03, True),
        ("application/vnd.dev.sigstore.bundle.v9+json", True),
        ("application/vnd.dev.sigstore", False),
        ("application/vnd.oci.image.layer.v1.tar+gzip", False),
        ("", False),
    ],
)
def test_a_bundle_of_any_version_is_told_by_its_media_type(media_type: str, counts: bool) -> None:
    """The family decides what is read; the version is looked at inside."""
    assert bundle.is_bundle(media_type) is counts


def test_both_spellings_of_version_0_3_are_read() -> None:
    """The parameter of the first bundles, and the suffix of the present ones."""
    (signature,) = open_artifact(bundled(mediaType=VERSION_03), kind=Kind.SIGNATURE)
    assert signature.proof.signature == SIGNATURE


@pytest.mark.parametrize("predicate_type", ["https://x.example/v1", SIGN.upper(), SIGN + "/", ""])
def test_only_the_sign_predicate_makes_a_signature(predicate_type: str) -> None:
    """Everything else that is stated about an image is an attestation, sound as it may be."""
    (signature,) = open_artifact(stating(predicateType=predicate_type), kind=Kind.SIGNATURE)
    assert signature.kind is Kind.ATTESTATION
    (signature,) = open_artifact(stating(), kind=Kind.SIGNATURE)
    assert signature.kind is Kind.SIGNATURE


@pytest.mark.parametrize(
    ("material", "proof"),
    [
        ({"publicKey": {"hint": "aGludA=="}}, Proof(SIGNATURE, hint="aGludA==")),
        ({"publicKey": {}}, Proof(SIGNATURE)),
        ({"publicKey": {"hint": None}}, Proof(SIGNATURE)),
        ({"publicKey": {}, "certificate": None}, Proof(SIGNATURE)),
        ({"certificate": {"rawBytes": "YQ=="}}, Proof(SIGNATURE, certificates=(b"a",))),
        (
            {
                "x509CertificateChain": {
                    "certificates": [{"rawBytes": "YQ=="}, {"rawBytes": "Yg=="}]
                }
            },
            Proof(SIGNATURE, certificates=(b"a", b"b")),
        ),
        (
            {
                "publicKey": {},
                "tlogEntries": [{"logIndex": "0"}],
                "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": "Yw=="}]},
            },
            Proof(SIGNATURE, log_entries=({"logIndex": "0"},), timestamps=(b"c",)),
        ),
    ],
)
def test_what_a_bundle_brings_along_is_kept(material: dict[str, object], proof: Proof) -> None:
    """Hint, certificates leaf first, log entries and timestamps stand in the proof."""
    (signature,) = open_artifact(bundled(verificationMaterial=material), kind=Kind.SIGNATURE)
    assert signature.proof == proof


HINT = st.none() | st.binary(min_size=1).map(lambda raw: base64.b64encode(raw).decode())
PROOFS = st.builds(
    Proof,
    signature=st.binary(min_size=1),
    hint=HINT,
    log_entries=st.lists(st.dictionaries(st.text("abc"), st.text("xyz"))).map(tuple),
    timestamps=st.lists(st.binary()).map(tuple),
) | st.builds(
    Proof,
    signature=st.binary(min_size=1),
    certificates=st.binary().map(lambda leaf: (leaf,)),
)


@given(st.text('<&\n\0"\\ä🔑 \u2028', max_size=20), PROOFS, st.binary())
def test_what_is_sealed_opens_as_what_was_drafted(note: str, proof: Proof, image: bytes) -> None:
    """Digest, annotations and the whole proof come back, and the exact bytes that were signed."""
    digest = Digest.of(image)
    drafted = bundle.draft(digest, Annotations.of({"note": note}))
    artifact = bundle.seal(drafted, proof, created=NOON)
    (signature,) = open_artifact(artifact, kind=Kind.SIGNATURE)
    assert (signature.form, signature.kind) == (Form.BUNDLE, Kind.SIGNATURE)
    assert (signature.payload, signature.signed) == (drafted.payload, drafted.signed)
    assert signature.proof == proof
    assert signature.reference is None
    subject = signature.subject(digest)
    assert subject is not None
    assert subject.annotations == {"note": note}


def test_white_space_between_tokens_is_no_fault() -> None:
    """protojson varies its white space by binary, so a bundle is never compared as bytes."""
    content = json.dumps(BUNDLE, indent=3).encode()
    (signature,) = open_artifact(bundled(content), kind=Kind.SIGNATURE)
    assert signature.subject(DIGEST) is not None


def test_a_bundle_is_written_around_any_envelope() -> None:
    """`write` takes the envelope as it is, so that a statement signed elsewhere keeps its bytes."""
    envelope = Envelope(b"{}", IN_TOTO, (b"a",))
    written = json.loads(bundle.write(envelope, Proof(b"a", certificates=(b"leaf", b"root"))))
    assert written["verificationMaterial"] == {"certificate": {"rawBytes": "bGVhZg=="}}
    assert written["dsseEnvelope"]["payload"] == "e30="
