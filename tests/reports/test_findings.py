"""SARIF, Code Quality and JUnit: failures as forges and CI servers read them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings

from boltseal.core.places import Place
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.errors import AccessDenied, ImageNotFound, IntegrityError, Moved, NotTrusted
from boltseal.reports import codequality, junit, sarif
from boltseal.reports.findings import RULES, findings, rule_of
from tests.reports.samples import failed, hostile, mixed, throttled, trusted, unsigned
from tests.reports.test_escape import ATTACKS, invisible

ASKED = failed(2).asked
PLACES = {
    ASKED: [Place("deploy/b.yaml", 9, 14, 40), Place("deploy/a.yaml", 3)],
    unsigned(3).asked: [Place("a b/ä:1.yaml", 1)],
    trusted(1).asked: [Place("deploy/a.yaml", 1)],
}


def run(report: Report, **more: Any) -> dict[str, Any]:
    """Give the one run of a report's SARIF."""
    value = json.loads(sarif.render(report, **more))
    assert value["version"] == "2.1.0"
    (only,) = value["runs"]
    assert isinstance(only, dict)
    return only


def prints(report: Report, **more: Any) -> list[str]:
    """Give the fingerprints of a report's findings."""
    return [finding.fingerprint for finding in findings(report, **more)]


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (unsigned(1), "no-signature"),
        (failed(1), "not-trusted"),
        (failed(1, error=ImageNotFound("x")), "image-not-found"),
        (failed(1, error=AccessDenied("x")), "access-denied"),
        (throttled(1), "undecided"),
        (failed(1, error=IntegrityError("x")), "failed"),
        (failed(1, error=Moved("x")), "failed"),
        (ImageReport("x", Verdict.NOT_TRUSTED), "not-trusted"),
        (ImageReport("x", Verdict.UNDECIDED), "undecided"),
    ],
)
def test_every_failure_falls_under_a_rule(image: ImageReport, rule: str) -> None:
    """The kind of the error names the rule; without an error the verdict does."""
    assert rule_of(image).name == rule


def test_sarif_places_each_failure_at_each_of_its_places() -> None:
    """A result has rule, level, message and place; trusted images have no result."""
    results = run(mixed(), places=PLACES)["results"]
    assert [r["ruleId"] for r in results] == [
        "not-trusted",
        "not-trusted",
        "no-signature",
        "undecided",
    ]
    assert [r["level"] for r in results] == ["error", "error", "error", "warning"]
    places = [r["locations"][0]["physicalLocation"] for r in results]
    assert [p["artifactLocation"]["uri"] for p in places] == [
        "deploy/a.yaml",
        "deploy/b.yaml",
        "a%20b/%C3%A4%3A1.yaml",
        "boltseal.yml",
    ]
    assert places[1]["region"] == {"startLine": 9, "startColumn": 14, "endColumn": 40}
    assert results[0]["message"]["text"].startswith(f"{ASKED}: its signature may not be trusted")
    assert ". What to do: give the public key" in results[0]["message"]["text"]


