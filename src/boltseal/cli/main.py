"""The one place where a run begins and ends: exit code out, every failure one sentence."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from types import FrameType
from typing import NoReturn

import click

from boltseal import __version__
from boltseal.cli.around import Around
from boltseal.cli.clicked import LazyGroup
from boltseal.cli.exitcodes import BROKEN_PIPE, STOPPED, brief
from boltseal.errors import BoltsealError, UsageError

COMPLETE = "_BOLTSEAL_COMPLETE"
Verbs = Mapping[str, tuple[str, str]]
VERBS: Verbs = {
    "sign": ("boltseal.cli.sign", "Sign container images with a key."),
    "verify": ("boltseal.cli.verify", "Verify the signatures of container images."),
    "attest": (
        "boltseal.cli.attest",
        "Attest something about container images, signed with a key.",
    ),
    "verify-attestation": (
        "boltseal.cli.verify_attestation",
        "Verify what was attested about container images.",
    ),
    "generate-provenance": (
        "boltseal.cli.generate_provenance",
        "Write SLSA v1 provenance of this GitHub Actions run.",
    ),
    "sign-blob": ("boltseal.cli.sign_blob", "Sign files with a key."),
    "verify-blob": ("boltseal.cli.verify_blob", "Verify the signatures of files."),
    "attest-blob": ("boltseal.cli.attest_blob", "Sign statements about files."),
    "verify-blob-attestation": (
        "boltseal.cli.verify_blob_attestation",
        "Verify signed statements about files.",
    ),
    "generate-key-pair": ("boltseal.cli.generate_key_pair", "Make a new key pair."),
    "import-key-pair": ("boltseal.cli.import_key_pair", "Take over a key of another program."),
    "public-key": ("boltseal.cli.public_key", "Print the public key of a private one."),
    "copy": ("boltseal.cli.copy", "Copy images with everything that stands beside them."),
    "init": ("boltseal.cli.init", "Prepare a repository to sign and verify in its workflow."),
    "key reencrypt": ("boltseal.cli.key_reencrypt", "Give a private key another password."),
    "key lint": ("boltseal.cli.key_lint", "Tell what is wrong with key files."),
    "key rotate": (
        "boltseal.cli.key_rotate",
        "Make the next key and sign again what the old one signed.",
    ),
    "save": ("boltseal.cli.save", "Save an image and what stands beside it in a folder."),
    "load": (
        "boltseal.cli.load",
        "Load a saved image and what stands beside it into a registry.",
    ),
    "generate": ("boltseal.cli.generate", "Print what sign would sign about an image."),
    "attach signature": (
        "boltseal.cli.attach_signature",
        "Store a signature that was made elsewhere.",
    ),
    "attach attestation": (
        "boltseal.cli.attach_attestation",
        "Store attestations that were made elsewhere.",
    ),
    "attach sbom": ("boltseal.cli.attach_sbom", "Store an SBOM beside an image."),
    "download signature": (
        "boltseal.cli.download_signature",
        "Print the signatures of an image.",
    ),
    "download attestation": (
        "boltseal.cli.download_attestation",
        "Print what was attested about an image.",
    ),
    "download sbom": (
        "boltseal.cli.download_sbom",
        "Print the SBOM that is attached to an image.",
    ),
    "clean": ("boltseal.cli.clean", "Take away what stands beside an image."),
    "upload blob": ("boltseal.cli.upload_blob", "Upload plain files to a registry."),
    "dockerfile verify": (
        "boltseal.cli.dockerfile_verify",
        "Verify the images that a Dockerfile names.",
    ),
    "manifest verify": (
        "boltseal.cli.manifest_verify",
        "Verify the images that a Kubernetes manifest names.",
    ),
    "triangulate": ("boltseal.cli.triangulate", "Print where an image's signatures are stored."),
    "tree": ("boltseal.cli.tree", "List what is stored beside an image."),
    "version": ("boltseal.cli.version", "Print the version."),
    "completion": ("boltseal.cli.completion", "Print a script that completes commands in a shell."),
}
_EPILOG = """\b
Exit codes: {codes}.
The page docs/exit-codes.md says who must act on which.

