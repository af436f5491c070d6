"""The classic form: a Simple Signing payload in a layer whose annotation holds the signature.

Source: containers/image docs/containers-signature.5.md for the payload, cosign
specs/SIGNATURE_SPEC.md for the layer, cosign's own bytes for both.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.oci import parse_digest
from boltseal.core.reading import member, parse_base64, parse_object
from boltseal.core.signature import (
    Artifact,
    Draft,
    Form,
    Kind,
    Proof,
    Signature,
    Subject,
)
from boltseal.core.writing import go_json
from boltseal.errors import Malformed

MEDIA_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
TYPE = "cosign container image signature"
SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
BUNDLE = "dev.sigstore.cosign/bundle"
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


def payload(identity: str, digest: Digest, annotations: Annotations) -> bytes:
    """Write the payload as cosign does, annotations sorted, `null` where there are none.

    `identity` is the docker-reference: registry and repository, without tag and digest.
    """
    return go_json(
        {
            "critical": {
                "identity": {"docker-reference": identity},
                "image": {"docker-manifest-digest": str(digest)},
                "type": TYPE,
            },
            "optional": annotations.as_dict() or None,
        }
    )


def draft(identity: str, digest: Digest, annotations: Annotations) -> Draft:
    """Draft the signature of `digest` under the name `identity` (the docker-reference)."""
    content = payload(identity, digest, annotations)
    return Draft(Form.CLASSIC, digest, content, content)


def seal(drafted: Draft, proof: Proof) -> Artifact:
    """Put a signed draft into the layer that cosign stores."""
    return Artifact(
        form=Form.CLASSIC,
        media_type=MEDIA_TYPE,
        content=drafted.payload,
        annotations={SIGNATURE: base64.b64encode(proof.signature).decode("ascii")},
    )


def open_artifact(artifact: Artifact) -> Signature:
    """Open a layer; raise Malformed, with the reason, for one that cannot be a signature.

    Stricter than cosign: the payload's `type` must be cosign's, so that a payload of another
    kind under the same key is no signature of an image; members may not stand twice.
    """
    what = artifact.origin or "signature"
    encoded = artifact.annotations.get(SIGNATURE)
    if not encoded:
        raise Malformed(f"{what} has no {SIGNATURE} annotation, or an empty one")
    proof = Proof(parse_base64(encoded, what=f"{what}: annotation {SIGNATURE}"))
    document = parse_object(artifact.content, what=f"{what}: payload")
    reference, digest, optional = _read_payload(document, what=f"{what}: payload")
    return Signature(
        form=Form.CLASSIC,
        kind=Kind.SIGNATURE,
        payload=artifact.content,
        signed=artifact.content,
        subjects=(Subject(digest, optional),),
        proof=proof,
        reference=reference,
        origin=what,
    )


def downloaded(artifact: Artifact) -> bytes:
    """Write a stored signature as the line that `cosign download signature` prints of it.

    Of a certificate only its DER bytes are told (`Raw`), of which Go's other members follow. Raise
    Malformed for notes that are not what they should be.
    """
    what = artifact.origin or "signature"
    notes = artifact.annotations
    leaf = _certificates(notes.get(CERTIFICATE, ""), what=what)
    return go_json(
        {
            "Base64Signature": notes.get(SIGNATURE, ""),
            "Payload": base64.b64encode(artifact.content).decode("ascii"),
            "Cert": leaf[0] if leaf else None,
            "Chain": _certificates(notes.get(CHAIN, ""), what=what) or None,
            "Bundle": _note(notes.get(BUNDLE), what=what),
            "RFC3161Timestamp": _note(notes.get(TIMESTAMP), what=what),
        }
    )


def _certificates(text: str, *, what: str) -> list[dict[str, str]]:
    found = _PEM.findall(text)
    if not found and text.strip():
        raise Malformed(f"{what} has a certificate beside it that is not PEM")
    return [{"Raw": "".join(body.split())} for body in found]


def _note(text: str | None, *, what: str) -> Mapping[str, Any] | None:
    return parse_object(text.encode("utf-8"), what=f"{what}: annotation") if text else None


def _read_payload(
    document: Mapping[str, Any], *, what: str
) -> tuple[str, Digest, Mapping[str, Any]]:
    critical = member(document, "critical", dict, what=what)
    kind = member(critical, "type", str, what=f"{what}: critical")
    if kind != TYPE:
        raise Malformed(f"{what} is of type {kind[:80]!r}, not {TYPE!r}")
    identity = member(critical, "identity", dict, what=f"{what}: critical")
    image = member(critical, "image", dict, what=f"{what}: critical")
    digest = member(image, "docker-manifest-digest", str, what=f"{what}: image")
    optional = document.get("optional")
    if optional is not None and not isinstance(optional, dict):
        raise Malformed(f"{what}: member 'optional' is neither an object nor null")
    reference = member(identity, "docker-reference", str, what=f"{what}: identity")
    return reference, parse_digest(digest, what=what), optional or {}
