"""The action `verify-blob`: let a job go on only with files that are signed.

inputs -> files -verify_blob-> Report -> outputs, exit code
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

from boltseal.actions.around import Around
from boltseal.actions.files import VerifyBlobInputs, found, local_files
from boltseal.actions.keys import trust
from boltseal.actions.seam import run
from boltseal.actions.telling import Telling, Told, failure, listed
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.errors import UsageError
from boltseal.flows.verify_blob import Bench, Demand, Question, verify_blob
from boltseal.reports import facts, structured, text
from boltseal.reports.escape import code, prose
from boltseal.trust.policy import Requirement


def work(inputs: VerifyBlobInputs, around: Around) -> Told:
    """Verify, and return what to tell; raise what makes the question itself wrong."""
    files = found(inputs.files, around)
    if inputs.bundle and len(files) > 1:
        raise UsageError(
            f"the input `bundle` names one bundle, and `files` stands for {len(files)} files; "
            "leave it out, and each is verified by what lies beside it"
        )
    keys = trust(inputs.key, around=around)
    asked = Demand(
        keys, Requirement.parse("any", known=keys.anchors), keys.hashes, keys.wants_whole
    )
    root = str(around.workspace.root)
    bundle = str(around.workspace.path(inputs.bundle)) if inputs.bundle else None
    questions = [Question(os.path.join(root, path), bundle=bundle) for path in files]
    bench = Bench(local_files(inputs, around), inputs.parallel, Telling(around.say))
    judged = verify_blob(questions, asked, bench=bench)
    # What is told is the name that the workflow uses, not where the runner keeps it.
    named = zip(judged.images, files, strict=True)
    return _told(Report(tuple(replace(image, asked=path) for image, path in named)))


def _told(report: Report) -> Told:
    trusted = [image.asked for image in report.images if image.verdict is Verdict.TRUSTED]
    failed = [image for image in report.images if image.verdict is not Verdict.TRUSTED]
    return Told(
        outputs={
            "verified": "false" if failed else "true",
            "files": "\n".join(trusted),
            "failures": json.dumps([_failure(image) for image in failed]),
            "report": json.dumps(structured.document(report)),
        },
        text="".join(text.render(Report((image,))) for image in failed),
        summary=_summary(trusted, failed),
        commands=tuple(failure(image.error) for image in failed if image.error),
        error=report.error,
    )


def _failure(image: ImageReport) -> dict[str, str]:
    return {
        "file": image.asked,
        "verdict": str(image.verdict),
        "kind": image.error.title if image.error else "",
        "reason": facts.why(image),
        "advice": image.advice,
    }


def _summary(trusted: list[str], failed: list[ImageReport]) -> str:
    """Return the job summary: which files are trusted, and which are not and why."""
    mark = "❌" if failed else "✅"
    head = f"## {mark} {len(trusted)} of {len(trusted) + len(failed)} files trusted\n\n"
    rows = "".join(
        f"- {code(image.asked)}: {prose(facts.why(image))} {prose(image.advice)}\n"
        for image in failed
    )
    return head + listed("Trusted", trusted) + (f"\n**Not trusted**\n\n{rows}" if rows else "")


if __name__ == "__main__":
    run(VerifyBlobInputs, work)
