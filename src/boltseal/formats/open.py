"""Choose the format that opens an artifact, by where it was found and what was looked for."""

from __future__ import annotations

from boltseal.core.signature import Artifact, Form, Kind, Signature
from boltseal.formats import attestation, bundle, simplesigning


def open_artifact(artifact: Artifact, *, kind: Kind) -> tuple[Signature, ...]:
    """Open an artifact into the signatures it carries; raise Malformed or Unsupported.

    A classic artifact is of the kind of the tag that it stood under, which `kind` says: a
    statement under the tag of signatures is no signature, and the reverse. A bundle says itself
    what it is, so the caller compares.
    """
    if artifact.form is Form.BUNDLE:
        return (bundle.open_artifact(artifact),)
    if kind is Kind.ATTESTATION:
        return attestation.open_artifact(artifact)
    return (simplesigning.open_artifact(artifact),)
