"""`boltseal generate-key-pair`: a new ECDSA P-256 pair in two files."""

from __future__ import annotations

from boltseal.cli import compat
from boltseal.cli.consent import may_overwrite
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.passwords import read_password
from boltseal.errors import UsageError
from boltseal.flows.keypair import KeyPair, generate
from boltseal.stores.keyfiles import write_pair


def run(given: Given) -> int:
    """Ask for a password, make the pair and write it."""
    _refuse_place(given)
    prefix = given.text("output-key-prefix", "cosign")
    overwrite = may_overwrite(given, prefix)
    password = read_password(given.around, new=True)
    pair = generate(password=password, entropy=given.around.entropy)
    write(given, prefix, pair, overwrite=overwrite)
    return 0


def write(given: Given, prefix: str, pair: KeyPair, *, overwrite: bool) -> None:
    """Write both files and say where they are, in cosign's words."""
    private, public = write_pair(prefix, pair.private, pair.public, overwrite=overwrite)
    given.around.say(f"Private key written to {private}")
    given.around.say(f"Public key written to {public}")


def _refuse_place(given: Given) -> None:
    for word in given.words:
        scheme, separator, _ = word.partition("://")
        if not separator:
            raise UsageError(
                f"generate-key-pair takes no file name ({word!r}); use --output-key-prefix"
            )
        raise UsageError(
            f"keeping a new key at {scheme}:// is not there in this version; leave it out, and "
            "put the content of the key file into a secret of your CI"
        )


VERB = Verb(
    name="generate-key-pair",
    summary="Make a new key pair.",
    about="""\
Writes cosign.key, encrypted with a password and for yourself alone (mode 0600), and cosign.pub,
for whoever verifies. The password comes from COSIGN_PASSWORD, a prompt, or standard input taken
whole. A file that is there is never overwritten in silence.""",
    examples=(
        ("make cosign.key and cosign.pub", "boltseal generate-key-pair"),
        (
            "make release.key and release.pub without a prompt",
            'COSIGN_PASSWORD="$PASSWORD" boltseal generate-key-pair --output-key-prefix release',
        ),
    ),
    run=run,
    flags=(
        Flag(
            "output-key-prefix",
            "path in front of .key and .pub",
            default="cosign",
            metavar="PREFIX",
        ),
        Flag("yes", "overwrite files that are there", Kind.BOOL, short="y", own=True),
    ),
    arguments=Arguments("PLACE", 0, 1),
    cosign=compat.GENERATE_KEY_PAIR,
)
