"""Choose the signer by what a key reference says."""

from __future__ import annotations

from collections.abc import Callable

from boltseal.core.keyfile import open_key
from boltseal.errors import UsageError
from boltseal.signers.local import LocalSigner

# Named so that a reference to a key service is refused as such and not looked for as a file.
SERVICES = ("awskms", "azurekms", "gcpkms", "hashivault", "openbao", "k8s", "gitlab", "pkcs11")


def open_signer(
    reference: str, *, read: Callable[[str], bytes], password: Callable[[], bytes]
) -> LocalSigner:
    """Open the private key that `reference` names.

    `read` fetches its bytes, `password` is asked once. A file, `env://NAME`, a URL, or PEM text
    itself. Raise UsageError for a key service that this version does not sign with; never fall
    back to another kind of signing.
    """
    scheme = reference.partition(":")[0]
    if scheme in SERVICES:
        raise UsageError(
            f"--key {scheme}:… names a key service, which this version does not sign with; "
            "use an encrypted key file, env://NAME or a URL"
        )
    return LocalSigner(open_key(read(reference), password=password(), what=shown(reference)))


def shown(reference: str) -> str:
    """Return how a key reference is called in messages: never the text of a key itself."""
    return "the key given as text" if "-----BEGIN" in reference else f"key {reference}"
