"""A report as JUnit XML: every image is a test; not trusted is a failure, undecided an error.

Source: the format that Jenkins and GitLab read (`testsuites`, `testsuite`, `testcase`).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from boltseal.core.places import Place
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.reports import facts, text
from boltseal.reports.escape import terminal
from boltseal.reports.findings import NOWHERE, in_order, rule_of

_SUITE = "boltseal"


def render(report: Report, *, places: Mapping[str, Sequence[Place]] = NOWHERE) -> str:
    """Tell a report as JUnit XML, with the plain text of each image as its output.

    `places` says where files name an image, by the reference as it was asked for. A report
    without images has one test that could not be run, so that it does not look like success.
    """
    totals = facts.Totals.of(report)
    counts = {
        "tests": str(totals.images or 1),
        "failures": str(totals.not_trusted),
        "errors": str(totals.undecided if totals.images else 1),
        "skipped": "0",
        "time": "0",
    }
    root = ET.Element("testsuites", {"name": _SUITE, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "image signatures", **counts})
    for image in report.images:
        _add_case(suite, image, in_order(places.get(image.asked, ())))
    if not report.images:
        _add_nothing(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_case(suite: ET.Element, image: ImageReport, places: Sequence[Place]) -> None:
    # XML 1.0 cannot hold control characters at all; `terminal` leaves none.
    platform = f" ({image.platform})" if image.platform else ""
    case = _case(suite, terminal(f"{image.asked}{platform}"))
    if places:
        case.set("file", terminal(places[0].path))
        case.set("line", str(places[0].line))
    if image.verdict is not Verdict.TRUSTED:
        kind = "error" if image.verdict is Verdict.UNDECIDED else "failure"
        said = {"type": rule_of(image).name, "message": terminal(facts.why(image))}
        ET.SubElement(case, kind, said).text = _told(image, places)
    ET.SubElement(case, "system-out").text = text.render(Report((image,)))


def _told(image: ImageReport, places: Sequence[Place]) -> str:
    lines = [terminal(facts.why(image))]
    if image.advice:
        lines.append(f"What to do: {terminal(image.advice)}")
    lines.extend(f"Named in {terminal(str(place))}" for place in places)
    return "\n".join(lines)


def _add_nothing(suite: ET.Element) -> None:
    said = {"type": "undecided", "message": "there was nothing to verify"}
    ET.SubElement(_case(suite, "nothing was verified"), "error", said)


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": _SUITE, "name": name, "time": "0"})
