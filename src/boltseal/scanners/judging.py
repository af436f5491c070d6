"""A text that names an image becomes a finding: a reference, or the reason why there is none."""

from __future__ import annotations

from boltseal.core.names import Reference
from boltseal.core.places import Place
from boltseal.errors import UsageError
from boltseal.scanners import Finding

_LONGEST_SHOWN = 300
_TEMPLATED = (
    ("${{", "it is an expression that only the run knows"),
    ("{{", "it is a template: render it and scan what comes out"),
    ("{%", "it is a template: render it and scan what comes out"),
    ("$(", "it holds a parameter that only the run knows"),
    ("$[[", "it holds an input that only the pipeline knows"),
    ("$", "it holds a variable that nothing here gives a value"),
    ("<%", "it is a template: render it and scan what comes out"),
)


def shown(text: str) -> str:
    """Return a text cut to what fits into a report."""
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def unresolved(text: str, *, place: Place, kind: str, why: str) -> Finding:
    """Return the finding that nobody can tell which image this is."""
    return Finding(shown(text), None, place, kind, "unresolved", why)


def ignored(text: str, *, place: Place, kind: str, why: str) -> Finding:
    """Return the finding that this names no image that would be pulled."""
    return Finding(shown(text), None, place, kind, "ignored", why)


def judged(text: str, *, place: Place, kind: str, meant: str | None = None) -> Finding:
    """Return the finding for a text; `meant` is what it says once its variables are filled in."""
    name = text if meant is None else meant
    if not name:
        why = "it is empty, so that something else must fill it in"
        return (ignored if not text else unresolved)(text, place=place, kind=kind, why=why)
    for mark, why in _TEMPLATED:
        if mark in name:
            return unresolved(text, place=place, kind=kind, why=why)
    if name.lower().startswith("localhost/"):
        # Engines take 'localhost' for a registry here, cosign takes it for a name on Docker Hub:
        # what would be verified is not what would be run.
        why = "engines and signers read 'localhost/' differently; write the registry with its port"
        return unresolved(text, place=place, kind=kind, why=why)
    try:
        reference = Reference.parse(name)
    except UsageError as error:
        return unresolved(text, place=place, kind=kind, why=shown(str(error)))
    return Finding(text, reference, place, kind, "image")


def ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of the text, equal ones once."""
    distinct = dict.fromkeys(findings)
    return tuple(sorted(distinct, key=lambda f: (f.place.line, f.place.column, f.text, f.status)))
