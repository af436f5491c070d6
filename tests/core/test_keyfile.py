"""cosign's key files open, ours are cosign's byte for byte, and each bad one says what is wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.bindings import crypto_secretbox

from boltseal.core import keyfile, pem
from boltseal.core.keys import PrivateKey, PublicKey
from boltseal.errors import BoltsealError, KeyUnusable, PasswordError, UsageError

VECTORS = Path(__file__).parents[1] / "vectors"
FACTS: dict[str, Any] = json.loads((VECTORS / "keys" / "keys.json").read_text())
GOOD = {name: fact for name, fact in FACTS["keys"].items() if fact["password"] is not None}
BAD_OR_ODD = {Path(fact["file"]).stem: fact for fact in FACTS["bad_or_odd_private_key_files"]}
LABEL = "ENCRYPTED SIGSTORE PRIVATE KEY"
COSIGN_LABEL = "ENCRYPTED COSIGN PRIVATE KEY"


def file_of(name: str) -> bytes:
    return (VECTORS / "keys" / f"{name}.key").read_bytes()


def envelope_of(name: str) -> dict[str, Any]:
    value = json.loads(pem.first_block(file_of(name), what=name).content)
    assert isinstance(value, dict)
    return value


def sealed(value: Any, *, label: str = LABEL) -> bytes:
    return pem.write(label, json.dumps(value).encode())


# --- files of cosign -----------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_key_files_of_cosign_open_to_the_same_bytes(name: str) -> None:
    """Every key file opens with its password to the PKCS#8 bytes and the public key of its pair."""
    fact = GOOD[name]
    data = file_of(name)
    assert keyfile.is_encrypted(data)
    key = keyfile.open_key(data, password=fact["password"].encode(), what=name)
    assert hashlib.sha256(key.pkcs8).hexdigest() == fact["pkcs8_sha256"]
    assert key.public_key.hint == fact["spki_sha256_b64"]
    assert key.public_key.pem == (VECTORS / fact["public"]).read_bytes()


# One file for each kind of key and each writer; PrivateKey.import_pem gives the key of the rest.
RESEALED = {
    "k25": None,
    "k31-empty": None,
    "imported31-p384-sec1": "p384-sec1",
    "imported31-p521-pkcs8": "p521-pkcs8",
    "imported31-ed25519-pkcs8": "ed25519-pkcs8",
    "imported31-rsa2048-pkcs1": "rsa2048-pkcs1",
    "imported31-rsa4096-pkcs1": "rsa4096-pkcs1",
}


@pytest.mark.parametrize("name", RESEALED)
def test_sealing_gives_the_bytes_of_cosign(name: str) -> None:
    """The same key, password, salt and nonce give the very file that cosign wrote."""
    envelope, fact = envelope_of(name), GOOD[name]
    source = RESEALED[name]
    if source is None:
        der = base64.b64decode(fact["pkcs8_der_b64"])
        key = PrivateKey.parse_pkcs8(der, what=name)
    else:
        key = PrivateKey.import_pem(
            (VECTORS / "keys" / "plain" / f"{source}.pem").read_bytes(), what=name
        )
    written = keyfile.seal(
        key,
        password=fact["password"].encode(),
        salt=base64.b64decode(envelope["kdf"]["salt"]),
        nonce=base64.b64decode(envelope["cipher"]["nonce"]),
    )
    assert written == file_of(name)


# What each bad or odd file is refused with; None where it opens. Both generations of cosign give
# the same verdicts, so there is no column for where we differ: there is nothing in it.
ANSWERS: dict[str, str | None] = {
    "bad-scrypt-n-262144": "scrypt with N=262144, r=8, p=1",
    "bad-scrypt-n-16384": "scrypt with N=16384, r=8, p=1",
    "bad-scrypt-n-huge": "scrypt with N=1073741824, r=8, p=1",
    "bad-scrypt-r-1": "scrypt with N=65536, r=1, p=1",
    "bad-scrypt-p-2": "scrypt with N=65536, r=8, p=2",
    "bad-kdf-name": "key derivation of it is 'pbkdf2'",
    "bad-cipher-name": "cipher of it is 'aes'",
    "bad-nonce-23": "nonce has 23 bytes, not 24",
    "bad-truncated-ciphertext": "does not open it, or the file was changed",
    "bad-flipped-tag": "does not open it, or the file was changed",
    "bad-pem-type": "holds a private key that OpenSSL encrypted",
    "bad-json-truncated": "is not JSON",
    "bad-scrypt-n-fraction": "not three integers",
    "bad-scrypt-n-string": "not three integers",
    "bad-scrypt-params-missing": "'params' is missing",
    "bad-pem-indented": "indented PEM block",
    "bad-pem-end-label": "the END line of its PEM block is not that of its BEGIN line",
    "bad-json-base64-unpadded": "its salt is missing or not base64",
    "odd-extra-json-fields": None,
    "odd-json-key-case": None,
    "odd-json-pretty": None,
    "odd-json-base64-newlines": None,
    "odd-json-trailing-data": "Extra data",
    "odd-duplicate-json-key": "member 'ciphertext' stands there twice",
    "odd-scrypt-n-exponent": "not three integers",
    "odd-salt-empty": None,
    "odd-salt-16-bytes": None,
    "odd-pem-text-before": None,
    "odd-pem-crlf": None,
    "odd-pem-one-line": None,
    "odd-pem-no-final-newline": None,
    "odd-pem-header": None,
    "odd-pem-public-key-after": None,
    "odd-pem-public-key-first": "holds a public key",
}


