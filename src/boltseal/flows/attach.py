"""Put beside an image what was signed elsewhere, so that a key need not be where the registry is.

Reference -locate-> Target; bytes -wrap-> Artifact -shelf.place-> Placed -shelf.confirm->
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime

from boltseal.core.annotations import Annotations
from boltseal.core.attached import Spot, tag_of
from boltseal.core.names import Reference, Repository
from boltseal.core.oci import OCI_CONFIG, Descriptor, Manifest, artifact_config
from boltseal.core.signature import Artifact, Form, Kind
from boltseal.errors import UsageError
from boltseal.flows.placing import rfc3339
from boltseal.flows.targets import Target, locate
from boltseal.formats import bundle, simplesigning
from boltseal.formats.open import open_artifact
from boltseal.stores import Placed, Shelf, Store


def find_target(image: str | Reference, *, store: Store, look: bool = False) -> Target:
    """Resolve an image; with `look`, with its descriptor, which the bundle form writes down."""
    parsed = image if isinstance(image, Reference) else Reference.parse(image)
    return locate(parsed, asked=str(image), store=store, look=look)


def payload(target: Target, *, annotations: Annotations) -> bytes:
    """Return what `sign` would sign about an image in the classic form."""
    repository = target.reference.repository
    if repository.is_layout:
        raise UsageError(f"{target.reference} is in a folder and has no name that could be signed")
    return simplesigning.payload(str(repository), target.digest, annotations)


def signature(content: bytes, signed: bytes, *, notes: Mapping[str, str]) -> Artifact:
    """Make the artifact of a payload and its signature, which is taken as base64 or as it is.

    `notes` are further annotations: certificate, chain, log bundle, timestamp.
    """
    text = b"".join(signed.split())
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        text = base64.b64encode(signed)
    if not text:
        raise UsageError("the signature is empty")
    return Artifact(
        form=Form.CLASSIC,
        media_type=simplesigning.MEDIA_TYPE,
        content=content,
        annotations={simplesigning.SIGNATURE: text.decode("ascii"), **notes},
    )


def bundled(content: bytes, *, what: str, now: datetime) -> Artifact:
    """Make the artifact of a bundle that was written elsewhere; raise Malformed if it is none."""
    return bundle.stored(content, what=what, created=rfc3339(now))


def attach(
    artifacts: Sequence[Artifact], target: Target, *, kind: Kind, shelf: Shelf
) -> tuple[Placed, ...]:
    """Store artifacts beside the image that they are about.

    Raise Malformed for what no reader could open, UsageError for what is about another image.
    """
    for artifact in artifacts:
        for opened in open_artifact(artifact, kind=kind):
            if opened.subject(target.digest) is None:
                about = ", ".join(str(subject.digest) for subject in opened.subjects)
                raise UsageError(
                    f"what is to be attached to {target.subject} is about another image: {about}"
                )
    placed = [shelf.place(one, target.subject, target.described) for one in artifacts]
    return tuple(shelf.confirm(one) for one in placed)


def attach_sbom(
    content: bytes,
    target: Target,
    *,
    media_type: str,
    store: Store,
    attachments: Repository | None = None,
    prefix: str = "",
) -> Reference:
    """Store an SBOM under its tag, in place of the one that is there; return the tag."""
    repository = attachments or target.reference.repository
    layer = Descriptor.of(content, media_type)
    config = artifact_config((layer,))
    for blob in (content, config):
        store.put_blob(repository, blob)
    where = repository.at(tag_of(target.digest, Spot.SBOMS, prefix=prefix))
    store.put_manifest(where, Manifest.build(Descriptor.of(config, OCI_CONFIG), (layer,)))
    return where
