"""Where a Pod's specification names images, and what a tree's faults become."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.scanners import Finding
from boltseal.scanners.judging import ignored, judged, unresolved
from boltseal.scanners.nodes import Node, Object, Scalar, Tree, at, elements

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def scalar_finding(tree: Tree, node: Node, *, kind: str) -> Finding:
    """Return the finding for a value that is meant to be an image's name."""
    place = tree.place(node)
    if not isinstance(node, Scalar):
        why = "a text is expected here, not a list or an object"
        return unresolved("", place=place, kind=kind, why=why)
    if node.tag.startswith("!") and node.tag != "!":
        why = f"it has the tag {node.tag[:40]}, which only its own reader understands"
        return unresolved(node.text, place=place, kind=kind, why=why)
    if node.null:
        why = "it is empty, so that something else must fill it in"
        return ignored("", place=place, kind=kind, why=why)
    if node.typed:
        why = "it is a number or a truth value, not a text; put it in quotes"
        return unresolved(node.text, place=place, kind=kind, why=why)
    return judged(node.text, place=place, kind=kind)


def fault_findings(tree: Tree, *, kind: str) -> list[Finding]:
    """Return what is ambiguous in a tree as findings that nobody can decide."""
    return [unresolved(f.text, place=f.place, kind=kind, why=f.why) for f in tree.faults]


def pod_images(spec: Node | None) -> Iterator[Node]:
    """Go through the values in a Pod's specification that name images.

    These are the containers' of all three kinds and the image volumes' (Kubernetes API, PodSpec).
    """
    for name in CONTAINERS:
        for container in elements(at(spec, name)):
            image = at(container, "image")
            if image is not None:
                yield image
    for volume in elements(at(spec, "volumes")):
        reference = at(volume, "image", "reference")
        if reference is not None:
            yield reference


def looks_like_pod(node: Node) -> bool:
    """Tell whether an object is a Pod's specification: a list of containers, one with an image."""
    if not isinstance(node, Object):
        return False
    lists = (elements(at(node, name)) for name in CONTAINERS)
    return any(at(container, "image") is not None for found in lists for container in found)
