"""Choose the scanners that a file is for, by its path and its text."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib import import_module
from typing import cast

from boltseal.errors import Malformed, UsageError
from boltseal.scanners import Finding, Options, Scanner
from boltseal.scanners.source import LARGEST

# In this order; a text that one scanner has settled at a place is not settled again by a later one.
KINDS = (
    "dockerfile",
    "workflow",
    "gitlab",
    "devcontainer",
    "compose",
    "kustomize",
    "tekton",
    "kubernetes",
    "helm",
)
_LIKELY = re.compile(
    r"(?:.*[./])?(?:ya?ml|json|tpl|txt)|.*(?:dockerfile|containerfile|kustomization)[^/]*",
    re.IGNORECASE,
)


def likely(path: str) -> bool:
    """Tell from its path alone whether a file may name images, so that others are not read."""
    return _LIKELY.fullmatch(path) is not None


def decode(path: str, data: bytes) -> str:
    """Return a file's text; raise Malformed where it is larger than 5 MiB or no UTF-8."""
    if len(data) > LARGEST:
        raise Malformed(f"{path} is larger than {LARGEST >> 20} MiB, which no manifest is")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{path} is not UTF-8 text (byte {error.start})") from error


def scanner(kind: str) -> Scanner:
    """Return the scanner of one kind; raise UsageError that lists the kinds for another word."""
    if kind not in KINDS:
        raise UsageError(f"{kind[:80]!r} is no kind of file; choose from {', '.join(KINDS)}")
    # Parsers are imported when a file needs them: most verbs scan nothing.
    return cast(Scanner, import_module(f"boltseal.scanners.{kind}").SCANNER)


def choose(path: str, text: str, *, kinds: Collection[str] | None = None) -> tuple[Scanner, ...]:
    """Return the scanners that claim a file, out of `kinds` or of all."""
    wanted = [scanner(kind) for kind in (KINDS if kinds is None else dict.fromkeys(kinds))]
    return tuple(candidate for candidate in wanted if candidate.claims(path, text))


def scan(
    path: str,
    text: str,
    *,
    kinds: Collection[str] | None = None,
    options: Options | None = None,
    claimed: bool = False,
) -> tuple[Finding, ...]:
    """Return what a file names, in the order of its text; nothing where no scanner claims it.

    With `claimed`, every one of `kinds` reads the file, whatever it is called: the caller has
    said what it is. Raise UsageError for an unknown kind or a path outside the repository,
    Malformed as the scanners do.
    """
    if claimed and kinds is None:
        raise UsageError("say of which kind the file is")
    chosen = tuple(map(scanner, kinds or ())) if claimed else choose(path, text, kinds=kinds)
    found: dict[object, Finding] = {}
    for one in chosen:
        for finding in one.scan(path, text, options=options or Options()):
            known = (finding.place, finding.text, finding.status, finding.reference)
            found.setdefault(known, finding)
    return tuple(sorted(found.values(), key=lambda f: (f.place.line, f.place.column, f.text)))
