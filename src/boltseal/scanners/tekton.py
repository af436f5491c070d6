"""Tekton tasks name images in steps and sidecars, with parameters that have defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from boltseal.scanners import Finding, Options
from boltseal.scanners.judging import fault_findings, ordered, scalar_finding, unresolved
from boltseal.scanners.nodes import Node, Scalar, Tree, at, elements, text_at
from boltseal.scanners.source import Source
from boltseal.scanners.trees import YAML, parse_tree
from boltseal.scanners.variables import LONGEST, Filled, Lookup

KIND = "tekton"
_VARIABLE = re.compile(r"\$\(([^()]*)\)")
_PARAMETER = re.compile(r"""(?:inputs\.)?params(?:\.([\w-]+)|\[["']([\w.-]+)["']\])""")
_CATALOGUE = "the task comes from {resolver!r}, whose images are not seen here"
Values = Mapping[str, "str | None"]


class Tekton:
    """Tasks, Pipelines, their runs and StepActions, and bundles that they come from."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim YAML and JSON with an apiVersion of Tekton's."""
        return path.lower().endswith((*YAML, ".json")) and "tekton.dev/" in text

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images of steps, sidecars and bundles; see the room's protocol."""
        return ordered(_findings(parse_tree(Source.parse(path, text))))


def _findings(tree: Tree) -> Iterator[Finding]:
    known = [
        document
        for root in tree.documents
        for document in (root, *elements(at(root, "items")))
        if (text_at(document, "apiVersion") or "").startswith("tekton.dev/")
    ]
    if known:
        yield from fault_findings(tree, kind=KIND)
    for document in known:
        yield from _document(tree, document)


def _document(tree: Tree, document: Node) -> Iterator[Finding]:
    kind, spec = text_at(document, "kind") or "", at(document, "spec")
    if kind in {"Task", "ClusterTask", "StepAction"}:
        yield from _task(tree, spec, _scope(spec, {}, _nothing))
    elif kind == "TaskRun":
        yield from _called(tree, spec, _nothing)
    elif kind == "Pipeline":
        yield from _pipeline(tree, spec, _scope(spec, {}, _nothing))
    elif kind == "PipelineRun":
        yield from _resolved(tree, at(spec, "pipelineRef"), _nothing)
        inner = at(spec, "pipelineSpec")
        yield from _pipeline(tree, inner, _scope(inner, _given(spec, _nothing), _nothing))


def _task(tree: Tree, spec: Node | None, scope: Lookup) -> Iterator[Finding]:
    """Judge what a task runs: a StepAction has its image at the top."""
    holders = [spec, at(spec, "stepTemplate"), *elements(at(spec, "steps"))]
    for holder in (*holders, *elements(at(spec, "sidecars"))):
        image = at(holder, "image")
        if image is not None:
            yield scalar_finding(tree, image, kind=KIND, fill=lambda text: _fill(text, scope))
    for step in elements(at(spec, "steps")):
        yield from _resolved(tree, at(step, "ref"), scope)


def _called(tree: Tree, call: Node | None, outer: Lookup) -> Iterator[Finding]:
    """Judge a task where it is used: its own specification, or the bundle that holds it."""
    yield from _resolved(tree, at(call, "taskRef"), outer)
    given = _given(call, outer)
    task, pipeline = at(call, "taskSpec"), at(call, "pipelineSpec")
    yield from _task(tree, task, _scope(task, given, outer))
    if pipeline is not None:
        yield from _pipeline(tree, pipeline, _scope(pipeline, given, outer))


def _pipeline(tree: Tree, spec: Node | None, scope: Lookup) -> Iterator[Finding]:
    for task in (*elements(at(spec, "tasks")), *elements(at(spec, "finally"))):
        yield from _called(tree, task, scope)


def _resolved(tree: Tree, reference: Node | None, scope: Lookup) -> Iterator[Finding]:
    """Judge a bundle, an OCI artifact whose code runs; report other places that code comes from."""
    resolver = at(reference, "resolver")
    bundles = [at(reference, "bundle")]
    if text_at(reference, "resolver") == "bundles":
        named = (p for p in elements(at(reference, "params")) if text_at(p, "name") == "bundle")
        bundles += [at(parameter, "value") for parameter in named]
    elif isinstance(resolver, Scalar) and resolver.text != "cluster":
        why = _CATALOGUE.format(resolver=resolver.text[:80])
        yield unresolved(resolver.text, place=tree.place(resolver), kind=KIND, why=why)
    for bundle in bundles:
        if bundle is not None:
            yield scalar_finding(tree, bundle, kind=KIND, fill=lambda text: _fill(text, scope))


def _nothing(name: str) -> str | None:
    """Know no parameter."""
    return None


def _scope(spec: Node | None, given: Values, outer: Lookup) -> Lookup:
    """Return what parameters mean in a task or pipeline: given, a default, or from around it.

    A default here and another value around it contradict one another, and runs may take either.
    """
    defaults = _texts(at(spec, "params"), "default")

    def lookup(name: str) -> str | None:
        if name in given:
            return given[name]
        around, default = outer(name), defaults.get(name)
        if around is not None and default is not None and around != default:
            return None
        return around if default is None and name not in defaults else default

    return lookup


def _texts(parameters: Node | None, key: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for parameter in elements(parameters):
        name, value = text_at(parameter, "name"), at(parameter, key)
        if name is not None:
            found[name] = value.text if isinstance(value, Scalar) else None
    return found


def _given(call: Node | None, outer: Lookup) -> Values:
    values = _texts(at(call, "params"), "value")
    found = {
        name: None if text is None else _fill(text, outer).text for name, text in values.items()
    }
    # A matrix gives one of several values, which nobody knows before the run.
    return {**found, **dict.fromkeys(_texts(at(call, "matrix", "params"), "value"))}


def _fill(text: str, scope: Lookup) -> Filled:
    """Fill in `$(params.NAME)` from given values and defaults; all other variables stay open."""
    parts: list[str] = []
    length = 0
    for index, part in enumerate(_VARIABLE.split(text)):
        parameter = _PARAMETER.fullmatch(part) if index % 2 else None
        name = (parameter[1] or parameter[2]) if parameter else None
        value = part if index % 2 == 0 else scope(name) if name else None
        if value is None:
            return Filled(None, f"nothing here gives $({part[:80]}) a value")
        parts.append(value)
        length += len(value)
        if length > LONGEST:
            return Filled(None, "its parameters make it longer than any reference may be")
    return Filled("".join(parts))


SCANNER = Tekton()
