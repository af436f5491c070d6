"""The JSON report and its published schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings

from boltseal.core.signing import SignReport
from boltseal.core.verdict import Report
from boltseal.reports import signing as sign_reports
from boltseal.reports import structured
from tests.reports.samples import RELEASE, digest, failed, hostile, mixed, signing, trusted
from tests.reports.test_escape import ATTACKS, invisible

jsonschema = pytest.importorskip("jsonschema", reason="the schema needs a judge")

SCHEMA = json.loads(files("boltseal.reports").joinpath("report.schema.json").read_text("utf-8"))


def checked(text: str) -> dict[str, Any]:
    """Read a report and hold it against the schema."""
    value: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    return value


def test_the_schema_is_a_schema() -> None:
    """The published schema is itself valid and closed: no member stands there unannounced."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    value = structured.document(mixed())
    value["images"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(value)


@pytest.mark.parametrize(
    "report", [mixed(), Report(()), Report((hostile(),)), Report((trusted(1), trusted(2)))]
)
def test_every_report_fits_the_schema(report: Report) -> None:
    """Reports of every kind validate."""
    checked(structured.render(report))


def test_a_report_says_everything() -> None:
    """Verdict, totals, exit code, and for an image its reference, digest, keys and annotations."""
    value = checked(structured.render(mixed()))
    assert (value["verdict"], value["exitCode"]) == ("not trusted", 12)
    assert value["totals"] == {"images": 4, "trusted": 1, "notTrusted": 2, "undecided": 1}
    first, second, third, fourth = value["images"]
    assert first["asked"] == first["reference"] == "registry.example/team/app1:1.2.3"
    assert first["pinned"] == f"registry.example/team/app1@{digest(1)}"
    assert (first["forms"], first["exitCode"], first["error"]) == (["classic", "bundle"], 0, None)
    told = first["signatures"][0]
    assert told["anchor"] == {"name": "release.pub", "fingerprint": RELEASE.fingerprint}
    assert told["annotations"]["ref"] == "refs/tags/v1.2.3"
    assert told["signedAt"] == "2026-03-01T10:00:00Z"
    assert told["checks"][1] == {"name": "signature", "passed": True, "detail": "by the key"}
    assert not second["signatures"][0]["trusted"]
    assert "did not make it" in second["signatures"][0]["reason"]
    assert (third["error"]["title"], third["exitCode"], third["leftOut"]) == ("no signature", 10, 2)
    assert (fourth["verdict"], fourth["exitCode"]) == ("undecided", 3)


def test_annotations_keep_their_types() -> None:
    """A value that is no text stays what it is."""
    said = {"n": 1, "t": "1", "l": [None, True], "o": {"a": 0.5}}
    value = checked(structured.render(Report((trusted(1, said),))))
    assert value["images"][0]["signatures"][0]["annotations"] == said


def test_an_empty_report_is_no_success() -> None:
    """Nothing verified is undecided, with the exit code of that."""
    value = checked(structured.render(Report(())))
    assert (value["verdict"], value["exitCode"]) == ("undecided", 3)


def test_a_sign_run_fits_the_schema_and_says_everything() -> None:
    """Each image tells what was done for each form, where it stands, and why it failed."""
    value = checked(sign_reports.structured(signing()))
    totals = {"images": 3, "failed": 1, "signed": 3, "skipped": 1, "replaced": 0, "planned": 0}
    assert (value["kind"], value["exitCode"], value["totals"]) == ("sign", 4, totals)
    first, _, third = value["images"]
    assert first["pinned"] == f"registry.example/team/app1@{digest(1)}"
    assert first["outcomes"][0] == {
        "form": "classic",
        "action": "signed",
        "location": f"registry.example/team/app1:sha256-{digest(1).hex}.sig",
        "tag": None,
    }
    assert third["error"]["title"] == "access denied"
    assert third["platform"] == "linux/arm64"
    assert checked(sign_reports.structured(SignReport(())))["exitCode"] == 0


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_json_is_safe_in_a_log(attack: str) -> None:
    """Any text survives the round trip, and none of it acts on a terminal or a runner."""
    image = failed(1, asked=attack, reason=attack, platform=attack)
    text = structured.render(Report((image,)))
    assert json.loads(text)["images"][0]["asked"] == attack
    assert not invisible(text.replace("\n", ""))
    assert text.isascii()
    assert "##" not in text
