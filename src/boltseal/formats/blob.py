"""Signatures of plain files: bare, in cosign 2's bundle (`LocalSignedPayload`), in bundle v0.3.

Source: cosign cmd/cosign/cli/sign/sign_blob.go and verify/verify_blob.go, pkg/cosign/fetch.go;
sigstore/protobuf-specs, protos/sigstore_bundle.proto.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.core.keys import PublicKey
from boltseal.core.message import Message
from boltseal.core.names import Digest
from boltseal.core.reading import member, optional_member, parse_base64, parse_object
from boltseal.core.signature import Draft, Form, Kind, Proof, Signature, Subject
from boltseal.core.writing import go_json
from boltseal.errors import KeyUnusable, Malformed
from boltseal.formats.attestation import open_envelope
from boltseal.formats.bundle import unwrap, wrap
from boltseal.formats.dsse import Envelope

# protobuf-specs' names of the hashes that cosign signs with, and the lengths of their digests.
_HASHES = {"SHA2_256": ("sha256", 32), "SHA2_384": ("sha384", 48), "SHA2_512": ("sha512", 64)}
_OLD = ("base64Signature", "cert", "rekorBundle")
_ED25519_LENGTH = 64
_PUBLIC, _CERTIFICATE = b"-----BEGIN PUBLIC KEY", b"-----BEGIN CERTIFICATE"


@dataclass(frozen=True, slots=True)
class FileDigest:
    """The digest by which a bundle names the file that it signs: the hash's name, raw bytes."""

    hash: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found beside a file: a proof, and what it says of the file and of its key.

    `key` is a public key that came along; it may agree with the key asked for and never stands
    in for it.
    """

    form: Form
    proof: Proof
    origin: str
    digest: FileDigest | None = None
    key: PublicKey | None = None
    envelope: Envelope | None = None

    def signature(self, message: Message) -> Signature:
        """Return the signature over a file; raise Malformed for one over a statement."""
        if self.envelope is not None:
            raise Malformed(
                f"{self.origin} holds an attestation, no signature of the file itself; "
                "verify-blob-attestation judges it"
            )
        digest = message.digests.get("sha256")
        return Signature(
            form=self.form,
            kind=Kind.SIGNATURE,
            payload=b"",
            signed=message,
            subjects=(Subject(Digest(digest.hex()) if digest else None),),
            proof=self.proof,
            origin=self.origin,
        )

    def attestations(self) -> tuple[Signature, ...]:
        """Return the signatures over a statement, each alone; raise Malformed for another thing."""
        envelope = self.envelope
        if envelope is None:
            if self.digest is not None:
                raise Malformed(
                    f"{self.origin} holds a signature of the file itself, no attestation; "
                    "verify-blob judges it"
                )
            value = parse_object(self.proof.signature, what=f"{self.origin}: envelope")
            envelope = Envelope.parse(value, what=f"{self.origin}: envelope")
        return open_envelope(envelope, form=self.form, what=self.origin)


def draft(message: Message) -> Draft:
    """Draft the signature of a file, whose SHA-256 the message must have."""
    return Draft(Form.CLASSIC, Digest(message.digests["sha256"].hex()), b"", message)


def write_bundle(drafted: Draft, proof: Proof) -> bytes:
    """Write bundle v0.3 around a file's signature, byte for byte as cosign 3.1.

    The digest is always SHA-256. cosign 3.1 leaves it empty for Ed25519 and then refuses its own
    bundle; with it, as cosign 2.5 writes it, both sides read it.
    """
    return wrap(
        {
            "messageSignature": {
                "messageDigest": {
                    "algorithm": "SHA2_256",
                    "digest": _text(drafted.subject.raw),
                },
                "signature": _text(proof.signature),
            }
        },
        proof,
    )


def write_old(content: bytes) -> bytes:
    """Write cosign 2's bundle around a signature, or around a whole envelope as JSON.

    As 2.5 does, without the public key: cosign takes one that stands there for the key asked for.
    """
    return go_json({"base64Signature": _text(content)})


def read_signature(content: bytes, *, what: str) -> Evidence:
    """Read a bare signature: base64 if it is that once line breaks are skipped, else raw bytes.

    Other programs write r and s side by side; cosign reads that, and over one file there is
    nothing that two spellings of a signature could be counted for. Raise Malformed for nothing
    at all. Source: cosign verify_blob.go.
    """
    if not content:
        raise Malformed(f"{what} is empty; it should hold a signature")
    proof = Proof(_decoded(content, what=what), pair=True)
    return Evidence(Form.CLASSIC, proof, what)


def read_bundle(content: bytes, *, what: str) -> Evidence:
    """Read a bundle of either kind, told apart by `mediaType`; raise Malformed or Unsupported."""
    document = parse_object(content, what=what)
    return _read_new(content, what) if "mediaType" in document else _read_old(document, what)


def _read_new(content: bytes, what: str) -> Evidence:
    document, proof = unwrap(content, what=what)
    if "dsseEnvelope" in document:
        envelope = Envelope.parse(member(document, "dsseEnvelope", dict, what=what), what=what)
        if len(envelope.signatures) != 1:
            raise Malformed(
                f"{what} has {len(envelope.signatures)} signatures; a bundle has exactly one"
            )
        return Evidence(Form.BUNDLE, proof, what, envelope=envelope)
    value = member(document, "messageSignature", dict, what=what)
    what_else = sorted(set(value) - {"messageDigest", "signature"})
    if what_else:
        raise Malformed(f"{what} has the unknown member {what_else[0][:80]!r}")
    raw = parse_base64(member(value, "signature", str, what=what), what=f"{what}: signature")
    signed = Proof(raw, proof.hint, proof.certificates, proof.log_entries, proof.timestamps)
    return Evidence(Form.BUNDLE, signed, what, digest=_digest(value, raw, what))


def _digest(value: Mapping[str, Any], signature: bytes, what: str) -> FileDigest | None:
    """Read the digest that binds a signature to its file.

    It is empty only where cosign 3.1 leaves it so: pure Ed25519 has no digest, and its signature,
    of 64 bytes, is over the file itself. Any other bundle without one is refused.
    """
    told = member(value, "messageDigest", dict, what=what)
    if not told and len(signature) == _ED25519_LENGTH:
        return None
    if set(told) != {"algorithm", "digest"}:
        raise Malformed(f"{what}: messageDigest has {sorted(told)}, not algorithm and digest")
    algorithm = member(told, "algorithm", str, what=what)
    name, length = _HASHES.get(algorithm, ("", 0))
    raw = parse_base64(member(told, "digest", str, what=what), what=f"{what}: digest")
    if not name or len(raw) != length:
        raise Malformed(
            f"{what} names its file by {algorithm[:40]!r} in {len(raw)} bytes; "
            f"read are {', '.join(_HASHES)}, each in its own length"
        )
    return FileDigest(name, raw)


def _read_old(document: Mapping[str, Any], what: str) -> Evidence:
    for name in document:
        # Go's decoder takes a member whatever its case is; which one counts then is its secret.
        if name not in _OLD and name.lower() in {known.lower() for known in _OLD}:
            raise Malformed(f"{what} is ambiguous: member {name!r} is like one of cosign's")
    if "base64Signature" not in document:
        raise Malformed(f"{what} is no bundle: neither 'mediaType' nor 'base64Signature' is there")
    text = member(document, "base64Signature", str, what=what)
    raw = parse_base64(text, what=f"{what}: base64Signature")
    if not raw:
        raise Malformed(f"{what}: the signature is empty")
    optional_member(document, "rekorBundle", dict, what=what)
    return Evidence(Form.CLASSIC, Proof(raw), what, key=_old_key(document, what))


def _old_key(document: Mapping[str, Any], what: str) -> PublicKey | None:
    """Return the public key that stands where a certificate would, None for a certificate.

    Verifying by key asks nothing of a certificate: the key that was asked for decides.
    """
    text = optional_member(document, "cert", str, what=what)
    if not text:
        return None
    pem = text.encode("utf-8")
    if not pem.lstrip().startswith(b"-----BEGIN"):
        pem = parse_base64(text, what=f"{what}: cert")
    if pem.lstrip().startswith(_CERTIFICATE):
        return None
    if not pem.lstrip().startswith(_PUBLIC):
        raise Malformed(f"{what}: 'cert' holds neither a certificate nor a public key")
    try:
        return PublicKey.parse(pem, what=f"the key in {what}")
    except KeyUnusable as error:
        raise Malformed(str(error)) from error


def _decoded(content: bytes, *, what: str) -> bytes:
    try:
        text = content.decode("ascii").replace("\n", "").replace("\r", "")
        return parse_base64(text, what=what) or content
    except (UnicodeDecodeError, Malformed):
        return content


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
