"""Failures as a GitLab Code Quality report: a JSON array of issues in files.

Source: GitLab, "Code Quality", "Code Quality report format".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boltseal.core.places import Place
from boltseal.core.verdict import Report
from boltseal.reports.findings import NOWHERE, POLICY, Finding, Rule, findings
from boltseal.reports.structured import dumped


def render(
    report: Report, *, places: Mapping[str, Sequence[Place]] = NOWHERE, fallback: Place = POLICY
) -> str:
    """Tell the failures of a report as Code Quality issues; trusted images are none.

    `places` says where files name an image, by the reference as it was asked for; an image
    without any stands at `fallback`, because GitLab takes no issue without a file.
    """
    return dumped([_issue(f) for f in findings(report, places=places, fallback=fallback)])


def _issue(finding: Finding) -> dict[str, Any]:
    return {
        "description": finding.message,
        "check_name": finding.rule.name,
        "fingerprint": finding.fingerprint,
        "severity": _severity(finding.rule),
        "location": {"path": finding.place.path, "lines": {"begin": finding.place.line}},
    }


def _severity(rule: Rule) -> str:
    if rule.undecided:
        return "major"
    return "blocker" if rule.severity >= 8 else "critical"
