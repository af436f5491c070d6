"""Look after key files: give one another password, and tell what is wrong with them.

reencrypt  key file -open-> PrivateKey -seal-> key file -open-> the same key
lint       key files -inspect-> findings; pairs -compare-> findings; history -open-> findings
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boltseal.core import keyfile, keylint
from boltseal.core.keykinds import Kind
from boltseal.core.keylint import Finding, Inspected, KeyFile, Level
from boltseal.errors import KeyUnusable, PasswordError
from boltseal.flows.keypair import Entropy

# Each takes as long as opening a key; more than these would take minutes.
MOST_TRIED = 20

# A path in the repository, what it is called in findings, and the bytes of one version of it.
Version = tuple[str, str, bytes]


def reencrypt(data: bytes, *, old: bytes, new: bytes, entropy: Entropy, what: str) -> bytes:
    """Return the key file with the same key under the password `new`, read back before.

    Raise PasswordError where `old` does not open it or `new` is the same, KeyUnusable for what is
    no encrypted key.
    """
    key = keyfile.open_key(data, password=old, what=what)
    if old == new:
        raise PasswordError(f"the new password of {what} is the old one; nothing was written")
    salt, nonce = entropy(keyfile.SALT_SIZE), entropy(keyfile.NONCE_SIZE)
    sealed = keyfile.seal(key, password=new, salt=salt, nonce=nonce)
    # What replaces the only copy of a key must be known to open.
    again = keyfile.open_key(sealed, password=new, what=what)
    if again.public_key != key.public_key:
        raise KeyUnusable(f"{what} could not be written again: another key came out")
    return sealed


def lint(
    files: Sequence[KeyFile],
    *,
    password: bytes | None,
    history: Callable[[], Sequence[Version]] = lambda: (),
) -> tuple[Finding, ...]:
    """Return what is wrong with the files, the gravest first; `history` gives what git holds.

    Every encrypted key is tried with the empty password and with `password`.
    """
    inspected = {file.path: keylint.inspect(file, password=password) for file in files}
    findings = [finding for one in inspected.values() for finding in one.findings]
    findings += keylint.pairs(inspected)
    findings += _past(history(), inspected=inspected, password=password)
    order = list(Level)
    return tuple(sorted(findings, key=lambda found: (order.index(found.level), found.path)))


def _past(
    versions: Sequence[Version], *, inspected: dict[str, Inspected], password: bytes | None
) -> list[Finding]:
    """Judge private keys that commits hold and that are no longer, or never were, these files."""
    present = {one.file.data: one for one in inspected.values()}
    findings: list[Finding] = []
    tried = 0
    for path, called, data in versions:
        found = keylint.kind(data)
        if found not in keylint.PRIVATE:
            continue
        now = present.get(data)
        if found is Kind.SEALED:
            if now is None:
                tried += 1
                known = password if tried <= MOST_TRIED else None
                findings.append(_sealed(path, called, data, known, look=tried <= MOST_TRIED))
        elif found is not Kind.ENCRYPTED:
            findings.append(Finding(Level.ERROR, "history", path, _PLAIN.format(called=called)))
    return findings


def _sealed(path: str, called: str, data: bytes, password: bytes | None, *, look: bool) -> Finding:
    file = KeyFile(path, data)
    grave = keylint.inspect(file, password=password).findings if look else ()
    bad = [found.message for found in grave if found.level is Level.ERROR]
    if bad:
        return Finding(Level.ERROR, "history", path, f"{called}: {bad[0]}. {_ROTATE}")
    return Finding(Level.WARNING, "history", path, _OLDER.format(called=called))


_ROTATE = (
    "No new password reaches a copy that history holds: make the next key with "
    "`boltseal key rotate`, and stop trusting this one"
)
_PLAIN = "{called} holds this private key unencrypted, for whoever can clone. " + _ROTATE
_OLDER = (
    "{called} holds another version of this encrypted key, which opens with the password that it "
    "had then. If that one was weak or is known to others, rotate the key"
)
