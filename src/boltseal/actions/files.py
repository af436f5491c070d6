"""What the actions on plain files have in common: inputs, outputs, and the files themselves."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.actions.around import Around
from boltseal.actions.declaring import wanted
from boltseal.actions.reading import boolean, choice, lines, number, seconds, whole, word
from boltseal.errors import UsageError
from boltseal.flows.verify_blob import BUNDLE, SIGNATURE
from boltseal.stores.files import LocalFiles, expand

_FILES = """The files, one path or pattern a line, such as dist/* or release/**/*.tar.gz; what ends
    with .sig or .sigstore.json is left out of patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Inputs of every action that needs no registry: how to run."""

    summary: bool = wanted(boolean, "true", "Whether to write a job summary.")
    timeout: float = wanted(
        seconds, "30m", "The longest time for all of it, such as 90s or 10m; seconds without unit."
    )
    parallel: int = wanted(number(1, 64), "4", "How many files are worked on at once.")
    python: str = wanted(
        word, "", "The Python to run with, 3.10 or newer; by default the first on PATH."
    )
    wheelhouse: str = wanted(
        word,
        "",
        """A folder of wheels to install from, for runners without a package index; made with
        `pip download -r actions/requirements.txt`.""",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignBlobInputs(Local):
    """Inputs of actions/sign-blob: sign the files of a release."""

    files: tuple[str, ...] = wanted(lines, "", _FILES)
    key: str = wanted(
        whole,
        "cosign.key",
        "The encrypted private key: a path in the repository, PEM text, or env://NAME.",
        filled=True,
        secret=True,
    )
    password: str = wanted(
        whole,
        "",
        """The private key's password, from a secret; also taken from COSIGN_PASSWORD.""",
        secret=True,
    )
    write: str = wanted(
        choice("signature", "bundle", "both"),
        "both",
        """What is written beside each file: signature (FILE.sig, base64), bundle
        (FILE.sigstore.json, which cosign 3 asks for) or both.""",
    )
    again: bool = wanted(
        boolean, "false", "Whether files are signed anew that have a good signature by this key."
    )
    allow_pull_request: bool = wanted(
        boolean,
        "false",
        """Whether a run for a pull request may sign. A privileged run for foreign code never
        may.""",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyBlobInputs(Local):
    """Inputs of actions/verify-blob: let the job go on only with files that are signed."""

    files: tuple[str, ...] = wanted(lines, "", _FILES)
    key: str = wanted(
        whole,
        "cosign.pub",
        """The public keys, any one of which must have signed: files, folders of *.pub, or
        env://NAME, one a line, or PEM text.""",
        filled=True,
    )
    bundle: str = wanted(
        word,
        "",
        """The bundle of the one file; by default FILE.sigstore.json or else FILE.sig beside
        each.""",
    )


SIGN_BLOB_OUTPUTS = {
    "files": "The signed files, one path a line.",
    "signatures": "The files with their signatures, one path a line, fit for an upload.",
    "digests": "A JSON object: each signed file, and its digest (sha256:…).",
    "signed": "How many files were signed now.",
    "kept": "How many had a good signature by this key already.",
    "failed": "How many could not be signed.",
    "key-fingerprint": "The public key's fingerprint: sha256: and the SHA-256 of its SPKI in hex.",
    "verify-command": "A command line that verifies the files, for boltseal.",
}
VERIFY_BLOB_OUTPUTS = {
    "verified": "true if every file is trusted, else false.",
    "files": "The trusted files, one path a line.",
    "failures": "A JSON array: file, verdict, kind, reason and advice of each failure.",
    "report": "The whole report as JSON.",
}


def found(words: Sequence[str], around: Around) -> tuple[str, ...]:
    """Return the files that names and patterns stand for, relative to the workspace.

    Raise UsageError for none at all, and for one that lies outside, or is a link that leads out.
    """
    if not words:
        raise UsageError(
            "the input `files` is empty; give paths or patterns, one a line. A step that looks at "
            "nothing must not pass"
        )
    root = str(around.workspace.root)
    base = glob.escape(root) + os.sep
    paths: dict[str, None] = {}
    for one in words:
        around.workspace.path(one)
        named = [os.path.join(root, one)]
        if not os.path.lexists(named[0]):
            named = list(expand([base + one], leave_out=(SIGNATURE, BUNDLE)))
        paths.update(dict.fromkeys(os.path.relpath(path, root) for path in named))
    for path in paths:
        around.workspace.path(path)
    return tuple(paths)


def local_files(inputs: Local, around: Around) -> LocalFiles:
    """Return the machine's files; a long reading ends when the job is cancelled or time is up."""
    return LocalFiles(check=lambda: around.check(inputs.timeout))
