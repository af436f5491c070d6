"""GitHub's workflow and action files name images for jobs, services and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

from boltseal.scanners import Finding, Options
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    judged,
    no_text,
    ordered,
    prefixed_finding,
    scalar_finding,
    unresolved,
)
from boltseal.scanners.nodes import Node, Scalar, Tree, at, elements, members, text_at
from boltseal.scanners.source import Source
from boltseal.scanners.yamltree import parse_yaml

KIND = "workflow"
_WORKFLOW = re.compile(r"(?:.*/)?\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_ACTION = re.compile(r"(?:.*/)?action\.ya?ml")
_MATRIX = re.compile(r"\$\{\{\s*matrix\.([A-Za-z_][\w.-]*)\s*\}\}")
_PREFIX = "docker://"
_MOST = 256


class Workflow:
    """Workflows (`container`, `services`, `uses: docker://`) and actions that run in containers."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim workflow files by their folder, actions by their name and `runs`."""
        if _WORKFLOW.fullmatch(path):
            return True
        return bool(_ACTION.fullmatch(path)) and "runs" in text

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images that jobs and steps run in; see the room's protocol."""
        tree = parse_yaml(Source.parse(path, text))
        return ordered(_findings(tree))


def _findings(tree: Tree) -> Iterator[Finding]:
    yield from fault_findings(tree, kind=KIND)
    for document in tree.documents:
        for _, job in members(at(document, "jobs")):
            yield from _job(tree, job)
        yield from _action(tree, at(document, "runs"))


def _job(tree: Tree, job: Node) -> Iterator[Finding]:
    services = [service for _, service in members(at(job, "services"))]
    for holder in (at(job, "container"), *services):
        image = holder if isinstance(holder, Scalar) else at(holder, "image")
        if image is not None:
            yield from _image(tree, image, job)
    yield from _steps(tree, at(job, "steps"))


def _steps(tree: Tree, steps: Node | None) -> Iterator[Finding]:
    for step in elements(steps):
        uses = at(step, "uses")
        if isinstance(uses, Scalar) and uses.text.lower().startswith(_PREFIX):
            found = prefixed_finding(tree, uses, prefix=_PREFIX, kind=KIND)
            yield from [found] if found else []


def _action(tree: Tree, runs: Node | None) -> Iterator[Finding]:
    yield from _steps(tree, at(runs, "steps"))
    image = at(runs, "image")
    if not isinstance(image, Scalar) or text_at(runs, "using") != "docker":
        return
    found = prefixed_finding(tree, image, prefix=_PREFIX, kind=KIND)
    if found and image.text.lower().startswith(_PREFIX):
        yield found
    else:
        why = "the action is built from this Dockerfile, which is scanned by itself"
        yield ignored(image.text, place=tree.place(image), kind=KIND, why=why)


def _image(tree: Tree, image: Node, job: Node) -> Iterator[Finding]:
    """Judge an image, written out for every value of the matrix that it uses."""
    names = _MATRIX.findall(image.text) if isinstance(image, Scalar) else []
    if not isinstance(image, Scalar) or not names or no_text(image):
        yield scalar_finding(tree, image, kind=KIND)
        return
    values = [_matrix(job, name) for name in dict.fromkeys(names)]
    if any(not column or any(_unsure(value) for value in column) for column in values):
        why = "it takes a value from a matrix that does not stand in this file as plain texts"
        yield unresolved(image.text, place=tree.place(image), kind=KIND, why=why)
    elif len(values) == 1 and _MATRIX.fullmatch(image.text):
        for value in values[0]:
            yield scalar_finding(tree, value, kind=KIND)
    else:
        yield from _product(tree, image, names, values)


def _product(
    tree: Tree, image: Scalar, names: list[str], values: list[list[Node]]
) -> Iterator[Finding]:
    place = tree.place(image)
    rows = list(islice(product(*values), _MOST + 1))
    if len(rows) > _MOST:
        why = f"its matrix has more than the {_MOST} values that GitHub allows"
        yield unresolved(image.text, place=place, kind=KIND, why=why)
        return
    for row in rows:
        chosen = {
            name: value.text
            for name, value in zip(dict.fromkeys(names), row, strict=True)
            if isinstance(value, Scalar)
        }
        meant = "".join(
            chosen[part] if index % 2 else part
            for index, part in enumerate(_MATRIX.split(image.text))
        )
        yield judged(image.text, place=place, kind=KIND, meant=meant)


def _matrix(job: Node, name: str) -> list[Node]:
    """Return the values that a matrix gives a name, those of `include` among them."""
    matrix = at(job, "strategy", "matrix")
    key, *path = name.split(".")
    column = at(matrix, key)
    found: list[Node | None] = [at(value, *path) for value in elements(column)]
    if column is not None and not isinstance(column, Scalar):
        found += [at(row, key, *path) for row in elements(at(matrix, "include")) if at(row, key)]
    elif column is None:
        rows = elements(at(matrix, "include"))
        found = [at(row, key, *path) for row in rows]
    if isinstance(column, Scalar) or isinstance(at(matrix, "include"), Scalar):
        return []
    return [] if None in found else [value for value in found if value is not None]


def _unsure(value: Node) -> bool:
    """Tell whether a matrix value is no text, or a number that GitHub may write differently."""
    if not isinstance(value, Scalar) or "${{" in value.text or value.null:
        return True
    return bool(no_text(value)) and not re.fullmatch(r"[1-9][0-9]{0,8}", value.text)


SCANNER = Workflow()
