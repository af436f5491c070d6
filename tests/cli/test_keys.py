"""Keys from the command line: made, taken over, shown; and where their passwords come from."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.cli.desk import PASSWORD, Desk, push
from tests.support.registry import Registry


class _Bare(Desk):
    """A desk whose runs have no COSIGN_PASSWORD."""

    def variables(self) -> dict[str, str]:
        """Return the environment without the password."""
        return {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}


@pytest.fixture
def bare(desk: Desk) -> Desk:
    """Give a desk without COSIGN_PASSWORD."""
    return _Bare(desk.folder)


def _public(desk: Desk, stdin: bytes | None = b"", **environment: str) -> tuple[int, str]:
    ran = desk.run("public-key", "--key", desk.path("release.key"), stdin=stdin, **environment)
    return ran.code, ran.err


def test_a_pair_is_made_in_two_files(desk: Desk) -> None:
    """generate-key-pair writes both files, in cosign's words, and their key is the public one."""
    prefix = desk.path("new")
    ran = desk.run("generate-key-pair", "--output-key-prefix", prefix)
    assert (ran.code, ran.out) == (0, b"")
    assert ran.err == f"Private key written to {prefix}.key\nPublic key written to {prefix}.pub\n"
    assert Path(f"{prefix}.key").stat().st_mode & 0o777 == 0o600
    shown = desk.run("public-key", "--key", f"{prefix}.key")
    assert shown.out == Path(f"{prefix}.pub").read_bytes()


def test_the_public_key_goes_to_a_file(desk: Desk) -> None:
    """--outfile replaces a longer file wholly."""
    place = desk.write("out.pub", b"x" * 5000)
    ran = desk.run("public-key", "--key", desk.path("release.key"), "--outfile", place)
    assert (ran.out, ran.err) == (b"", f"Public key written to {place}\n")
    assert Path(place).read_bytes() == Path(desk.path("release.pub")).read_bytes()


@pytest.mark.parametrize(
    ("answer", "code"), [(b"y\n", 0), (b"Y\n", 0), (b"n\n", 14), (b"", 14), (b"yes\n", 2)]
)
def test_a_key_is_overwritten_by_consent_only(desk: Desk, answer: bytes, code: int) -> None:
    """An existing key is replaced after 'y' to cosign's own question, and after nothing else."""
    before = Path(desk.path("release.key")).read_bytes()
    line = ("generate-key-pair", "--output-key-prefix", desk.path("release"))
    ran = desk.run(*line, stdin=answer)
    assert ran.code == code
    assert f"WARNING: File {desk.path('release.key')} already exists. Overwrite?\n" in ran.err
    assert "Are you sure you would like to continue? [y/N] " in ran.err
    assert (Path(desk.path("release.key")).read_bytes() == before) is (code != 0)


def test_a_piped_password_is_no_consent(bare: Desk) -> None:
    """Where standard input is the password, nobody can say yes, so that nothing is overwritten."""
    line = ("generate-key-pair", "--output-key-prefix", bare.path("release"))
    ran = bare.run(*line, stdin=b"y\n")
    assert ran.code == 14
    assert bare.run(*line, "--yes", stdin=PASSWORD.encode()).code == 0


@pytest.mark.parametrize("place", ["k8s://a/b", "gitlab://group", "github://owner/repo", "name"])
def test_other_places_for_a_key_are_refused(desk: Desk, place: str) -> None:
    """A place that is not there is refused in a sentence that says what to do instead."""
    ran = desk.run("generate-key-pair", place)
    assert ran.code == 2
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1


def test_weak_passwords_are_warned_of(desk: Desk) -> None:
    """An empty or short password is taken with a warning, which does not show it."""
    line = ("generate-key-pair", "--output-key-prefix")
    empty = desk.run(*line, desk.path("one"), COSIGN_PASSWORD="")
    short = desk.run(*line, desk.path("two"), COSIGN_PASSWORD="hunter2")
    assert (empty.code, short.code) == (0, 0)
    assert "the password is empty" in empty.err
    assert "WARNING: the password has 7 bytes" in short.err
    assert "hunter2" not in short.err


def test_the_password_in_the_environment_comes_first(desk: Desk) -> None:
    """COSIGN_PASSWORD is used even where standard input holds something else, and even if empty."""
    assert _public(desk, stdin=b"wrong")[0] == 0
    assert _public(desk, stdin=PASSWORD.encode(), COSIGN_PASSWORD="")[0] == 6


def test_a_password_is_piped_untrimmed(bare: Desk) -> None:
    """All of standard input is the password; a newline too much is named as the cause."""
    assert _public(bare, stdin=PASSWORD.encode())[0] == 0
    code, said = _public(bare, stdin=PASSWORD.encode() + b"\n")
    assert code == 6
    assert "newline" in said or "line break" in said
    assert PASSWORD not in said


@pytest.mark.parametrize("stdin", [b"", None], ids=["empty", "none"])
def test_a_missing_password_says_where_to_put_it(bare: Desk, stdin: bytes | None) -> None:
    """Without any password the error names the variable and the line of a workflow."""
    code, said = _public(bare, stdin=stdin)
    assert code == 6
    assert "COSIGN_PASSWORD: ${{ secrets.COSIGN_PASSWORD }}" in said


