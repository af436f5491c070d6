"""Which credentials are taken, from where, and with what said about it."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from boltseal.core.names import Repository
from boltseal.errors import FileUnusable, UsageError
from boltseal.stores.registry.credentials import Credentials, Explicit, Keychain, Places
from boltseal.stores.registry.programs import Outcome, Programs, runner
from boltseal.stores.registry.settings import RegistrySettings

APP = Repository.parse("ghcr.io/org/app")
posix = pytest.mark.skipif(sys.platform == "win32", reason="programs here are shell scripts")


def auths(username: str, *, server: str = "ghcr.io") -> dict[str, Any]:
    pair = base64.b64encode(f"{username}:pw".encode()).decode()
    return {"auths": {server: {"auth": pair}}}


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


@dataclass
class Asked:
    """A `run` that answers from a table and remembers what it was asked."""

    answers: Mapping[str, Outcome] = field(default_factory=dict)
    commands: list[tuple[tuple[str, ...], bytes]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], given: bytes) -> Outcome:
        self.commands.append((tuple(command), given))
        return self.answers[Path(command[0]).name]


def secret(username: str, password: str = "pw") -> Outcome:
    value = {"ServerURL": "x", "Username": username, "Secret": password}
    return Outcome(0, json.dumps(value).encode())


NOTHING = Outcome(1, b"credentials not found in native keychain\n")


def program(folder: Path, name: str, script: str = "exit 1") -> Path:
    path = write(folder / f"docker-credential-{name}", f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def keychain(
    home: Path,
    *,
    environment: Mapping[str, str] | None = None,
    run: Asked | None = None,
    **settings: Any,
) -> Keychain:
    chosen = RegistrySettings(environment=environment or {}, home=home, **settings)
    return chosen.keychain(run or Asked())


def test_what_is_given_comes_before_every_file(tmp_path: Path) -> None:
    """A username with its password, then a token, then files; files are not even read."""
    write(tmp_path / ".docker/config.json", "{broken")
    given = keychain(tmp_path, username="me", password="pw", token="t").find(APP)
    assert (given.kind, given.username) == ("password", "me")
    token = keychain(tmp_path, token="t").find(APP)
    assert (token.kind, token.secret) == ("registry-token", "t")


@pytest.mark.parametrize(
    "half", [{"username": "u"}, {"password": "p"}, {"username": "u", "password": ""}]
)
def test_half_a_login_is_wrong_use(half: dict[str, str]) -> None:
    """A forgotten secret in a workflow is empty, and must not end as an anonymous run."""
    with pytest.raises(UsageError, match="without its"):
        Explicit(**half).credentials()


def test_docker_comes_before_podman_before_helm(tmp_path: Path) -> None:
    """Each file is asked in turn, and the first that knows the registry is named as the origin."""
    helm = write(tmp_path / ".config/helm/registry/config.json", auths("helm"))
    assert keychain(tmp_path).find(APP).told == (
        "logged in as 'helm' from ~/.config/helm/registry/config.json"
    )
    podman = write(tmp_path / ".config/containers/auth.json", auths("podman"))
    assert keychain(tmp_path).find(APP).origin == "~/.config/containers/auth.json"
    write(tmp_path / ".docker/config.json", auths("other", server="quay.io"))
    assert keychain(tmp_path).find(APP).username == "podman"
    write(tmp_path / ".docker/config.json", auths("docker"))
    assert keychain(tmp_path).find(APP).username == "docker"
    assert helm.exists()
    assert podman.exists()


@pytest.mark.parametrize(
    ("variable", "value", "file"),
    [
        ("DOCKER_CONFIG", "{}/d", "d/config.json"),
        ("REGISTRY_AUTH_FILE", "{}/a.json", "a.json"),
        ("XDG_RUNTIME_DIR", "{}/run", "run/containers/auth.json"),
        ("XDG_CONFIG_HOME", "{}/c", "c/containers/auth.json"),
        ("XDG_CONFIG_HOME", "{}/c", "c/helm/registry/config.json"),
        ("HELM_REGISTRY_CONFIG", "{}/h.json", "h.json"),
        ("HELM_CONFIG_HOME", "{}/helm", "helm/registry/config.json"),
    ],
)
def test_variables_say_where_files_are(
    tmp_path: Path, variable: str, value: str, file: str
) -> None:
    """The places are those of Docker, podman and Helm."""
    write(tmp_path / file, auths("found"))
    environment = {variable: value.format(tmp_path)}
    assert keychain(tmp_path / "home", environment=environment).find(APP).username == "found"


def test_docker_config_moves_the_file(tmp_path: Path) -> None:
    """With DOCKER_CONFIG the file in the home directory is not read."""
    write(tmp_path / ".docker/config.json", auths("home"))
    found = keychain(tmp_path, environment={"DOCKER_CONFIG": str(tmp_path / "none")}).find(APP)
    assert found.kind == "anonymous"


def test_a_given_file_replaces_all_others(tmp_path: Path) -> None:
    """A file, or the folder of a config.json; it has to exist."""
    write(tmp_path / ".docker/config.json", auths("home"))
    given = write(tmp_path / "given/config.json", auths("given"))
    assert keychain(tmp_path, config=given).find(APP).username == "given"
    assert keychain(tmp_path, config=given.parent).find(APP).username == "given"
    with pytest.raises(FileUnusable, match="does not exist"):
        keychain(tmp_path, config=tmp_path / "absent.json").find(APP)
    environment = {"REGISTRY_AUTH_FILE": str(tmp_path / "absent.json")}
    with pytest.raises(FileUnusable, match="does not exist"):
        keychain(tmp_path, environment=environment).find(APP)


def test_nothing_found_is_anonymous_and_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """The error of a refusal then tells every file that was looked at."""
    found = keychain(tmp_path).find(APP)
    assert found.kind == "anonymous"
    assert "~/.docker/config.json" in found.told
    assert "~/.config/containers/auth.json" in found.told
    assert keychain(tmp_path / "x", environment={}).find(APP).secret == ""
    assert Places.of({}, home=None).files == ()


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    """As an interrupted login leaves it."""
    write(tmp_path / ".docker/config.json", " \n")
    assert keychain(tmp_path).find(APP).kind == "anonymous"


def test_a_broken_file_is_an_error_and_not_anonymous(tmp_path: Path) -> None:
    """Going on without credentials would end in a refusal that nobody understands."""
    write(tmp_path / ".docker/config.json", "{")
    with pytest.raises(FileUnusable, match=r"~/\.docker/config\.json"):
        keychain(tmp_path).find(APP)


@posix
def test_a_folder_or_a_forbidden_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    """What cannot be read is told with the system's reason."""
    (tmp_path / ".docker/config.json").mkdir(parents=True)
    with pytest.raises(FileUnusable, match="cannot be read"):
        keychain(tmp_path).find(APP)


