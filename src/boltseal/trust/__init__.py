"""Reasons to believe: a signature goes in, checks come out; pure, given the material."""

from __future__ import annotations

from typing import Protocol

from boltseal.core.signature import Signature
from boltseal.core.verdict import Anchor, Checks


class Trust(Protocol):
    """Something that can believe a signature: keys, or identities in certificates.

    The subject is not its business: the verify flow checks it, so that no trust can forget it.
    """

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """All distinct anchors that this trust could believe by."""

    def checks(self, signature: Signature) -> Checks:
        """Say which checks `signature` passes and by which anchor; never raise for bad input."""
