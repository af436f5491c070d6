"""`boltseal attach attestation`: store attestations that were made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.cli.attaching import place, read
from boltseal.cli.compat_carrying import ATTACH_ATTESTATION
from boltseal.cli.flags import Arguments, Flag, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.reading import parse_object, parse_stream
from boltseal.core.signature import Artifact
from boltseal.core.signature import Kind as Stored
from boltseal.errors import UsageError
from boltseal.flows.attach import bundled
from boltseal.formats.attestation import stored


def run(given: Given) -> int:
    """Store every envelope and every bundle of every file."""
    paths = [path for text in given.texts("attestation") for path in text.split(",") if path]
    if not paths:
        raise UsageError("no --attestation was given; name a file of envelopes or bundles")
    artifacts = [one for path in paths for one in _artifacts(given, path)]
    return place(given, artifacts, kind=Stored.ATTESTATION)


def _artifacts(given: Given, path: str) -> Iterator[Artifact]:
    what = f"--attestation {path}"
    for document in parse_stream(read(given, path), what=what):
        if "mediaType" in parse_object(document, what=what):
            yield bundled(document, what=what, now=given.around.now())
        else:
            yield from stored(document, what=what)


VERB = Verb(
    name="attach attestation",
    summary="Store attestations that were made elsewhere.",
    about="""\
Takes envelopes (DSSE), which go under the tag of attestations, and bundles, which become referrers;
a file may hold several, one after another. One about another image is refused.""",
    examples=(
        (
            "store an attestation",
            "boltseal attach attestation --attestation provenance.intoto.jsonl "
            "registry.example.com/app@sha256:...",
        ),
    ),
    run=run,
    flags=(
        Flag("attestation", "a file of envelopes or bundles; may be given again", many=True),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=ATTACH_ATTESTATION,
)
