"""The classic form of an attestation: a DSSE envelope as a layer under the `.att` tag.

Source: cosign pkg/oci/static and cmd/cosign/cli/attest; the envelope as cosign 3.1 writes it.
"""

from __future__ import annotations

from boltseal.core.names import Digest
from boltseal.core.reading import parse_object, parse_stream
from boltseal.core.signature import Artifact, Draft, Form, Kind, Proof, Signature
from boltseal.core.writing import proto_json
from boltseal.errors import Malformed
from boltseal.formats.dsse import IN_TOTO, Envelope, pre_authentication
from boltseal.formats.simplesigning import SIGNATURE
from boltseal.formats.statement import Statement

MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json"
PREDICATE_TYPE = "predicateType"


def draft(statement: bytes, *, subject: Digest, predicate_type: str, form: Form) -> Draft:
    """Draft the signature of a statement that is already written, in either form."""
    return Draft(form, subject, statement, pre_authentication(statement), predicate_type)


def seal(drafted: Draft, proof: Proof) -> Artifact:
    """Put a signed statement into the layer that cosign stores under `.att`.

    The signature annotation is there and empty, as cosign demands; the signature stands in the
    envelope.
    """
    envelope = Envelope(drafted.payload, IN_TOTO, (proof.signature,))
    return Artifact(
        form=Form.CLASSIC,
        media_type=MEDIA_TYPE,
        content=proto_json(envelope.to_json()),
        annotations={SIGNATURE: "", PREDICATE_TYPE: drafted.predicate_type or ""},
    )


def stored(content: bytes, *, what: str) -> tuple[Artifact, ...]:
    """Make the layers of envelopes that were written elsewhere, one after another in `content`.

    Each keeps its bytes. Raise Malformed for what is no envelope around an in-toto statement.
    """
    found = []
    for number, document in enumerate(parse_stream(content, what=what), 1):
        each = f"{what}, document {number}"
        envelope = Envelope.parse(parse_object(document, what=each), what=each)
        statement = Statement.parse(envelope.payload, what=f"{each}: statement")
        notes = {SIGNATURE: "", PREDICATE_TYPE: statement.predicate_type}
        found.append(Artifact(Form.CLASSIC, MEDIA_TYPE, document, notes, origin=each))
    return tuple(found)


def open_artifact(artifact: Artifact) -> tuple[Signature, ...]:
    """Open a layer under `.att` into one signature for each that the envelope carries.

    The statement's own predicate type counts; the layer's annotation is advice that anyone with
    write access could have put there. Raise Malformed for anything but an in-toto statement.
    """
    what = artifact.origin or "attestation"
    if artifact.annotations.get(SIGNATURE) not in ("", None):
        raise Malformed(f"{what} carries a signature beside its envelope; an attestation has none")
    envelope = Envelope.parse(parse_object(artifact.content, what=what), what=what)
    return open_envelope(envelope, form=Form.CLASSIC, what=what, stored=artifact.content)


def open_envelope(
    envelope: Envelope, *, form: Form, what: str, stored: bytes = b""
) -> tuple[Signature, ...]:
    """Open an envelope into one signature for each that it carries; each is judged alone."""
    statement = Statement.parse(envelope.payload, what=f"{what}: statement")
    return tuple(
        Signature(
            form=form,
            kind=Kind.ATTESTATION,
            payload=envelope.payload,
            signed=envelope.signed,
            subjects=statement.subjects,
            proof=Proof(signature),
            predicate_type=statement.predicate_type,
            statement=statement.document,
            envelope=stored,
            origin=what,
        )
        for signature in envelope.signatures
    )
