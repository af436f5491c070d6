"""Kustomizations name images in `images:`, in inline patches and in patch files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from boltseal.errors import Malformed
from boltseal.scanners import Finding, Options
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    judged,
    no_text,
    ordered,
    scalar_finding,
    unresolved,
)
from boltseal.scanners.kubernetes import KIND as POD_KIND
from boltseal.scanners.kubernetes import scan_tree, walk
from boltseal.scanners.nodes import Node, Object, Scalar, Tree, at, elements, text_at
from boltseal.scanners.pods import looks_like_pod, pod_images
from boltseal.scanners.source import Source
from boltseal.scanners.trees import YAML, parse_tree
from boltseal.scanners.yamltree import parse_yaml

KIND = "kustomize"
_NAMES = re.compile(r"(?:.*/)?[Kk]ustomization(?:\.ya?ml)?")
_KINDS = re.compile(
    r"""kind["']?[ \t]*:[ \t]*["']?(?:Kustomization|Component|ImageTagTransformer)\b"""
)
_PATCH = re.compile(r"""["']?path["']?[ \t]*:[ \t]*["']?/\S{0,300}/(?:image|reference)["']?""")
_REMOTE = "what it names comes from outside this repository and is not seen here"


class Kustomize:
    """Kustomizations, components, and JSON patches that set an image."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim by file name, by kind, or a list of JSON patch operations on an image."""
        if _NAMES.fullmatch(path):
            return True
        if not path.lower().endswith((*YAML, ".json")):
            return False
        patch = "apiVersion" not in text and "op" in text and _PATCH.search(text)
        return bool(patch or ("kustomize" in text and _KINDS.search(text)) or _bare(text))

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images that a build with this file sets; see the room's protocol."""
        tree = parse_tree(Source.parse(path, text))
        findings: list[Finding] = []
        for document in tree.documents:
            findings += _document(tree, document, options)
        if findings or _NAMES.fullmatch(path):
            findings += fault_findings(tree, kind=KIND)
        return ordered(findings)


def _bare(text: str) -> bool:
    return "apiVersion" in text and "ImageTagTransformer" in text


def _document(tree: Tree, document: Node, options: Options) -> Iterator[Finding]:
    kind = text_at(document, "kind")
    group = text_at(document, "apiVersion") or "kustomize"
    if isinstance(document, Object) and kind == "ImageTagTransformer":
        yield from _replacement(tree, at(document, "imageTag"))
    elif isinstance(document, Object) and (kind is None or "kustomize" in group):
        for entry in elements(at(document, "images")):
            yield from _replacement(tree, entry)
        yield from _patches(tree, document, options)
        yield from _remote(tree, document)
    else:
        yield from _operations(tree, document)


def _replacement(tree: Tree, entry: Node | None) -> Iterator[Finding]:
    """Judge one entry of `images`: what every image of that name is replaced by."""
    name = at(entry, "newName") or at(entry, "name")
    if name is None or not isinstance(name, Scalar):
        return
    parts = {key: at(entry, key) for key in ("newTag", "digest", "tagSuffix")}
    place = tree.place(name)
    for key, part in parts.items():
        doubt = no_text(part) if part is not None else ""
        if doubt:
            place = tree.place(part or name)
            yield unresolved(f"{name.text}: {key}", place=place, kind=KIND, why=doubt)
            return
    tag, digest, suffix = (text_at(entry, key) for key in parts)
    if suffix or (tag is None and digest is None):
        if suffix or at(entry, "newName") is not None:
            why = "it keeps the tag that the resources give; scan what 'kustomize build' prints"
            yield unresolved(name.text, place=place, kind=KIND, why=why)
        else:
            why = "it changes nothing"
            yield ignored(name.text, place=place, kind=KIND, why=why)
        return
    text = name.text + (f":{tag}" if tag is not None else "")
    yield judged(text + (f"@{digest}" if digest is not None else ""), place=place, kind=KIND)


def _patches(tree: Tree, document: Node, options: Options) -> Iterator[Finding]:
    """Read patches that stand in the file as text."""
    merges = elements(at(document, "patchesStrategicMerge"))
    inline = [
        *(node for node in merges if isinstance(node, Scalar) and "\n" in node.text),
        *(at(entry, "patch") for entry in elements(at(document, "patches"))),
        *(at(entry, "patch") for entry in elements(at(document, "patchesJson6902"))),
    ]
    for patch in inline:
        if not isinstance(patch, Scalar):
            continue
        literal = patch.style == "|"
        source = tree.source.within(patch.text, start=patch.start, literal=literal)
        try:
            inner = parse_yaml(source)
        except Malformed as error:
            place = tree.place(patch)
            yield unresolved("patch", place=place, kind=KIND, why=str(error))
            continue
        yield from fault_findings(inner, kind=KIND)
        yield from scan_tree(inner, options=options)
        for root in inner.documents:
            yield from _operations(inner, root)
            # A patch with a target may carry any kind and name.
            for _, node in walk(root) if isinstance(root, Object) else ():
                if looks_like_pod(node):
                    for image in pod_images(node):
                        yield scalar_finding(inner, image, kind=POD_KIND)


def _operations(tree: Tree, operations: Node) -> Iterator[Finding]:
    """Judge JSON patch operations that put a text where an image stands (RFC 6902)."""
    for operation in elements(operations):
        value = at(operation, "value")
        if text_at(operation, "op") not in {"add", "replace"} or value is None:
            continue
        path = tuple((text_at(operation, "path") or "").split("/"))
        for below, node in walk(value):
            whole = path + below
            named = whole[-1:] == ("image",) or whole[-2:] == ("image", "reference")
            if named and isinstance(node, Scalar):
                yield scalar_finding(tree, node, kind=KIND)


def _remote(tree: Tree, document: Node) -> Iterator[Finding]:
    """Report bases and charts that come from elsewhere: their images are not in this repository."""
    for key in ("resources", "bases", "components"):
        for entry in elements(at(document, key)):
            if isinstance(entry, Scalar) and _is_remote(entry.text):
                yield unresolved(entry.text, place=tree.place(entry), kind=KIND, why=_REMOTE)
    for chart in elements(at(document, "helmCharts")):
        name = at(chart, "name")
        if isinstance(name, Scalar) and text_at(chart, "repo"):
            yield unresolved(name.text, place=tree.place(name), kind=KIND, why=_REMOTE)


def _is_remote(text: str) -> bool:
    remote = "://" in text or text.startswith("git@") or "?ref=" in text
    return remote or bool(re.match(r"(?:github|gitlab|bitbucket)\.[a-z]+[/:]", text))


SCANNER = Kustomize()
