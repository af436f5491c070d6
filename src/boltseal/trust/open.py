"""Choose the trust by what was given to believe in."""

from __future__ import annotations

from collections.abc import Sequence

from boltseal.core.keys import PublicKey
from boltseal.trust.key import KeyTrust


def open_trust(keys: Sequence[tuple[str, bytes]]) -> KeyTrust:
    """Return a trust in public keys, each given as its name and its PEM.

    Raise KeyUnusable for a file that is no public key, UsageError for one key under two names.
    """
    return KeyTrust.of([(name, PublicKey.parse(pem, what=f"key {name}")) for name, pem in keys])
