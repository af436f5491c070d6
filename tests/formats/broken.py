"""Artifacts that are no signature, or that could be two: one change each to a sound one."""

from __future__ import annotations

import base64

from boltseal.core.signature import Artifact
from boltseal.formats import simplesigning
from tests.formats.shapes import (
    BUNDLE,
    DIGEST,
    ENCODED,
    LEAVE_OUT,
    PAYLOAD,
    STATEMENT,
    bundled,
    changed,
    classic,
    stating,
)

NOTE = simplesigning.SIGNATURE
HEX = DIGEST.hex
DEEP = b"[" * 1_000_000
SUBJECT = STATEMENT["subject"][0]


def doubled(document: dict[str, object], inside: bytes, again: bytes) -> bytes:
    """Write a document with `again` put in front of the one place where `inside` stands."""
    data = changed(document, {})
    assert data.count(inside) == 1
    return data.replace(inside, again + b"," + inside)


def b64(data: bytes) -> str:
    """Encode as a bundle does."""
    return base64.b64encode(data).decode()


# name: artifact, words of the error
CLASSIC: dict[str, tuple[Artifact, str]] = {
    "no annotation": (classic(annotations={}), "has no dev.cosignproject.cosign/signature"),
    "an annotation in other letters": (classic(annotations={NOTE.upper(): ENCODED}), "has no dev"),
    "an empty annotation": (classic(annotations={NOTE: ""}), "or an empty one"),
    "a signature that is no base64": (classic(annotations={NOTE: "signature!"}), "standard base64"),
    "a signature in URL-safe base64": (classic(annotations={NOTE: "-_-_"}), "standard base64"),
    "a signature without padding": (classic(annotations={NOTE: ENCODED.rstrip("=")}), "base64"),
    "a signature with a line break": (classic(annotations={NOTE: f"{ENCODED}\n"}), "base64"),
    "a signature with white space": (classic(annotations={NOTE: f" {ENCODED}"}), "base64"),
    "a signature spelled otherwise": (classic(annotations={NOTE: "YR=="}), "canonical base64"),
    "no payload": (classic(b""), "payload is not JSON"),
    "a cut payload": (classic(changed(PAYLOAD, {})[:-1]), "payload is not JSON"),
    "data behind the payload": (classic(changed(PAYLOAD, {}) + b"{}"), "payload is not JSON"),
    "a byte order mark": (classic(b"\xef\xbb\xbf" + changed(PAYLOAD, {})), "is not JSON"),
    "a payload in UTF-16": (classic(changed(PAYLOAD, {}).decode().encode("utf-16")), "not UTF-8"),
    "a control character in text": (
        classic(changed(PAYLOAD, {}).replace(b"abc", b"a\tc")),
        "not JSON",
    ),
    "half of a surrogate pair": (classic(optional={"a": "\ud800"}), "half of a surrogate pair"),
    "not a number": (classic(optional={"a": float("nan")}), "NaN"),
    "a huge integer": (classic(optional={"a": 10**400}), "number of 401 digits"),
    "nesting without end": (classic(DEEP), "nested"),
    "a list": (classic(b"[]"), "not an object"),
    "null": (classic(b"null"), "not an object"),
    "two digests": (
        classic(doubled(PAYLOAD, b'"docker-manifest-digest"', b'"docker-manifest-digest":"x"')),
        "ambiguous: member 'docker-manifest-digest'",
    ),
    "two critical parts": (
        classic(doubled(PAYLOAD, b'"critical"', b'"critical":{}')),
        "ambiguous: member 'critical'",
    ),
    "an annotation twice": (
        classic(doubled(PAYLOAD, b'"commit"', b'"commit":"other"')),
        "ambiguous: member 'commit'",
    ),
    "no critical part": (classic(critical=LEAVE_OUT), "'critical' is missing"),
    "a critical part in capitals": (classic(critical=LEAVE_OUT, Critical={}), "'critical' is miss"),
    "a critical part of text": (classic(critical="x"), "'critical' is not an object"),
    "no type": (classic(critical__type=LEAVE_OUT), "'type' is missing"),
    "type null": (classic(critical__type=None), "'type' is not a string"),
    "another type": (classic(critical__type="atomic container signature"), "is of type 'atomic"),
    "the type in other letters": (
        classic(critical__type="Cosign container image signature"),
        "is of type 'Cosign",
    ),
    "a long type": (classic(critical__type="x" * 100_000), "is of type 'xxx"),
    "no image": (classic(critical__image=LEAVE_OUT), "'image' is missing"),
    "no digest": (classic(critical__image={}), "'docker-manifest-digest' is missing"),
    "a digest of null": (
        classic(critical__image={"docker-manifest-digest": None}),
        "'docker-manifest-digest' is not a string",
    ),
    "a digest in capitals": (
        classic(critical__image={"docker-manifest-digest": f"sha256:{HEX.upper()}"}),
        "is not a digest",
    ),
    "a digest of another kind": (
        classic(critical__image={"docker-manifest-digest": f"sha512:{HEX}{HEX}"}),
        "is not a digest",
    ),
    "a digest without its kind": (
        classic(critical__image={"docker-manifest-digest": HEX}),
        "is not a digest",
    ),
    "a digest with white space": (
        classic(critical__image={"docker-manifest-digest": f"{DIGEST} "}),
        "is not a digest",
    ),
    "no identity": (classic(critical__identity=LEAVE_OUT), "'identity' is missing"),
    "an identity without a name": (classic(critical__identity={}), "'docker-reference' is missing"),
    "a name that is a list": (
        classic(critical__identity={"docker-reference": []}),
        "'docker-reference' is not a string",
    ),
    "annotations that are a list": (classic(optional=[]), "neither an object nor null"),
    "annotations that are text": (classic(optional=""), "neither an object nor null"),
    "annotations that are false": (classic(optional=False), "neither an object nor null"),
    "a statement in a layer": (classic(changed(STATEMENT, {})), "'critical' is missing"),
    "an envelope in a layer": (classic(changed(BUNDLE["dsseEnvelope"], {})), "'critical' is miss"),
    "a bundle in a layer": (classic(changed(BUNDLE, {})), "'critical' is missing"),
}

