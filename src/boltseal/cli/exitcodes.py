"""The exit codes as people read them: a line in the help, a page in the documentation."""

from __future__ import annotations

import re

from boltseal import errors

STOPPED = 128
BROKEN_PIPE = 141
_HEAD = """# Exit codes

This page is written by the program: `python -m boltseal.cli.exitcodes > docs/exit-codes.md`.
10, 11 and 12 are cosign's codes for the same failures of `verify`. Where several images fail in
several ways, the gravest decides: a definite 'no' before 'could not be found out'.

| code | in a word | who must act, and on what |
|---|---|---|
| 0 | trusted, or done | nobody: every image was signed, or may be trusted |
"""
_TAIL = """| 141 | broken pipe | nobody: whoever reads standard output went away before the end |
| 143 | interrupted | nobody: the run was stopped by SIGTERM; run it again to go on |
"""
_BRIEF = (2, 3, 4, 5, 6, 10, 11, 12)
# A line of the tree that is drawn at the head of `errors`.
_DRAWN = re.compile(r"^[ │├└─]*[A-Z]\w+ +(?P<code>\d+) +(?P<who>\S.*)$", re.MULTILINE)


def brief() -> str:
    """Return the codes that matter most, for the end of the help."""
    table = errors.exit_codes()
    return ", ".join(["0 done", *(f"{code} {table[code]}" for code in _BRIEF)])


def page() -> str:
    """Return the page of all exit codes in Markdown."""
    owners: dict[int, str] = {}
    for line in _DRAWN.finditer(errors.__doc__ or ""):
        owners.setdefault(int(line["code"]), line["who"])
    rows = (
        f"| {code} | {title} | {owners[code]} |\n"
        for code, title in errors.exit_codes().items()
        if code
    )
    return _HEAD + "".join(rows) + _TAIL


if __name__ == "__main__":
    print(page(), end="")