@pytest.mark.parametrize("name", BAD_OR_ODD)
def test_bad_and_odd_files_get_the_verdict_of_cosign(name: str) -> None:
    """A file that cosign opens opens; one that it refuses is refused with the reason."""
    fact, words = BAD_OR_ODD[name], ANSWERS[name]
    accepted = {result["rc"] == 0 for result in fact["results"].values()}
    assert accepted == {words is None}
    data, password = (VECTORS / fact["file"]).read_bytes(), fact["password"].encode()
    if words is None:
        key = keyfile.open_key(data, password=password, what="it")
        printed = {result["stdout"] for result in fact["results"].values()}
        assert printed == {key.public_key.pem.decode()}
        return
    with pytest.raises((KeyUnusable, PasswordError)) as caught:
        keyfile.open_key(data, password=password, what="it")
    assert words in str(caught.value)
    assert password.decode() not in str(caught.value)


def test_every_bad_or_odd_file_has_its_answer() -> None:
    """The table above speaks of every bad or odd file of the folder, and of no other."""
    folder = {path.stem for kind in ("bad", "odd") for path in (VECTORS / "keys").glob(f"{kind}-*")}
    assert folder == set(ANSWERS) == set(BAD_OR_ODD)


def test_the_key_of_the_announcement_is_known_but_stays_shut() -> None:
    """The key file printed in 2021 is one of cosign's; without its password it stays shut."""
    data = file_of("blog-2021")
    assert keyfile.is_encrypted(data)
    with pytest.raises(PasswordError, match="does not open the key of 2021"):
        keyfile.open_key(data, password=b"\n", what="the key of 2021")


# --- passwords -----------------------------------------------------------------------------


@pytest.mark.parametrize("tail", [b"\n", b"\r\n"])
def test_a_newline_too_much_is_told(tail: bytes) -> None:
    """Where only the newline at the password's end is wrong, the error says so."""
    password = GOOD["k25"]["password"].encode()
    with pytest.raises(PasswordError, match="ends with a newline, and without it") as caught:
        keyfile.open_key(file_of("k25"), password=password + tail, what="k25.key")
    assert password.decode() not in str(caught.value)


def test_a_newline_too_few_is_told() -> None:
    """Where the key was made with a piped newline that is missing now, the error says so."""
    with pytest.raises(PasswordError, match="lacks a newline at its end") as caught:
        keyfile.open_key(file_of("k31-stdin-newline"), password=b"piped", what="k31.key")
    assert "piped\n" not in str(caught.value)


def test_a_wrong_password_is_no_damage() -> None:
    """A wrong password is the password's owner's affair, with the password's exit code."""
    with pytest.raises(PasswordError, match="does not open it") as caught:
        keyfile.open_key(file_of("k25"), password=b"hunter2", what="it")
    assert caught.value.exit_code == 6
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# --- refusals that the files do not show ---------------------------------------------------

NO_KEY_FILE = {
    "an unencrypted key": (
        (VECTORS / "keys/plain/p256-pkcs8.pem").read_bytes(),
        "encrypt it with `boltseal import-key-pair` first",
    ),
    "EC parameters": (
        (VECTORS / "keys/plain/rejected-p256-with-params-block.pem").read_bytes(),
        "import-key-pair",
    ),
    "an OpenSSH key": (pem.write("OPENSSH PRIVATE KEY", b"c"), "ssh-keygen -p -m PKCS8"),
    "a public key": ((VECTORS / "keys/k25.pub").read_bytes(), "give the private part"),
    "a certificate": (pem.write("CERTIFICATE", b"c"), "holds a certificate"),
    "nothing": (b"", "is empty"),
    "the box alone": (pem.first_block(file_of("k25"), what="").content, "no PEM block"),
    "half a file": (file_of("k25")[:300], "is cut off"),
}


@pytest.mark.parametrize("name", NO_KEY_FILE)
def test_what_is_no_key_file_is_named(name: str) -> None:
    """Each thing that people give for a key file is refused by name, with what to do."""
    data, words = NO_KEY_FILE[name]
    assert not keyfile.is_encrypted(data)
    with pytest.raises(KeyUnusable, match=r"^it ") as caught:
        keyfile.open_key(data, password=b"", what="it")
    assert words in str(caught.value)


