"""`init` from the command line, against a forge that opens what was sealed for it."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from boltseal.core.keyfile import open_key
from boltseal.core.keys import PublicKey
from boltseal.core.passwords import estimate
from tests.cli.desk import Desk, Ran
from tests.support.forge import TOKEN, Forge

PLACE = ".github/workflows/boltseal.yml"
SECRETS = "/repos/shop/Web/actions/secrets"


@pytest.fixture
def forge() -> Iterator[Forge]:
    """Serve a forge like GitHub."""
    with Forge() as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the folder of an empty repository, beside which other files may lie."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def _init(root: Path, *words: str, environment: Mapping[str, str]) -> Ran:
    line = ("init", "--folder", str(root), "--repository", "shop/Web", *words)
    return Desk(root.parent, environment).run(*line)


def _on(forge: Forge, root: Path, *words: str) -> Ran:
    return _init(root, "--api-url", forge.url, *words, environment={"GH_TOKEN": TOKEN})


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _opens(root: Path, password: str, prefix: str = "cosign") -> bool:
    private = (root / f"{prefix}.key").read_bytes()
    key = open_key(private, password=password.encode(), what="the new key")
    public = (root / f"{prefix}.pub").read_bytes()
    return key.public_key == PublicKey.parse(public, what="the new public key")


def test_a_repository_is_prepared(forge: Forge, root: Path) -> None:
    """The secret that the forge holds opens the key, both files belong together, all is told."""
    ran = _on(forge, root)
    assert ran.code == 0, ran.err
    assert _files(root) == {"cosign.key", "cosign.pub", PLACE}
    (password,) = forge.secrets.values()
    assert list(forge.secrets) == [f"{SECRETS}/COSIGN_PASSWORD"]
    assert _opens(root, password)
    assert estimate(password.encode()).bits > 200
    assert (root / "cosign.key").stat().st_mode & 0o777 == 0o600
    assert f"git add cosign.key cosign.pub {PLACE}" in ran.err
    for secret in (password, TOKEN):
        assert secret not in ran.err + ran.out.decode()


def test_no_two_runs_make_the_same_password(forge: Forge, root: Path) -> None:
    """A forced second run replaces secret and key, and they belong together again."""
    assert _on(forge, root).code == 0
    first = dict(forge.secrets)
    assert _on(forge, root, "--force").code == 0
    assert forge.secrets != first
    assert _opens(root, *forge.secrets.values())


def test_verbose_shows_requests_without_the_token(forge: Forge, root: Path) -> None:
    """Each request is told with --verbose, and neither token nor password is in it."""
    ran = _on(forge, root, "--verbose")
    assert f"PUT {forge.url}{SECRETS}/COSIGN_PASSWORD -> 201" in ran.err
    assert TOKEN not in ran.err
    assert next(iter(forge.secrets.values())) not in ran.err


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("environment:release 1", "/repos/shop/Web/environments/release%201/secrets"),
        ("organisation:shop", "/orgs/shop/actions/secrets"),
        ("organization:shop", "/orgs/shop/actions/secrets"),
    ],
)
def test_other_places_for_the_secret(forge: Forge, root: Path, target: str, place: str) -> None:
    """An environment's secret goes there, an organisation's is for this repository alone."""
    ran = _on(forge, root, "--secret-target", target, "--secret-name", "SIGNING")
    assert ran.code == 0, ran.err
    assert list(forge.secrets) == [f"{place}/SIGNING"]
    assert _opens(root, *forge.secrets.values())
    body = forge.bodies[f"{place}/SIGNING"]
    workflow = yaml.safe_load((root / PLACE).read_text())
    if target.startswith("env"):
        assert workflow["jobs"]["build"]["environment"] == "release 1"
    else:
        assert (body["visibility"], body["selected_repository_ids"]) == ("selected", [4711])
    assert "secrets.SIGNING" in (root / PLACE).read_text()


def test_gitea_and_forgejo_take_the_value_itself(root: Path) -> None:
    """Where the API is Gitea's, the value goes unsealed, under the same rules."""
    with Forge(gitea=True) as forge:
        ran = _on(forge, root)
        assert ran.code == 0, ran.err
        assert _opens(root, *forge.secrets.values())
        again = _on(forge, root.parent / "project")
        assert again.code == 14
        assert _on(forge, root, "--secret-target", "environment:x", "--force").code == 2


