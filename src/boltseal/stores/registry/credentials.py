"""Find the credentials for a repository, in a fixed order, and say where they came from."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from boltseal.core.names import Repository
from boltseal.errors import FileUnusable, UsageError
from boltseal.stores.registry.authfiles import (
    LARGEST_FILE,
    AuthFile,
    Credentials,
    server_name,
)
from boltseal.stores.registry.programs import Programs

__all__ = ["Credentials", "Explicit", "Keychain", "Places"]


@dataclass(frozen=True, slots=True)
class Explicit:
    """What the caller gave: a username with its password, or a token, or nothing."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def credentials(self) -> Credentials | None:
        """Return them as a value; raise UsageError where one half is missing.

        Source: cosign takes `--registry-username` only together with `--registry-password`, and
        both before `--registry-token`.
        """
        if bool(self.username) != bool(self.password):
            given, missing = ("username", "password") if self.username else ("password", "username")
            raise UsageError(f"a registry {given} was given without its {missing}")
        if self.username and self.password:
            return Credentials(
                "password", self.username, self.password, "the username and password given"
            )
        if self.token:
            return Credentials("registry-token", "", self.token, "the registry token given")
        return None


@dataclass(frozen=True, slots=True)
class Places:
    """The login files to look in, in order; those of `demanded` have to exist."""

    files: tuple[Path, ...]
    demanded: frozenset[Path] = frozenset()

    @classmethod
    def of(
        cls, environment: Mapping[str, str], *, home: Path | None, config: Path | None = None
    ) -> Places:
        """List Docker's, podman's and Helm's files as `environment` and `home` give them.

        `config` (a file, or the folder of a config.json) replaces them all. Nothing is looked
        for in the current folder or the workspace unless a variable says so.
        """
        if config is not None:
            file = config / "config.json" if config.is_dir() else config
            return cls((file,), frozenset({file}))
        named = environment.get("REGISTRY_AUTH_FILE")
        files = (
            *_docker(environment, home),
            *((Path(named),) if named else _podman(environment, home)),
            *_helm(environment, home),
        )
        return cls(files, frozenset({Path(named)} if named else ()))


def _docker(environment: Mapping[str, str], home: Path | None) -> tuple[Path, ...]:
    named = environment.get("DOCKER_CONFIG")
    if named:
        return (Path(named) / "config.json",)
    return (home / ".docker" / "config.json",) if home else ()


def _podman(environment: Mapping[str, str], home: Path | None) -> tuple[Path, ...]:
    runtime = environment.get("XDG_RUNTIME_DIR")
    configured = _config_home(environment, home)
    first = (Path(runtime) / "containers" / "auth.json",) if runtime else ()
    return first + ((configured / "containers" / "auth.json",) if configured else ())


def _helm(environment: Mapping[str, str], home: Path | None) -> tuple[Path, ...]:
    named = environment.get("HELM_REGISTRY_CONFIG")
    if named:
        return (Path(named),)
    folder = environment.get("HELM_CONFIG_HOME")
    if folder:
        return (Path(folder) / "registry" / "config.json",)
    configured = _config_home(environment, home)
    return (configured / "helm" / "registry" / "config.json",) if configured else ()


def _config_home(environment: Mapping[str, str], home: Path | None) -> Path | None:
    named = environment.get("XDG_CONFIG_HOME")
    return Path(named) if named else home / ".config" if home else None


class Keychain:
    """Credentials by repository, each file read and each program asked once. Thread-safe."""

    def __init__(
        self,
        explicit: Explicit,
        *,
        places: Places,
        programs: Programs,
        home: Path | None = None,
    ) -> None:
        """`home` shortens paths in messages to `~`."""
        self._explicit = explicit.credentials()
        self._places = places
        self._programs = programs
        self._home = home
        self._lock = threading.Lock()
        self._files: tuple[AuthFile, ...] | None = None
        self._asked: dict[tuple[str, str], Credentials | FileUnusable | None] = {}

    def find(self, repository: Repository) -> Credentials:
        """Return the credentials for a repository, of kind `anonymous` where there are none.

        Raise FileUnusable where a login file or a credential program that concerns this
        registry cannot be used: going on without credentials would end in a confusing refusal.
        """
        if self._explicit is not None:
            return self._explicit
        with self._lock:
            if self._files is None:
                self._files = self._read_all()
            for file in self._files:
                found = self._from_file(file, repository)
                if found is not None:
                    return found
        looked = ", ".join(self._short(path) for path in self._places.files) or "no login file"
        return Credentials("anonymous", origin=f"looked in {looked}")

    def _from_file(self, file: AuthFile, repository: Repository) -> Credentials | None:
        # Docker's order: the registry's own program, the default program, then the file itself.
        program = file.program(repository)
        found = None if program is None else self._ask(program, repository, file=file)
        return found if found is not None else file.entry(repository)

    def _ask(self, program: str, repository: Repository, *, file: AuthFile) -> Credentials | None:
        server = server_name(repository)
        key = (program, server)
        if key not in self._asked:
            try:
                self._asked[key] = self._programs.ask(program, server, origin=file.origin)
            except FileUnusable as error:
                self._asked[key] = error
        found = self._asked[key]
        if isinstance(found, FileUnusable):
            raise found
        return found

    def _read_all(self) -> tuple[AuthFile, ...]:
        read = (self._read(path) for path in self._places.files)
        return tuple(file for file in read if file is not None)

    def _read(self, path: Path) -> AuthFile | None:
        origin = self._short(path)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            if path in self._places.demanded:
                raise FileUnusable(f"the login file {origin} does not exist") from error
            return None
        except OSError as error:
            raise FileUnusable(
                f"the login file {origin} cannot be read: {error.strerror}"
            ) from error
        if not data.strip():
            return None
        parsed = AuthFile.parse(data, origin=origin)
        if (parsed.helpers or parsed.store) and self._programs.is_distrusted(path.parent):
            raise FileUnusable(
                f"the login file {origin} lies in the workspace and names credential programs, "
                "which are not started at the word of a checked-out file; keep it elsewhere"
            )
        return parsed

    def _short(self, path: Path) -> str:
        if self._home is not None and path.is_relative_to(self._home):
            return f"~/{path.relative_to(self._home)}"
        return str(path)
