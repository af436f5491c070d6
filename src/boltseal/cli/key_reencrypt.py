"""`boltseal key reencrypt`: the same key under another password."""

from __future__ import annotations

from boltseal.cli import compat
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.cli.passwords import read_new_password, read_password
from boltseal.errors import UsageError
from boltseal.flows.keycare import reencrypt
from boltseal.stores.keyfiles import read, rewrite


def run(given: Given) -> int:
    """Open the file with the old password and write it whole with the new one."""
    (path,) = given.words
    if "://" in path or "-----BEGIN" in path:
        raise UsageError("key reencrypt writes the file in place; give the path of a key file")
    data = read(path)
    around = given.around
    old = read_password(around)
    sealed = reencrypt(
        data, old=old, new=read_new_password(around), entropy=around.entropy, what=f"key {path}"
    )
    place = rewrite(path, sealed)
    around.say(f"Private key written to {place}, with mode 0600; its public key stays as it is")
    around.say(
        "Note: other copies of the old file, such as in the history of git, still open with the "
        "old password; if that is known to others, use boltseal key rotate"
    )
    return 0


VERB = Verb(
    name="key reencrypt",
    summary="Give a private key another password.",
    about="""\
The old password comes from COSIGN_PASSWORD, a prompt, or standard input taken whole; the new one
from BOLTSEAL_NEW_PASSWORD, or a prompt, twice. The file is replaced at once or not at all, after
the new one was seen to open. The key itself stays the same, and so does its public part.""",
    examples=(
        ("change the password with two prompts", "boltseal key reencrypt cosign.key"),
        (
            "without prompts",
            'COSIGN_PASSWORD="$OLD" BOLTSEAL_NEW_PASSWORD="$NEW" boltseal key reencrypt cosign.key',
        ),
    ),
    run=run,
    arguments=Arguments("FILE", 1, 1),
    cosign=compat.COMPLETION,
)
