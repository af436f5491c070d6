"""Development containers name an image, a build, or Compose files; features are other artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from boltseal.scanners import Finding, Options
from boltseal.scanners.jsontree import parse_jsonc
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    ordered,
    scalar_finding,
)
from boltseal.scanners.nodes import Node, Object, Scalar, Tree, at, elements
from boltseal.scanners.source import Source
from boltseal.scanners.variables import Filled

KIND = "devcontainer"
_NAMES = re.compile(
    r"(?:.*/)?(?:\.devcontainer/(?:[^/]+/)?devcontainer\.json|\.devcontainer\.json)"
)
_VARIABLE = "it holds a variable of the machine that opens it"


class Devcontainer:
    """`devcontainer.json`: JSON with comments."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim by file name alone."""
        return _NAMES.fullmatch(path) is not None

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the image, and why other things in the file are none; see the room's protocol."""
        tree = parse_jsonc(Source.parse(path, text))
        findings = fault_findings(tree, kind=KIND)
        for document in tree.documents:
            findings += _document(tree, document)
        return ordered(findings)


def _document(tree: Tree, document: Node) -> Iterator[Finding]:
    image = at(document, "image")
    if image is not None:
        yield scalar_finding(tree, image, kind=KIND, fill=_fill)
    for node in (at(document, "build", "dockerfile"), at(document, "dockerFile")):
        yield from _ignored(
            tree, node, "it is built from this Dockerfile, which is scanned by itself"
        )
    compose = at(document, "dockerComposeFile")
    for node in (compose, *elements(compose)):
        yield from _ignored(
            tree, node, "what it names stands in this file, which is scanned by itself"
        )
    cache = at(document, "build", "cacheFrom")
    for node in (cache, *elements(cache)):
        yield from _ignored(tree, node, "it is a cache for the build, whose layers are compared")
    features = at(document, "features")
    if isinstance(features, Object):
        for key in features.keys.values():
            yield from _ignored(tree, key, "it is a feature, an OCI artifact or a folder, no image")


def _ignored(tree: Tree, node: Node | None, why: str) -> Iterator[Finding]:
    if isinstance(node, Scalar):
        yield ignored(node.text, place=tree.place(node), kind=KIND, why=why)


def _fill(text: str) -> Filled:
    return Filled(None, _VARIABLE) if "${" in text else Filled(text)


SCANNER = Devcontainer()
