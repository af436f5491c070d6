"""The exit codes as people read them: a line in the help, a page in the documentation."""

from __future__ import annotations

import inspect

from boltseal import errors

STOPPED = 128
BROKEN_PIPE = 141
_HEAD = """# Exit codes

This page is written by the program: `python -m boltseal.cli.exitcodes > docs/exit-codes.md`.
10, 11 and 12 are cosign's codes for the same failures of `verify`. Where several images fail in
several ways, the gravest decides: a definite 'no' before 'could not be found out'.

| code | in a word | what happened |
|---|---|---|
"""
_TAIL = """| 141 | broken pipe | whoever reads standard output went away before the end |
| 143 | interrupted | the run was stopped by SIGTERM; run it again to go on |
"""
_BRIEF = (2, 3, 4, 5, 6, 10, 11, 12)


def brief() -> str:
    """Return the codes that matter most, for the end of the help."""
    table = errors.exit_codes()
    return ", ".join(["0 done", *(f"{code} {table[code]}" for code in _BRIEF)])


def page() -> str:
    """Return the page of all exit codes in Markdown."""
    rows = (
        f"| {code} | {title} | {_meaning(code)} |\n" for code, title in errors.exit_codes().items()
    )
    return _HEAD + "".join(rows) + _TAIL


def _meaning(code: int) -> str:
    if code == 0:
        return "every image was signed, or may be trusted; whatever else was asked for is done"
    found = (
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.BoltsealError)
    )
    owner = next(cls for cls in found if cls.exit_code == code)
    if owner is errors.BoltsealError:
        return "a bug: `--verbose` tells where"
    sentence = (inspect.getdoc(owner) or "").partition("\n")[0].strip().rstrip(".")
    return sentence.removeprefix("Tell that ").removeprefix("Tell ")


if __name__ == "__main__":
    print(page(), end="")
