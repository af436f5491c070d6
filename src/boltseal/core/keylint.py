"""What is wrong with a key file, told by its bytes, its mode and the passwords that open it.

No finding holds a part of a key or of a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from boltseal.core import keyfile, pem
from boltseal.core.keykinds import Kind, kind_of
from boltseal.core.keys import PrivateKey, PublicKey
from boltseal.core.passwords import estimate
from boltseal.errors import KeyUnusable, Malformed, PasswordError

PRIVATE = frozenset({Kind.SEALED, Kind.ENCRYPTED, Kind.PLAIN, Kind.PARAMETERS, Kind.OPENSSH})
_OTHERS_MAY = 0o077


class Level(str, Enum):
    """How grave a finding is: an error has to be mended, a warning thought of, a note known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found out about one file: how grave, which rule, and a sentence with its cure."""

    level: Level
    rule: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that may hold a key; `mode` is that of the file system, None where it says nothing."""

    path: str
    data: bytes = field(repr=False)
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file and what was found: its findings, and the public key of what could be opened."""

    file: KeyFile
    findings: tuple[Finding, ...]
    private: bool = False
    key: PublicKey | None = None


def kind(data: bytes) -> Kind | None:
    """Return what the first key in a file is, None for a file without any PEM block."""
    try:
        kinds = [kind_of(block) for block in pem.blocks(data, what="")]
    except Malformed:
        return None
    return next((one for one in kinds if one in PRIVATE or one is Kind.PUBLIC), kinds[0])


def holds_key(data: bytes) -> bool:
    """Tell whether a file holds a key, private or public, in any form of PEM."""
    found = kind(data)
    return found in PRIVATE or found is Kind.PUBLIC


def inspect(file: KeyFile, *, password: bytes | None) -> Inspected:
    """Look at one file, try the empty password and the one given, and tell what is wrong.

    An encrypted key takes up to four derivations of 64 MiB and some tenths of a second each.
    """
    found = kind(file.data)
    if found in PRIVATE:
        return _private(file, found, password=password)
    if found is not Kind.PUBLIC:
        said = f"holds {found.value}" if found else "holds no key that is PEM text"
        return Inspected(file, (Finding(Level.ERROR, "no-key", file.path, f"it {said}"),))
    try:
        key = PublicKey.parse(file.data, what=file.path)
    except KeyUnusable as error:
        return Inspected(file, (Finding(Level.ERROR, "unusable-key", file.path, str(error)),))
    return Inspected(file, tuple(_strength(key, file.path)), key=key)


def pairs(inspected: Mapping[str, Inspected]) -> Iterator[Finding]:
    """Compare each `NAME.key` with its `NAME.pub`, by path."""
    for path, private in inspected.items():
        stem, dot, end = path.rpartition(".")
        public = inspected.get(f"{stem}.pub")
        if not private.private or not dot or end == "pub" or public is None or public.key is None:
            continue
        if private.key is None:
            message = f"it could not be compared with {stem}.pub: no password at hand opens it"
            yield Finding(Level.NOTE, "not-compared", path, message)
        elif private.key != public.key:
            yield Finding(
                Level.ERROR,
                "mismatch",
                path,
                f"its public key is {private.key.fingerprint}, and {stem}.pub holds "
                f"{public.key.fingerprint}: what it signs will not verify; write the right one "
                f"with `boltseal public-key --key {path} --outfile {stem}.pub`",
            )


def _private(file: KeyFile, found: Kind | None, *, password: bytes | None) -> Inspected:
    findings = list(_mode(file))
    if found is Kind.SEALED:
        key = _sealed(file, password, findings)
    else:
        key = _foreign(file, found, findings)
    if key is not None:
        findings += _strength(key, file.path)
    return Inspected(file, tuple(findings), private=True, key=key)


def _mode(file: KeyFile) -> Iterator[Finding]:
    if file.mode is not None and file.mode & _OTHERS_MAY:
        yield Finding(
            Level.WARNING,
            "mode",
            file.path,
            f"its mode is {file.mode & 0o7777:04o}: others on this machine may read or change the "
            f"private key; `chmod 600 {file.path}`",
        )


def _sealed(file: KeyFile, password: bytes | None, findings: list[Finding]) -> PublicKey | None:
    try:
        for one in dict.fromkeys((b"", password)):
            if one is None or (key := _opened(file, one)) is None:
                continue
            findings += _password(file.path, one)
            return key
    except KeyUnusable as error:
        findings.append(Finding(Level.ERROR, "unusable-key", file.path, str(error)))
        return None
    said = "not asked for" if password is None else "another one"
    message = f"its password is {said}, so that neither it nor the key inside could be judged"
    findings.append(Finding(Level.NOTE, "not-opened", file.path, message))
    return None


def _opened(file: KeyFile, password: bytes) -> PublicKey | None:
    try:
        return keyfile.open_key(file.data, password=password, what=file.path).public_key
    except PasswordError:
        return None


def _password(path: str, password: bytes) -> Iterator[Finding]:
    cure = "give it another with `boltseal key reencrypt`"
    if not password:
        message = f"its password is empty: whoever reads the file can sign with it; {cure}"
        yield Finding(Level.ERROR, "empty-password", path, message)
        return
    found = estimate(password)
    if not found.moderate:
        return
    why = "; ".join(found.reasons) or "it is short"
    level, rule = (
        (Level.ERROR, "weak-password") if found.weak else (Level.WARNING, "short-password")
    )
    message = (
        f"its password takes about 2^{found.bits:.0f} guesses at most ({why}), which whoever has "
        f"the file can try; {cure}"
    )
    yield Finding(level, rule, path, message)


def _foreign(file: KeyFile, found: Kind | None, findings: list[Finding]) -> PublicKey | None:
    what = found.value if found else "a private key"
    if found is Kind.ENCRYPTED:
        message = f"it is {what}; sign with one of cosign's form: `boltseal import-key-pair`"
        findings.append(Finding(Level.WARNING, "foreign-key", file.path, message))
        return None
    message = (
        f"it is {what}, and nothing says that it is encrypted: whoever reads the file can sign "
        "with it; take it over with `boltseal import-key-pair`, then delete it wherever it is"
    )
    findings.append(Finding(Level.ERROR, "unencrypted-key", file.path, message))
    if found is Kind.OPENSSH:
        return None
    try:
        return PrivateKey.import_pem(file.data, what=file.path).public_key
    except (KeyUnusable, PasswordError) as error:
        findings.append(Finding(Level.ERROR, "unusable-key", file.path, str(error)))
        return None


def _strength(key: PublicKey, path: str) -> Iterator[Finding]:
    if key.algorithm == "RSA 2048":
        yield Finding(
            Level.NOTE,
            "small-key",
            path,
            "it is RSA 2048, which NIST SP 800-57 lets sign until the end of 2030; "
            "make the next one with `boltseal key rotate`",
        )
