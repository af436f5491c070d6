"""Dead Simple Signing Envelope (https://github.com/secure-systems-lab/dsse)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.core.reading import member, optional_member, parse_base64
from boltseal.errors import Malformed

IN_TOTO = "application/vnd.in-toto+json"
MOST_SIGNATURES = 64


def pre_authentication(payload: bytes, *, payload_type: str = IN_TOTO) -> bytes:
    """Encode what a DSSE signature is over: PAE, lengths in bytes as ASCII decimals."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope: the exact payload, its type and the raw signatures in their order."""

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]

    @classmethod
    def parse(cls, value: Mapping[str, Any], *, what: str) -> Envelope:
        """Read an envelope object; raise Malformed unless it is in-toto with 1 to 64 signatures.

        A signature's `keyid` is advice that nothing depends on, so it is not read.
        """
        payload_type = member(value, "payloadType", str, what=what)
        if payload_type != IN_TOTO:
            raise Malformed(f"{what} carries {payload_type[:80]!r}, not an in-toto statement")
        listed = member(value, "signatures", list, what=what)
        if not 1 <= len(listed) <= MOST_SIGNATURES:
            raise Malformed(f"{what} has {len(listed)} signatures; 1 to {MOST_SIGNATURES} are read")
        payload = parse_base64(member(value, "payload", str, what=what), what=f"{what}: payload")
        return cls(payload, payload_type, tuple(_signature(item, what) for item in listed))

    @property
    def signed(self) -> bytes:
        """The bytes that each signature is over."""
        return pre_authentication(self.payload, payload_type=self.payload_type)

    def to_json(self) -> dict[str, Any]:
        """Return the members in the order of the protobuf that cosign 3 prints."""
        return {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "payloadType": self.payload_type,
            "signatures": [
                {"sig": base64.b64encode(signature).decode("ascii")}
                for signature in self.signatures
            ],
        }


def _signature(item: object, what: str) -> bytes:
    if not isinstance(item, dict):
        raise Malformed(f"{what}: a signature is not an object")
    optional_member(item, "keyid", str, what=f"{what}: signature")
    text = member(item, "sig", str, what=f"{what}: signature")
    signature = parse_base64(text, what=f"{what}: signature")
    if not signature:
        raise Malformed(f"{what}: a signature is empty")
    return signature
