"""`boltseal attest-blob`: a predicate about plain files in, signed statements out."""

from __future__ import annotations

from boltseal.cli import blobs, wiring
from boltseal.cli.compat_blobs import ATTEST_BLOB
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.predicates import claim_of, without_pipe
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.core.names import Digest
from boltseal.errors import UsageError
from boltseal.flows.attest import Claim
from boltseal.flows.placing import OnExisting
from boltseal.flows.sign_blob import Desk, Outputs, Piece, attest_blob
from boltseal.stores.files import STDIN

_WROTE = {
    "signature": "Signature written in",
    "statement": "Attestation written in",
    "bundle": "Wrote bundle to file",
}
_OUTPUTS = ("output-signature", "output-attestation", "bundle")


def run(given: Given) -> int:
    """Sign the statement about every file and print the envelopes that no file takes."""
    check_files(given)
    paths = blobs.paths(given) or ("",)
    _check(given, paths)
    blobs.check_stdin(given, *paths, given.text("predicate"), given.text("statement"))
    digest = Digest.parse(f"sha256:{given.text('hash')}") if given.text("hash") else None
    signer = wiring.signer(without_pipe(given))
    claim = _claim(given)
    outputs = Outputs(
        given.text("output-signature") or None,
        given.text("bundle") or None,
        given.text("output-attestation") or None,
        old=not given.flag("new-bundle-format", default=True),
    )
    with shown(given.around) as progress:
        parallel = blobs.parallel(given)
        desk = Desk(blobs.files_of(given), signer, parallel=parallel, progress=progress)
        report = attest_blob([Piece(path, outputs, digest) for path in paths], claim, desk=desk)
    new = given.text("bundle") and not outputs.old
    if not outputs.signature and not new:
        for file in report.files:
            given.around.put(file.content + b"\n" if file.error is None else b"")
    return blobs.tell_signed(given, report, _WROTE)


def _check(given: Given, paths: tuple[str, ...]) -> None:
    if paths == ("",) and not given.text("statement"):
        raise UsageError("no file was given to attest; with --hash give its name too")
    if given.text("hash") and len(paths) > 1:
        raise UsageError(f"--hash is that of one file, and {len(paths)} were given")
    blobs.single(given, _OUTPUTS, count=len(paths))


def _claim(given: Given) -> Claim:
    for name, word in (("statement", "statement"), ("predicate", "payload")):
        if given.text(name):
            path = given.text(name)
            shown_path = "standard input" if path == STDIN else path
            given.around.say(f"Using {word} from: {shown_path}")
    return claim_of(given, on_existing=OnExisting.APPEND)


VERB = Verb(
    name="attest-blob",
    summary="Sign statements about files.",
    about="""\
Puts a predicate about each file into an in-toto statement, signs it, and prints the envelope (JSON)
on standard output, as cosign does; with --bundle FILE it writes a Sigstore bundle in place of that.
With --hash the file itself is not needed, only its name.""",
    examples=(
        (
            "write a bundle with the SBOM of a file",
            "boltseal attest-blob --key cosign.key --type cyclonedx --predicate sbom.json "
            "--bundle app.sbom.sigstore.json app.tar.gz",
        ),
        (
            "print the envelope of a statement that is written already",
            "boltseal attest-blob --key cosign.key --statement statement.json app.tar.gz",
        ),
    ),
    run=run,
    flags=(
        blobs.PRIVATE_KEY,
        Flag("predicate", "file with the predicate; - is standard input", Kind.FILE),
        Flag("statement", "file with the whole statement, signed as it is", Kind.FILE),
        blobs.TYPE,
        Flag(
            "no-schema-check", "sign a predicate that breaks its type's rules", Kind.BOOL, own=True
        ),
        Flag("hash", "SHA-256 of the file in hexadecimal, in place of the file", metavar="HEX"),
        Flag("bundle", "write the bundle (JSON) to this file", Kind.FILE),
        Flag("output-signature", "write the envelope to this file", Kind.FILE),
        Flag("output-attestation", "write the statement to this file", Kind.FILE),
        blobs.PARALLEL,
    ),
    arguments=Arguments("FILE", 0, None),
    cosign=ATTEST_BLOB,
)
