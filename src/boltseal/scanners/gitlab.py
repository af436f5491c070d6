"""GitLab CI files name images for jobs and their services, with variables from several layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from boltseal.scanners import Finding, Options
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    ordered,
    scalar_finding,
    unresolved,
)
from boltseal.scanners.nodes import Node, Object, Scalar, Sequence, Tree, at, elements, members
from boltseal.scanners.source import Source
from boltseal.scanners.variables import Filled, fill
from boltseal.scanners.yamltree import parse_yaml

KIND = "gitlab"
_NAMES = re.compile(r"(?:.*/)?(?:[^/]*\.)?gitlab-ci\.ya?ml|(?:.*/)?\.gitlab(?:-ci|/ci)?/.+\.ya?ml")
_NO_JOBS = {
    "after_script", "before_script", "cache", "default", "image", "include", "services", "spec",
    "stages", "variables", "workflow",
}  # fmt: skip
_SHELL = re.compile(r"\$\{\w+[^\w}]")
_LONGEST_CHAIN = 12
# Variables in one name; each that is made of others takes a few of Python's frames.
_MOST_VARIABLES = 30
_INCLUDED = "the images of an included file are found where that file is scanned"


class Gitlab:
    """`.gitlab-ci.yml` and the files that it includes."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim by file name and folder alone."""
        return _NAMES.fullmatch(path) is not None

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images of all jobs, with the variables that each sees; see the protocol."""
        return ordered(_findings(parse_yaml(Source.parse(path, text)), options))


def _findings(tree: Tree, options: Options) -> Iterator[Finding]:
    yield from fault_findings(tree, kind=KIND)
    for document in tree.documents:
        if isinstance(document, Object):
            yield from _Pipeline(tree, document, options).findings()


@dataclass(slots=True)
class _Pipeline:
    """One document: global settings, jobs, and the values that some job has taken."""

    tree: Tree
    document: Object
    options: Options
    jobs: dict[str, Node] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    ruled: set[str] | None = None

    def findings(self) -> Iterator[Finding]:
        """Judge what every job runs in, then what no job of this file has taken."""
        self.jobs = {
            name: node
            for name, node in members(self.document)
            if name not in _NO_JOBS and isinstance(node, Object)
        }
        extended = {base for job in self.jobs.values() for base in _bases(job)}
        later = {name for name in self.jobs if name.startswith(".") and name in extended}
        for name in sorted(self.jobs, key=lambda name: name in later):
            yield from self._job(name, left_over=name in later)
        for layer in (at(self.document, "default"), self.document):
            yield from self._layers([layer], [self.document], left_over=True)
        for holder in (self.document, *(at(job, "trigger") for job in self.jobs.values())):
            yield from self._includes(at(holder, "include"))

    def _job(self, name: str, *, left_over: bool) -> Iterator[Finding]:
        chain, whole = self._chain(name)
        if not whole:
            why = f"it extends more than {_LONGEST_CHAIN} others"
            yield unresolved(name, place=self.tree.place(chain[0]), kind=KIND, why=why)
        layers: list[Node | None] = [*chain]
        if not left_over:
            layers += [at(self.document, "default"), self.document]
        yield from self._layers(layers, [*chain, self.document], left_over=left_over)

    def _chain(self, name: str) -> tuple[list[Node], bool]:
        """Return a job and what it extends, the nearest first, and whether that is all."""
        chain: list[Node] = []
        waiting = [name]
        while waiting and len(waiting) + len(chain) <= _LONGEST_CHAIN:
            job = self.jobs.get(waiting.pop(0))
            if job is not None and job not in chain:
                chain.append(job)
                # Of several bases the last wins, so it comes first here.
                waiting = [*reversed(_bases(job)), *waiting]
        return chain, not waiting

    def _layers(
        self, layers: list[Node | None], scopes: list[Node], *, left_over: bool
    ) -> Iterator[Finding]:
        """Judge the first image and services of these layers, with the variables of `scopes`."""
        values = _Values(scopes, self._changing(scopes), self.options)
        for key in ("image", "services"):
            found = next((node for layer in layers if (node := at(layer, key))), None)
            if found is None or (left_over and id(found) in self.taken):
                continue
            self.taken.add(id(found))
            listed = key == "services" and isinstance(found, Sequence)
            for node in elements(found) if listed and found.tag != "!reference" else (found,):
                yield from self._image(node, values)

    def _image(self, node: Node, values: _Values) -> Iterator[Finding]:
        if isinstance(node, Sequence) and node.tag == "!reference":
            yield from self._referenced(node, values)
            return
        name = at(node, "name") if isinstance(node, Object) else node
        if name is not None:
            yield scalar_finding(self.tree, name, kind=KIND, fill=values.fill)

    def _referenced(self, node: Sequence, values: _Values) -> Iterator[Finding]:
        """Follow `!reference [job, image]` within this file, once."""
        path = [item.text for item in node.items if isinstance(item, Scalar)]
        target = at(self.document, *path) if path else None
        inner = elements(target) or ((target,) if target is not None else ())
        again = [item for item in (target, *inner) if getattr(item, "tag", "") == "!reference"]
        if not inner or again:
            text, place = "!reference " + ", ".join(path), self.tree.place(node)
            why = "what it refers to does not stand in this file as it is"
            yield unresolved(text, place=place, kind=KIND, why=why)
            return
        for found in inner:
            yield from self._image(found, values)

    def _changing(self, scopes: list[Node]) -> list[set[str]]:
        """Return the variables that rules or a matrix may give other values."""
        if self.ruled is None:
            self.ruled = _ruled(at(self.document, "workflow"))
        found = [self.ruled]
        for layer in (scope for scope in scopes if scope is not self.document):
            found.append(_ruled(layer))
            found += [set(dict(members(row))) for row in elements(at(layer, "parallel", "matrix"))]
        return found

    def _includes(self, include: Node | None) -> Iterator[Finding]:
        entries = include.items if isinstance(include, Sequence) else (include,)
        for entry in entries:
            named = [entry] if isinstance(entry, Scalar) else [value for _, value in members(entry)]
            for node in named[:1]:
                text = node.text if isinstance(node, Scalar) else ""
                yield ignored(text, place=self.tree.place(node), kind=KIND, why=_INCLUDED)


@dataclass(slots=True)
class _Values:
    """The variables of one job; each is worked out once, so that none can be made to explode."""

    scopes: list[Node]
    changing: list[set[str]]
    options: Options
    known: dict[str, Filled] = field(default_factory=dict)

    def fill(self, text: str) -> Filled:
        """Fill in the variables of a text."""
        if "$[[" in text:
            return Filled(None, "it holds an input that only the pipeline knows")
        if _SHELL.search(text):
            return Filled(None, "GitLab knows no defaults in variables")
        doubts: list[str] = []
        filled = fill(text, lambda name: self._value(name, doubts), escape="$")
        return Filled(None, doubts[0]) if doubts else filled

    def _value(self, name: str, doubts: list[str]) -> str | None:
        if name not in self.known:
            self.known[name] = Filled(None, f"the variable {name} is made of itself")
            self.known[name] = self._worked_out(name)
        found = self.known[name]
        if found.text is None:
            doubts.append(found.why)
        return found.text

    def _worked_out(self, name: str) -> Filled:
        if name in self.options.variables:
            return Filled(self.options.variables[name])
        if any(name in names for names in self.changing):
            return Filled(None, f"rules or a matrix give the variable {name} its value")
        found = (at(scope, "variables", name) for scope in self.scopes)
        node = next((node for node in found if node is not None), None)
        value = at(node, "value") if isinstance(node, Object) else node
        if not isinstance(value, Scalar) or len(self.known) > _MOST_VARIABLES:
            return Filled(None, f"nothing here gives the variable {name} a value")
        return self.fill(value.text)


def _ruled(layer: Node | None) -> set[str]:
    rules = elements(at(layer, "rules"))
    return {name for rule in rules for name, _ in members(at(rule, "variables"))}


def _bases(job: Node) -> list[str]:
    extends = at(job, "extends")
    names = elements(extends) if isinstance(extends, Sequence) else (extends,)
    return [name.text for name in names if isinstance(name, Scalar)]


SCANNER = Gitlab()
