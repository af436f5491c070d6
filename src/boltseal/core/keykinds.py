"""Say what a file is that should have held a key, so that a refusal names mistake and cure."""

from __future__ import annotations

import re
from enum import Enum

from boltseal.core.pem import Block, first_block
from boltseal.errors import KeyUnusable, Malformed

SIGSTORE_LABEL = "ENCRYPTED SIGSTORE PRIVATE KEY"
COSIGN_LABEL = "ENCRYPTED COSIGN PRIVATE KEY"
_SHOWN = re.compile(r"[A-Z0-9 ]{1,40}")
_SSH = (b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-")


class Kind(Enum):
    """What a PEM block may be that somebody gives as a key; the value names it in a sentence."""

    SEALED = "an encrypted cosign private key"
    ENCRYPTED = "a private key that OpenSSL encrypted"
    PLAIN = "an unencrypted private key"
    PARAMETERS = "parameters of an elliptic curve"
    OPENSSH = "an OpenSSH private key"
    PUBLIC = "a public key"
    CERTIFICATE = "a certificate"
    REQUEST = "a certificate request"
    OPENPGP = "an OpenPGP block"
    OTHER = "a PEM block of another kind"


_LABELS = {
    SIGSTORE_LABEL: Kind.SEALED,
    COSIGN_LABEL: Kind.SEALED,
    "ENCRYPTED PRIVATE KEY": Kind.ENCRYPTED,
    "PRIVATE KEY": Kind.PLAIN,
    "RSA PRIVATE KEY": Kind.PLAIN,
    "EC PRIVATE KEY": Kind.PLAIN,
    "DSA PRIVATE KEY": Kind.PLAIN,
    "EC PARAMETERS": Kind.PARAMETERS,
    "OPENSSH PRIVATE KEY": Kind.OPENSSH,
    "PUBLIC KEY": Kind.PUBLIC,
    "RSA PUBLIC KEY": Kind.PUBLIC,
    "CERTIFICATE": Kind.CERTIFICATE,
    "X509 CERTIFICATE": Kind.CERTIFICATE,
    "TRUSTED CERTIFICATE": Kind.CERTIFICATE,
    "CERTIFICATE REQUEST": Kind.REQUEST,
    "NEW CERTIFICATE REQUEST": Kind.REQUEST,
}


def kind_of(block: Block) -> Kind:
    """Tell what `block` is by its label and, for OpenSSL's older encryption, its headers."""
    if block.label.startswith("PGP "):
        return Kind.OPENPGP
    kind = _LABELS.get(block.label, Kind.OTHER)
    if kind is Kind.PLAIN and ("Proc-Type", "4,ENCRYPTED") in block.headers:
        return Kind.ENCRYPTED
    return kind


def named(block: Block) -> str:
    """Name what `block` is, for a sentence; an odd label is shown only if it is harmless."""
    kind = kind_of(block)
    shown = kind is Kind.OTHER and _SHOWN.fullmatch(block.label)
    return f"{kind.value} ({block.label})" if shown else kind.value


def key_block(data: bytes, *, what: str) -> Block:
    """Return the first PEM block of a key file; raise KeyUnusable that says what it is instead."""
    if data.startswith(_SSH):
        raise KeyUnusable(
            f"{what} is an OpenSSH public key; convert it with `ssh-keygen -e -m PKCS8 -f FILE`"
        )
    if _is_der(data):
        raise KeyUnusable(
            f"{what} is binary (DER), not PEM text; convert it with `openssl pkey -inform DER`, "
            "and -pubin for a public key"
        )
    try:
        return first_block(data, what=what)
    except Malformed as error:
        raise KeyUnusable(str(error)) from error


def _is_der(data: bytes) -> bool:
    """True if `data` is one DER SEQUENCE, by its length alone."""
    if len(data) < 4 or data[0] != 0x30:
        return False
    octets = data[1] - 0x80 if data[1] > 0x80 else 0
    stated = int.from_bytes(data[2 : 2 + octets], "big") if octets else data[1]
    return stated == len(data) - 2 - octets
