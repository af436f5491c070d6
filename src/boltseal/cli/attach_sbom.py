"""`boltseal attach sbom`: store an SBOM beside an image."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.attaching import read
from boltseal.cli.compat_carrying import ATTACH_SBOM
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.errors import UsageError
from boltseal.flows.attach import attach_sbom, find_target

# Source: cosign pkg/types/media.go and cmd/cosign/cli/options/attach.go.
_TYPES = {
    ("spdx", "text"): "text/spdx",
    ("spdx", "json"): "text/spdx+json",
    ("cyclonedx", "xml"): "application/vnd.cyclonedx+xml",
    ("cyclonedx", "json"): "application/vnd.cyclonedx+json",
    ("syft", "json"): "application/vnd.syft+json",
}
_USUAL = {"spdx": "text", "cyclonedx": "xml", "syft": "json"}


def run(given: Given) -> int:
    """Store the SBOM under its tag."""
    path = given.text("sbom")
    if not path:
        raise UsageError("no --sbom was given; name a file, or - for standard input")
    media_type = _media_type(given, path)
    with wiring.registry(given, writes=True) as store:
        target = find_target(wiring.named(given.words)[0], store=store)
        where = attach_sbom(
            read(given, path),
            target,
            media_type=media_type,
            store=store,
            attachments=wiring.attachments(given),
            prefix=given.text("attachment-tag-prefix"),
        )
    given.around.say(
        "WARNING: attached SBOMs are not signed and cosign deprecates them; attest it instead: "
        "boltseal attest --type spdxjson --predicate FILE"
    )
    given.around.say(f"Uploading SBOM file for [{target.subject}] to [{where}] as {media_type}")
    return 0


def _media_type(given: Given, path: str) -> str:
    kind = given.text("type", "spdx")
    usual = "json" if path.endswith((".json", ".jsn")) else _USUAL[kind]
    way = given.text("input-format") or usual
    if (kind, way) not in _TYPES:
        fitting = " or ".join(f"'{one}'" for name, one in _TYPES if name == kind)
        raise UsageError(f"invalid SBOM input format {way!r} for {kind}, expected {fitting}")
    return _TYPES[kind, way]


VERB = Verb(
    name="attach sbom",
    summary="Store an SBOM beside an image.",
    about="cosign deprecates attached SBOMs: they are not signed. Attest them instead.",
    examples=(
        (
            "store an SBOM",
            "boltseal attach sbom --sbom app.spdx registry.example.com/app@sha256:...",
        ),
    ),
    run=run,
    flags=(
        Flag("sbom", "the file, or - for standard input", Kind.FILE),
        Flag("type", "its type", choices=("spdx", "cyclonedx", "syft"), default="spdx"),
        Flag("input-format", "how it is written: text, json or xml", metavar="FORMAT"),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=ATTACH_SBOM,
)
