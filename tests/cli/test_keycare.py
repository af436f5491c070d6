"""Keys looked after from the command line: another password, what is wrong, the next key."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from boltseal.core.keyfile import open_key
from boltseal.flows.keypair import generate
from tests.cli.desk import PASSWORD, Desk, Ran, push, push_index
from tests.support.registry import Registry

NEW = "Zy1lJH8uT0u1mGq8gA2s1w3Yd8qfV3o0"


def _plain() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private(desk: Desk, name: str, password: str) -> str:
    pair = generate(password=password.encode(), entropy=os.urandom)
    path = desk.write(f"{name}.key", pair.private)
    Path(path).chmod(0o600)
    desk.write(f"{name}.pub", pair.public)
    return path


# --- key reencrypt -------------------------------------------------------------------------


def test_a_key_gets_another_password_and_stays_the_same_key(desk: Desk) -> None:
    """The new password opens the file, the old one no longer does, the public key is the same."""
    path = desk.path("release.key")
    Path(path).chmod(0o644)
    ran = desk.run("key", "reencrypt", path, BOLTSEAL_NEW_PASSWORD=NEW)
    assert ran.code == 0, ran.err
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert desk.run("public-key", "--key", path).code == 6
    shown = desk.run("public-key", "--key", path, COSIGN_PASSWORD=NEW)
    assert shown.out == Path(desk.path("release.pub")).read_bytes()
    assert PASSWORD not in ran.err
    assert NEW not in ran.err
    assert {p.name for p in desk.folder.iterdir()} == {"release.key", "release.pub"}


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"COSIGN_PASSWORD": "wrong", "BOLTSEAL_NEW_PASSWORD": NEW}, 6),
        ({"BOLTSEAL_NEW_PASSWORD": PASSWORD}, 6),
        ({}, 6),
    ],
)
def test_a_key_that_gets_no_password_is_not_touched(
    desk: Desk, environment: dict[str, str], code: int
) -> None:
    """With a wrong old password, the same new one or none, the file stays byte for byte."""
    path = Path(desk.path("release.key"))
    before = path.read_bytes()
    assert Desk(desk.folder, environment).run("key", "reencrypt", str(path)).code == code
    assert path.read_bytes() == before


def test_a_link_to_a_key_is_followed(desk: Desk) -> None:
    """The file behind a symbolic link is replaced, so that no copy keeps the old password."""
    link = desk.folder / "link.key"
    link.symlink_to("release.key")
    ran = desk.run("key", "reencrypt", str(link), BOLTSEAL_NEW_PASSWORD=NEW)
    assert ran.code == 0, ran.err
    assert link.is_symlink()
    data = Path(desk.path("release.key")).read_bytes()
    open_key(data, password=NEW.encode(), what="the file behind the link")


@pytest.mark.parametrize("place", ["env://KEY", "https://example.com/cosign.key"])
def test_only_files_are_written_again(desk: Desk, place: str) -> None:
    """A key that is no file cannot be replaced, which is wrong use."""
    assert desk.run("key", "reencrypt", place, BOLTSEAL_NEW_PASSWORD=NEW).code == 2


# --- key lint ------------------------------------------------------------------------------


def _rules(ran: Ran) -> dict[tuple[str, str], str]:
    found: list[dict[str, Any]] = ran.document["findings"]
    return {(Path(one["path"]).name, one["rule"]): one["level"] for one in found}


def _lint(desk: Desk, *words: str, **environment: str) -> Ran:
    here = Desk(desk.folder, environment)
    return here.run("key", "lint", "--output", "json", *(words or (str(desk.folder),)))


def test_a_good_pair_is_told_to_be_good(desk: Desk) -> None:
    """A pair with modes and a password as they should be has no finding."""
    ran = desk.run("key", "lint", str(desk.folder))
    assert (ran.code, ran.err) == (0, "2 key files: nothing is wrong\n")


@pytest.mark.parametrize(
    ("password", "rule", "level", "code"),
    [
        ("", "empty-password", "error", 5),
        ("Password123!", "weak-password", "error", 5),
        ("kqzvwxptb", "short-password", "warning", 0),
    ],
)
def test_a_bad_password_is_told_and_never_shown(
    desk: Desk, password: str, rule: str, level: str, code: int
) -> None:
    """Empty passwords are tried, the one of the environment is estimated, neither is printed."""
    path = _private(desk, "other", password)
    ran = _lint(desk, path, COSIGN_PASSWORD=password)
    assert ran.code == code
    assert _rules(ran) == {("other.key", rule): level}
    assert not password or password not in ran.out.decode() + ran.err


def test_an_empty_password_is_found_without_being_given(desk: Desk) -> None:
    """Whoever has the file tries it first, and so does lint."""
    path = _private(desk, "other", "")
    assert ("other.key", "empty-password") in _rules(_lint(desk, path))


def test_unprotected_and_unencrypted_keys_are_told(desk: Desk) -> None:
    """A plain private key is an error, a mode for others a warning, and no content is printed."""
    content = _plain()
    path = desk.write("plain.pem", content)
    Path(path).chmod(0o640)
    ran = _lint(desk)
    assert ran.code == 5
    found = _rules(ran)
    assert found["plain.pem", "unencrypted-key"] == "error"
    assert found["plain.pem", "mode"] == "warning"
    assert content.splitlines()[1].decode() not in ran.out.decode() + ran.err


def test_a_pair_that_does_not_belong_together_is_told(desk: Desk) -> None:
    """A public key beside a private one that it is not of is an error."""
    desk.keys("other")
    desk.write("release.pub", Path(desk.path("other.pub")).read_bytes())
    assert _rules(_lint(desk)) == {("release.key", "mismatch"): "error"}


def test_a_pair_that_cannot_be_opened_is_told_so(desk: Desk) -> None:
    """With another password at hand nothing is judged, and that is said, not passed over."""
    found = _rules(_lint(desk, COSIGN_PASSWORD="another"))
    assert found == {
        ("release.key", "not-opened"): "note",
        ("release.key", "not-compared"): "note",
    }


def test_what_is_no_key_is_told_only_where_it_was_named(desk: Desk) -> None:
    """In a folder other files are passed over; one that was named should have been a key."""
    other = desk.write("README.md", b"# nothing\n")
    assert _lint(desk).document["files"] == 2
    assert _rules(_lint(desk, other)) == {("README.md", "no-key"): "error"}


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    environment = {"PATH": os.defpath, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, env=environment
    )


def test_keys_that_the_history_holds_are_told(desk: Desk) -> None:
    """A plain key that was deleted and an older password are found in older commits."""
    _private(desk, "team", "")
    desk.write("deploy.pem", _plain())
    _git(desk.folder, "init", "-q")
    _git(desk.folder, "add", ".")
    _git(desk.folder, "commit", "-qm", "first")
    _git(desk.folder, "rm", "-q", "deploy.pem")
    (desk.folder / "release.key").chmod(0o600)
    for name in ("team", "release"):
        password = "" if name == "team" else PASSWORD
        path = desk.path(f"{name}.key")
        line = ("key", "reencrypt", path)
        ran = desk.run(*line, COSIGN_PASSWORD=password, BOLTSEAL_NEW_PASSWORD=NEW)
        assert ran.code == 0
    _git(desk.folder, "commit", "-qam", "second")
    ran = _lint(desk, COSIGN_PASSWORD=NEW)
    assert ran.code == 5
    assert _rules(ran) == {
        ("deploy.pem", "history"): "error",
        ("team.key", "history"): "error",
        ("release.key", "history"): "warning",
    }
    assert _lint(desk, "--history=false", str(desk.folder), COSIGN_PASSWORD=NEW).code == 0


def test_a_history_that_cannot_be_read_is_told(desk: Desk) -> None:
    """Without git, or where git refuses, nobody takes silence for a clean history."""
    _git(desk.folder, "init", "-q")
    ran = _lint(desk, PATH="/nonexistent")
    assert ran.code == 0
    assert "was not looked at" in ran.err


def test_a_committed_key_that_is_still_in_use_is_no_finding(desk: Desk) -> None:
    """An encrypted key is meant to be committed: the version in use is no finding."""
    _git(desk.folder, "init", "-q")
    _git(desk.folder, "add", ".")
    _git(desk.folder, "commit", "-qm", "first")
    (desk.folder / "release.key").chmod(0o600)
    assert _rules(_lint(desk)) == {}


# --- key rotate ----------------------------------------------------------------------------


def _rotate(desk: Desk, *words: str, **environment: str) -> Ran:
    here = Desk(desk.folder, {"BOLTSEAL_NEW_PASSWORD": NEW, **environment})
    line = ("key", "rotate", "--key", desk.path("release.pub"))
    return here.run(*line, "--output-key-prefix", desk.path("next"), *words)


def test_the_next_key_signs_what_the_old_one_signed(desk: Desk, registry: Registry) -> None:
    """Annotations and attestations are repeated, both keys verify, a second run adds nothing."""
    image = push(registry, "team/app")
    key = desk.path("release.key")
    assert desk.run("sign", "--key", key, "-a", "commit=abc", "-a", "n=1=2,3", image).code == 0
    predicate = desk.write("predicate.json", b'{"a":1}')
    line = ("attest", "--key", key, "--type", "custom", "--predicate", predicate, image)
    assert desk.run(*line).code == 0
    ran = _rotate(desk, image)
    assert ran.code == 0, ran.err
    assert "take" in ran.err
    for public in ("release.pub", "next.pub"):
        keys = ("--key", desk.path(public))
        wanted = ("-a", "commit=abc", "-a", "n=1=2,3")
        for form in ("classic", "bundle"):
            forms = ("--format", form)
            assert desk.run("verify", *keys, *wanted, *forms, image).code == 0
            line = ("verify-attestation", *keys, "--type", "custom", *forms, image)
            assert desk.run(*line).code == 0
    again = _rotate(desk, "--output", "json", image)
    actions = {o["action"] for i in again.document["images"] for o in i["outcomes"]}
    assert actions == {"skipped"}


def test_what_the_old_key_did_not_sign_is_not_signed(desk: Desk, registry: Registry) -> None:
    """An unsigned image, and one by another key, fail alone; the others are signed."""
    desk.keys("other")
    good, bare, foreign = (push(registry, "team/app", text) for text in ("a", "b", "c"))
    assert desk.run("sign", "--key", desk.path("release.key"), good).code == 0
    assert desk.run("sign", "--key", desk.path("other.key"), foreign).code == 0
    ran = _rotate(desk, good, bare, foreign)
    assert ran.code == 12
    codes = [
        desk.run("verify", "--key", desk.path("next.pub"), image).code
        for image in (good, bare, foreign)
    ]
    assert codes == [0, 10, 12]


def test_a_dry_run_writes_nothing(desk: Desk, registry: Registry) -> None:
    """A dry run tells what would be signed; no file and no signature appears."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    assert desk.run("sign", "--key", desk.path("release.key"), "-r", image).code == 0
    ran = _rotate(desk, "--dry-run", "-r", image)
    assert ran.code == 0, ran.err
    assert ran.err.count("would be signed") == 6
    assert not Path(desk.path("next.key")).exists()


def test_an_earlier_runs_key_is_used_again(desk: Desk) -> None:
    """A run without images makes the pair; the next one opens it, and needs its password."""
    assert _rotate(desk).code == 0
    made = Path(desk.path("next.key")).read_bytes()
    assert _rotate(desk).code == 0
    assert _rotate(desk, BOLTSEAL_NEW_PASSWORD="another").code == 6
    assert Path(desk.path("next.key")).read_bytes() == made


def test_a_key_does_not_follow_itself(desk: Desk) -> None:
    """The next key must be another one, and --key the old public one."""
    line = ("key", "rotate", "--output-key-prefix", desk.path("release"))
    same = desk.run(*line, "--key", desk.path("release.pub"), BOLTSEAL_NEW_PASSWORD=PASSWORD)
    assert same.code == 2
    private = desk.run(*line, "--key", desk.path("release.key"), BOLTSEAL_NEW_PASSWORD=PASSWORD)
    assert private.code == 5


def test_a_group_without_a_verb_shows_its_verbs(desk: Desk) -> None:
    """`key` alone is wrong use and lists what there is; an unknown verb of it is refused."""
    alone = desk.run("key")
    assert alone.code == 2
    assert "reencrypt" in alone.err
    assert desk.run("key", "lock").code == 2
