"""`boltseal attest`: a predicate and images in, signed statements beside the images out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boltseal.cli import wiring
from boltseal.cli.compat_attest import ATTEST
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.outputs import KeepingShelf, Outputs
from boltseal.cli.predicates import claim_of, without_pipe
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.cli.shared import PARALLEL, PLACES, REGISTRY, format_flag
from boltseal.core.names import Reference
from boltseal.core.oci import ZERO_TIME
from boltseal.core.signature import Form
from boltseal.core.signature import Kind as Stored
from boltseal.core.signing import SignReport
from boltseal.core.times import render_time
from boltseal.errors import UsageError
from boltseal.flows.attest import Claim, attest
from boltseal.flows.placing import OnExisting, Workshop
from boltseal.reports import signing
from boltseal.stores import Shelf


def run(given: Given) -> int:
    """Attest the claim of every image, tell of each, and return the gravest failure's code."""
    check_files(given)
    for word in given.words:
        Reference.parse_place(word)
    forms = _forms(given)
    outputs = replace(Outputs.of(given, forms), uploads=not given.flag("no-upload"))
    if given.text("output") == "json" and not outputs.uploads and not outputs.files:
        raise UsageError(
            "--no-upload prints the envelope on standard output, where --output json would go "
            "too; leave one of them out, or give --bundle FILE"
        )
    claim = claim_of(given, on_existing=_on_existing(given, outputs))
    report = _attested(without_pipe(given), claim, forms=forms, outputs=outputs)
    outputs.write()
    return _tell(given, report, outputs)


def _forms(given: Given) -> tuple[Form, ...]:
    """Return the forms wanted; what is only printed is printed once, as an envelope."""
    forms = wiring.forms(given, bundles="bundle")
    asked = given.said("format") or given.said("new-bundle-format") or given.said("bundle")
    return (Form.CLASSIC,) if given.flag("no-upload") and not asked else forms


def _on_existing(given: Given, outputs: Outputs) -> OnExisting:
    """Return what is done where an equal statement is; --replace is a word for one of them."""
    chosen = given.text("on-existing")
    if given.flag("replace"):
        if chosen not in ("", "replace"):
            raise UsageError(f"--replace and --on-existing {chosen} contradict each other")
        chosen = "replace"
    # What is there already would leave a file unwritten.
    writes = bool(outputs.files) or not outputs.uploads
    return OnExisting(chosen or ("append" if writes else "skip"))


def _attested(
    given: Given, claim: Claim, *, forms: tuple[Form, ...], outputs: Outputs
) -> SignReport:
    signer = wiring.signer(given)
    writes = outputs.uploads and not claim.dry_run
    with wiring.registry(given, writes=writes) as store, shown(given.around) as progress:
        shelves = wiring.shelves(
            given, store, forms, created=_created(given), kind=Stored.ATTESTATION
        )
        workshop = Workshop(
            store,
            _keeping(shelves, outputs),
            signer,
            now=given.around.now,
            parallel=wiring.parallel(given),
            progress=progress,
        )
        return attest(wiring.named(given.words), claim, workshop=workshop)


def _keeping(shelves: Sequence[Shelf], outputs: Outputs) -> tuple[Shelf, ...]:
    if outputs.uploads:
        return outputs.around(shelves)
    return tuple(KeepingShelf(shelf, outputs.kept, outputs.uploads) for shelf in shelves)


def _created(given: Given) -> str:
    if not given.flag("record-creation-timestamp"):
        return ZERO_TIME
    return render_time(wiring.moment(given))


def _tell(given: Given, report: SignReport, outputs: Outputs) -> int:
    around = given.around
    if not outputs.uploads and not outputs.files:
        for artifacts in outputs.kept.artifacts.values():
            around.put(b"".join(artifact.content + b"\n" for artifact in artifacts))
    if given.text("output") == "json":
        around.put(signing.structured(report).encode())
    else:
        around.tell(signing.text(report, colour=around.colour))
    if not outputs.uploads:
        around.say("Note: nothing was uploaded (--no-upload)")
    if report.error is None:
        return 0
    around.say(f"Error: {report.error}")
    return report.error.exit_code


VERB = Verb(
    name="attest",
    summary="Attest something about container images, signed with a key.",
    about="""\
Signs a statement about the digest of every image: a predicate (an SBOM, provenance, the result of a
scan) of a type, in cosign's classic form and as a bundle. A predicate that breaks the published
rules of its type is refused with the path to the fault, where cosign would sign it. An equal
statement by the same key is left alone, where cosign would add it again; a custom predicate holds
the time, so it is equal only with the same --timestamp.""",
    examples=(
        (
            "attach an SBOM to what was just pushed",
            "boltseal attest --key cosign.key --type spdxjson --predicate sbom.spdx.json "
            "registry.example.com/app@sha256:...",
        ),
        (
            "attest how this workflow built it",
            "boltseal generate-provenance | boltseal attest --key env://COSIGN_PRIVATE_KEY "
            "--type slsaprovenance1 --predicate - registry.example.com/app@sha256:...",
        ),
        (
            "put a new scan in place of the old one",
            "boltseal attest --key cosign.key --type vuln --predicate scan.json --replace IMAGE",
        ),
    ),
    run=run,
    flags=(
        Flag("key", "private key: an encrypted file, env://NAME or a URL", Kind.FILE),
        Flag("predicate", "what is said: a file, or - for standard input", Kind.FILE),
        Flag(
            "type",
            "a URI, or custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, "
            "spdxjson, cyclonedx, vuln, openvex",
            default="custom",
        ),
        Flag("statement", "a whole in-toto statement to sign as it is, or -", Kind.FILE),
        Flag(
            "timestamp",
            "the time that a custom predicate holds; else SOURCE_DATE_EPOCH, or now",
            metavar="RFC3339",
            own=True,
        ),
        Flag(
            "no-schema-check", "sign a predicate that breaks its type's rules", Kind.BOOL, own=True
        ),
        Flag("recursive", "attest the platform images of an index too", Kind.BOOL, short="r"),
        format_flag("both"),
        Flag(
            "on-existing",
            "what to do where an equal statement by this key is there",
            choices=tuple(choice.value for choice in OnExisting),
            default="skip",
            own=True,
        ),
        Flag("dry-run", "look, and attest nothing", Kind.BOOL, own=True),
        Flag("record-creation-timestamp", "write the time into the classic form", Kind.BOOL),
        Flag("no-upload", "store nothing, print the signed envelope", Kind.BOOL),
        Flag("bundle", "write the bundle (JSON)", Kind.FILE),
        Flag(
            "output",
            "text on standard error, or json on standard output",
            choices=("text", "json"),
            default="text",
            own=True,
        ),
        PARALLEL,
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, None),
    cosign=ATTEST,
)
