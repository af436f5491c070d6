"""`boltseal sign-blob`: plain files in, their signatures out."""

from __future__ import annotations

from boltseal.cli import blobs, wiring
from boltseal.cli.compat_blobs import SIGN_BLOB
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.errors import UsageError
from boltseal.flows.sign_blob import Desk, FilesSigned, Outputs, Piece, sign_blob
from boltseal.flows.verify_blob import BUNDLE, SIGNATURE
from boltseal.stores.files import STDIN

_WROTE = {"signature": "Wrote signature to file", "bundle": "Wrote bundle to file"}


def run(given: Given) -> int:
    """Sign every file, write what was asked for, and print signatures that no file takes."""
    check_files(given)
    paths = blobs.paths(given, leave_out=blobs.ENDINGS)
    pieces = [Piece(path, _outputs(given, path, count=len(paths))) for path in paths]
    blobs.check_stdin(given, *paths)
    signer = wiring.signer(given)
    for path in paths:
        if path != STDIN:
            given.around.say(f"Using payload from: {path}")
    with shown(given.around) as progress:
        parallel = blobs.parallel(given)
        desk = Desk(blobs.files_of(given), signer, parallel=parallel, progress=progress)
        report = sign_blob(pieces, desk=desk)
    _print(given, report)
    return blobs.tell_signed(given, report, _WROTE)


def _outputs(given: Given, path: str, *, count: int) -> Outputs:
    raw = not given.flag("b64", default=True)
    old = not given.flag("new-bundle-format", default=True)
    beside = given.text("beside")
    if not beside:
        _check_count(given, count=count)
        signature = given.text("output-signature") or given.text("output")
        return Outputs(signature or None, given.text("bundle") or None, raw=raw, old=old)
    if any(given.text(name) for name in ("output-signature", "output", "bundle")):
        raise UsageError("--beside names the outputs itself; leave the other outputs out")
    if path == STDIN:
        raise UsageError("--beside has no place for the signature of standard input (-)")
    return Outputs(
        path + SIGNATURE if beside in ("signature", "both") else None,
        path + BUNDLE if beside in ("bundle", "both") else None,
        raw=raw,
        old=old,
        keep=not given.flag("again"),
    )


def _check_count(given: Given, *, count: int) -> None:
    for name in ("output-signature", "output", "bundle"):
        if count > 1 and given.text(name):
            raise UsageError(
                f"{given.called(name)} names one file, and {count} files are to be signed (cosign "
                "would overwrite it with each); give --beside signature, bundle or both"
            )


def _print(given: Given, report: FilesSigned) -> None:
    """Print signatures as cosign does: not where a file or a new bundle takes them."""
    if given.text("beside") or given.text("output-signature") or given.text("output"):
        return
    if given.text("bundle") and given.flag("new-bundle-format", default=True):
        return
    end = b"\n" if given.flag("b64", default=True) else b""
    for file in report.files:
        if file.error is None:
            given.around.put(file.content + end)


VERB = Verb(
    name="sign-blob",
    summary="Sign files with a key.",
    about="""\
Signs the bytes of every file, whatever their size, and prints the signatures (base64) on standard
output, as cosign does; with --bundle FILE it writes a Sigstore bundle in place of that. Files may
be given as patterns such as 'dist/*'. With --beside each file gets FILE.sig, FILE.sigstore.json or
both beside it, and one whose signature is there and holds is left alone, so that a run can be
repeated. The password of the key comes from COSIGN_PASSWORD, a prompt, or standard input taken
whole.""",
    examples=(
        ("print the signature of a file", "boltseal sign-blob --key cosign.key app.tar.gz"),
        (
            "write a bundle",
            "boltseal sign-blob --key cosign.key --bundle app.sigstore.json app.tar.gz",
        ),
        (
            "sign everything that a release uploads",
            "boltseal sign-blob --key cosign.key --beside both 'dist/*'",
        ),
    ),
    run=run,
    flags=(
        blobs.PRIVATE_KEY,
        Flag("bundle", "write the bundle (JSON) to this file", Kind.FILE),
        Flag("output-signature", "write the signature to this file", Kind.FILE),
        Flag("b64", "=false: signatures as raw bytes", Kind.BOOL),
        Flag(
            "beside",
            "write FILE.sig, FILE.sigstore.json or both beside each file",
            choices=("signature", "bundle", "both"),
            own=True,
        ),
        Flag("again", "with --beside: sign anew what is signed already", Kind.BOOL, own=True),
        blobs.PARALLEL,
    ),
    arguments=Arguments("FILE", 1, None),
    cosign=SIGN_BLOB,
)