def stored(tmp_path: Path, value: Any, *names: str) -> dict[str, str]:
    """Write Docker's file and empty programs; return the environment that finds them."""
    write(tmp_path / ".docker/config.json", value)
    for name in names:
        program(tmp_path / "bin", name)
    return {"PATH": str(tmp_path / "bin")}


@posix
def test_a_program_is_asked_once_for_a_registry(tmp_path: Path) -> None:
    """Programs are slow; their answer holds for the run and for all threads."""
    environment = stored(tmp_path, {"credsStore": "vault"}, "vault")
    run = Asked({"docker-credential-vault": secret("found")})
    found = keychain(tmp_path, environment=environment, run=run)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: found.find(APP), range(8)))
    assert {one.username for one in results} == {"found"}
    assert run.commands == [((str(tmp_path / "bin/docker-credential-vault"), "get"), b"ghcr.io")]
    assert results[0].origin == "docker-credential-vault (~/.docker/config.json)"


@posix
def test_a_token_user_is_an_identity_token(tmp_path: Path) -> None:
    """Docker's programs return refresh tokens under the user `<token>`."""
    environment = stored(tmp_path, {"credHelpers": {"ghcr.io": "x"}}, "x")
    run = Asked({"docker-credential-x": secret("<token>", "T")})
    found = keychain(tmp_path, environment=environment, run=run).find(APP)
    assert (found.kind, found.secret) == ("identity-token", "T")


@posix
def test_a_program_that_knows_nothing_leaves_the_file_to_speak(tmp_path: Path) -> None:
    """'credentials not found' is no error; after it the entry counts, or nothing does."""
    environment = stored(tmp_path, {"credsStore": "x", **auths("entry")}, "x")
    run = Asked({"docker-credential-x": NOTHING})
    found = keychain(tmp_path, environment=environment, run=run)
    assert found.find(APP).username == "entry"
    assert found.find(Repository.parse("quay.io/a/b")).kind == "anonymous"


@posix
@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (Outcome(1, b"error getting credentials: s3cr3t"), "exit status 1"),
        (Outcome(0, b"s3cr3t not json"), "did not answer with credentials"),
        (Outcome(0, b'{"Username":5,"Secret":"s3cr3t"}'), "did not answer with credentials"),
        (Outcome(None, b""), "in time"),
        (Outcome(0, b"s3cr3t" * 20000), "more than"),
    ],
)
def test_a_program_that_fails_is_an_error_without_its_output(
    tmp_path: Path, outcome: Outcome, message: str
) -> None:
    """Any failure but 'not found' ends the run, and is told the same to every image of it."""
    environment = stored(tmp_path, {"credsStore": "x"}, "x")
    run = Asked({"docker-credential-x": outcome})
    found = keychain(tmp_path, environment=environment, run=run)
    for _ in range(2):
        with pytest.raises(FileUnusable, match=message) as told:
            found.find(APP)
        assert "s3cr3t" not in str(told.value)
    assert len(run.commands) == 1
    assert "s3cr3t" not in repr(outcome)


