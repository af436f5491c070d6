"""Who makes the proof: a local key, a cloud's, a witness around another signer."""

from __future__ import annotations

from typing import Protocol

from boltseal.core.keys import PublicKey
from boltseal.core.signature import Draft, Proof


class Signer(Protocol):
    """Something that signs drafts.

    `public_key` is None for a signer whose key is made for one signature only.
    """

    @property
    def public_key(self) -> PublicKey | None:
        """The key that verifies what this signer signs."""

    def sign(self, draft: Draft) -> Proof:
        """Sign `draft.signed` and return the proof; raise KeyUnusable or ServiceError."""
