"""Kubernetes objects name images in Pods, in everything with a Pod template, and by path rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from boltseal.errors import Malformed
from boltseal.scanners import Finding, Options, Rule
from boltseal.scanners.judging import fault_findings, ordered, scalar_finding, unresolved
from boltseal.scanners.nodes import Node, Object, Scalar, Tree, at, elements, members, text_at
from boltseal.scanners.pods import looks_like_pod, pod_images
from boltseal.scanners.source import Source
from boltseal.scanners.templates import scan_template
from boltseal.scanners.trees import parse_tree

KIND = "kubernetes"
_TEMPLATE = ("spec", "template", "spec")
_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "ReplicationController": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
# Groups that Kubernetes serves itself; in all others, kinds are somebody's own.
_GROUPS = {"", "apps", "batch", "extensions", "policy", "autoscaling"}
# Tekton and kustomize have scanners of their own.
_ELSEWHERE = ("tekton.dev/", "kustomize.config.k8s.io/")
_ARGO = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate")
_ARGO_IMAGES = ("container.image", "script.image", "sidecars[].image", "initContainers[].image")
KNOWN = tuple(
    Rule.parse(text)
    for text in (
        "Prometheus:spec.image",
        "PrometheusAgent:spec.image",
        "Alertmanager:spec.image",
        "ThanosRuler:spec.image",
        *(f"{kind}:spec.templates[].{path}" for kind in _ARGO for path in _ARGO_IMAGES),
        *(f"CronWorkflow:spec.workflowSpec.templates[].{path}" for path in _ARGO_IMAGES),
    )
)
_NO_RULE = (
    "no rule says whether this field of {kind} names an image; add the path rule "
    "'{kind}:{path}', or '!{kind}:{path}' if it names none"
)


class Kubernetes:
    """Manifests in YAML or JSON: documents, lists, Pods, Pod templates, custom resources."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim YAML and JSON that speak of an apiVersion and a kind.

        Escapes could spell either word in another way, so a text with escapes is looked into too.
        """
        if not path.lower().endswith((".yaml", ".yml", ".json")):
            return False
        escaped = re.search(r"\\[xuU]", text) is not None
        return all(word in text or escaped for word in ("apiVersion", "kind"))

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images of all documents; see the room's protocol."""
        source = Source.parse(path, text)
        try:
            tree = parse_tree(source)
        except Malformed:
            if "{{" not in source.text and "{%" not in source.text:
                raise
            return scan_template(source)
        return scan_tree(tree, options=options)


def scan_tree(tree: Tree, *, options: Options) -> tuple[Finding, ...]:
    """Return the images that the Kubernetes objects of a parsed file name."""
    known = _objects(tree)
    if not known:
        return ()
    findings = fault_findings(tree, kind=KIND)
    for document in known:
        findings += _object(tree, document, options)
    return ordered(findings)


def _objects(tree: Tree) -> list[Object]:
    """Return the Kubernetes objects of a file, those of lists one by one."""
    found: list[Object] = []
    waiting = list(reversed(tree.documents))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Object) or text_at(node, "kind") is None:
            continue
        if (text_at(node, "kind") or "").endswith("List") and elements(at(node, "items")):
            waiting.extend(reversed(elements(at(node, "items"))))
        elif at(node, "apiVersion") is not None:
            found.append(node)
    return found


def _object(tree: Tree, node: Object, options: Options) -> Iterator[Finding]:
    kind, version = text_at(node, "kind") or "", text_at(node, "apiVersion") or ""
    if version.startswith(_ELSEWHERE):
        return
    group = version.partition("/")[0] if "/" in version else ""
    if group in _GROUPS or group.endswith(".k8s.io"):
        spec = _SPECS.get(kind)
        if spec:
            for image in pod_images(at(node, *spec)):
                yield scalar_finding(tree, image, kind=KIND)
            return
        if group in _GROUPS or kind == "CustomResourceDefinition":
            return
    yield from _custom(tree, node, kind=kind, rules=(*options.rules, *KNOWN))


def _custom(tree: Tree, node: Object, *, kind: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Go through a custom resource: rules, embedded Pod specifications, and fields left over."""
    mine = [rule for rule in rules if rule.kind in {kind, "*"}]
    settled: set[int] = set()
    for rule in mine:
        for found in _follow(node, rule.path):
            if id(found) not in settled and rule.image:
                yield scalar_finding(tree, found, kind=KIND)
            settled.add(id(found))
    for _, inner in walk(node):
        if looks_like_pod(inner):
            for image in pod_images(inner):
                if id(image) not in settled:
                    settled.add(id(image))
                    yield scalar_finding(tree, image, kind=KIND)
    for path, inner in walk(node):
        if path[-1:] == ("image",) and id(inner) not in settled and _may_name_image(inner):
            why = _NO_RULE.format(kind=kind[:60], path=_spelled(path))
            text = inner.text if isinstance(inner, Scalar) else ""
            yield unresolved(text, place=tree.place(inner), kind=KIND, why=why)


def _may_name_image(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.null and not node.typed and bool(node.text)


def _follow(node: Node, path: tuple[str, ...]) -> list[Node]:
    found: list[Node] = [node]
    for name in path:
        if name == "[]":
            found = [item for node in found for item in elements(node)]
        elif name == "*":
            found = [value for node in found for _, value in members(node)]
        else:
            steps = (at(node, name) for node in found)
            found = [step for step in steps if step is not None]
    return found


def walk(root: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Go through a tree from the outside in, with the path to each node."""
    waiting: list[tuple[tuple[str, ...], Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        waiting += [((*path, name), value) for name, value in members(node)]
        waiting += [((*path, "[]"), item) for item in elements(node)]


def _spelled(path: tuple[str, ...]) -> str:
    if any("." in name for name in path):
        return "/" + "/".join(path).replace("/[]", "[]")
    return ".".join(path).replace(".[]", "[]")


SCANNER = Kubernetes()
