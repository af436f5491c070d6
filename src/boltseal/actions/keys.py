"""From what a workflow gives as a key to a signer, or to a trust."""

from __future__ import annotations

import re

from boltseal.actions.around import Around
from boltseal.core.keyfile import is_encrypted
from boltseal.errors import KeyUnusable, PasswordError, UsageError
from boltseal.signers.local import LocalSigner
from boltseal.signers.open import SERVICES, open_signer, shown
from boltseal.stores.keyfiles import read as read_key_file
from boltseal.stores.open import read_key
from boltseal.trust.key import KeyTrust
from boltseal.trust.open import open_trust

PASSWORD = "COSIGN_PASSWORD"  # noqa: S105 - the name of a variable
_KEYLESS = "keyless"
_PEM = re.compile(r"-----BEGIN [^-\n]+-----.*?-----END [^-\n]+-----", re.DOTALL)
# What a user gives as PEM text, or as a path, is in neither case this long.
_LONGEST_PATH = 1000


def signer(reference: str, *, password: str, around: Around) -> LocalSigner:
    """Open the private key; raise PasswordError where its password is missing or wrong.

    The password is the input's, else COSIGN_PASSWORD's, taken as it is. A missing one is never
    a reason to sign in another way, and neither is a missing key.
    """
    text = reference.strip()
    if text == _KEYLESS:
        raise UsageError(
            "the input `key` is keyless, and this version signs with keys only; make one with "
            "`boltseal generate-key-pair`, commit cosign.key and give its path"
        )
    _refuse_addresses(text)
    content = _read(text, around)
    if not is_encrypted(content) and b"-----BEGIN" not in content:
        raise KeyUnusable(
            f"{shown(text)} holds no PEM key at all; it has to be the whole file that "
            "`boltseal generate-key-pair` wrote as cosign.key"
        )
    given = password or around.environment.get(PASSWORD, "")
    if not given and PASSWORD not in around.environment:
        raise PasswordError(missing_password(text))
    secret = given.encode("utf-8", "surrogateescape")
    try:
        return open_signer(text, read=lambda _: content, password=lambda: secret)
    except PasswordError as error:
        if given:
            raise
        raise PasswordError(missing_password(text)) from error


def missing_password(reference: str) -> str:
    """Return the sentence that names the very line a workflow lacks."""
    return (
        f"{shown(reference)} is encrypted, and no password came with it. Under `with:` of this "
        f"step, write `password: ${{{{ secrets.{PASSWORD} }}}}`, and store the key's password as "
        f"the repository's secret {PASSWORD}. If that line is there, the secret is empty or not "
        "handed to this run: GitHub gives none to pull requests of forks and of Dependabot"
    )


def trust(text: str, *, around: Around) -> KeyTrust:
    """Read public keys: PEM blocks in the text itself, and files, folders or env://NAME by line.

    Raise UsageError where there is none, or one key under two names.
    """
    blocks = _PEM.findall(text)
    rest = _PEM.sub("\n", text)
    lines = [line.strip() for line in rest.splitlines()]
    references = [line for line in lines if line and not line.startswith("#")]
    if any("-----BEGIN" in line for line in references):
        raise UsageError(
            "the input `key` holds a PEM block that is cut off: its END line is missing"
        )
    named = [(_called(number, blocks), _pem(block)) for number, block in enumerate(blocks, 1)]
    for reference in references:
        _refuse_addresses(reference)
        named += [(name, _read(name, around)) for name in _each(reference, around)]
    return open_trust(named)


def _called(number: int, blocks: list[str]) -> str:
    return "given as text" if len(blocks) == 1 else f"{number} given as text"


def _pem(block: str) -> bytes:
    # A YAML folded block indents what it holds.
    return "\n".join(line.strip() for line in block.splitlines()).encode("utf-8", "replace")


def _each(reference: str, around: Around) -> tuple[str, ...]:
    if "://" in reference:
        return (reference,)
    folder = around.workspace.path(reference)
    if not folder.is_dir():
        return (reference,)
    found = tuple(f"{reference.rstrip('/')}/{path.name}" for path in sorted(folder.glob("*.pub")))
    if not found:
        raise UsageError(f"the folder {reference!r} has no *.pub file in it")
    return found


def _read(reference: str, around: Around) -> bytes:
    if "-----BEGIN" in reference or "://" in reference:
        return read_key(reference, environment=around.environment, fetch=_never)
    if len(reference) > _LONGEST_PATH or "\n" in reference:
        raise UsageError(
            "the input `key` is neither PEM text nor a path; give the whole file, BEGIN and END "
            "lines included, or its path"
        )
    return read_key_file(around.workspace.path(reference))


def _refuse_addresses(reference: str) -> None:
    scheme, separator, _ = reference.partition("://")
    if "-----BEGIN" in reference or not separator or scheme == "env":
        return
    kind = "a key service, which this version cannot use" if scheme in SERVICES else "no key file"
    raise UsageError(
        f"the input `key` names {scheme[:20]}://…, {kind}; give a path in the repository, "
        "env://NAME or PEM text"
    )


def _never(url: str) -> bytes:
    raise UsageError(f"a key is not fetched from {url[:200]!r}; commit it, or give its text")
