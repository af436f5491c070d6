"""`boltseal verify-attestation`: does a key that we trust say this, of this type, of the image?"""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.compat_attest import VERIFY_ATTESTATION
from boltseal.cli.files import save
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.cli.shared import LOCAL_IMAGE, PARALLEL, PLACES, REGISTRY, format_flag
from boltseal.core.signature import Kind as Stored
from boltseal.core.verdict import Report, Verdict
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.formats.predicates import PredicateType
from boltseal.reports import attested, cosign, structured, text
from boltseal.trust.conditions import Where
from boltseal.trust.policy import Requirement


def run(given: Given) -> int:
    """Judge every image, print what may be trusted, and return the gravest failure's code."""
    check_files(given)
    kind = PredicateType.parse(given.text("type", "custom"))
    conditions = tuple(Where.parse(line) for line in given.texts("where"))
    trust = wiring.trust(given)
    demand = Demand(
        trust=trust,
        requirement=Requirement.parse(given.text("require", "any"), known=trust.anchors),
        conditions=conditions,
        recursive=given.flag("recursive"),
        kind=Stored.ATTESTATION,
        predicate_type=kind.uri,
    )
    report = _examine(given, demand)
    if given.text("report"):
        save(given.text("report"), structured.render(report).encode())
    return _tell(given, report)


def _examine(given: Given, demand: Demand) -> Report:
    searched = wiring.forms(given, bundles="both")
    parallel = wiring.parallel(given)
    with wiring.registry(given) as store, shown(given.around) as progress:
        shelves = wiring.shelves(given, store, searched, kind=Stored.ATTESTATION)
        bench = Bench(store, shelves, parallel, progress)
        return examine(
            wiring.named(given.words, local=given.flag("local-image")), demand, bench=bench
        )


def _tell(given: Given, report: Report) -> int:
    around = given.around
    if given.flag("insecure-ignore-tlog"):
        around.tell(attested.LOG_SKIPPED)
    for image in report.images:
        if image.verdict is Verdict.TRUSTED:
            around.tell(cosign.stderr_text(image))
            around.put(attested.stdout(image))
    error = report.error
    if error is None:
        return 0
    failed = Report(tuple(i for i in report.images if i.verdict is not Verdict.TRUSTED))
    around.tell("\n" + text.render(failed, colour=around.colour, now=around.now()) + "\n")
    around.tell(attested.failure_text(error))
    return error.exit_code


VERB = Verb(
    name="verify-attestation",
    summary="Verify what was attested about container images.",
    about="""\
An attestation counts if its statement is about the digest of the image, a key given signed it, its
predicate is of the type asked for, and every condition of --where holds of that same statement.
Both forms are searched. The signed envelopes are printed on standard output as cosign prints them,
one on a line; a statement in both forms once. A condition compares a JSON Pointer into the
statement with a value that is read as JSON where it is JSON and as text otherwise; types are never
mixed: a number is no text, and what is not there fails, even for !=.""",
    examples=(
        (
            "is there provenance of this builder",
            "boltseal verify-attestation --key cosign.pub --type slsaprovenance1 --where "
            "'/predicate/runDetails/builder/id~https://github.com/actions/runner/*' IMAGE",
        ),
        (
            "a scan that is recent enough",
            "boltseal verify-attestation --key cosign.pub --type vuln --where "
            "'/predicate/metadata/scanFinishedOn>2026-01-31T00:00:00Z' IMAGE",
        ),
        (
            "read an SBOM that may be trusted",
            "boltseal verify-attestation --key cosign.pub --type spdxjson IMAGE | "
            "jq -r .payload | base64 -d",
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
        Flag(
            "type",
            "a URI, or custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, "
            "spdxjson, cyclonedx, vuln, openvex",
            default="custom",
        ),
        Flag(
            "where",
            "a condition on the statement: POINTER OP VALUE with = != >= <= > < ~ (a glob), or "
            "POINTER exists; may be given again, and all must hold",
            many=True,
            lines=True,
            metavar="CONDITION",
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
            "json or text, which are the same here, as they are for cosign",
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
    cosign=VERIFY_ATTESTATION,
)
