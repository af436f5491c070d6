"""Failures as SARIF 2.1.0, in the way that GitHub's code scanning accepts it.

Source: OASIS SARIF 2.1.0 (with errata 01) and GitHub's "SARIF support for code scanning": one
location with a file for each result, a fingerprint of our own, at most 25,000 results a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from boltseal.core.places import Place
from boltseal.core.verdict import Report
from boltseal.reports import facts
from boltseal.reports.escape import terminal
from boltseal.reports.findings import NOWHERE, POLICY, RULES, Finding, Rule, findings
from boltseal.reports.structured import dumped

MOST = 25_000
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(
    report: Report,
    *,
    places: Mapping[str, Sequence[Place]] = NOWHERE,
    fallback: Place = POLICY,
    version: str | None = None,
) -> str:
    """Tell the failures of a report as SARIF; trusted images are no results.

    `places` says where files name an image, by the reference as it was asked for; an image
    without any stands at `fallback`. `version` is the program's.
    """
    told = findings(report, places=places, fallback=fallback)
    results = [_result(finding) for finding in islice(told, MOST)]
    left = sum(1 for _ in told)
    driver: dict[str, Any] = {"name": "boltseal", "rules": [_rule(rule) for rule in RULES]}
    if version:
        driver["semanticVersion"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(left)],
        "results": results,
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _level(rule: Rule) -> str:
    return "warning" if rule.undecided else "error"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": f"{rule.meaning} {rule.remedy}"},
        "defaultConfiguration": {"level": _level(rule)},
        "properties": {
            "security-severity": str(rule.severity),
            "precision": "very-high",
            "tags": ["security", "supply-chain"],
        },
    }


def _invocation(left: int) -> dict[str, Any]:
    if not left:
        return {"executionSuccessful": True}
    text = f"{facts.counted(left, 'more finding')} did not fit; see the other reports"
    told = {"level": "warning", "message": {"text": text}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [told]}


def _result(finding: Finding) -> dict[str, Any]:
    image = finding.image
    return {
        "ruleId": finding.rule.name,
        "ruleIndex": RULES.index(finding.rule),
        "level": _level(finding.rule),
        "message": {"text": _message(finding.message)},
        "locations": [{"physicalLocation": _location(finding.place)}],
        # Code scanning compares this one, and would make it from the line's text otherwise.
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint}:1"},
        "properties": {
            "image": terminal(image.asked),
            "digest": str(image.digest) if image.digest else None,
            "verdict": str(image.verdict),
        },
    }


def _message(text: str) -> str:
    # `[text](target)` would be a link (3.11.6), braces a placeholder (3.11.5).
    return text.replace("](", "] (").replace("{", "{{").replace("}", "}}")


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line, "startColumn": place.column}
    if place.end_column is not None:
        region["endColumn"] = place.end_column
    uri = quote(place.path, safe="/", errors="backslashreplace")
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": region}
