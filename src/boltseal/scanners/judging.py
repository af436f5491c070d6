"""A text that names an image becomes a finding: a reference, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice

from boltseal.core.names import Reference
from boltseal.core.places import Place
from boltseal.errors import Malformed, UsageError
from boltseal.scanners import Finding
from boltseal.scanners.nodes import Node, Scalar, Tree
from boltseal.scanners.variables import LONGEST, Filled

_LONGEST_SHOWN = 300
_MOST = 20_000
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
    if len(name) > LONGEST:
        return unresolved(
            text, place=place, kind=kind, why="it is longer than any reference may be"
        )
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


def filled_finding(text: str, filled: Filled, *, place: Place, kind: str) -> Finding:
    """Return the finding for a text as written and what it says with its variables filled in."""
    if filled.text is None:
        return unresolved(text, place=place, kind=kind, why=filled.why)
    return judged(text, place=place, kind=kind, meant=filled.text)


def scalar_finding(
    tree: Tree, node: Node, *, kind: str, fill: Callable[[str], Filled] | None = None
) -> Finding:
    """Return the finding for a value that is meant to be an image's name.

    `fill` fills in its variables where files of this kind have any.
    """
    place = tree.place(node)
    doubt = no_text(node)
    if doubt:
        text = node.text if isinstance(node, Scalar) else ""
        return unresolved(text, place=place, kind=kind, why=doubt)
    if not isinstance(node, Scalar) or node.null:
        why = "it is empty, so that something else must fill it in"
        return ignored("", place=place, kind=kind, why=why)
    if fill is None:
        return judged(node.text, place=place, kind=kind)
    return filled_finding(node.text, fill(node.text), place=place, kind=kind)


def no_text(node: Node) -> str:
    """Return why a value is no text that can be read, '' where it is one or is null."""
    if not isinstance(node, Scalar):
        return "a text is expected here, not a list or an object"
    if node.tag.startswith("!") and node.tag != "!":
        return f"it has the tag {node.tag[:40]}, which only its own reader understands"
    if node.typed:
        return "it is a number or a truth value, not a text; put it in quotes"
    return ""


def prefixed_finding(
    tree: Tree, node: Scalar, *, prefix: str, kind: str, fill: Callable[[str], Filled] | None = None
) -> Finding | None:
    """Return the finding for what follows `prefix` in a text, None where it is not there."""
    filled = fill(node.text) if fill else Filled(node.text)
    written = _after(prefix, node.text)
    meant = None if filled.text is None else _after(prefix, filled.text)
    if written is None and meant is None:
        return None
    text = node.text if written is None else written
    exact = node.end is not None and written is not None
    start = node.start + len(node.text) - len(text) if exact else node.start
    place = tree.source.place(start, node.end if exact else None)
    filled = Filled(meant, filled.why)
    return filled_finding(text, filled, place=place, kind=kind)


def _after(prefix: str, text: str) -> str | None:
    """Return what follows a prefix, in whose case some readers see no difference."""
    match = re.search(re.escape(prefix), text, re.IGNORECASE)
    return text[match.end() :] if match else None


def fault_findings(tree: Tree, *, kind: str) -> list[Finding]:
    """Return what is ambiguous in a tree as findings that nobody can decide."""
    return [unresolved(f.text, place=f.place, kind=kind, why=f.why) for f in tree.faults]


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of the text, equal ones once.

    Raise Malformed for more than 20,000: a file that names one list of images again and again.
    """
    found = list(islice(findings, _MOST + 1))
    if len(found) > _MOST:
        raise Malformed(f"{found[0].place.path} names more than {_MOST} images")
    distinct = dict.fromkeys(found)
    return tuple(sorted(distinct, key=lambda f: (f.place.line, f.place.column, f.text, f.status)))
