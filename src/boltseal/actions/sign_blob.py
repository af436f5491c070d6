"""The action `sign-blob`: sign the files of a release, each with its signature beside it.

inputs -> files -sign_blob-> FilesSigned -> outputs, paths to upload
"""

from __future__ import annotations

import json
import os
import shlex

from boltseal.actions.around import Around
from boltseal.actions.files import SignBlobInputs, found, local_files
from boltseal.actions.keys import signer
from boltseal.actions.seam import run
from boltseal.actions.telling import Telling, Told, failure, listed, notices
from boltseal.flows.sign_blob import Desk, FilesSigned, Outputs, Piece, SignedFile, sign_blob
from boltseal.flows.verify_blob import BUNDLE, SIGNATURE
from boltseal.reports.escape import code, prose
from boltseal.signers.local import LocalSigner


def work(inputs: SignBlobInputs, around: Around) -> Told:
    """Sign, and return what to tell; raise what stands in the way before anything is signed."""
    telling = Telling(around.say)
    around.build().check_may_sign(allow_pull_request=inputs.allow_pull_request)
    files = found(inputs.files, around)
    opened = signer(inputs.key, password=inputs.password, around=around)
    root = str(around.workspace.root)
    pieces = [_piece(os.path.join(root, path), inputs) for path in files]
    desk = Desk(local_files(inputs, around), opened, parallel=inputs.parallel, progress=telling)
    report = sign_blob(pieces, desk=desk)
    named = dict(zip(files, report.files, strict=True))
    return _told(inputs, named, report=report, opened=opened, telling=telling)


def _piece(path: str, inputs: SignBlobInputs) -> Piece:
    signature = path + SIGNATURE if inputs.write != "bundle" else None
    bundle = path + BUNDLE if inputs.write != "signature" else None
    return Piece(path, Outputs(signature, bundle, keep=not inputs.again))


def _told(
    inputs: SignBlobInputs,
    named: dict[str, SignedFile],
    *,
    report: FilesSigned,
    opened: LocalSigner,
    telling: Telling,
) -> Told:
    good = [path for path, file in named.items() if file.error is None]
    kept = sum(file.kept for file in named.values())
    failed = [file.error for file in named.values() if file.error]
    key = inputs.key if inputs.key.endswith(".key") and "\n" not in inputs.key else "cosign.key"
    command = ["boltseal", "verify-blob", "--key", key.removesuffix(".key") + ".pub", *good]
    return Told(
        outputs={
            "files": "\n".join(good),
            "signatures": "\n".join(path + end for path in good for end in _ends(inputs)),
            "digests": json.dumps({path: str(named[path].digest) for path in good}),
            "signed": str(len(good) - kept),
            "kept": str(kept),
            "failed": str(len(failed)),
            "key-fingerprint": opened.public_key.fingerprint,
            "verify-command": shlex.join(command) if good else "",
        },
        summary=_summary(named),
        commands=(*map(failure, failed), *notices(telling.notices)),
        error=report.error,
    )


def _ends(inputs: SignBlobInputs) -> tuple[str, ...]:
    ends = {"signature": (SIGNATURE,), "bundle": (BUNDLE,), "both": (SIGNATURE, BUNDLE)}
    return ends[inputs.write]


def _summary(named: dict[str, SignedFile]) -> str:
    """Return the job summary: which files were signed, and which were not and why."""
    failed = {path: file.error for path, file in named.items() if file.error}
    good = [f"{path} {file.digest}" for path, file in named.items() if file.error is None]
    mark = "❌" if failed else "✅"
    head = f"## {mark} {len(good)} of {len(named)} files signed\n\n"
    rows = "".join(f"- {code(path)}: {prose(str(error))}\n" for path, error in failed.items())
    return head + listed("Signed", good) + (f"\n**Failed**\n\n{rows}" if rows else "")


if __name__ == "__main__":
    run(SignBlobInputs, work)
