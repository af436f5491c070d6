"""`boltseal verify-blob-attestation`: plain files and a statement about them in, a verdict out."""

from __future__ import annotations

from dataclasses import replace

from boltseal.cli import blobs
from boltseal.cli.compat_blobs import VERIFY_BLOB_ATTESTATION
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.progress import shown
from boltseal.cli.services import check_files
from boltseal.core.names import Digest
from boltseal.errors import UsageError
from boltseal.flows.verify_blob import Bench, verify_blob_attestation
from boltseal.formats.predicates import PredicateType


def run(given: Given) -> int:
    """Judge every file by the attestation, tell of each, and return the code of the gravest."""
    check_files(given)
    claims = given.flag("check-claims", default=True)
    kind = PredicateType.parse(given.text("type", "custom"))
    paths = _paths(given, claims=claims)
    if not given.text("signature") and not given.text("bundle"):
        raise UsageError("no attestation is given; name it with --bundle or --signature")
    demand = blobs.demand(given, predicate_type=kind.uri, claims=claims)
    if not claims:
        given.around.say(
            "WARNING: --check-claims=false: what is verified is that the statement was signed; "
            "which file it is about was not looked at"
        )
    asked = blobs.question(given, paths[0])
    with shown(given.around) as progress:
        bench = Bench(blobs.files_of(given), blobs.parallel(given), progress)
        report = verify_blob_attestation(
            [replace(asked, path=path) for path in paths], demand, bench=bench
        )
    return blobs.tell_verified(given, report, kind="blob attestation")


def _paths(given: Given, *, claims: bool) -> tuple[str, ...]:
    paths = blobs.paths(given)
    digest = given.text("digest")
    if not digest:
        if not paths and claims:
            raise UsageError("no file was given, nor the digest of one; give a FILE or --digest")
        return paths or ("",)
    if paths:
        raise UsageError("a file and --digest are given; give one of them")
    algorithm = given.text("digestAlg", "sha256")
    if algorithm != "sha256":
        raise UsageError(f"--digestAlg {algorithm}: statements are read by their sha256 alone")
    return (str(Digest.parse(f"sha256:{digest}")),)


VERB = Verb(
    name="verify-blob-attestation",
    summary="Verify signed statements about files.",
    about="""\
Judges whether the statement in a bundle or an envelope is signed by the key, is of the type asked
for, and is about each file (by its SHA-256). The exit code is 0 only if each file is trusted, 12 if
one is not.""",
    examples=(
        (
            "verify the SBOM of a file",
            "boltseal verify-blob-attestation --key cosign.pub --type cyclonedx "
            "--bundle app.sbom.sigstore.json app.tar.gz",
        ),
        (
            "verify an envelope that stands alone",
            "boltseal verify-blob-attestation --key cosign.pub --signature app.att app.tar.gz",
        ),
    ),
    run=run,
    flags=(
        blobs.PUBLIC_KEY,
        Flag("bundle", "the bundle, of either kind", Kind.FILE),
        Flag("signature", "the envelope: a file, a URL, or itself", metavar="ENVELOPE"),
        blobs.TYPE,
        Flag("digest", "SHA-256 of the file in hexadecimal, in place of it", metavar="HEX"),
        Flag("digestAlg", "the hash of --digest", default="sha256", metavar="NAME"),
        Flag("check-claims", "=false: do not compare with a file", Kind.BOOL),
        blobs.WORKERS,
        blobs.PARALLEL,
    ),
    arguments=Arguments("FILE", 0, None),
    cosign=VERIFY_BLOB_ATTESTATION,
)
