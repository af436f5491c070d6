"""Real-shaped files and what they name: each corpus file has its expectations beside it.

`NAME.expected.json` holds the findings with their lines and columns, written by hand, and where
the file's kind is told from its path, the path that it has in a repository (`path`), variables,
build arguments and rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boltseal.scanners import Finding, Options, Rule

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus."""

    name: str
    path: str
    text: str
    options: Options
    expected: list[dict[str, Any]]


def cases() -> list[Case]:
    """Read the corpus, line ends as they are."""
    return [_case(path) for path in sorted(CORPUS.rglob("*.expected.json"))]


def _case(expected: Path) -> Case:
    told = json.loads(expected.read_text("utf-8"))
    file = expected.with_name(expected.name.removesuffix(".expected.json"))
    name = file.relative_to(CORPUS).as_posix()
    options = Options(
        build_args=told.get("build_args", {}),
        variables=told.get("variables", {}),
        rules=tuple(map(Rule.parse, told.get("rules", []))),
    )
    text = file.read_bytes().decode("utf-8")
    return Case(name, told.get("path", name), text, options, told["findings"])


def told(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Write findings in the way of the expectations."""
    return sorted(
        (_told(finding) for finding in findings), key=lambda one: list(map(str, _key(one)))
    )


def ordered(expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bring expectations into the order of `told`."""
    return sorted(expected, key=lambda one: list(map(str, _key(one))))


def _key(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        f"{one['line']:06}",
        f"{one['column']:06}",
        one["text"],
        one["status"],
        one.get("image"),
    )


def _told(finding: Finding) -> dict[str, Any]:
    place = finding.place
    one: dict[str, Any] = {"line": place.line, "column": place.column, "text": finding.text}
    one["status"] = finding.status
    return one | ({"image": str(finding.reference)} if finding.reference else {})
