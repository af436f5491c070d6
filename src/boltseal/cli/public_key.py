"""`boltseal public-key`: the public part of a private key, as PEM."""

from __future__ import annotations

from boltseal.cli import compat
from boltseal.cli.files import save
from boltseal.cli.flags import Flag, Given, Kind, Verb
from boltseal.cli.passwords import read_password
from boltseal.cli.wiring import key_reader, warn_if_exposed
from boltseal.errors import UsageError
from boltseal.flows.keypair import public_pem
from boltseal.signers.open import shown


def run(given: Given) -> int:
    """Open the private key and print its public part, or write it to --outfile."""
    reference = given.text("key")
    if not reference:
        raise UsageError("no --key was given; name the private key: a file, env://NAME or a URL")
    warn_if_exposed(given, reference)
    data = key_reader(given)(reference)
    pem = public_pem(data, password=read_password(given.around), what=shown(reference))
    outfile = given.text("outfile")
    if outfile:
        save(outfile, pem)
        given.around.say(f"Public key written to {outfile}")
    else:
        given.around.put(pem)
    return 0


VERB = Verb(
    name="public-key",
    summary="Print the public key of a private one.",
    about="The password comes from COSIGN_PASSWORD, a prompt, or standard input taken whole.",
    examples=(
        ("print the public key", "boltseal public-key --key cosign.key"),
        ("write it to a file", "boltseal public-key --key cosign.key --outfile cosign.pub"),
    ),
    run=run,
    flags=(
        Flag("key", "the private key: a file, env://NAME or a URL", Kind.FILE),
        Flag("outfile", "write the public key to this file", Kind.FILE),
    ),
    cosign=compat.PUBLIC_KEY,
)
