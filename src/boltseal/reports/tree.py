"""A tree of what stands beside an image, in the words and signs of `cosign tree`."""

from __future__ import annotations

from collections.abc import Iterator

from boltseal.core.attached import Attached, Spot, Tree
from boltseal.reports.escape import terminal

_GROUPS = {
    Spot.SIGNATURES: "🔐 Signatures for an image tag",
    Spot.ATTESTATIONS: "💾 Attestations for an image tag",
    Spot.SBOMS: "📦 SBOMs for an image tag",
}


def render(tree: Tree) -> str:
    """Return what cosign 3.1 prints; its groups come in no fixed order, ours in that of the tree.

    Where there is nothing, the text ends without a line break, as cosign's does.
    """
    asked = terminal(tree.asked)
    head = f"📦 Supply Chain Security Related artifacts for an image: {asked}\n"
    if not tree.attached:
        return (
            f"{head}No Supply Chain Security Related Artifacts found for image {asked},\n"
            " start creating one with simply running$ boltseal sign <img>"
        )
    return head + "".join(f"{line}\n" for one in tree.attached for line in _group(one))


def _group(one: Attached) -> Iterator[str]:
    title = _GROUPS.get(one.spot) or f"🔗 {terminal(one.kind)} artifacts via OCI referrer"
    yield f"└── {title}: {one.location}"
    last = len(one.layers) - 1
    for number, layer in enumerate(one.layers):
        yield f"   {'└' if number == last else '├'}── 🍒 {layer}"
