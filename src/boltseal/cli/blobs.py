"""What the four verbs on plain files have in common."""

from __future__ import annotations

import os
from collections.abc import Sequence

from boltseal.cli import wiring
from boltseal.cli.flags import Flag, Given, Kind
from boltseal.cli.passwords import VARIABLE
from boltseal.core.verdict import Report, Verdict
from boltseal.errors import UsageError
from boltseal.flows.sign_blob import FilesSigned, SignedFile
from boltseal.flows.verify_blob import LARGEST_SIGNATURE, Demand, Question
from boltseal.reports import text
from boltseal.stores.files import STDIN, LocalFiles, expand
from boltseal.trust.policy import Requirement

ENDINGS = (".sig", ".sigstore.json")
MOST_PARALLEL = 64
_SKIPPED = (
    "WARNING: Skipping tlog verification is an insecure practice that lacks transparency and "
    "auditability verification for the {kind}.\n"
)

PARALLEL = Flag(
    "parallel", "how many files are worked on at once", Kind.NUMBER, default="4", own=True
)
PRIVATE_KEY = Flag("key", "private key: an encrypted file, env://NAME or a URL", Kind.FILE)
PUBLIC_KEY = Flag(
    "key",
    "public key: a file, PEM text, env://NAME, a URL, or a folder of *.pub; may be given again",
    Kind.FILE,
    many=True,
    metavar="KEY",
)
WORKERS = Flag("max-workers", "cosign's name for --parallel", Kind.NUMBER)
TYPE = Flag(
    "type",
    "predicate type: a short name of cosign's, such as slsaprovenance1 or cyclonedx, or a URI",
    default="custom",
    metavar="TYPE",
)


def files_of(given: Given) -> LocalFiles:
    """Return the files of this machine, `-` being the run's standard input."""
    return LocalFiles(given.around.stdin, given.around.check)


def paths(given: Given, *, leave_out: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the files that the words of a command line name, patterns spelled out."""
    found = expand(given.words, leave_out=leave_out)
    if len(set(found)) < len(found):
        raise UsageError("a file is given twice; give each file once")
    return found


def parallel(given: Given) -> int:
    """Return how many files are worked on at once: --parallel, or cosign's --max-workers."""
    name = "parallel" if given.said("parallel") else "max-workers"
    number = given.number(name, 4)
    if not 1 <= number <= MOST_PARALLEL:
        raise UsageError(f"--{name} {number}: write a number from 1 to {MOST_PARALLEL}")
    return number


def check_stdin(given: Given, *readers: str) -> None:
    """Raise UsageError where standard input would have to be several things at once.

    `readers` are the paths that may be `-`; the password comes from there too if it is nowhere
    else.
    """
    piped = list(readers).count(STDIN)
    if piped > 1:
        raise UsageError("standard input (-) can be one thing only; name files for the others")
    if piped and VARIABLE not in given.around.environment:
        raise UsageError(
            f"standard input is what is signed (-), so the password cannot come from it; "
            f"set {VARIABLE} (empty counts as set)"
        )


def demand(given: Given, *, predicate_type: str | None = None, claims: bool = True) -> Demand:
    """Return what --key asks for: any one of the keys given."""
    trust = wiring.trust(given)
    requirement = Requirement.parse("any", known=trust.anchors)
    return Demand(
        trust,
        requirement,
        trust.hashes,
        trust.wants_whole,
        predicate_type=predicate_type,
        claims=claims,
    )


def question(given: Given, path: str) -> Question:
    """Return the question that --signature and --bundle ask of one file.

    --signature is a file, else a URL, else the signature itself.
    """
    value = given.text("signature")
    content = None
    called = f"{given.called('signature')} {value}"
    if value and os.path.exists(value):
        content = files_of(given).read(value, limit=LARGEST_SIGNATURE)
    elif value.startswith(("https://", "http://")):
        content = wiring.url_reader(given, "--signature")(value)
    elif value:
        content = value.encode("utf-8", "surrogateescape")
        called = f"{given.called('signature')} (no file of that name, so taken as the signature)"
    return Question(path, given.text("bundle") or None, content, called)


def tell_signed(given: Given, report: FilesSigned, wrote: dict[str, str]) -> int:
    """Tell of every file in cosign's words, `wrote` by kind of output; return the exit code."""
    for file in report.files:
        if file.error is None:
            _tell_file(given, file, wrote)
    failed = [file for file in report.files if file.error is not None]
    if len(report.files) > 1:
        for file in failed:
            given.around.say(f"Failed: {file.path}: {file.error}")
    if report.error is None:
        return 0
    given.around.say(f"Error: {report.error}")
    return report.error.exit_code


def _tell_file(given: Given, file: SignedFile, wrote: dict[str, str]) -> None:
    if file.kept:
        given.around.say(f"{file.path}: a signature by this key is there and was kept")
    for kind, path in file.written:
        given.around.say(f"{wrote[kind]} {path}")


def tell_verified(given: Given, report: Report, *, kind: str) -> int:
    """Tell the verdict on every file and return the code of the gravest failure."""
    around = given.around
    if given.flag("insecure-ignore-tlog"):
        around.tell(_SKIPPED.format(kind=kind))
    for image in report.images:
        if image.verdict is Verdict.TRUSTED:
            around.say("Verified OK" if len(report.images) == 1 else f"Verified OK: {image.asked}")
        else:
            around.tell(text.render(Report((image,)), colour=around.colour))
    if report.error is None:
        return 0
    around.say(f"Error: {report.error}")
    return report.error.exit_code


def single(given: Given, names: Sequence[str], *, count: int) -> None:
    """Raise UsageError where one output is named and several files were given."""
    for name in names:
        if count > 1 and given.text(name):
            raise UsageError(
                f"{given.called(name)} names one file, and {count} were given; leave it out"
            )
