"""`boltseal version`: which program this is, under the names that cosign prints."""

from __future__ import annotations

import json
import platform

from boltseal import __version__
from boltseal.cli import compat
from boltseal.cli.flags import Flag, Given, Kind, Verb


def run(given: Given) -> int:
    """Print the version as text or, with --json, as JSON."""
    facts = {
        "gitVersion": f"v{__version__}",
        "pythonVersion": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine().lower()}",
    }
    if given.flag("json"):
        text = json.dumps(facts, indent=2)
    else:
        lines = [f"{name[0].upper()}{name[1:]}:".ljust(15) + value for name, value in facts.items()]
        text = "\n".join(["boltseal: signs container images in CI", "", *lines])
    given.around.put(f"{text}\n".encode())
    return 0


VERB = Verb(
    name="version",
    summary="Print the version.",
    about="GitVersion and Platform stand where cosign has them.",
    examples=(
        ("print the version", "boltseal version"),
        ("print it for a program", "boltseal version --json"),
    ),
    run=run,
    flags=(Flag("json", "print JSON instead of text", Kind.BOOL),),
    cosign=compat.VERSION,
)
