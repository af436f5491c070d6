"""The bundle form: a Sigstore bundle v0.3 around a signed statement, or around a file's digest.

Source: sigstore/protobuf-specs, protos/sigstore_bundle.proto, in protojson; cosign 3.1's bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.reading import member, optional_member, parse_base64, parse_object
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof, Signature
from boltseal.core.writing import proto_json
from boltseal.errors import Malformed, Unsupported
from boltseal.formats.dsse import Envelope, pre_authentication
from boltseal.formats.statement import SIGN, Statement, sign_statement

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_FAMILY = "application/vnd.dev.sigstore.bundle"
_READABLE = (MEDIA_TYPE, f"{_FAMILY}+json;version=0.3")
CONTENT = "dev.sigstore.bundle.content"
PREDICATE_TYPE = "dev.sigstore.bundle.predicateType"
CREATED = "org.opencontainers.image.created"
_MEMBERS = {"mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"}
_MAKERS = ("publicKey", "certificate", "x509CertificateChain")
_MATERIAL = {*_MAKERS, "tlogEntries", "timestampVerificationData"}


def is_bundle(media_type: str) -> bool:
    """Tell whether a layer of `media_type` is a Sigstore bundle of any version."""
    return media_type.startswith(_FAMILY)


def draft(digest: Digest, annotations: Annotations) -> Draft:
    """Draft the signature of an image: the statement `cosign/sign/v1` with the annotations."""
    statement = sign_statement(digest, annotations)
    return Draft(Form.BUNDLE, digest, statement, pre_authentication(statement), SIGN)


def seal(drafted: Draft, proof: Proof, *, created: str) -> Artifact:
    """Put a signed draft into a bundle, with the notes that cosign writes beside it.

    `created` is RFC 3339 in UTC with whole seconds; it is a note for people and not signed.
    """
    content = write(
        Envelope(drafted.payload, "application/vnd.in-toto+json", (proof.signature,)), proof
    )
    return _noted(content, drafted.predicate_type or SIGN, created)


def stored(content: bytes, *, what: str, created: str) -> Artifact:
    """Make the artifact of a bundle that was written elsewhere; it keeps its bytes.

    Raise Malformed or Unsupported for what is no bundle around a statement.
    """
    signature = open_artifact(Artifact(Form.BUNDLE, MEDIA_TYPE, content, origin=what))
    return _noted(content, signature.predicate_type or SIGN, created)


def _noted(content: bytes, predicate_type: str, created: str) -> Artifact:
    return Artifact(
        form=Form.BUNDLE,
        media_type=MEDIA_TYPE,
        content=content,
        manifest_annotations={
            CONTENT: "dsse-envelope",
            PREDICATE_TYPE: predicate_type,
            CREATED: created,
        },
    )


def write(envelope: Envelope, proof: Proof) -> bytes:
    """Write a bundle around `envelope`, member order and white space as cosign 3.1 prints them."""
    return wrap({"dsseEnvelope": envelope.to_json()}, proof)


def wrap(content: Mapping[str, Any], proof: Proof) -> bytes:
    """Write a bundle around its one content: `dsseEnvelope` or `messageSignature`."""
    return proto_json(
        {"mediaType": MEDIA_TYPE, "verificationMaterial": _material(proof), **content}
    )


def _material(proof: Proof) -> dict[str, Any]:
    if proof.certificates:
        leaf = base64.b64encode(proof.certificates[0]).decode("ascii")
        material: dict[str, Any] = {"certificate": {"rawBytes": leaf}}
    else:
        material = {"publicKey": {"hint": proof.hint} if proof.hint else {}}
    if proof.log_entries:
        material["tlogEntries"] = [dict(entry) for entry in proof.log_entries]
    if proof.timestamps:
        stamps = [
            {"signedTimestamp": base64.b64encode(t).decode("ascii")} for t in proof.timestamps
        ]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return material


def open_artifact(artifact: Artifact) -> Signature:
    """Open a bundle that holds a signed statement about an image.

    Raise Unsupported for a version that is not 0.3, Malformed for anything else that cannot be
    read in exactly one way. The statement's predicate type decides whether this is a signature
    or an attestation; cosign 3.1 takes either for a signature.
    """
    what = artifact.origin or "bundle"
    document, proof = unwrap(artifact.content, what=what)
    if "dsseEnvelope" not in document:
        raise Malformed(f"{what} holds no statement about an image (no DSSE envelope)")
    envelope = Envelope.parse(member(document, "dsseEnvelope", dict, what=what), what=what)
    if len(envelope.signatures) != 1:
        raise Malformed(
            f"{what} has {len(envelope.signatures)} signatures; a bundle has exactly one"
        )
    statement = Statement.parse(envelope.payload, what=f"{what}: statement")
    return Signature(
        form=Form.BUNDLE,
        kind=Kind.SIGNATURE if statement.predicate_type == SIGN else Kind.ATTESTATION,
        payload=envelope.payload,
        signed=envelope.signed,
        subjects=statement.subjects,
        proof=replace(proof, signature=envelope.signatures[0]),
        predicate_type=statement.predicate_type,
        statement=statement.document,
        origin=what,
    )


def unwrap(content: bytes, *, what: str) -> tuple[Mapping[str, Any], Proof]:
    """Read a bundle's members and the material beside its content, the proof's signature left out.

    Exactly one of `dsseEnvelope` and `messageSignature` is a member. Raise Unsupported for a
    version that is not 0.3, Malformed for what cannot be read in exactly one way.
    """
    document = parse_object(content, what=what)
    return document, _read_proof(_checked(document, what=what), what=what)


def _checked(document: Mapping[str, Any], *, what: str) -> Mapping[str, Any]:
    media_type = member(document, "mediaType", str, what=what)
    if media_type not in _READABLE:
        raise Unsupported(
            f"{what} is a {media_type[:100]!r}; version 0.3 of the Sigstore bundle is read"
        )
    _no_others(document, _MEMBERS, what=what)
    if ("dsseEnvelope" in document) == ("messageSignature" in document):
        raise Malformed(f"{what} must hold either an envelope or a message signature")
    material = member(document, "verificationMaterial", dict, what=what)
    _no_others(material, _MATERIAL, what=f"{what}: verificationMaterial")
    # protojson reads null as absent, so a null names nothing.
    named = [n for n in _MAKERS if material.get(n) is not None]
    if len(named) != 1:
        raise Malformed(f"{what} must name one key, certificate or chain; it names {len(named)}")
    return dict(material)


def _no_others(value: Mapping[str, Any], known: set[str], *, what: str) -> None:
    # protojson refuses what it does not know; a member that one reader skips and another
    # obeys would make two bundles of one.
    others = sorted(set(value) - known)
    if others:
        raise Malformed(f"{what} has the unknown member {others[0][:80]!r}")


def _read_proof(material: Mapping[str, Any], *, what: str) -> Proof:
    entries = optional_member(material, "tlogEntries", list, what=what) or []
    if any(not isinstance(entry, dict) for entry in entries):
        raise Malformed(f"{what}: a log entry is not an object")
    key = optional_member(material, "publicKey", dict, what=what)
    return Proof(
        signature=b"",
        hint=None if key is None else optional_member(key, "hint", str, what=what),
        certificates=_certificates(material, what=what),
        log_entries=tuple(entries),
        timestamps=_timestamps(material, what=what),
    )


def _certificates(material: Mapping[str, Any], *, what: str) -> tuple[bytes, ...]:
    single = optional_member(material, "certificate", dict, what=what)
    if single is not None:
        return (_raw_bytes(single, "rawBytes", what),)
    chain = optional_member(material, "x509CertificateChain", dict, what=what)
    if chain is None:
        return ()
    listed = member(chain, "certificates", list, what=what)
    return tuple(_raw_bytes(item, "rawBytes", what) for item in listed)


def _timestamps(material: Mapping[str, Any], *, what: str) -> tuple[bytes, ...]:
    data = optional_member(material, "timestampVerificationData", dict, what=what) or {}
    listed = optional_member(data, "rfc3161Timestamps", list, what=what) or []
    return tuple(_raw_bytes(item, "signedTimestamp", what) for item in listed)


def _raw_bytes(value: object, name: str, what: str) -> bytes:
    if not isinstance(value, dict):
        raise Malformed(f"{what}: an entry is not an object")
    return parse_base64(member(value, name, str, what=what), what=f"{what}: {name}")