BUNDLES: dict[str, tuple[Artifact, str]] = {
    "nothing": (bundled(b""), "the bundle is not JSON"),
    "a cut bundle": (bundled(changed(BUNDLE, {})[:-1]), "is not JSON"),
    "a list": (bundled(b"[]"), "not an object"),
    "nesting without end": (bundled(DEEP), "nested"),
    "two envelopes": (
        bundled(doubled(BUNDLE, b'"dsseEnvelope"', b'"dsseEnvelope":{}')),
        "ambiguous: member 'dsseEnvelope'",
    ),
    "two signatures in one": (
        bundled(doubled(BUNDLE, b'"sig"', b'"sig":"YQ=="')),
        "ambiguous: member 'sig'",
    ),
    "no media type": (bundled(mediaType=LEAVE_OUT), "'mediaType' is missing"),
    "an unknown member": (bundled(extra=1), "unknown member 'extra'"),
    "a member in snake case": (bundled(dsse_envelope={}), "unknown member 'dsse_envelope'"),
    "an unknown member of the material": (
        bundled(verificationMaterial__extra=1),
        "verificationMaterial has the unknown member 'extra'",
    ),
    "no envelope": (bundled(dsseEnvelope=LEAVE_OUT), "either an envelope or a message signature"),
    "envelope and message": (bundled(messageSignature={}), "either an envelope or a message"),
    "an envelope of null": (bundled(dsseEnvelope=None), "'dsseEnvelope' is not an object"),
    "a signed message, bound to no digest": (
        bundled(dsseEnvelope=LEAVE_OUT, messageSignature={"signature": ENCODED}),
        "holds no statement about an image",
    ),
    "a signed message": (
        bundled(
            dsseEnvelope=LEAVE_OUT,
            messageSignature={
                "messageDigest": {"algorithm": "SHA2_256", "digest": b64(DIGEST.raw)},
                "signature": ENCODED,
            },
        ),
        "holds no statement about an image",
    ),
    "no material": (bundled(verificationMaterial=LEAVE_OUT), "'verificationMaterial' is missing"),
    "material that names nobody": (bundled(verificationMaterial={}), "it names 0"),
    "a key of null": (bundled(verificationMaterial__publicKey=None), "it names 0"),
    "a key and a certificate": (
        bundled(verificationMaterial__certificate={"rawBytes": "YQ=="}),
        "it names 2",
    ),
    "a key that is text": (
        bundled(verificationMaterial__publicKey="x"),
        "'publicKey' is not an object",
    ),
    "a hint that is a number": (
        bundled(verificationMaterial__publicKey={"hint": 1}),
        "'hint' is not a string",
    ),
    "a certificate without bytes": (
        bundled(verificationMaterial={"certificate": {}}),
        "'rawBytes' is missing",
    ),
    "a certificate that is PEM": (
        bundled(verificationMaterial={"certificate": {"rawBytes": "-----BEGIN CERTIFICATE"}}),
        "rawBytes is not standard base64",
    ),
    "a chain that is no list": (
        bundled(verificationMaterial={"x509CertificateChain": {"certificates": {}}}),
        "'certificates' is not a list",
    ),
    "a chain of text": (
        bundled(verificationMaterial={"x509CertificateChain": {"certificates": ["YQ=="]}}),
        "an entry is not an object",
    ),
    "log entries that are no list": (
        bundled(verificationMaterial__tlogEntries={}),
        "'tlogEntries' is not a list",
    ),
    "log entries of text": (
        bundled(verificationMaterial__tlogEntries=["x"]),
        "a log entry is not an object",
    ),
    "timestamps of text": (
        bundled(verificationMaterial__timestampVerificationData={"rfc3161Timestamps": ["x"]}),
        "an entry is not an object",
    ),
    "an envelope of text": (
        bundled(dsseEnvelope__payloadType="text/plain"),
        "carries 'text/plain', not an in-toto statement",
    ),
    "an envelope without a type": (bundled(dsseEnvelope__payloadType=LEAVE_OUT), "'payloadType' i"),
    "a type in other letters": (
        bundled(dsseEnvelope__payloadType="application/vnd.in-toto+JSON"),
        "not an in-toto statement",
    ),
    "no signature": (bundled(dsseEnvelope__signatures=[]), "has 0 signatures"),
    "signatures of null": (bundled(dsseEnvelope__signatures=None), "'signatures' is not a list"),
    "two signatures": (
        bundled(dsseEnvelope__signatures=[{"sig": ENCODED}, {"sig": "YQ=="}]),
        "has 2 signatures; a bundle has exactly one",
    ),
    "one signature twice": (
        bundled(dsseEnvelope__signatures=[{"sig": ENCODED}] * 2),
        "has 2 signatures; a bundle has exactly one",
    ),
    "65 signatures": (bundled(dsseEnvelope__signatures=[{"sig": ENCODED}] * 65), "1 to 64"),
    "a signature of text": (bundled(dsseEnvelope__signatures=[ENCODED]), "signature is not an obj"),
    "a signature that is empty": (bundled(dsseEnvelope__signatures=[{"sig": ""}]), "is empty"),
    "a signature without bytes": (bundled(dsseEnvelope__signatures=[{}]), "'sig' is missing"),
    "a signature in URL-safe base64": (
        bundled(dsseEnvelope__signatures=[{"sig": "-_-_"}]),
        "standard base64",
    ),
    "a key's name that is a number": (
        bundled(dsseEnvelope__signatures=[{"sig": ENCODED, "keyid": 1}]),
        "'keyid' is not a string",
    ),
    "no payload": (bundled(dsseEnvelope__payload=LEAVE_OUT), "'payload' is missing"),
    "a payload that is no base64": (bundled(dsseEnvelope__payload="{}"), "payload is not standard"),
    "a payload in URL-safe base64": (bundled(dsseEnvelope__payload="-_-_"), "payload is not stand"),
    "a payload that is empty": (bundled(dsseEnvelope__payload=""), "statement is not JSON"),
    "a simple signing payload in an envelope": (
        stating(changed(PAYLOAD, {})),
        "statement: member '_type' is missing",
    ),
}

