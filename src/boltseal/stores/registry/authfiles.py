"""Read the login files of Docker, podman and Helm, which share one shape, into values."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from boltseal.core.names import DOCKER_HUB, Repository
from boltseal.core.reading import optional_member, parse_object
from boltseal.errors import FileUnusable, Malformed

LARGEST_FILE = 4 * 1024 * 1024
HUB_SERVER = "https://index.docker.io/v1/"
_HUB_NAMES = (DOCKER_HUB, "docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_PROGRAM = re.compile(r"[A-Za-z0-9._-]{1,100}")

CredentialKind = Literal["anonymous", "password", "identity-token", "registry-token"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a registry, and where that was found.

    `password`: username and secret. `identity-token`: the secret is an OAuth2 refresh token.
    `registry-token`: the secret is a Bearer token as it stands.
    """

    kind: CredentialKind
    username: str = ""
    secret: str = field(default="", repr=False)
    origin: str = ""

    @property
    def told(self) -> str:
        """Say for an error message who we are and from where, never the secret."""
        if self.kind == "anonymous":
            return f"no credentials were found ({self.origin})" if self.origin else "anonymous"
        who = f"as {self.username!r} " if self.username and self.kind == "password" else ""
        what = {"identity-token": "with an identity token ", "registry-token": "with a token "}
        return f"logged in {who}{what.get(self.kind, '')}from {self.origin}"


@dataclass(frozen=True, slots=True)
class AuthFile:
    """One login file. Its entries are read only when they are asked for.

    So a damaged entry of one registry does not keep the others from being used.
    """

    origin: str
    auths: Mapping[str, Any] = field(repr=False)
    helpers: Mapping[str, Any] = field(repr=False)
    store: str | None = None

    @classmethod
    def parse(cls, data: bytes, *, origin: str) -> AuthFile:
        """Read the JSON of a login file; `origin` is its path for people.

        Raise FileUnusable, naming the file and no content, where it is damaged. Members that are
        none of ours are passed over. Source: docker/cli config files, containers-auth.json(5).
        """
        if len(data) > LARGEST_FILE:
            raise FileUnusable(f"{origin} is larger than {LARGEST_FILE} bytes: not a login file")
        try:
            value = parse_object(data, what=origin)
            auths = optional_member(value, "auths", dict, what=origin) or {}
            helpers = optional_member(value, "credHelpers", dict, what=origin) or {}
            store = optional_member(value, "credsStore", str, what=origin)
        except Malformed as error:
            raise FileUnusable(f"the login file cannot be used: {error}") from error
        return cls(origin, _by_server(auths), _by_server(helpers), store or None)

    def entry(self, repository: Repository) -> Credentials | None:
        """Return what the file itself holds for the longest matching name, None if nothing.

        Raise FileUnusable, naming the entry, where it is damaged.
        """
        found = _longest(self.auths, repository)
        if found is None:
            return None
        credentials = _entry(found[1], what=f"{self.origin}: the entry of {found[0][:200]!r}")
        return None if credentials is None else replace(credentials, origin=self.origin)

    def program(self, repository: Repository) -> str | None:
        """Return the credential program to ask: the registry's own, else that of all, else None."""
        found = _longest(self.helpers, repository)
        name = found[1] if found is not None else self.store
        return None if name is None else program_name(name, origin=self.origin)


def server_key(name: str) -> str:
    """Write a server of a login file as `host[:port][/path]`, host in lower case.

    The scheme goes, and with it the paths `/v1/` and `/v2/` that old tools wrote. All names of
    Docker Hub become one.
    """
    bare = re.sub(r"^https?://", "", name.strip(), flags=re.IGNORECASE)
    host, _, path = bare.partition("/")
    path = path.strip("/")
    host = host.lower()
    if path in ("v1", "v2"):
        path = ""
    if host in _HUB_NAMES:
        host = DOCKER_HUB
    return f"{host}/{path}" if path else host


def server_name(repository: Repository) -> str:
    """Return the name under which credential programs know the registry."""
    host = repository.registry
    return HUB_SERVER if server_key(host) == DOCKER_HUB else host


def program_name(name: Any, *, origin: str) -> str:
    """Return the name of a credential program; raise FileUnusable for one that could be a path."""
    if not isinstance(name, str) or not _PROGRAM.fullmatch(name) or name in (".", ".."):
        raise FileUnusable(
            f"{origin} names a credential program that is not made of letters, digits, '.', '_' "
            "and '-' only; it is not started"
        )
    return name


def _by_server(members: Mapping[str, Any]) -> dict[str, Any]:
    """Key members by `server_key`; one that is written so already comes before other spellings."""
    found = {name: value for name, value in members.items() if value and server_key(name) == name}
    for name, value in members.items():
        if value:
            found.setdefault(server_key(name), value)
    return found


def _longest(table: Mapping[str, Any], repository: Repository) -> tuple[str, Any] | None:
    name = server_key(f"{repository.registry}/{repository.path}")
    while name not in table:
        name, slash, _ = name.rpartition("/")
        if not slash:
            return None
    return name, table[name]


def _entry(value: Any, *, what: str) -> Credentials | None:
    if not isinstance(value, dict):
        raise FileUnusable(f"{what} is not an object")
    try:
        fields = {
            name: optional_member(value, name, str, what=what) or ""
            for name in ("auth", "username", "password", "identitytoken", "registrytoken")
        }
    except Malformed as error:
        raise FileUnusable(str(error)) from error
    username, password = fields["username"], fields["password"]
    if fields["auth"]:
        username, password = _decoded(fields["auth"], what=what)
    if fields["registrytoken"]:
        return Credentials("registry-token", "", fields["registrytoken"])
    if fields["identitytoken"]:
        return Credentials("identity-token", username, fields["identitytoken"])
    if username == "<token>" and password:
        return Credentials("identity-token", "", password)
    return Credentials("password", username, password) if username and password else None


def _decoded(text: str, *, what: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise FileUnusable(
            f"{what}: 'auth' is not the base64 of user:password; log in again"
        ) from error
    username, colon, password = decoded.partition(":")
    if not colon:
        raise FileUnusable(f"{what}: 'auth' holds no password; log in again")
    return username, password.strip("\x00")
