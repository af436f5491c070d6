"""`boltseal sign`: images in, signatures stored beside them, and an account of each."""

from __future__ import annotations

from boltseal.cli import compat, wiring
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.outputs import Outputs
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.cli.shared import ANNOTATIONS, PARALLEL, PLACES, REGISTRY, format_flag
from boltseal.core.names import Reference
from boltseal.core.oci import ZERO_TIME
from boltseal.core.signature import Form
from boltseal.core.signing import SignReport
from boltseal.errors import UsageError
from boltseal.flows.sign import OnExisting, Order, Workshop, sign
from boltseal.reports import signing


def run(given: Given) -> int:
    """Sign every image, tell of each, and return the code of the gravest failure."""
    check_files(given)
    _check_images(given)
    forms = wiring.forms(given, bundles="bundle")
    outputs = Outputs.of(given, forms)
    order = _order(given, forms, outputs)
    report = _signed(given, order, forms=forms, outputs=outputs)
    outputs.write()
    return _tell(given, report, outputs)


def _check_images(given: Given) -> None:
    for word in given.words:
        reference = Reference.parse_place(word)
        if reference.digest is None and given.flag("require-digest"):
            raise UsageError(
                f"{word} is given by tag, and --require-digest was given: a tag may name another "
                "image by now; write name@sha256:… with the digest of the push"
            )


def _order(given: Given, forms: tuple[Form, ...], outputs: Outputs) -> Order:
    identities = tuple(
        one for text in given.texts("sign-container-identity") for one in text.split(",") if one
    )
    if identities and Form.CLASSIC not in forms:
        raise UsageError(
            "--sign-container-identity is signed in the classic form alone; "
            "give --format classic or both"
        )
    # What is there already would leave a file unwritten.
    existing = given.text("on-existing", "append" if outputs.files else "skip")
    return Order(
        annotations=wiring.annotations_of(given),
        recursive=given.flag("recursive"),
        on_existing=OnExisting(existing),
        identities=identities,
        dry_run=given.flag("dry-run"),
    )


def _signed(given: Given, order: Order, *, forms: tuple[Form, ...], outputs: Outputs) -> SignReport:
    signer = wiring.signer(given)
    writes = outputs.uploads and not order.dry_run
    with wiring.registry(given, writes=writes) as store, shown(given.around) as progress:
        shelves = wiring.shelves(given, store, forms, created=_created(given))
        workshop = Workshop(
            store,
            outputs.around(shelves),
            signer,
            now=given.around.now,
            parallel=wiring.parallel(given),
            progress=progress,
        )
        return sign(wiring.named(given.words), order, workshop=workshop)


def _created(given: Given) -> str:
    """Return the time that --record-creation-timestamp writes: SOURCE_DATE_EPOCH, or now."""
    if not given.flag("record-creation-timestamp"):
        return ZERO_TIME
    return wiring.moment(given).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tell(given: Given, report: SignReport, outputs: Outputs) -> int:
    around = given.around
    if given.text("output") == "json":
        around.put(signing.structured(report).encode())
    else:
        around.tell(signing.text(report, colour=around.colour))
    if not outputs.uploads:
        around.say("Note: nothing was uploaded (--upload=false)")
    if report.error is None:
        return 0
    around.say(f"Error: {report.error}")
    return report.error.exit_code


VERB = Verb(
    name="sign",
    summary="Sign container images with a key.",
    about="""\
Signs the digest of every image, in the form that cosign 1 and 2, podman and Kyverno read and in the
one that cosign 3 reads, and stores the signatures beside the image. Give images by digest: a tag
may name something else by now. The password of the key comes from COSIGN_PASSWORD, a prompt, or
standard input taken whole. An equal signature that is there is left alone, so that a run can be
repeated.""",
    examples=(
        (
            "sign what was just pushed, with the commit inside the signature",
            'boltseal sign --key cosign.key -a commit="$GITHUB_SHA" '
            "registry.example.com/app@sha256:...",
        ),
        (
            "sign an index and its platform images, with a key from a secret",
            "boltseal sign --key env://COSIGN_PRIVATE_KEY -r registry.example.com/app@sha256:...",
        ),
        (
            "see what would be done to several images",
            "boltseal sign --key cosign.key --dry-run IMAGE IMAGE",
        ),
    ),
    run=run,
    flags=(
        Flag("key", "private key: an encrypted file, env://NAME or a URL", Kind.FILE),
        ANNOTATIONS,
        Flag("recursive", "sign the platform images of an index too", Kind.BOOL, short="r"),
        format_flag("both"),
        Flag(
            "on-existing",
            "what to do where an equal signature by this key is there",
            choices=tuple(choice.value for choice in OnExisting),
            default="skip",
            own=True,
        ),
        Flag("require-digest", "refuse images that are given by tag", Kind.BOOL, own=True),
        Flag("dry-run", "look, and sign nothing", Kind.BOOL, own=True),
        Flag(
            "sign-container-identity",
            "repository to sign as the image's name (classic form); may be given again",
            many=True,
            lines=True,
            metavar="NAME",
        ),
        Flag("record-creation-timestamp", "write the time into the classic form", Kind.BOOL),
        Flag("upload", "=false: store nothing, write files only", Kind.BOOL, default="true"),
        Flag("output-signature", "write the signature (base64, classic form)", Kind.FILE),
        Flag("output-payload", "write what was signed (classic form)", Kind.FILE),
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
    cosign=compat.SIGN,
)
