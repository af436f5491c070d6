"""Choose the format that opens an artifact, by the form in which it was found."""

from __future__ import annotations

from boltseal.core.signature import Artifact, Form, Signature
from boltseal.formats import bundle, simplesigning


def open_artifact(artifact: Artifact) -> Signature:
    """Open an artifact into a signature; raise Malformed or Unsupported with the reason."""
    if artifact.form is Form.BUNDLE:
        return bundle.open_artifact(artifact)
    return simplesigning.open_artifact(artifact)