@pytest.mark.parametrize("name", ["cosign.key", "cosign.pub", PLACE])
def test_nothing_that_is_there_is_overwritten(forge: Forge, root: Path, name: str) -> None:
    """A file in the way stops everything before the forge is asked for anything."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("mine")
    ran = _on(forge, root)
    assert ran.code == 14
    assert name in ran.err
    assert (forge.asked, _files(root)) == ([], {name})
    assert (root / name).read_text() == "mine"


def test_a_secret_that_is_there_is_not_replaced(forge: Forge, root: Path) -> None:
    """The password of another key stays, and no file is written."""
    forge.secrets[f"{SECRETS}/COSIGN_PASSWORD"] = "of another key"
    ran = _on(forge, root)
    assert ran.code == 2
    assert "--force" in ran.err
    assert forge.secrets == {f"{SECRETS}/COSIGN_PASSWORD": "of another key"}
    assert _files(root) == set()


@pytest.mark.parametrize(
    ("refuse", "words"),
    [
        ({f"GET {SECRETS}": 403}, "'Secrets: write' of the repository"),
        ({f"PUT {SECRETS}": 403}, "'Secrets: write' of the repository"),
        ({f"PUT {SECRETS}": 404}, "is not there, or the token lacks"),
        ({f"PUT {SECRETS}": 422}, "answered 422: Resource not accessible"),
        ({f"GET {SECRETS}/public-key": 301}, "renamed"),
        ({f"GET {SECRETS}/public-key": 200}, "no public key"),
    ],
)
def test_a_refusal_names_what_is_missing(
    forge: Forge, root: Path, refuse: dict[str, int], words: str
) -> None:
    """Whatever the forge refuses, no key is left behind and the cure is told."""
    forge.refuse = refuse
    ran = _on(forge, root)
    assert ran.code == 16
    assert words in ran.err
    assert TOKEN not in ran.err
    assert _files(root) == set()


def test_a_wrong_token_is_told(forge: Forge, root: Path) -> None:
    """A token that the forge does not know is told as such and not shown."""
    line = ("--api-url", forge.url)
    ran = _init(root, *line, environment={"GITHUB_TOKEN": "ghp_another"})
    assert ran.code == 16
    assert "does not know the token" in ran.err
    assert "ghp_another" not in ran.err


def test_a_token_goes_to_no_other_host(forge: Forge, root: Path) -> None:
    """A redirect is not followed."""
    with Forge() as other:
        forge.refuse = {"GET ": 307}
        forge.location = f"{other.url}/repos/x/y"
        assert _on(forge, root).code == 16
        assert other.asked == []


def test_a_dry_run_asks_and_writes_nothing(forge: Forge, root: Path) -> None:
    """A dry run proves the token and tells what would be done."""
    ran = _on(forge, root, "--dry-run")
    assert ran.code == 0, ran.err
    assert "would be written" in ran.err
    assert (_files(root), forge.secrets) == (set(), {})
    assert forge.asked
    assert all(one.startswith("GET ") for one in forge.asked)


def test_without_a_token_the_password_goes_to_a_file(root: Path) -> None:
    """The file is for its owner alone, and the command that stores the secret is told."""
    place = root.parent / "password"
    ran = _init(root, "--password-file", str(place), environment={})
    assert ran.code == 0, ran.err
    assert place.stat().st_mode & 0o777 == 0o600
    assert _opens(root, place.read_text())
    assert f"gh secret set COSIGN_PASSWORD --repo shop/Web < {place}" in ran.err
    assert place.read_text() not in ran.err


def test_a_password_that_nobody_would_keep_is_not_made(root: Path) -> None:
    """Without a token and without a file nothing is written, and both ways are told."""
    ran = _init(root, environment={})
    assert ran.code == 2
    assert "GH_TOKEN" in ran.err
    assert "--password-file" in ran.err
    assert _files(root) == set()


def test_the_password_does_not_lie_beside_the_key(root: Path) -> None:
    """A path within the repository is refused, by way of links too, and so is one that is there."""
    (root.parent / "link").symlink_to(root)
    for place in (root / "password", root.parent / "link" / "password"):
        ran = _init(root, "--password-file", str(place), environment={})
        assert ran.code == 2
        assert "within the repository" in ran.err
    there = root.parent / "there"
    there.write_text("mine")
    assert _init(root, "--password-file", str(there), environment={}).code == 14
    assert there.read_text() == "mine"
    assert _files(root) == set()


def test_the_password_is_printed_on_a_terminal_only(root: Path) -> None:
    """Piped, nothing is shown and nothing is written; on a terminal it is there once."""
    assert _init(root, "--print-password", environment={}).code == 2
    assert _files(root) == set()
    ours, theirs = pty.openpty()
    line = ["init", "--folder", str(root), "--repository", "shop/web", "--print-password"]
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "boltseal", *line],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={"PATH": os.defpath, "HOME": str(root.parent)},
        timeout=60,
        check=False,
    )
    os.close(theirs)
    assert ended.returncode == 0, ended.stderr
    shown = os.read(ours, 4096).decode().strip()
    os.close(ours)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", shown)
    assert _opens(root, shown)
    assert shown not in ended.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("--repository", "shop"),
        ("--repository", "../x"),
        ("--secret-target", "nowhere"),
        ("--secret-target", "environment:a'b"),
        ("--secret-name", "a b"),
        ("--image", "ghcr.io/shop/web:v1"),
        ("--action", "owner/boltseal"),
        ("--branch", "a'b"),
        ("--output-key-prefix", "../cosign"),
        ("--output-key-prefix", "/tmp/cosign"),
        ("--api-url", "http://git.example.com/api/v3"),
        ("--api-url", "https://user:pass@git.example.com"),
    ],
)
def test_what_cannot_be_meant_is_refused(root: Path, words: tuple[str, str]) -> None:
    """A part that would be more than a value in the workflow or the URL is wrong use."""
    ran = _init(root, *words, environment={"GH_TOKEN": TOKEN})
    assert ran.code == 2, ran.err
    assert _files(root) == set()


def test_the_remote_says_which_repository_and_which_forge(root: Path) -> None:
    """`origin` names the repository; a token is not sent to GitHub for another forge's."""
    environment = {"PATH": os.defpath, "HOME": str(root)}
    for words in (("init", "-q"), ("remote", "add", "origin", "git@git.example.com:Shop/web.git")):
        subprocess.run(["git", *words], cwd=root, check=True, env=environment)
    desk = Desk(root.parent, {"GH_TOKEN": TOKEN})
    ran = desk.run("init", "--folder", str(root))
    assert ran.code == 2
    assert "--api-url https://git.example.com/api/v3" in ran.err
    place = str(root.parent / "password")
    ran = Desk(root.parent).run("init", "--folder", str(root), "--password-file", place)
    assert ran.code == 0, ran.err
    assert "--repo Shop/web" in ran.err
    assert yaml.safe_load((root / PLACE).read_text())["env"]["IMAGE"] == "ghcr.io/shop/web"


def test_what_is_written_passes_githubs_own_schema(forge: Forge, root: Path) -> None:
    """The workflow is valid by the schema that GitHub's own editor uses."""
    program = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    if program is None and os.environ.get("BOLTSEAL_REQUIRE_PEERS") != "1":
        pytest.skip("check-jsonschema comes with the linters: make venv")
    assert program is not None
    assert _on(forge, root, "--secret-target", "environment:release", "--branch", "v1.x").code == 0
    schema = [program, "--builtin-schema", "vendor.github-workflows"]
    ended = subprocess.run([*schema, str(root / PLACE)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout


def test_the_workflow_names_the_two_actions(forge: Forge, root: Path) -> None:
    """What is written signs with the root action and verifies with the other."""
    assert _on(forge, root, "--secret-target", "environment:release", "--branch", "v1.x").code == 0
    workflow = yaml.safe_load((root / PLACE).read_text())
    steps = {step.get("id"): step for job in workflow["jobs"].values() for step in job["steps"]}
    assert steps["sign"]["uses"] == "owner/boltseal@v1"
    assert steps["verify"]["uses"] == "owner/boltseal/actions/verify@v1"
