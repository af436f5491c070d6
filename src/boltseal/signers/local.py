"""Sign with a private key that this process holds."""

from __future__ import annotations

from dataclasses import dataclass

from boltseal.core.keys import PrivateKey, PublicKey
from boltseal.core.signature import Draft, Proof


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """A signer over an opened private key; its `repr` shows the public fingerprint only."""

    key: PrivateKey

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signer signs."""
        return self.key.public_key

    def sign(self, draft: Draft) -> Proof:
        """Sign `draft.signed`; the proof names the key by its hint and carries nothing else."""
        return Proof(signature=self.key.sign(draft.signed), hint=self.key.public_key.hint)
