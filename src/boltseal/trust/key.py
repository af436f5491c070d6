"""Believe a signature because one of the given public keys made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.core.keys import PublicKey
from boltseal.core.reading import parse_base64
from boltseal.core.signature import Proof, Signature
from boltseal.core.verdict import Anchor, Check, Checks
from boltseal.errors import Malformed, UsageError

_CHECK = "signature"
_LISTED = 8


@dataclass(frozen=True, slots=True)
class KeyTrust:
    """A trust in public keys, each under one name; made by `of`."""

    keys: tuple[tuple[Anchor, PublicKey], ...]

    @classmethod
    def of(cls, keys: Sequence[tuple[str, PublicKey]]) -> KeyTrust:
        """Trust `keys`, pairs of a name for reports and a key.

        Raise UsageError for none at all, for one key under two names and for one name with two
        keys: whoever asks for two signers must not get one for both.
        """
        if not keys:
            raise UsageError("no public key is given, so that no signature could be trusted")
        names: dict[str, str] = {}
        for name, key in keys:
            if key.fingerprint in names:
                raise UsageError(_twice(names[key.fingerprint], name, fingerprint=key.fingerprint))
            if name in names.values():
                raise UsageError(f"two different keys are both called {name!r}; rename one")
            names[key.fingerprint] = name
        return cls(tuple((Anchor(name, key.fingerprint), key) for name, key in keys))

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """All distinct keys that this trust could believe by, in the order given."""
        return tuple(anchor for anchor, _ in self.keys)

    @property
    def hashes(self) -> frozenset[str]:
        """The digests of a message that these keys may need (`message.HASHES`)."""
        return frozenset(name for _, key in self.keys for name in key.hashes)

    @property
    def wants_whole(self) -> bool:
        """Whether one of these keys verifies over all bytes of a message."""
        return any(key.wants_whole for _, key in self.keys)

    def checks(self, signature: Signature) -> Checks:
        """Ask every key whether it made `signature`; never raise, whatever bytes are in it.

        The proof's hint decides nothing (it is not signed), not even the order.
        """
        for anchor, key in self.keys:
            proof = signature.proof
            scheme = key.verify(proof.signature, signature.signed, pair=proof.pair)
            if scheme is not None:
                detail = f"{scheme} by {anchor.name} ({anchor.fingerprint})"
                return Checks((Check(_CHECK, True, detail),), anchor)
        return Checks((Check(_CHECK, False, self._failure(signature.proof)),))

    def _failure(self, proof: Proof) -> str:
        prints = [anchor.fingerprint for anchor in self.anchors]
        left = f" and {len(prints) - _LISTED} more" if len(prints) > _LISTED else ""
        none = "the given key" if len(prints) == 1 else f"none of the {len(prints)} given keys"
        did = "did not make it" if len(prints) == 1 else "made it"
        said = f"{none} {did}; tried {', '.join(prints[:_LISTED])}{left}"
        return f"{said}; {claim}" if (claim := self._claim(proof)) else said

    def _claim(self, proof: Proof) -> str:
        """Say in words which key the proof names as its maker, empty if it names none."""
        if proof.certificates:
            return "it comes with a certificate, so it was made without a key of its own (keyless)"
        claimed = _fingerprint(proof.hint)
        if claimed is None:
            return ""
        for anchor in self.anchors:
            if anchor.fingerprint == claimed:
                return f"it names {anchor.name} as its maker, so it or what it signs was changed"
        return f"it names {claimed} as its maker, which is none of them"


def _twice(first: str, second: str, *, fingerprint: str) -> str:
    if first == second:
        return f"the key {first!r} is given twice; give each key once"
    return f"{first!r} and {second!r} are one and the same key ({fingerprint}); give it once"


def _fingerprint(hint: str | None) -> str | None:
    """Turn a hint of the form that cosign writes into a fingerprint, None for any other."""
    try:
        raw = parse_base64(hint or "", what="the hint")
    except Malformed:
        return None
    return f"sha256:{raw.hex()}" if len(raw) == 32 else None
