"""`boltseal download attestation`: what was attested about an image, one document a line."""

from __future__ import annotations

from boltseal.cli.compat_carrying import DOWNLOAD_ATTESTATION
from boltseal.cli.downloading import PLATFORM, print_all
from boltseal.cli.flags import Arguments, Flag, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY, format_flag
from boltseal.core.signature import Kind
from boltseal.formats.predicates import PredicateType


def run(given: Given) -> int:
    """Print every stored attestation, or those of one type."""
    text = given.text("predicate-type")
    wanted = PredicateType.parse(text).uri if text else None
    return print_all(given, Kind.ATTESTATION, predicate_type=wanted)


VERB = Verb(
    name="download attestation",
    summary="Print what was attested about an image.",
    about="""\
One JSON document a line: a classic attestation is an envelope (DSSE), a bundle is printed as it is
stored. Nothing is verified.""",
    examples=(
        (
            "print the provenance",
            "boltseal download attestation --predicate-type slsaprovenance1 "
            "registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag("predicate-type", "a URI, or cosign's name for one", metavar="TYPE"),
        PLATFORM,
        format_flag("both"),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=DOWNLOAD_ATTESTATION,
)
