"""`boltseal download sbom`: the SBOM that is attached to an image."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import DOWNLOAD_SBOM
from boltseal.cli.downloading import PLATFORM
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.flows.download import find_target, sbom


def run(given: Given) -> int:
    """Print the SBOM's bytes."""
    with wiring.registry(given) as store:
        image = wiring.named(given.words)[0]
        found = sbom(
            find_target(image, store=store, platform=given.text("platform")),
            store=store,
            attachments=wiring.attachments(given),
            prefix=given.text("attachment-tag-prefix"),
        )
    given.around.say(
        "WARNING: nobody signed this SBOM, so anyone who can write to the registry may have "
        "changed it; for one that is signed, see: boltseal download attestation"
    )
    given.around.say(f"Found SBOM of media type: {found.media_type}")
    given.around.put(found.content)
    return 0


VERB = Verb(
    name="download sbom",
    summary="Print the SBOM that is attached to an image.",
    about="cosign deprecates attached SBOMs: they are not signed. Attest them instead.",
    examples=(("keep the SBOM", "boltseal download sbom registry.example.com/app:v1 > sbom"),),
    run=run,
    flags=(PLATFORM, *PLACES, *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=DOWNLOAD_SBOM,
)
