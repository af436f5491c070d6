"""`boltseal manifest verify`: the images of Kubernetes manifests."""

from __future__ import annotations

from boltseal.cli.compat_carrying import MANIFEST_VERIFY
from boltseal.cli.fileverify import FLAGS, findings, judge
from boltseal.cli.flags import Arguments, Given, Verb


def run(given: Given) -> int:
    """Verify the images of every Pod and Pod template in every document."""
    _, found = findings(given, "kubernetes")
    return judge(given, found)


VERB = Verb(
    name="manifest verify",
    summary="Verify the images that a Kubernetes manifest names.",
    about="""\
Takes the images of all containers, init and ephemeral containers too, in every document of the
file, and judges them as boltseal verify does.""",
    examples=(
        (
            "let a deployment begin only with signed images",
            "boltseal manifest verify --key cosign.pub deployment.yaml",
        ),
    ),
    run=run,
    flags=FLAGS,
    arguments=Arguments("MANIFEST", 1, 1),
    cosign=MANIFEST_VERIFY,
)
