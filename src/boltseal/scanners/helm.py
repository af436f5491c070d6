"""Helm charts name images in their values; templates that nobody rendered leave them open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from boltseal.scanners import Finding, Options
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    judged,
    ordered,
    scalar_finding,
    unresolved,
)
from boltseal.scanners.nodes import Node, Object, Scalar, Tree, at, elements, members, text_at
from boltseal.scanners.source import Source
from boltseal.scanners.templates import scan_template
from boltseal.scanners.yamltree import parse_yaml

KIND = "helm"
_VALUES = re.compile(r"(?:.*/)?(?:[^/]+[._-])?values(?:[._-][^/]+)?\.ya?ml", re.IGNORECASE)
_TEMPLATE = re.compile(r"(?:.*/)?templates/.+\.(?:ya?ml|tpl|txt)", re.IGNORECASE)
_KEY = re.compile(r"image|.*Image|.*[_-]image")
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}")
_NO_TAG = "its tag is left to the chart, which takes its own version; render it and scan that"
_NUMBER = "Helm writes this number in its own way (1.20 becomes 1.2); put it in quotes"


class Helm:
    """Values files by the conventions of charts, and raw templates."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim `values.yaml` and its relatives, and templates with `{{` in them."""
        if _VALUES.fullmatch(path):
            return "apiVersion:" not in text or not re.search(r"^kind:", text, re.MULTILINE)
        return bool(_TEMPLATE.fullmatch(path)) and "{{" in text

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images that values set; see the room's protocol."""
        source = Source.parse(path, text)
        if _TEMPLATE.fullmatch(path) and "{{" in source.text:
            return scan_template(source)
        tree = parse_yaml(source)
        findings = fault_findings(tree, kind=KIND)
        for document in tree.documents:
            everywhere = text_at(document, "global", "imageRegistry") or ""
            findings += _values(tree, document, everywhere)
        return ordered(findings)


def _values(tree: Tree, root: Node, registry: str) -> Iterator[Finding]:
    """Go through all values; what is taken as an image is not looked into again."""
    waiting: list[tuple[str, Object | None, Node]] = [("", None, root)]
    while waiting:
        name, parent, node = waiting.pop()
        if isinstance(node, Object):
            if _is_image(name, node):
                yield from _object(tree, node, registry)
                continue
            listed = name == "images"
            waiting += [
                ("images" if listed and isinstance(value, Scalar) else key, node, value)
                for key, value in members(node)
            ]
        elif isinstance(node, Scalar):
            yield from _text(tree, node, name=name, parent=parent)
        else:
            waiting += [(name, parent, item) for item in elements(node)]


def _is_image(name: str, node: Object) -> bool:
    parts = {"tag", "digest"} & node.fields.keys()
    repository = text_at(node, "repository")
    if repository is not None and "://" in repository:
        return False
    if "repository" in node.fields:
        return bool(_KEY.fullmatch(name) or parts or "registry" in node.fields)
    named = text_at(node, "name") if _KEY.fullmatch(name) else None
    return bool(named and (parts or "registry" in node.fields or re.search(r"[/:]", named)))


def _object(tree: Tree, node: Object, everywhere: str) -> Iterator[Finding]:
    """Put together `registry`, `repository` (or `name`), `tag` and `digest`."""
    repository = at(node, "repository") or at(node, "name")
    if not isinstance(repository, Scalar):
        return
    place = tree.place(repository)
    for key in ("registry", "repository", "tag", "digest"):
        part = at(node, key)
        if isinstance(part, Scalar) and part.typed and not _PLAIN_NUMBER.fullmatch(part.text):
            yield unresolved(part.text, place=tree.place(part), kind=KIND, why=_NUMBER)
            return
    if not repository.text or repository.null:
        why = "it is empty, so that something else must fill it in"
        yield ignored("", place=place, kind=KIND, why=why)
        return
    registry = text_at(node, "registry")
    if registry is not None and everywhere:
        registry = everywhere
    name = f"{registry}/{repository.text}" if registry else repository.text
    tag, digest = text_at(node, "tag"), text_at(node, "digest")
    if not tag and not digest and not _has_version(repository.text):
        yield unresolved(name, place=place, kind=KIND, why=_NO_TAG)
        return
    text = name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    yield judged(text, place=place, kind=KIND)


def _has_version(repository: str) -> bool:
    return "@" in repository or ":" in repository.rpartition("/")[2]


def _text(tree: Tree, node: Scalar, *, name: str, parent: Object | None) -> Iterator[Finding]:
    """Judge a text under a key that says image, or in a list or an object called images."""
    if node.null and _KEY.fullmatch(name):
        yield scalar_finding(tree, node, kind=KIND)
    if node.null or node.typed:
        return
    if name == "images" and re.search(r"[/:]", node.text):
        yield scalar_finding(tree, node, kind=KIND)
    elif _KEY.fullmatch(name):
        yield _with_tag(tree, node, name=name, parent=parent)


def _with_tag(tree: Tree, node: Scalar, *, name: str, parent: Object | None) -> Finding:
    """Judge a name whose tag may stand beside it, as `image` and `imageTag`."""
    beside = ("Tag", "_tag", "-tag", "Version")
    tags = (at(parent, name + word) for word in beside) if node.text else ()
    tag = next((tag for tag in tags if isinstance(tag, Scalar) and tag.text), None)
    if tag is None or _has_version(node.text):
        return scalar_finding(tree, node, kind=KIND)
    if tag.typed and not _PLAIN_NUMBER.fullmatch(tag.text):
        return unresolved(tag.text, place=tree.place(tag), kind=KIND, why=_NUMBER)
    return judged(f"{node.text}:{tag.text}", place=tree.place(node), kind=KIND)


SCANNER = Helm()
