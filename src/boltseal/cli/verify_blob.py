"""`boltseal verify-blob`: plain files in, a verdict on each out."""

from __future__ import annotations

from boltseal.cli import blobs
from boltseal.cli.compat_blobs import VERIFY_BLOB
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.errors import UsageError
from boltseal.flows.verify_blob import Bench, Question, verify_blob
from boltseal.stores.files import STDIN


def run(given: Given) -> int:
    """Judge every file, tell of each, and return the code of the gravest failure."""
    check_files(given)
    demand = blobs.demand(given)
    questions = _questions(given)
    with shown(given.around) as progress:
        bench = Bench(blobs.files_of(given), blobs.parallel(given), progress)
        report = verify_blob(questions, demand, bench=bench)
    return blobs.tell_verified(given, report, kind="blob")


def _questions(given: Given) -> list[Question]:
    paths = blobs.paths(given, leave_out=blobs.ENDINGS)
    named = given.text("signature") or given.text("bundle")
    if named and len(paths) > 1:
        raise UsageError(
            f"one signature is named, and {len(paths)} files were given; leave it out, and each "
            "is verified by FILE.sigstore.json or FILE.sig beside it"
        )
    if named:
        return [blobs.question(given, paths[0])]
    if STDIN in paths:
        raise UsageError("standard input (-) has no signature beside it; give --bundle")
    return [Question(path) for path in paths]


VERB = Verb(
    name="verify-blob",
    summary="Verify the signatures of files.",
    about="""\
Judges the bytes of every file, whatever their size, by a bundle of either kind or a bare signature;
without --bundle and --signature by FILE.sigstore.json or else FILE.sig beside each. A key that a
bundle brings never takes the place of the one given. The exit code is 0 only if each file is
trusted, 12 if one is not.""",
    examples=(
        (
            "verify a file by its bundle",
            "boltseal verify-blob --key cosign.pub --bundle app.sigstore.json app.tar.gz",
        ),
        (
            "verify a file by its bare signature",
            "boltseal verify-blob --key cosign.pub --signature app.tar.gz.sig app.tar.gz",
        ),
        (
            "verify everything by what lies beside it",
            "boltseal verify-blob --key cosign.pub 'dist/*'",
        ),
    ),
    run=run,
    flags=(
        blobs.PUBLIC_KEY,
        Flag("bundle", "the bundle, of either kind", Kind.FILE),
        Flag("signature", "the signature: a file, a URL, or itself in base64", metavar="SIGNATURE"),
        blobs.WORKERS,
        blobs.PARALLEL,
    ),
    arguments=Arguments("FILE", 1, None),
    cosign=VERIFY_BLOB,
)