\b
Every flag is also read from BOLTSEAL_<FLAG> and COSIGN_<FLAG>, such as
COSIGN_KEY; the password of a key from COSIGN_PASSWORD, never from a flag.
"""


class Stopped(KeyboardInterrupt):
    """Ends the run from a signal's handler; no Exception, so that nobody takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line of this process and return its exit code."""
    around = Around(
        environment=os.environ,
        stdin=sys.stdin.buffer if sys.stdin is not None else None,
        stdout=sys.stdout.buffer,
        stderr=sys.stderr,
        now=lambda: datetime.now(timezone.utc),
        entropy=os.urandom,
    )
    args = list(sys.argv[1:] if argv is None else argv)
    if COMPLETE in os.environ:
        return _complete(os.environ[COMPLETE])
    with _stoppable(around):
        code = run(args, around)
    if code == BROKEN_PIPE:
        # What is still buffered has nowhere to go, and Python would complain of it at its end.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def run(argv: Sequence[str], around: Around, *, verbs: Verbs | None = None) -> int:
    """Do what a command line says and return the exit code; nothing is raised, whatever happens.

    `verbs` takes the place of `VERBS`.
    """
    try:
        return _run(list(argv), around, program(verbs or VERBS))
    except BoltsealError as error:
        around.say(f"Error: {error}")
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        around.tell(f"{error.format_message()}\n")
        return UsageError.exit_code
    except click.ClickException as error:
        around.say(f"Error: {_sentence(error)}")
        return UsageError.exit_code
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt as stop:
        number = stop.number if isinstance(stop, Stopped) else int(signal.SIGINT)
        around.stop.set()
        around.say("Error: the run was stopped by a signal before its end; run it again to go on")
        return STOPPED + number
    except Exception as error:  # a bug; the seam must not let a traceback out
        _tell_bug(error, around, verbose=_verbose(argv))
        return BoltsealError.exit_code


def program(verbs: Verbs) -> LazyGroup:
    """Return the whole command line; a verb is named with its module and its summary."""
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        help="Print the version and exit.",
        callback=_show_version,
    )
    return LazyGroup(
        verbs,
        name="boltseal",
        help="Sign container images in CI and verify them, in cosign's formats.",
        epilog=_EPILOG.format(codes=brief()),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        params=[version],
    )


def _run(argv: list[str], around: Around, command: LazyGroup) -> int:
    if argv[:1] == ["-version"]:  # cosign's own old spelling
        argv = ["version"]
    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    try:
        with command.make_context("boltseal", argv, obj=around) as ctx:
            code = command.invoke(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    return int(code or 0)


def _show_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"boltseal {__version__}")
        ctx.exit()


def _complete(instruction: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(program(VERBS), {}, "boltseal", COMPLETE, instruction)


@contextlib.contextmanager
def _stoppable(around: Around) -> Iterator[None]:
    """End the run where a signal asks for it: threads at their next request, this one at once."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        around.stop.set()
        raise Stopped(number)

    signals = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sentence(error: click.ClickException) -> str:
    """Return click's complaint as one sentence, with the way to the help."""
    message = error.format_message().strip().rstrip(".")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx else "boltseal"
    return f"{message}; see {path} --help"


def _verbose(argv: Sequence[str]) -> bool:
    return any(arg in ("-d", "--verbose", "--verbose=true") for arg in argv)


def _tell_bug(error: Exception, around: Around, *, verbose: bool) -> None:
    """Tell of a bug without its message, which may hold anything; with `verbose`, where it was."""
    kind = type(error).__name__
    hint = "please report it" if verbose else "run again with --verbose and report what it says"
    around.say(f"Error: unexpected failure (a bug in boltseal {__version__}): {kind}; {hint}")
    if verbose:
        for frame in traceback.extract_tb(error.__traceback__):
            around.say(f"  {frame.filename}:{frame.lineno} in {frame.name}")
