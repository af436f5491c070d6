"""Begin to sign in a repository: a key, its password where only the CI reads it, a workflow.

entropy -> password -> KeyPair -> password kept -> files written
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from boltseal.errors import UsageError
from boltseal.flows.keypair import Entropy, KeyPair, generate

_PASSWORD_BYTES = 32


class Secrets(Protocol):
    """Where a CI keeps what only its runs may read."""

    def check(self) -> None:
        """Raise where a secret could not be stored, as far as asking tells."""

    def has_secret(self, name: str) -> bool:
        """Tell whether there is one of that name."""

    def store_secret(self, name: str, value: bytes) -> None:
        """Write one."""


@dataclass(frozen=True, slots=True)
class Outset:
    """How to begin: under which name the password is stored, in what, and what else takes it.

    `keep` are further places for the password, `write` puts the files in their places; both
    raise if they cannot. With `overwrite` a secret that is there is replaced.
    """

    secret: str
    secrets: Secrets | None
    keep: tuple[Callable[[bytes], None], ...] = ()
    write: Callable[[KeyPair], None] = field(default=lambda pair: None)
    overwrite: bool = False
    dry_run: bool = False


def strong_password(entropy: Entropy) -> bytes:
    """Return 32 random bytes in URL-safe base64 without padding, which every shell leaves alone."""
    return base64.urlsafe_b64encode(entropy(_PASSWORD_BYTES)).rstrip(b"=")


def begin(outset: Outset, *, entropy: Entropy) -> KeyPair:
    """Make the pair, store its password, and write the files, in this order.

    A secret without a key does no harm, and a key whose password is lost is lost. Raise
    UsageError where nothing would keep the password, or where the secret is there already: it
    may be that of another key.
    """
    if outset.secrets is None and not outset.keep:
        raise UsageError(
            "nothing would keep the password of the new key: set GH_TOKEN for the forge, or give "
            "--password-file with a path outside of the repository"
        )
    if outset.secrets is not None:
        _check(outset.secrets, outset)
    password = strong_password(entropy)
    pair = generate(password=password, entropy=entropy)
    if outset.dry_run:
        return pair
    if outset.secrets is not None:
        outset.secrets.store_secret(outset.secret, password)
    for keep in outset.keep:
        keep(password)
    outset.write(pair)
    return pair


def _check(secrets: Secrets, outset: Outset) -> None:
    secrets.check()
    if not outset.overwrite and secrets.has_secret(outset.secret):
        raise UsageError(
            f"the secret {outset.secret} is there already, and may be the password of a key in "
            "use; give another --secret-name, or --force to replace it"
        )