def test_an_endless_password_is_refused(bare: Desk) -> None:
    """More than a mebibyte on standard input is wrong use, read no further."""
    assert _public(bare, stdin=b"x" * (1024 * 1024 + 1))[0] == 2


def test_dev_null_as_standard_input_is_no_terminal(bare: Desk) -> None:
    """With /dev/null as standard input the missing password is named, as with an empty pipe."""
    with open(os.devnull, "rb") as nothing:
        ended = subprocess.run(
            [sys.executable, "-I", "-m", "boltseal", "public-key", "--key", "release.key"],
            stdin=nothing,
            capture_output=True,
            check=False,
            env=bare.variables(),
            cwd=bare.folder,
        )
    assert ended.returncode == 6
    assert b"COSIGN_PASSWORD" in ended.stderr


def test_a_terminal_is_asked_twice_and_shows_nothing(bare: Desk) -> None:
    """On a terminal the password of a new key is asked for twice, in cosign's words, unseen."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-I", "-m", "boltseal", "generate-key-pair"],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=bare.variables(),
        cwd=bare.folder,
    )
    os.close(theirs)
    assert child.stderr is not None
    watchdog = threading.Timer(30, child.kill)
    watchdog.start()
    said = b""
    for prompt in (b"Enter password for private key: ", b"Enter password for private key again: "):
        while not said.endswith(prompt):
            more = child.stderr.read1(1)  # type: ignore[attr-defined]
            assert more, said
            said += more
        os.write(ours, PASSWORD.encode() + b"\n")
    said += child.stderr.read()
    child.stderr.close()
    assert child.wait(30) == 0, said
    watchdog.cancel()
    shown = _echoed(ours)
    os.close(ours)
    assert PASSWORD.encode() not in shown + said
    made = Desk(bare.folder).run("public-key", "--key", bare.path("cosign.key"))
    assert made.code == 0


def _echoed(terminal: int) -> bytes:
    """Return what the terminal has shown; its other side is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:  # nothing at all (Linux)
        return b""


def _foreign(password: bytes | None = None) -> bytes:
    key = ec.generate_private_key(ec.SECP384R1())
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def test_a_foreign_key_is_imported_and_signs(desk: Desk, registry: Registry) -> None:
    """A key of another program becomes a pair in cosign's form, which signs and verifies."""
    key = desk.write("foreign.pem", _foreign())
    ran = desk.run("import-key-pair", "-k", key, "-o", desk.path("own"))
    assert ran.code == 0
    assert f"Private key written to {desk.path('own.key')}" in ran.err
    assert b"ENCRYPTED SIGSTORE PRIVATE KEY" in Path(desk.path("own.key")).read_bytes()
    image = push(registry, "team/app")
    assert desk.run("sign", "--key", desk.path("own.key"), image).code == 0
    assert desk.run("verify", "--key", desk.path("own.pub"), image).code == 0
    assert desk.run("import-key-pair", "-k", key, "-o", desk.path("own")).code == 14
    assert desk.run("import-key-pair", "-k", key, "-o", desk.path("own"), "-y").code == 0


def test_an_encrypted_foreign_key_needs_its_own_password(desk: Desk) -> None:
    """What OpenSSL encrypted is opened with BOLTSEAL_IMPORT_PASSWORD; without it, that is said."""
    key = desk.write("foreign.pem", _foreign(b"theirs"))
    line = ("import-key-pair", "--key", key, "--output-key-prefix", desk.path("own"))
    missing = desk.run(*line)
    assert missing.code == 6
    assert "BOLTSEAL_IMPORT_PASSWORD" in missing.err
    assert desk.run(*line, BOLTSEAL_IMPORT_PASSWORD="theirs").code == 0


def test_a_key_is_fetched_from_a_url(desk: Desk, registry: Registry) -> None:
    """A key behind a loopback URL is read; one that is not there is undecided, http is refused."""
    image = push(registry, "team/app")
    assert desk.run("sign", "--key", desk.path("release.key"), image).code == 0
    digest = registry.put_blob("keys/public", Path(desk.path("release.pub")).read_bytes())
    url = f"{registry.url}/v2/keys/public/blobs/"
    assert desk.run("verify", "--key", url + digest, image).code == 0
    assert desk.run("verify", "--key", url + "sha256:" + "0" * 64, image).code == 3
    plain = desk.run("verify", "--key", "http://keys.example.com/cosign.pub", image)
    assert plain.code == 2
    assert "https://" in plain.err


@pytest.mark.parametrize("reference", ["awskms:///alias/x", "k8s://ns/name", "pkcs11:token=x"])
def test_key_services_are_refused_by_name(desk: Desk, reference: str) -> None:
    """A reference to a key service is refused as such, not looked for as a file."""
    ran = desk.run("sign", "--key", reference, "r.example.com/a/b:v1")
    assert ran.code == 2
    assert "key service" in ran.err