def test_sarif_rules_are_told_whole_and_pointed_at() -> None:
    """Each result's index is that of its rule, and each rule has what code scanning shows."""
    told = run(mixed(), version="1.2.3")
    driver = told["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("boltseal", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.name for rule in RULES]
    for result in told["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"].startswith(rule["fullDescription"]["text"])
        assert 0 < float(rule["properties"]["security-severity"]) <= 10


def test_every_sarif_result_has_exactly_one_file() -> None:
    """Code scanning refuses an upload with a result without a file: a fallback stands in."""
    fallback = Place(".github/workflows/deploy.yml", 12)
    for result in run(Report((failed(1), unsigned(3))), fallback=fallback)["results"]:
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == ".github/workflows/deploy.yml"
        assert physical["region"]["startLine"] == 12


def test_nothing_failed_is_an_empty_run() -> None:
    """A run that trusts everything has no results, and still is a run, which closes alerts."""
    assert run(Report((trusted(1),)))["results"] == []
    assert json.loads(codequality.render(Report((trusted(1),)))) == []


def test_fingerprints_survive_edits_and_new_digests() -> None:
    """Lines added above and a tag that names another digest leave the fingerprint as it was."""
    before = prints(Report((failed(2),)), places={ASKED: [Place("a.yaml", 3)]})
    moved = failed(7, asked=ASKED, judged=(), reason="quite another reason")
    assert prints(Report((trusted(1), moved)), places={ASKED: [Place("a.yaml", 99, 5)]}) == before


def test_fingerprints_tell_findings_apart() -> None:
    """Image, rule, platform, file and the how-manieth in a file make different fingerprints."""
    one = failed(2)
    report = Report(
        (
            one,
            replace(one, platform="linux/arm64"),
            replace(one, asked=ASKED + "x"),
            replace(one, error=None, verdict=Verdict.UNDECIDED),
            one,
        )
    )
    places = {ASKED: [Place("a.yaml", 3), Place("a.yaml", 3), Place("b.yaml", 3)]}
    found = prints(report, places=places)
    assert len(found) == len(set(found)) == 13


@given(ATTACKS, ATTACKS, ATTACKS, ATTACKS)
@settings(deadline=None)
def test_fingerprints_never_collide(first: str, second: str, third: str, fourth: str) -> None:
    """However names and platforms are cut, different ones have different fingerprints."""
    images = [failed(1, asked=first, platform=second), failed(1, asked=third, platform=fourth)]
    one, other = prints(Report(tuple(images)))
    assert one != other


def test_sarif_is_cut_where_code_scanning_refuses() -> None:
    """Beyond 25,000 results the rest is counted, because one more would lose them all."""
    image = failed(2, judged=())
    told = run(Report((image,) * 25_003))
    assert len(told["results"]) == 25_000
    (note,) = told["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("3 more findings did not fit")


def test_sarif_messages_hold_no_links_and_no_placeholders() -> None:
    """Text that SARIF would take for a link or a placeholder is broken or doubled."""
    image = failed(2, reason="see [here](https://evil.example) ${{ x }} {0}")
    (result,) = run(Report((image,)))["results"]
    assert "[here] (https://evil.example) ${{{{ x }}}} {{0}}" in result["message"]["text"]


def test_code_quality_has_what_gitlab_demands() -> None:
    """Each issue has a description, a check, a unique fingerprint, a severity and a place."""
    issues = json.loads(codequality.render(mixed(), places=PLACES))
    assert [(i["check_name"], i["severity"]) for i in issues] == [
        ("not-trusted", "blocker"),
        ("not-trusted", "blocker"),
        ("no-signature", "blocker"),
        ("undecided", "major"),
    ]
    assert issues[1]["location"] == {"path": "deploy/b.yaml", "lines": {"begin": 9}}
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert "no signature is stored for this digest" in issues[2]["description"]


def suite(report: Report, **more: Any) -> ET.Element:
    """Read the one suite of a report's JUnit XML."""
    root = ET.fromstring(junit.render(report, **more))
    (only,) = root
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == only.get(name)
    return only


def test_junit_counts_failures_and_errors_apart() -> None:
    """Not trusted is a failure, undecided an error, trusted a test that passed."""
    told = suite(mixed(), places=PLACES)
    assert [told.get(n) for n in ("tests", "failures", "errors", "skipped")] == ["4", "2", "1", "0"]
    first, second, third, fourth = told
    assert first.get("name") == "registry.example/team/app1:1.2.3"
    assert [child.tag for child in first] == ["system-out"]
    assert "signed     classic, bundle by release.pub" in (first.findtext("system-out") or "")
    assert (second.get("file"), second.get("line")) == ("deploy/a.yaml", "3")
    failure = second.find("failure")
    assert failure is not None
    assert failure.get("type") == "not-trusted"
    assert (failure.text or "").endswith(
        "\nNamed in deploy/a.yaml:3:1\nNamed in deploy/b.yaml:9:14"
    )
    assert third.find("failure") is not None
    assert [child.tag for child in fourth] == ["error", "system-out"]


def test_junit_of_nothing_is_no_success() -> None:
    """A report without images is one test that could not be run."""
    told = suite(Report(()))
    assert [told.get(n) for n in ("tests", "failures", "errors")] == ["1", "0", "1"]
    assert told[0].find("error") is not None


def test_junit_is_read_by_a_public_parser(tmp_path: Any) -> None:
    """junitparser finds the same tests and results."""
    junitparser = pytest.importorskip("junitparser", reason="the public parser is not installed")
    file = tmp_path / "junit.xml"
    file.write_text(junit.render(Report((*mixed().images, hostile()))), "utf-8")
    (read,) = junitparser.JUnitXml.fromfile(str(file))
    cases = list(read)
    assert [case.is_passed for case in cases] == [True, False, False, False, False]
    assert [type(case.result[0]).__name__ for case in cases[1:]] == [
        "Failure",
        "Failure",
        "Error",
        "Failure",
    ]


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_a_machine_report(attack: str) -> None:
    """Whatever an image is called, each format parses, with one finding, and nothing acts."""
    image = failed(
        2, error=NotTrusted(attack), asked=attack, reason=attack, advice=attack, platform=attack
    )
    report = Report((image, trusted(1)))
    (result,) = run(report)["results"]
    assert not invisible(result["message"]["text"])
    (issue,) = json.loads(codequality.render(report))
    assert not invisible(issue["description"])
    assert [case.find("failure") is None for case in suite(report)] == [False, True]
    assert not invisible(junit.render(report).replace("\n", ""))


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_any_file_name_is_a_uri(attack: str) -> None:
    """Spaces, percent signs, colons and non-ASCII in a path become a relative URI reference."""
    path = attack.replace("\\", "").replace("\0", "").replace("/", "").strip(".") or "x"
    (result,) = run(Report((failed(2),)), places={ASKED: [Place(f"d/{path}", 1)]})["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(' :%?#[]"<>\\^`{|}') - {"%"}
    if not any("\ud800" <= char <= "\udfff" for char in path):
        assert unquote(uri) == f"d/{path}"


def test_places_are_taken_in_the_order_of_the_file() -> None:
    """Findings of one image follow the file, whatever order the places came in."""
    places = {ASKED: [Place("a", 9), Place("a", 2, 5, 9), Place("a", 2, 5), Place("a", 2, 1)]}
    lines = [(f.place.line, f.place.column) for f in findings(Report((failed(2),)), places=places)]
    assert all(first <= second for first, second in pairwise(lines))
    assert len(lines) == 4
