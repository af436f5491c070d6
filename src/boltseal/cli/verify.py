"""`boltseal verify`: images in, cosign's answer out, and for each failure what to do about it."""

from __future__ import annotations

from boltseal.cli import compat, wiring
from boltseal.cli.files import save
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.cli.shared import ANNOTATIONS, LOCAL_IMAGE, PARALLEL, PLACES, REGISTRY, format_flag
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.reports import cosign, structured, text
from boltseal.trust.policy import Requirement


def run(given: Given) -> int:
    """Judge every image, tell of each, and return the code of the gravest failure."""
    check_files(given)
    trust = wiring.trust(given)
    demand = Demand(
        trust=trust,
        requirement=Requirement.parse(given.text("require", "any"), known=trust.anchors),
        annotations=wiring.annotations_of(given),
        match_identity=given.text("identity", "ignore") == "match",
        recursive=given.flag("recursive"),
    )
    report = _examine(given, demand)
    if given.text("report"):
        save(given.text("report"), structured.render(report).encode())
    return _tell(given, report)


def _examine(given: Given, demand: Demand) -> Report:
    searched = wiring.forms(given, bundles="both")
    parallel = wiring.parallel(given)
    with wiring.registry(given) as store, shown(given.around) as progress:
        bench = Bench(store, wiring.shelves(given, store, searched), parallel, progress)
        return examine(
            wiring.named(given.words, local=given.flag("local-image")), demand, bench=bench
        )


def _tell(given: Given, report: Report) -> int:
    around = given.around
    if given.flag("insecure-ignore-tlog"):
        around.tell(cosign.LOG_SKIPPED)
    for image in report.images:
        if image.verdict is Verdict.TRUSTED:
            _tell_trusted(given, image)
    error = report.error
    if error is None:
        return 0
    failed = Report(tuple(i for i in report.images if i.verdict is not Verdict.TRUSTED))
    colour = around.colour
    around.tell("\n" + text.render(failed, colour=colour, now=around.now()) + "\n")
    around.tell(cosign.failure_text(error))
    return error.exit_code


def _tell_trusted(given: Given, image: ImageReport) -> None:
    around = given.around
    around.tell(cosign.stderr_text(image, with_annotations=given.said("annotations")))
    as_text = given.text("output") == "text"
    around.put(cosign.stdout_text(image) if as_text else cosign.stdout_json(image))


VERB = Verb(
    name="verify",
    summary="Verify the signatures of container images.",
    about="""\
Every image is judged on its own, in both forms of signature, against the public keys given. The
exit code is 0 only if each one is trusted: 10 tells that there is no signature, 12 that none may be
trusted, 3 that the registry could not be asked, which is never taken for 'unsigned'. What is
trusted is printed on standard output as cosign prints it; everything else is told on standard
error.""",
    examples=(
        (
            "verify an image by its digest",
            "boltseal verify --key cosign.pub registry.example.com/app@sha256:...",
        ),
        (
            "only what was built from this commit",
            'boltseal verify --key cosign.pub -a commit="$GITHUB_SHA" registry.example.com/app:v1',
        ),
        (
            "two of the keys in a folder, several images, a report for later",
            "boltseal verify --key keys/ --require 2 --report report.json IMAGE IMAGE",
        ),
    ),
    run=run,
    flags=(
        Flag(
            "key",
            "public key: a file, PEM text, env://NAME, a URL, or a folder of *.pub; may be given "
            "again",
            Kind.FILE,
            many=True,
            metavar="KEY",
        ),
        Flag(
            "require",
            "how many distinct keys must have signed: any, all or a number",
            default="any",
            metavar="any|all|N",
            own=True,
        ),
        ANNOTATIONS,
        Flag(
            "identity",
            "match: the name that was signed must be the one that is verified",
            choices=("match", "ignore"),
            default="ignore",
            own=True,
        ),
        format_flag("both"),
        Flag(
            "recursive",
            "verify the platform images of an index too",
            Kind.BOOL,
            short="r",
            own=True,
        ),
        Flag(
            "output",
            "what cosign prints, as json or as text",
            short="o",
            choices=("json", "text"),
            default="json",
        ),
        Flag("report", "write boltseal's own full report (JSON) to this file", Kind.FILE, own=True),
        LOCAL_IMAGE,
        PARALLEL,
        Flag("max-workers", "cosign's name for --parallel", Kind.NUMBER),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, None),
    cosign=compat.VERIFY,
)
