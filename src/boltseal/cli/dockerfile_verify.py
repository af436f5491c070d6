"""`boltseal dockerfile verify`: the images that a build would pull."""

from __future__ import annotations

import re
from collections.abc import Sequence

from boltseal.cli.compat_carrying import DOCKERFILE_VERIFY
from boltseal.cli.fileverify import FLAGS, findings, judge
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.scanners import Finding

_FROM = re.compile(r"\s*FROM\s", re.IGNORECASE)
_STAGE = re.compile(r"\bAS\s+(\S+)", re.IGNORECASE)


def run(given: Given) -> int:
    """Verify the images of FROM, COPY --from and mounts; stages of the file are none."""
    text, found = findings(given, "dockerfile")
    lines = text.splitlines()
    # The frontend is an image as well, which cosign does not look at.
    found = tuple(one for one in found if not lines[one.place.line - 1].lstrip().startswith("#"))
    if given.flag("base-image-only"):
        found = _base(found, lines)
    return judge(given, found)


def _base(found: Sequence[Finding], lines: Sequence[str]) -> tuple[Finding, ...]:
    """Return the image that the last FROM rests on, stages followed back to where they began."""
    begun = [one for one in found if _FROM.match(lines[one.place.line - 1])]
    if not begun:
        return ()
    stages = {name: one for one in begun for name in _names(one, lines)}
    base = begun[-1]
    for _ in begun:
        earlier = stages.get(base.text.lower()) if base.status == "ignored" else None
        if earlier is None or earlier.place.line >= base.place.line:
            break
        base = earlier
    return (base,)


def _names(one: Finding, lines: Sequence[str]) -> list[str]:
    # An instruction goes on over lines that end with the escape character.
    number = one.place.line - 1
    instruction = lines[number]
    while instruction.rstrip().endswith(("\\", "`")) and number + 1 < len(lines):
        number += 1
        instruction = f"{instruction.rstrip()[:-1]} {lines[number]}"
    named = _STAGE.search(instruction)
    return [named[1].lower()] if named else []


VERB = Verb(
    name="dockerfile verify",
    summary="Verify the images that a Dockerfile names.",
    about="""\
Takes the images of FROM, COPY --from and RUN --mount, build stages left out, and judges them as
boltseal verify does. Variables are filled from ARG and from the environment; an image that still
has one leaves the run undecided (exit code 3).""",
    examples=(
        (
            "let a build begin only on signed images",
            "boltseal dockerfile verify --key cosign.pub Dockerfile",
        ),
    ),
    run=run,
    flags=(
        Flag("base-image-only", "only what the last FROM rests on", Kind.BOOL),
        *FLAGS,
    ),
    arguments=Arguments("DOCKERFILE", 1, 1),
    cosign=DOCKERFILE_VERIFY,
)
