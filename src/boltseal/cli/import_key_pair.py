"""`boltseal import-key-pair`: a private key of another program becomes a pair as cosign has it."""

from __future__ import annotations

from boltseal.cli import compat
from boltseal.cli.consent import may_overwrite
from boltseal.cli.flags import Flag, Given, Kind, Verb
from boltseal.cli.generate_key_pair import write
from boltseal.cli.passwords import ask_hidden, read_password
from boltseal.cli.wiring import key_reader
from boltseal.core.keys import PrivateKey
from boltseal.errors import PasswordError, UsageError
from boltseal.flows.keypair import import_key
from boltseal.signers.open import shown

SOURCE_PASSWORD = "BOLTSEAL_IMPORT_PASSWORD"  # noqa: S105 - the name of a variable


def run(given: Given) -> int:
    """Read the key, ask for the password of the new file, and write the pair."""
    reference = given.text("key")
    if not reference:
        raise UsageError("no --key was given; name the private key to import (PEM)")
    what = shown(reference)
    data = key_reader(given)(reference)
    source_password = _source_password(given, data, what=what)
    prefix = given.text("output-key-prefix", "import-cosign")
    overwrite = may_overwrite(given, prefix)
    pair = import_key(
        data,
        password=read_password(given.around, new=True),
        entropy=given.around.entropy,
        source_password=source_password,
        what=what,
    )
    write(given, prefix, pair, overwrite=overwrite)
    return 0


def _source_password(given: Given, data: bytes, *, what: str) -> bytes | None:
    """Return what opens a key that OpenSSL encrypted, None for one that is not encrypted."""
    try:
        PrivateKey.import_pem(data, what=what)
    except PasswordError as error:
        around = given.around
        if SOURCE_PASSWORD in around.environment:
            return around.environment[SOURCE_PASSWORD].encode("utf-8", "surrogateescape")
        if around.asks:
            return ask_hidden(around, "Enter password of the key to import: ")
        raise PasswordError(f"{error}; in a workflow, in {SOURCE_PASSWORD}") from error
    return None


VERB = Verb(
    name="import-key-pair",
    summary="Take over a key of another program.",
    about="""\
Reads a PEM private key (PKCS#1, PKCS#8 or SEC 1; RSA with 2048, 3072 or 4096 bits, ECDSA on P-256,
P-384 or P-521, Ed25519) and writes it encrypted as cosign does, with its public key. One that
OpenSSL encrypted is opened with BOLTSEAL_IMPORT_PASSWORD, or a prompt.""",
    examples=(
        (
            "write import-cosign.key and import-cosign.pub",
            "boltseal import-key-pair --key openssl.pem",
        ),
        (
            "write release.key and release.pub, whatever is there",
            "boltseal import-key-pair -k openssl.pem -o release -y",
        ),
    ),
    run=run,
    flags=(
        Flag("key", "the private key to import: a file, env://NAME or a URL", Kind.FILE, short="k"),
        Flag(
            "output-key-prefix",
            "path in front of .key and .pub",
            default="import-cosign",
            short="o",
            metavar="PREFIX",
        ),
        Flag("yes", "overwrite files that are there", Kind.BOOL, short="y"),
    ),
    cosign=compat.IMPORT_KEY_PAIR,
)
