"""The report on key files: every finding with its file and its cure."""

from __future__ import annotations

from collections.abc import Sequence

from boltseal.core.keylint import Finding, Level
from boltseal.reports.escape import terminal
from boltseal.reports.facts import counted
from boltseal.reports.structured import SCHEMA_VERSION, dumped
from boltseal.reports.text import Paint

_SYMBOLS = {Level.ERROR: ("✘", "31"), Level.WARNING: ("!", "33"), Level.NOTE: ("·", "36")}


def text(findings: Sequence[Finding], *, files: int, colour: bool = False) -> str:
    """Tell the findings in plain text, their numbers last."""
    paint = Paint(colour)
    lines = [_line(finding, paint) for finding in findings]
    counts = [(level, sum(found.level is level for found in findings)) for level in Level]
    told = ", ".join(counted(number, str(level)) for level, number in counts if number)
    lines.append(f"{counted(files, 'key file')}: {told or 'nothing is wrong'}")
    return "\n".join(lines) + "\n"


def _line(finding: Finding, paint: Paint) -> str:
    symbol, hue = _SYMBOLS[finding.level]
    head = paint(hue, f"{symbol} {finding.level}")
    message = terminal(finding.message, limit=2000)
    return f"{head}  {terminal(finding.path)}: {message} [{finding.rule}]"


def structured(findings: Sequence[Finding], *, files: int) -> str:
    """Tell the findings as JSON, indented, with a final line break; ASCII only."""
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "kind": "key-lint",
        "files": files,
        "findings": [
            {"level": str(f.level), "rule": f.rule, "path": f.path, "message": f.message}
            for f in findings
        ],
    }
    return dumped(document)
