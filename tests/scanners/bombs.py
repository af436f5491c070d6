"""Files made to exhaust whoever reads them."""

from __future__ import annotations

from itertools import pairwise


def _laughs() -> str:
    names = "abcdefghijklm"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for above, name in pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{above}'] * 9)}]")
    return "\n".join(lines)


def _merges() -> str:
    line = ", ".join(["*a"] * 2000)
    return "a: &a {image: x}\n" + "".join(f"b{n}: {{<<: [{line}]}}\n" for n in range(400))


def _long_texts() -> str:
    inline = "FROM a\\n" * 400_000
    first = f'services:\n  a: {{build: {{dockerfile_inline: &a "{inline}"}}}}\n'
    return first + "".join(f"  b{n}: {{build: {{dockerfile_inline: *a}}}}\n" for n in range(2000))


BOMBS = {
    "billion laughs": _laughs(),
    "merge laughs": _merges(),
    "long text again and again": _long_texts(),
    "deep list": "apiVersion: v1\nkind: " + "[" * 100_000,
    "deep object": "{a: " * 100_000,
    "deep block": "\n".join(" " * n + "a:" for n in range(1500)),
    "own alias": "a: &a [*a]",
    "NUL": "apiVersion: v1\nkind: Pod\0",
    "surrogate": "a: \ud800",
    "too long": "a" * (5 * 1024 * 1024 + 1),
    "too many values": "a: [" + "x," * 600_000 + "]",
    "tab": "a:\n\t- b",
    "unknown alias": "a: *b",
    "no YAML": "a: b: c",
}

_DOUBLED_ARGS = "\n".join(f"ARG A{n}=$A{n - 1}$A{n - 1}" for n in range(2000))
_DOUBLED = "".join(f"  V{n}: $V{n + 1}$V{n + 1}\n" for n in range(3000))
_PARAMETERS = "".join(f"  - {{name: p{n}, default: '$(params.p{n})'}}\n" for n in range(4000))
_TASKS = "  - {taskSpec: {steps: [{image: '$(params.p1)'}]}}\n" * 4000
_MATRIX = "{a: &l [" + "x," * 255 + "], b: *l, c: *l, d: *l}"
_FOUR = "${{ matrix.a }}${{ matrix.b }}${{ matrix.c }}${{ matrix.d }}"

SLOW = {
    "dockerfile": [
        "FROM a\nRUN " + "\\\n" * 300_000 + "x",
        "FROM a\nRUN " + "<<" * 200_000,
        "FROM a\nRUN " + "'" * 300_001,
        _DOUBLED_ARGS + "\nFROM $A1999",
        "FROM ${" + "A:-${" * 5000,
        "FROM a AS b\n" * 20_000,
        "RUN --mount=" + "from=a," * 300_000,
        "COPY " + "--from=a " * 200_000,
        "RUN " + "a" * 2_000_000 + " <<A",
        "FROM a\n" + "RUN <<A\n" * 20_000,
    ],
    "helm": [
        "{{/*" * 100_000,
        "image: " + "{" * 100_000,
        "\n".join(["{{- /* */}} image:"] * 20_000),
    ],
    "gitlab": [
        "variables:\n" + _DOUBLED + "image: $V0",
        "j0: {extends: [" + ",".join(f"x{n}" for n in range(20_000)) + "], image: a}",
        "services: &s [" + "a," * 500 + "]\n" + "".join(f"j{n}: {{a: x}}\n" for n in range(3000)),
    ],
    "workflow": [f"jobs: {{a: {{strategy: {{matrix: {_MATRIX}}}, container: '{_FOUR}'}}}}"],
    "kustomize": ["op\n" + "path:/" * 100_000],
    "devcontainer": ["/*" + "*" * 1_000_000, "{" + '"a":[' * 90 + "/" * 10],
    "tekton": [
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec:\n  params:\n"
        + _PARAMETERS
        + "  tasks:\n"
        + _TASKS
    ],
}
