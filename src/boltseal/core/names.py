"""Names of things in registries, parsed once: digests, repositories, references.

Grammar: https://github.com/distribution/reference (components, tags, digests), with
go-containerregistry's rule for what a registry is, because its spelling is what cosign signs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from boltseal.errors import UsageError

DOCKER_HUB = "index.docker.io"
LAYOUT = "oci:"
_HEX = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")
_LONGEST = 4096


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 content digest; `str()` gives `sha256:` and 64 lower-case hexadecimal digits."""

    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `sha256:<64 lower-case hex>`; raise UsageError for anything else.

        Other algorithms, upper case and white space are refused, as cosign refuses them: a
        digest is compared as text and becomes part of paths and tags.
        """
        algorithm, colon, value = text.partition(":")
        if not colon or algorithm != "sha256" or not _HEX.fullmatch(value):
            shown = text if len(text) < 100 else text[:100] + "…"
            raise UsageError(
                f"{shown!r} is not a digest; write sha256: and 64 lower-case hex digits"
            )
        return cls(value)

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """Compute the digest of `data`."""
        return cls(hashlib.sha256(data).hexdigest())

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the hash."""
        return bytes.fromhex(self.hex)

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits, for people."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """A registry host (with its port) and a path in it; `str()` is what cosign signs as name.

    A folder in OCI layout is a repository without a registry, its path that of the folder.
    """

    registry: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Read `[registry/]path`, Docker Hub filled in as `index.docker.io` and `library/`.

        The first part is a registry only if it has a `.` or a `:` (go-containerregistry,
        pkg/name), so `localhost/x` is on Docker Hub and `localhost:5000/x` is not. Raise
        UsageError where the distribution grammar does not hold.
        """
        first, slash, rest = text.partition("/")
        if slash and ("." in first or ":" in first):
            registry, path = first, rest
        else:
            registry, path = DOCKER_HUB, text
        if registry == "docker.io":
            registry = DOCKER_HUB
        if registry == DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        _check_registry(registry, text)
        _check_path(path, text)
        return cls(registry, path)

    @property
    def is_layout(self) -> bool:
        """True for a folder in OCI layout."""
        return not self.registry

    @property
    def host(self) -> str:
        """The registry's host without its port, brackets of IPv6 kept."""
        return re.sub(r":[0-9]+$", "", self.registry)

    def at(self, target: Digest | str) -> Reference:
        """Return the reference of a digest, or of a tag, in this repository."""
        if isinstance(target, Digest):
            return Reference(self, digest=target)
        return Reference(self, tag=_checked_tag(target, f"{self}:{target}"))

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}" if self.registry else f"{LAYOUT}{self.path}"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A repository with a tag, a digest or both; where both are there, the digest decides."""

    repository: Repository
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `[registry/]path[:tag][@digest]`; without either, the tag is `latest`.

        Raise UsageError that quotes the text and names the part that is wrong.
        """
        if not text or len(text) > _LONGEST:
            raise UsageError(
                "an image reference is empty" if not text else "an image reference is too long"
            )
        name, at, digest_text = text.partition("@")
        digest = Digest.parse(digest_text) if at else None
        name, tag = _split_tag(name)
        if not name:
            raise UsageError(
                f"{text!r} has no name in front of its tag or digest; where it comes from a "
                "variable, the variable is empty"
            )
        if tag is not None:
            _checked_tag(tag, text)
        elif digest is None:
            tag = "latest"
        return cls(Repository.parse(name), tag, digest)

    @classmethod
    def parse_place(cls, text: str) -> Reference:
        """Read a reference, or `oci:FOLDER[:TAG][@DIGEST]` for an image in OCI layout.

        Only for what a user typed: in a manifest, `oci:1.0` is an image of that name, and a
        folder of a pull request must never stand in for a registry. Without a tag the folder's
        only image is meant, whose tag is then empty.
        """
        if not text.startswith(LAYOUT):
            return cls.parse(text)
        name, _, digest_text = text.removeprefix(LAYOUT).partition("@sha256:")
        digest = Digest.parse(f"sha256:{digest_text}") if digest_text else None
        head, colon, tail = name.rpartition(":")
        tagged = bool(colon and head and _TAG.fullmatch(tail))
        folder, tag = (head, tail) if tagged else (name, None if digest else "")
        if not folder or "\0" in folder:
            raise UsageError(f"{text!r} names no folder; write oci:FOLDER, :TAG or @DIGEST")
        return cls(Repository("", folder), tag, digest)

    @classmethod
    def lowered(cls, text: str) -> tuple[Reference, str | None]:
        """Read a reference whose repository path may hold capitals, as `github.repository` does.

        Returns the reference and, where something was lowered, a notice for the user. The tag,
        whose case matters, is never touched.
        """
        name, at, digest = text.partition("@")
        name, tag = _split_tag(name)
        first, slash, rest = name.partition("/")
        if slash and ("." in first or ":" in first):
            lowered = f"{first}/{rest.lower()}"
        else:
            lowered = name.lower()
        again = lowered + (f":{tag}" if tag is not None else "") + at + digest
        notice = None
        if lowered != name:
            notice = f"repository names are lower case: {name} was read as {lowered}"
        return cls.parse(again), notice

    def pinned(self, digest: Digest) -> Reference:
        """Return this repository at `digest`, the tag dropped."""
        return replace(self, tag=None, digest=digest)

    @property
    def target(self) -> str:
        """What to ask the registry for: the digest where there is one, else the tag."""
        return str(self.digest) if self.digest else str(self.tag)

    def __str__(self) -> str:
        if self.digest:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag}" if self.tag else str(self.repository)


def _split_tag(name: str) -> tuple[str, str | None]:
    head, colon, tail = name.rpartition(":")
    if colon and "/" not in tail and not tail.endswith("]"):
        return head, tail
    return name, None


def _checked_tag(tag: str, text: str) -> str:
    if not _TAG.fullmatch(tag):
        raise UsageError(
            f"{text!r} has a tag that no registry takes: up to 128 letters, digits, '_', '.' "
            "and '-', not starting with '.' or '-'"
        )
    return tag


def _check_registry(registry: str, text: str) -> None:
    port = re.search(r":([0-9]+)$", registry)
    if not _HOST.fullmatch(registry) or (port and not 0 < int(port[1]) < 65536):
        raise UsageError(f"{text!r} does not begin with a registry's host name or host:port")


def _check_path(path: str, text: str) -> None:
    if not path or len(path) > 255:
        raise UsageError(f"{text!r} has no repository path of 1 to 255 characters")
    if any(not _COMPONENT.fullmatch(part) for part in path.split("/")):
        hint = "; capitals are not allowed" if path != path.lower() else ""
        raise UsageError(
            f"{text!r} is not an image reference: its repository path is malformed{hint}"
        )
