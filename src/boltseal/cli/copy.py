"""`boltseal copy`: images from place to place, with what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import COPY
from boltseal.cli.files import load
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.shared import PARALLEL, PLACES, REGISTRY
from boltseal.core.attached import Spot
from boltseal.core.carried import CarryReport
from boltseal.core.names import Reference
from boltseal.errors import UsageError
from boltseal.flows.copy import Cart, Choice, copy
from boltseal.reports import carrying

_SPOTS = {
    "sig": Spot.SIGNATURES,
    "sign": Spot.SIGNATURES,
    "signature": Spot.SIGNATURES,
    "att": Spot.ATTESTATIONS,
    "attestation": Spot.ATTESTATIONS,
    "sbom": Spot.SBOMS,
}
Pair = tuple[Reference, Reference]


def run(given: Given) -> int:
    """Copy every pair, tell of each, and return the code of the gravest failure."""
    pairs = _pairs(given)
    choice = Choice(
        only=_only(given),
        platform=given.text("platform"),
        force=given.flag("force"),
        beside=wiring.attachments(given),
        prefix=given.text("attachment-tag-prefix"),
    )
    return carry(given, pairs, choice)


def carry(given: Given, pairs: list[Pair], choice: Choice) -> int:
    """Copy pairs and tell of each."""
    with (
        wiring.places(given, writes=True, make=True) as (store, carrier),
        shown(given.around) as progress,
    ):
        parallel = min(wiring.parallel(given), len(pairs)) if given.said("parallel") else 4
        cart = Cart(store, carrier, parallel if len(pairs) > 1 else 1, progress)
        report = copy(pairs, choice, cart=cart)
    return tell(given, report)


def tell(given: Given, report: CarryReport) -> int:
    """Tell a report and return the code of the gravest failure."""
    around = given.around
    if given.text("output") == "json":
        around.put(carrying.structured(report).encode())
    else:
        around.tell(carrying.text(report, colour=around.colour))
    if report.error is None:
        return 0
    around.say(f"Error: {report.error}")
    return report.error.exit_code


def _pairs(given: Given) -> list[Pair]:
    words = list(given.words)
    if len(words) % 2:
        raise UsageError(
            f"{words[-1]} has no destination; write SRC DST, and for several images SRC DST SRC DST"
        )
    named = [*zip(words[::2], words[1::2], strict=True), *_listed(given)]
    if not named:
        raise UsageError("there is nothing to copy; write SRC DST, or give --from FILE")
    return [(Reference.parse_place(one), Reference.parse_place(two)) for one, two in named]


def _listed(given: Given) -> Iterator[tuple[str, str]]:
    """Read --from: a source and a destination a line, `#` beginning a remark."""
    path = given.text("from")
    if not path:
        return
    text = load(path).decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise UsageError(f"--from {path}, line {number}: write a source and a destination")
        yield words[0], words[1]


def _only(given: Given) -> tuple[Spot, ...]:
    names = [name.strip() for text in given.texts("only") for name in text.split(",")]
    names += ["sig"] if given.flag("sig-only") else []
    wrong = [name for name in names if name and name not in _SPOTS]
    if wrong:
        raise UsageError(f"--only {wrong[0][:40]!r} is none of sign (or sig), att and sbom")
    return tuple(dict.fromkeys(_SPOTS[name] for name in names if name))


OUTPUT = Flag(
    "output",
    "text on standard error, or json on standard output",
    choices=("text", "json"),
    default="text",
    own=True,
)

VERB = Verb(
    name="copy",
    summary="Copy images with everything that stands beside them.",
    about="""\
Copies an image, all its platforms, and their signatures, attestations, SBOMs and referrers, between
registries, or between a registry and a folder in OCI layout (oci:FOLDER). What stands at the
destination is kept: signatures are joined with those that are there. The tag is written last, and a
run that failed can be repeated: it does only what is missing.""",
    examples=(
        (
            "copy an image to another registry",
            "boltseal copy registry.example.com/app:v1 mirror.example.com/app:v1",
        ),
        (
            "copy the signatures alone",
            "boltseal copy --only sign registry.example.com/app:v1 mirror.example.com/app",
        ),
        (
            "copy one platform into a folder",
            "boltseal copy --platform linux/arm64 registry.example.com/app:v1 oci:app",
        ),
        ("copy many images, a source and a destination a line", "boltseal copy --from images.txt"),
    ),
    run=run,
    flags=(
        Flag("only", "copy these alone, not the image: sign, att, sbom", many=True),
        Flag("platform", "the one image of an index to copy", metavar="OS/ARCH"),
        Flag("force", "move a tag that names another image", Kind.BOOL, short="f"),
        Flag("from", "read sources and destinations from this file", Kind.FILE, own=True),
        OUTPUT,
        PARALLEL,
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("SRC DST", 0, None),
    cosign=COPY,
)
