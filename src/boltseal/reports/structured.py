"""Our own full report as JSON: everything that is known, under names that do not change.

The shape is `report.schema.json` beside this file. A member may be added within a schema
version; one that goes away or changes its meaning makes a new version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from boltseal.core.signature import Form
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.core.verdict import ImageReport, Judged, Report
from boltseal.errors import BoltsealError
from boltseal.reports import facts

SCHEMA_VERSION = 1


def render(report: Report) -> str:
    """Tell a report of verifying as JSON, indented, with a final line break; ASCII only."""
    return dumped(document(report))


def render_signing(report: SignReport) -> str:
    """Tell a report of signing as JSON, indented, with a final line break; ASCII only."""
    return dumped(signing_document(report))


def dumped(value: Any) -> str:
    """Write JSON that is safe on a terminal and in a log.

    Everything outside of ASCII, and DEL, is escaped; so is the start of what a CI runner would
    take for a command in the middle of a line.
    """
    text = json.dumps(value, indent=2, ensure_ascii=True)
    # Outside of strings neither can occur, so a plain replacement leaves the value as it is.
    return text.replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report of a verification as the JSON value that `render` writes."""
    totals = facts.Totals.of(report)
    return {
        "schemaVersion": SCHEMA_VERSION,
        "kind": "verify",
        "verdict": str(report.verdict),
        "exitCode": _exit_code(report.error),
        "totals": {
            "images": totals.images,
            "trusted": totals.trusted,
            "notTrusted": totals.not_trusted,
            "undecided": totals.undecided,
        },
        "images": [_image(image) for image in report.images],
    }


def signing_document(report: SignReport) -> dict[str, Any]:
    """Return the report of a sign run as the JSON value that `render_signing` writes."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "kind": "sign",
        "exitCode": _exit_code(report.error),
        "totals": {
            "images": len(report.images),
            "failed": sum(image.error is not None for image in report.images),
            **{str(action): report.count(action) for action in Action},
        },
        "images": [_signed_image(image) for image in report.images],
    }


def _image(image: ImageReport) -> dict[str, Any]:
    return {
        "asked": image.asked,
        "reference": _text(image.reference),
        "pinned": _text(image.resolved),
        "digest": _text(image.digest),
        "platform": image.platform,
        "verdict": str(image.verdict),
        "exitCode": _exit_code(image.error),
        "error": _error(image.error),
        "reason": image.reason,
        "advice": image.advice,
        "forms": [str(form) for form in Form if form in image.forms],
        "signatures": [_signature(judged, image) for judged in image.judged],
        "faults": list(image.faults),
        "leftOut": image.left_out,
    }


def _signature(judged: Judged, image: ImageReport) -> dict[str, Any]:
    signature, anchor = judged.signature, judged.checks.anchor
    annotations = facts.signed_annotations(signature, image)
    return {
        "form": str(signature.form),
        "kind": str(signature.kind),
        "trusted": judged.trusted,
        "reason": judged.reason,
        "anchor": {"name": anchor.name, "fingerprint": anchor.fingerprint} if anchor else None,
        "checks": [
            {"name": check.name, "passed": check.passed, "detail": check.detail}
            for check in judged.checks.checks
        ],
        "annotations": _plain(annotations),
        "signedAt": _time(facts.signed_at(annotations)),
        "dockerReference": signature.reference,
        "predicateType": signature.predicate_type,
        "origin": signature.origin,
    }


def _signed_image(image: SignedImage) -> dict[str, Any]:
    return {
        "asked": image.asked,
        "reference": _text(image.reference),
        "pinned": _text(image.pinned),
        "digest": _text(image.digest),
        "platform": image.platform,
        "exitCode": _exit_code(image.error),
        "error": _error(image.error),
        "outcomes": [_outcome(outcome) for outcome in image.outcomes],
        "notices": list(image.notices),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "form": str(outcome.form),
        "action": str(outcome.action),
        "location": _text(outcome.location),
        "tag": outcome.tag,
    }


def _error(error: BoltsealError | None) -> dict[str, str] | None:
    return {"title": error.title, "message": str(error)} if error else None


def _exit_code(error: BoltsealError | None) -> int:
    return error.exit_code if error else 0


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _time(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
