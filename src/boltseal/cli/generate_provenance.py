"""`boltseal generate-provenance`: what this workflow run builds from, as a SLSA predicate."""

from __future__ import annotations

import json

from boltseal.cli import compat
from boltseal.cli.files import save
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.formats.predicates import SLSA_1
from boltseal.formats.provenance import WorkflowRun
from boltseal.formats.schemacheck import demand_schema


def run(given: Given) -> int:
    """Write the predicate to standard output or a file."""
    builder = given.text("builder-id")
    predicate = WorkflowRun.from_github(given.around.environment).predicate(builder=builder)
    demand_schema(SLSA_1, predicate)
    content = json.dumps(predicate, indent=2, ensure_ascii=False).encode() + b"\n"
    if given.text("output"):
        save(given.text("output"), content)
    else:
        given.around.put(content)
    return 0


VERB = Verb(
    name="generate-provenance",
    summary="Write SLSA v1 provenance of this GitHub Actions run.",
    about="""\
Writes a predicate of type slsaprovenance1 from the variables of GitHub Actions: the workflow, the
commit, the runner and the run, in the shape of https://actions.github.io/buildtypes/workflow/v1.
Attest it with: boltseal attest --type slsaprovenance1 --predicate FILE. What is written is told by
the workflow itself, and signed with a key that the workflow holds: SLSA build level 1.""",
    examples=(
        ("into a file", "boltseal generate-provenance --output provenance.json"),
        (
            "attest it at once",
            "boltseal generate-provenance | boltseal attest --key env://COSIGN_PRIVATE_KEY "
            "--type slsaprovenance1 --predicate - registry.example.com/app@sha256:...",
        ),
    ),
    run=run,
    flags=(
        Flag("output", "write to this file instead of standard output", Kind.FILE, own=True),
        Flag(
            "builder-id",
            "URI of the builder, where it is not a runner of GitHub Actions",
            metavar="URI",
            own=True,
        ),
    ),
    arguments=Arguments(),
    cosign=compat.COMPLETION,
)
