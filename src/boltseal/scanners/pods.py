"""Where a Pod's specification names images."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.scanners.nodes import Node, Object, at, elements

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


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
