"""Two real registries on loopback, each with a storage folder and a log of its own.

Neither has the referrers API, so both exercise the fallback tag. Both accept manifests with a
`subject`, and delete by digest.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.peers.programs import Program, require
from tests.peers.servers import NotStarted, free_port, running

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Registry:
    """Name a running registry: `host` is `127.0.0.1:PORT`, plain HTTP.

    `username` and `password` are None where anyone may push.
    """

    host: str
    pid: int
    log: Path
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Give the address that `/v2/` is appended to."""
        return f"http://{self.host}"

    @property
    def auth(self) -> tuple[str, str] | None:
        """Give user and password as requests takes them, or None."""
        if self.username is None or self.password is None:
            return None
        return self.username, self.password

    def requests_logged(self) -> tuple[str, ...]:
        """Give the access log's lines so far, such as `GET /v2/ HTTP/1.1`, in order."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return tuple(line.split('"')[1] for line in lines if '] "' in line and " HTTP/" in line)

    def write_docker_config(self, folder: Path) -> Path:
        """Write a Docker config with this registry's credentials; `folder` is a DOCKER_CONFIG."""
        auths = {}
        if self.auth:
            pair = ":".join(self.auth).encode()
            auths[self.host] = {"auth": base64.b64encode(pair).decode()}
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "config.json"
        config.write_text(json.dumps({"auths": auths}), "utf-8")
        config.chmod(0o600)
        return config


@contextmanager
def distribution(
    folder: Path, *, username: str | None = None, password: str | None = None
) -> Iterator[Registry]:
    """Run Debian's `docker-registry` over `folder`, behind basic auth where a user is given.

    The folder keeps `config.yml`, `data/`, `registry.log` and, with a user, `htpasswd`.
    """
    program = require("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    if username is not None and password is not None:
        _write_htpasswd(folder / "htpasswd", username=username, password=password)

    def argv(port: int) -> list[str]:
        config = folder / "config.yml"
        text = _config(folder, port=port, locked=username is not None)
        config.write_text(json.dumps(text, indent=1), "utf-8")
        return [str(program.path), "serve", str(config)]

    with _served(program, argv=argv, folder=folder, says="listening on") as (host, pid):
        log = folder / "registry.log"
        yield Registry(host=host, pid=pid, log=log, username=username, password=password)


@contextmanager
def crane_registry(folder: Path) -> Iterator[Registry]:
    """Run `crane registry serve` over `folder`: the other implementation, always open to anyone."""
    program = require("crane")
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)

    def argv(port: int) -> list[str]:
        address = f"127.0.0.1:{port}"
        return [str(program.path), "registry", "serve", "--address", address, "--disk", str(data)]

    with _served(program, argv=argv, folder=folder, says="serving on port") as (host, pid):
        yield Registry(host=host, pid=pid, log=folder / "registry.log")


def _config(folder: Path, *, port: int, locked: bool) -> dict[str, object]:
    """Shape distribution's config; it is YAML, of which JSON is a part."""
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "data")},
            "delete": {"enabled": True},
        },
        "http": {"addr": f"127.0.0.1:{port}", "secret": "one process needs no shared secret"},
    }
    if locked:
        config["auth"] = {"htpasswd": {"realm": "peers", "path": str(folder / "htpasswd")}}
    return config


def _write_htpasswd(place: Path, *, username: str, password: str) -> None:
    """Write one bcrypt line, the only kind that distribution reads; the password goes by pipe."""
    made = require("htpasswd").run(["-niB", username], input=password.encode()).check()
    place.write_text(made.stdout.strip() + "\n", "utf-8")
    place.chmod(0o600)


@contextmanager
def _served(
    program: Program, *, argv: Callable[[int], list[str]], folder: Path, says: str
) -> Iterator[tuple[str, int]]:
    """Start on a free port, and on another where somebody took that one in between."""
    log = folder / "registry.log"
    for attempt in range(1, _ATTEMPTS + 1):
        port = free_port()
        host = f"127.0.0.1:{port}"
        started = False
        env = {"PATH": program.search_path(), "HOME": str(folder)}

        def ready(host: str = host) -> bool:
            # The log is asked too, since whoever took the port in between may answer as well.
            return says in log.read_text("utf-8", "replace") and _answers(host)

        try:
            with running(argv(port), env=env, log=log, ready=ready) as pid:
                started = True
                yield host, pid
                return
        except NotStarted as error:
            if started or attempt == _ATTEMPTS or "address already in use" not in str(error):
                raise


def _answers(host: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://{host}/v2/", timeout=5).status_code in (200, 401)
    except requests.ConnectionError:
        return False