def _changed(**members: Any) -> dict[str, Any]:
    return {**envelope_of("k25"), **members}


BROKEN: dict[str, tuple[Any, str]] = {
    "no object": ([], "'kdf' is missing"),
    "no kdf": (_changed(kdf=None), "'kdf' is missing"),
    "a kdf that is text": (_changed(kdf="scrypt"), "'kdf' is missing"),
    "a kdf without name": (_changed(kdf={}), "is not named"),
    "no cipher": (_changed(cipher=7), "'cipher' is missing"),
    "parameters of truth": (
        _changed(kdf={"name": "scrypt", "params": {"N": True, "r": 8, "p": 1}}),
        "not three integers",
    ),
    "huge r and p": (
        _changed(kdf={"name": "scrypt", "params": {"N": 65536, "r": 2**30, "p": 2**30}}),
        "r=1073741824, p=1073741824",
    ),
    "a member in two cases": (_changed(KDF=envelope_of("k25")["kdf"]), "'kdf' stands there twice"),
    "a ciphertext that is a number": (_changed(ciphertext=1), "its ciphertext is missing"),
    "a ciphertext that is short": (_changed(ciphertext="AAAA"), "3 bytes are too few"),
    "URL-safe base64": (_changed(ciphertext="__--" * 30), "its ciphertext is missing or not"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("label", [LABEL, COSIGN_LABEL])
def test_broken_envelopes_are_damage(name: str, label: str) -> None:
    """Whatever is wrong with the structure is the file's fault, not the password's."""
    value, words = BROKEN[name]
    with pytest.raises(KeyUnusable) as caught:
        keyfile.open_key(sealed(value, label=label), password=b"", what="it")
    assert words in str(caught.value)


def test_parameters_are_refused_before_they_cost_anything() -> None:
    """A file that asks for a terabyte of memory is refused at once."""
    begun = time.process_time()
    with pytest.raises(KeyUnusable, match="N=1073741824"):
        keyfile.open_key(file_of("bad-scrypt-n-huge"), password=b"x" * (1 << 20), what="it")
    assert time.process_time() - begun < 0.5


def test_a_box_with_something_else_in_it_shows_nothing_of_it() -> None:
    """A box that opens and holds no key is refused without a word of what is in it."""
    salt, nonce = bytes(32), bytes(24)
    derived = Scrypt(salt=salt, length=32, n=32768, r=8, p=1).derive(b"pw")
    content = b"hunter2 " * 10
    value = {
        "kdf": {
            "name": "scrypt",
            "params": {"N": 32768, "r": 8, "p": 1},
            "salt": base64.b64encode(salt).decode(),
        },
        "cipher": {"name": "nacl/secretbox", "nonce": base64.b64encode(nonce).decode()},
        "ciphertext": base64.b64encode(crypto_secretbox(content, nonce, derived)).decode(),
    }
    with pytest.raises(KeyUnusable, match="the key inside it is not a sound") as caught:
        keyfile.open_key(sealed(value), password=b"pw", what="it")
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error) + repr(vars(error))
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(("salt", "nonce"), [(31, 24), (32, 23), (0, 0)])
def test_sealing_takes_salt_and_nonce_of_their_sizes_only(salt: int, nonce: int) -> None:
    """A short source of randomness is refused, and not padded."""
    with pytest.raises(UsageError, match="32 bytes of salt and 24 of nonce"):
        keyfile.seal(PrivateKey.generate(), password=b"", salt=bytes(salt), nonce=bytes(nonce))


def test_a_new_key_is_opened_by_its_password() -> None:
    """What is sealed opens again, with a password of any bytes, and is the same key."""
    key = PrivateKey.generate()
    password = b"\x00\xff p\xc3\xa4ss"
    data = keyfile.seal(key, password=password, salt=bytes(range(32)), nonce=bytes(range(24)))
    assert data.startswith(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
    again = keyfile.open_key(data, password=password, what="it")
    assert again.pkcs8 == key.pkcs8
    assert again.public_key.verify(again.sign(b"m"), b"m") is not None
    with pytest.raises(KeyUnusable, match="encrypted cosign private key"):
        PublicKey.parse(data, what="it")


# --- any bytes -----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kdf", "name", "params", "N", "r", "p", "salt", "cipher", "KDF"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.binary().map(lambda d: pem.write(LABEL, d)) | JSON.map(sealed))
def test_no_bytes_make_opening_raise_anything_else(data: bytes) -> None:
    """Any bytes, any block and any JSON are refused with our own error."""
    keyfile.is_encrypted(data)
    with pytest.raises(BoltsealError):
        keyfile.open_key(data, password=b"", what="it")
