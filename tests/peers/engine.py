"""A real Docker engine, started by hand as root, that leaves nothing behind but its own folder."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.programs import Program, Result, absent, require
from tests.peers.servers import NotStarted, running

# The engine writes /run/docker, and its containerd /opt/containerd, whatever it is told; a mount
# namespace of its own takes those, and every mount that an interrupted build would leave.
_ALONE = 'mount -t tmpfs none /run && mount -t tmpfs none /opt && exec "$@"'
_PUSHED = re.compile(r"digest: (sha256:[0-9a-f]{64}) size: \d+")


@dataclass(frozen=True, slots=True)
class Engine:
    """Name a running engine and the `docker` that talks to it.

    `home` is that command's HOME and holds the credentials of `login`.
    """

    docker: Program
    socket: Path
    home: Path
    pid: int
    log: Path

    @property
    def host(self) -> str:
        """Give the value of DOCKER_HOST."""
        return f"unix://{self.socket}"

    def environment(self) -> dict[str, str]:
        """Give the variables that point any Docker client, or a workflow, at this engine.

        DOCKER_BUILDKIT is off: the classic builder needs nothing from a network.
        """
        config = str(self.home / ".docker")
        return {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": config}

    def run(self, args: Sequence[str], *, input: bytes = b"", cwd: Path | None = None) -> Result:
        """Run one `docker` command against this engine."""
        env = self.environment()
        return self.docker.run(args, env=env, input=input, cwd=cwd, home=self.home)

    def login(self, registry: str, *, username: str, password: str) -> None:
        """Log in to a registry as a workflow would, with the password on standard input."""
        args = ["login", "--username", username, "--password-stdin", registry]
        self.run(args, input=password.encode()).check()

    def build(self, files: Mapping[str, str], *, tag: str) -> str:
        """Build an image FROM scratch that holds `files`, and give its id."""
        with tempfile.TemporaryDirectory(prefix="peer-build-") as scratch:
            context = Path(scratch)
            for name, text in files.items():
                (context / name).write_text(text, "utf-8")
            lines = ["FROM scratch", *(f"COPY {name} /{name}" for name in files)]
            (context / "Dockerfile").write_text("\n".join(lines) + "\n", "utf-8")
            self.run(["build", "--quiet", "--tag", tag, "."], cwd=context).check()
        return self.run(["image", "inspect", "--format", "{{.Id}}", tag]).check().stdout.strip()

    def push(self, reference: str) -> str:
        """Push one tag and give the digest that the push reported."""
        said = self.run(["push", reference]).check()
        digest = _PUSHED.search(said.stdout)
        if digest is None:
            raise AssertionError(f"docker push named no digest\n{said.told()}")
        return digest[1]

    def repository_digests(self, reference: str) -> tuple[str, ...]:
        """Give the engine's RepoDigests, `name@sha256:…`, of all repositories that it pushed to."""
        args = ["image", "inspect", "--format", "{{json .RepoDigests}}", reference]
        return tuple(json.loads(self.run(args).check().stdout))


@contextmanager
def dockerd(*, insecure_registries: Sequence[str] = ()) -> Iterator[Engine]:
    """Run an engine with every path its own, no bridge, no firewall rules and the vfs driver.

    Needs root. Registries on 127.0.0.0/8 are reached over plain HTTP without being named. The
    folder is a short one under the system's, since a socket's path may have 107 bytes only.
    """
    program, docker = require("dockerd"), require("docker")
    if os.geteuid() != 0:
        absent("the Docker engine starts as root only, and this run is not root's")
    with tempfile.TemporaryDirectory(prefix="engine-") as place:
        folder = Path(place)
        home, socket, log = folder / "home", folder / "docker.sock", folder / "dockerd.log"
        home.mkdir()
        env = {"PATH": program.search_path(), "HOME": str(home)}

        def ready() -> bool:
            asked = [*_host(socket), "version", "--format", "{{.Server.Version}}"]
            return socket.exists() and docker.run(asked, home=home, timeout=30).returncode == 0

        argv = _argv(program, folder=folder, insecure=insecure_registries)
        with ExitStack() as stack:
            try:
                server = running(argv, env=env, log=log, ready=ready, seconds=60)
                pid = stack.enter_context(server)
            except NotStarted as error:
                absent(f"the Docker engine does not start on this machine: {error}")
            yield Engine(docker=docker, socket=socket, home=home, pid=pid, log=log)


def _host(socket: Path) -> list[str]:
    return ["--host", f"unix://{socket}"]


def _argv(program: Program, *, folder: Path, insecure: Sequence[str]) -> list[str]:
    # Only the file can say where the old image trust key goes, which otherwise lands in /etc.
    config = folder / "daemon.json"
    config.write_text(json.dumps({"deprecated-key-path": str(folder / "key.json")}), "utf-8")
    options = {
        "--config-file": config,
        "--data-root": folder / "data",
        "--exec-root": folder / "exec",
        "--pidfile": folder / "pid",
        "--storage-driver": "vfs",
        "--bridge": "none",
    }
    flat = [str(word) for pair in options.items() for word in pair]
    named = [word for registry in insecure for word in ("--insecure-registry", registry)]
    alone = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _ALONE, "sh"]
    daemon = [str(program.path), *_host(folder / "docker.sock"), "--iptables=false"]
    return [*alone, *daemon, *flat, *named]