@posix
def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    """A login file that outlived its program says what is to be done."""
    environment = stored(tmp_path, {"credsStore": "desktop"})
    with pytest.raises(FileUnusable, match=r"docker-credential-desktop.*not in PATH"):
        keychain(tmp_path, environment=environment).find(APP)


@posix
def test_programs_of_the_workspace_and_the_current_folder_are_not_started(tmp_path: Path) -> None:
    """Not by PATH, not by a relative or empty entry of it, and not through a symbolic link."""
    workspace, safe = tmp_path / "work", tmp_path / "bin"
    program(workspace / "bin", "x")
    safe.mkdir()
    (safe / "docker-credential-y").symlink_to(program(workspace / "bin", "y"))
    program(tmp_path / "here", "x")
    path = f"{workspace}/bin:.::bin:{tmp_path}/here:{safe}"
    run = Asked({"docker-credential-x": secret("evil"), "docker-credential-y": secret("evil")})
    programs = Programs(run, path, distrusted=(workspace,), current=tmp_path / "here")
    for name in ("x", "y"):
        with pytest.raises(FileUnusable, match="not in PATH"):
            programs.ask(name, "ghcr.io", origin="config.json")
    assert not run.commands
    real = program(safe, "x")
    assert programs.ask("x", "ghcr.io", origin="config.json") is not None
    assert run.commands[0][0][0] == str(real)


@posix
def test_a_login_file_of_the_workspace_starts_no_program(tmp_path: Path) -> None:
    """A pull request that adds a config.json does not choose what is run; its pairs are read."""
    workspace = tmp_path / "work"
    write(workspace / "d/config.json", {"credsStore": "x"})
    program(tmp_path / "bin", "x")
    environment = {"DOCKER_CONFIG": str(workspace / "d"), "PATH": str(tmp_path / "bin")}
    with pytest.raises(FileUnusable, match="lies in the workspace"):
        keychain(tmp_path, environment=environment, workspace=workspace).find(APP)
    write(workspace / "d/config.json", auths("pair"))
    found = keychain(tmp_path, environment=environment, workspace=workspace).find(APP)
    assert found.username == "pair"


@posix
def test_a_real_program_gets_the_server_and_not_our_secrets(tmp_path: Path) -> None:
    """The protocol over real processes: server on standard input, JSON back."""
    script = (
        'read server; test "$1" = get || exit 9; test -z "$COSIGN_PASSWORD$INPUT_KEY" || exit 8\n'
        "echo noise >&2\n"
        'printf \'{"ServerURL":"%s","Username":"%s","Secret":"pw"}\' "$server" "$WHO"'
    )
    program(tmp_path / "bin", "real", script)
    write(tmp_path / ".docker/config.json", {"credsStore": "real"})
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "WHO": "me",
        "COSIGN_PASSWORD": "s3cr3t",
        "INPUT_KEY": "s3cr3t",
    }
    chosen = RegistrySettings(environment=environment, home=tmp_path)
    found = chosen.keychain().find(APP)
    assert (found.kind, found.username, found.secret) == ("password", "me", "pw")


@posix
@pytest.mark.parametrize(
    ("script", "status", "size"),
    [
        ("exec sleep 30", None, 0),
        ("sleep 30; echo", None, 0),
        ("sleep 30 & exit 0", None, 0),
        ("yes", -9, 65537),
        ("exec <&-; echo x; exit 3", 3, 2),
    ],
)
def test_a_real_program_is_held_to_its_limits(
    tmp_path: Path, script: str, status: int | None, size: int
) -> None:
    """Too slow is ended, too much is cut, and one that does not read its input is no problem."""
    path = program(tmp_path, "x", script)
    run = runner({"PATH": os.environ["PATH"]}, seconds=0.5)
    outcome = run([str(path), "get"], b"ghcr.io")
    assert outcome.status == status
    assert len(outcome.output) == size


def test_files_are_read_once_by_many_threads(tmp_path: Path) -> None:
    """A change of the file in the middle of a run does not split the run."""
    file = write(tmp_path / ".docker/config.json", auths("first"))
    found = keychain(tmp_path)
    assert found.find(APP).username == "first"
    write(file, auths("second"))
    names: list[Credentials] = []
    thread = threading.Thread(target=lambda: names.append(found.find(APP)))
    thread.start()
    thread.join()
    assert names[0].username == "first"
