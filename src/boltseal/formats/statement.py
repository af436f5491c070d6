"""in-toto statements (https://github.com/in-toto/attestation): what is said of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.oci import parse_digest
from boltseal.core.reading import member, optional_member, parse_object
from boltseal.core.signature import Subject
from boltseal.core.writing import go_json, proto_json
from boltseal.errors import Malformed

STATEMENT_V1 = "https://in-toto.io/Statement/v1"
STATEMENT_V01 = "https://in-toto.io/Statement/v0.1"
SIGN = "https://sigstore.dev/cosign/sign/v1"
MOST_SUBJECTS = 1024


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its subjects, the predicate's type and the whole document as read."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    document: Mapping[str, Any]

    @classmethod
    def parse(cls, raw: bytes, *, what: str) -> Statement:
        """Read a statement of version 0.1 or 1; raise Malformed for anything else.

        A subject without a SHA-256 digest is kept, with None in its place, so that it can never
        match; a list without subjects is refused. A statement about an image signature
        (`cosign/sign/v1`) must have exactly one subject.
        """
        document = parse_object(raw, what=what)
        kind = member(document, "_type", str, what=what)
        if kind not in (STATEMENT_V1, STATEMENT_V01):
            raise Malformed(f"{what} is of type {kind[:80]!r}, not an in-toto statement")
        listed = member(document, "subject", list, what=what)
        predicate_type = member(document, "predicateType", str, what=what)
        most = 1 if predicate_type == SIGN else MOST_SUBJECTS
        if not 1 <= len(listed) <= most:
            raise Malformed(f"{what} has {len(listed)} subjects where 1 to {most} may be")
        return cls(tuple(_subject(item, what) for item in listed), predicate_type, document)


def sign_statement(digest: Digest, annotations: Annotations) -> bytes:
    """Write the statement that stands for 'this image is signed', as cosign 3.1 does."""
    return proto_json(
        {
            "_type": STATEMENT_V1,
            "subject": [{"digest": {"sha256": digest.hex}, "annotations": annotations.as_dict()}],
            "predicateType": SIGN,
            "predicate": {},
        }
    )


def attest_statement(subject: Mapping[str, Any], *, predicate_type: str, predicate: Any) -> bytes:
    """Write a statement about one subject (`name` and `digest`), as cosign 3.1's `attest` does.

    cosign keeps the older type of statement here. A predicate that is text makes it fall back
    to another encoder, with sorted members and HTML escaping; the bytes follow it there.
    """
    statement = {
        "_type": STATEMENT_V01,
        "subject": [dict(subject)],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    if isinstance(predicate, str):
        return go_json({name: statement[name] for name in sorted(statement)})
    return proto_json(statement)


def _subject(item: object, what: str) -> Subject:
    if not isinstance(item, dict):
        raise Malformed(f"{what}: a subject is not an object")
    what = f"{what}: subject"
    digests = member(item, "digest", dict, what=what)
    sha256 = optional_member(digests, "sha256", str, what=what)
    return Subject(
        digest=None if sha256 is None else parse_digest(f"sha256:{sha256}", what=what),
        annotations=optional_member(item, "annotations", dict, what=what) or {},
        name=optional_member(item, "name", str, what=what),
    )
