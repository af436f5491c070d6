"""`boltseal download signature`: the signatures of an image, one a line."""

from __future__ import annotations

from boltseal.cli.compat_carrying import DOWNLOAD_SIGNATURE
from boltseal.cli.downloading import print_all
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY, format_flag
from boltseal.core.signature import Kind


def run(given: Given) -> int:
    """Print every stored signature."""
    return print_all(given, Kind.SIGNATURE)


VERB = Verb(
    name="download signature",
    summary="Print the signatures of an image.",
    about="""\
One JSON document a line: a classic signature as cosign prints it (Base64Signature, Payload and what
stands beside them), a bundle as it is stored. Nothing is verified.""",
    examples=(
        (
            "keep the payload that was signed",
            "boltseal download signature --format classic registry.example.com/app:v1 "
            "| jq -r .Payload | base64 -d",
        ),
    ),
    run=run,
    flags=(format_flag("both"), *PLACES, *REGISTRY),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=DOWNLOAD_SIGNATURE,
)