STATEMENTS: dict[str, tuple[Artifact, str]] = {
    "a cut statement": (stating(changed(STATEMENT, {})[:-1]), "statement is not JSON"),
    "two subjects' lists": (
        stating(doubled(STATEMENT, b'"subject"', b'"subject":[]')),
        "ambiguous: member 'subject'",
    ),
    "a digest twice": (
        stating(doubled(STATEMENT, b'"sha256"', b'"sha256":"x"')),
        "ambiguous: member 'sha256'",
    ),
    "an annotation twice": (
        stating(doubled(STATEMENT, b'"commit"', b'"commit":"x"')),
        "ambiguous: member 'commit'",
    ),
    "no type": (stating(_type=LEAVE_OUT), "'_type' is missing"),
    "another type": (stating(_type="https://in-toto.io/Statement/v2"), "not an in-toto statement"),
    "no predicate type": (stating(predicateType=LEAVE_OUT), "'predicateType' is missing"),
    "a predicate type of null": (stating(predicateType=None), "'predicateType' is not a string"),
    "no subject": (stating(subject=LEAVE_OUT), "'subject' is missing"),
    "a subject of null": (stating(subject=None), "'subject' is not a list"),
    "subjects that are an object": (stating(subject=SUBJECT), "'subject' is not a list"),
    "an empty list of subjects": (stating(subject=[]), "has 0 subjects"),
    "a list of null": (stating(subject=[None]), "a subject is not an object"),
    "two subjects of a signature": (
        stating(subject=[{"digest": {"sha256": "0" * 64}}, SUBJECT]),
        "has 2 subjects where 1 to 1 may be",
    ),
    "a thousand subjects too many": (
        stating(subject=[SUBJECT] * 1025, predicateType="https://x.example/v1"),
        "has 1025 subjects where 1 to 1024",
    ),
    "a subject without digests": (stating(subject__0__digest=LEAVE_OUT), "'digest' is missing"),
    "digests of null": (stating(subject__0__digest=None), "'digest' is not an object"),
    "digests that are text": (stating(subject__0__digest=str(DIGEST)), "'digest' is not an object"),
    "a digest that is a number": (
        stating(subject__0__digest={"sha256": 1}),
        "'sha256' is not a st",
    ),
    "a digest in capitals": (
        stating(subject__0__digest={"sha256": HEX.upper()}),
        "is not a digest",
    ),
    "a digest with its kind": (
        stating(subject__0__digest={"sha256": str(DIGEST)}),
        "is not a digest",
    ),
    "a short digest": (stating(subject__0__digest={"sha256": HEX[:-1]}), "is not a digest"),
    "annotations that are a list": (
        stating(subject__0__annotations=[]),
        "'annotations' is not an object",
    ),
    "a name that is a number": (stating(subject__0__name=1), "'name' is not a string"),
}

ALL = {
    **{f"classic: {name}": row for name, row in CLASSIC.items()},
    **{f"bundle: {name}": row for name, row in BUNDLES.items()},
    **{f"statement: {name}": row for name, row in STATEMENTS.items()},
}
