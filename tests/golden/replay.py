"""A signer that signs nothing anew: it hands out what cosign signed over the same bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from boltseal.core.keys import PublicKey
from boltseal.core.names import Digest
from boltseal.core.oci import Manifest
from boltseal.core.signature import Draft, Proof
from boltseal.formats.bundle import CREATED
from boltseal.formats.simplesigning import SIGNATURE
from tests.support.memory import MemoryStore

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_NEVER = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Made:
    """One signature of cosign's: what was signed, how, and when its manifest says it was made."""

    payload: bytes
    signature: bytes
    created: datetime = _NEVER


@dataclass(slots=True)
class Replay:
    """A signer with a public key only, and a clock that stands where cosign's stood."""

    public_key: PublicKey
    made: list[Made]
    last: datetime = field(default=_NEVER)

    def now(self) -> datetime:
        """Tell when cosign made the signature that was given out last."""
        return self.last

    def sign(self, draft: Draft) -> Proof:
        """Give this key's next signature over the draft; fail where cosign signed other bytes."""
        payloads = {made.payload for made in self.made}
        assert draft.payload in payloads, f"cosign signed {payloads}, boltseal {draft.payload!r}"
        for made in self.made:
            if made.payload == draft.payload and self._mine(made, draft):
                self.made.remove(made)
                self.last = made.created
                return Proof(made.signature, hint=self.public_key.hint)
        raise AssertionError(f"no signature of cosign's over {draft.signed!r} is by this key")

    def _mine(self, made: Made, draft: Draft) -> bool:
        return self.public_key.verify(made.signature, draft.signed) is not None


def made_signatures(store: MemoryStore) -> list[Made]:
    """Take every signature out of a store, classic layers and bundles alike, read by plain JSON."""
    contents = {digest: content for (_, digest), content in store.blobs.items()}
    images = [held for held in store.manifests.values() if isinstance(held, Manifest)]
    return [made for image in images for made in _made_in(image, contents)]


def _made_in(manifest: Manifest, contents: Mapping[Digest, bytes]) -> Iterator[Made]:
    for layer in manifest.layers:
        if SIGNATURE in layer.annotations:
            signature = base64.b64decode(layer.annotations[SIGNATURE])
            yield Made(contents[layer.digest], signature)
        if layer.media_type == BUNDLE:
            envelope = json.loads(contents[layer.digest])["dsseEnvelope"]
            yield Made(
                base64.b64decode(envelope["payload"]),
                base64.b64decode(envelope["signatures"][0]["sig"]),
                datetime.strptime(manifest.annotations[CREATED], "%Y-%m-%dT%H:%M:%S%z"),
            )
