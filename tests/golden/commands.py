"""cosign's recorded command lines, read into the same words that boltseal's flows understand.

A flag that asks for something that this version does not judge by (a certificate's identity, a
log, a timestamp) makes the whole command `NotAsked`; none is skipped over in silence.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from boltseal.core.annotations import Annotations
from boltseal.core.keys import PublicKey
from boltseal.core.names import Reference, Repository
from boltseal.core.oci import ZERO_TIME
from boltseal.core.signature import Form
from boltseal.stores import Shelf, Store
from boltseal.stores.open import BOTH, open_shelves
from tests.golden.cases import VECTORS, Command

_FEW = 3
_ALONE = {"-r", "-y", "--experimental-oci11", "--insecure-ignore-tlog", "--insecure-ignore-sct"}
_ALONE |= {"--offline", "--use-signed-timestamps", "--record-creation-timestamp"}
_ALONE |= {"--insecure-skip-verify"}

# What a command asks for by a flag, and whose issue it is.
_OTHER_WORK = {
    "--certificate-identity": "identity in a certificate",
    "--certificate-identity-regexp": "identity in a certificate",
    "--use-signed-timestamps": "timestamp authority",
    "--signature": "signature in a file",
    "--payload": "signature in a file",
}
# Flags that may stand there and change nothing about a verdict by key.
_NO_MATTER = {"--key", "-a", "-o", "--insecure-ignore-tlog", "--offline", "--check-claims"}
_NO_MATTER |= {"--signature-digest-algorithm", "--trusted-root", "--new-bundle-format"}
_NO_MATTER |= {"--attachment", "--attachment-tag-prefix", "--experimental-oci11"}
_OF_SIGNING = {"--key", "-a", "-r", "--tlog-upload", "--use-signing-config", "--signing-config"}
_OF_SIGNING |= {"--new-bundle-format", "--attachment-tag-prefix", "--attachment"}
_OF_SIGNING |= {"--record-creation-timestamp", "--sign-container-identity"}


class NotAsked(Exception):
    """Tell that a command asks for something that this version is not asked to do, and what."""


@dataclass(frozen=True, slots=True)
class Words:
    """A command line in parts: flags in their order, each with its value, and the reference."""

    command: Command
    flags: tuple[tuple[str, str], ...]
    image: str

    @classmethod
    def of(cls, command: Command) -> Words:
        """Part the words as cosign's parser does: `--flag=value`, `--flag value`, `--switch`."""
        flags: list[tuple[str, str]] = []
        left = list(command.words)
        image = left.pop()
        while left:
            name, equals, value = left.pop(0).partition("=")
            assert name.startswith("-"), f"{name} is no flag"
            if not equals and name not in _ALONE:
                value = left.pop(0)
            flags.append((name, value))
        return cls(command, tuple(flags), image)

    def values(self, name: str) -> list[str]:
        """Return every value of a flag."""
        return [value for flag, value in self.flags if flag == name]

    def value(self, name: str, *, default: str = "") -> str:
        """Return the last value of a flag."""
        return (self.values(name) or [default])[-1]

    def has(self, name: str) -> bool:
        """Tell whether a flag is given."""
        return bool(self.values(name))

    @property
    def annotations(self) -> Annotations:
        """Read `-a` as cosign does, as one CSV record each."""
        fields = [
            field for value in self.values("-a") for field in next(csv.reader([value], strict=True))
        ]
        return Annotations.parse(fields)

    @property
    def reference(self) -> Reference:
        """The image; with `--attachment sbom`, what stands under its `.sbom` tag."""
        image = Reference.parse(self.image)
        if self.value("--attachment") != "sbom":
            return image
        assert image.digest is not None
        return image.repository.at(f"sha256-{image.digest.hex}.sbom")

    @property
    def title(self) -> str:
        """The words that tell this command from its neighbours, in short, the image left out."""
        flags = [flag for flag in self.flags if flag[0] not in ("--key", "--insecure-ignore-tlog")]
        if len(self.values("-a")) > _FEW:
            flags = [*(flag for flag in flags if flag[0] != "-a"), ("-a", "…")]
        told = [f"{name} {_short(value)}".strip() for name, value in flags]
        env = self.command.env.items()
        key = [_short(value) for value in self.values("--key")]
        return " ".join([*key, *told, *(f"{name}={_short(value)}" for name, value in env)])

    def key(self) -> PublicKey:
        """Read the public key of `--key`."""
        return public_key(self.value("--key"))

    def shelves(self, store: Store) -> tuple[Shelf, ...]:
        """Open the shelves that the command is about."""
        env = self.command.env
        elsewhere = env.get("COSIGN_REPOSITORY")
        return open_shelves(
            store,
            self._forms(),
            attachments=Repository.parse(elsewhere) if elsewhere else None,
            prefix=self.value("--attachment-tag-prefix"),
            created=self._created(),
            docker_types=env.get("COSIGN_DOCKER_MEDIA_TYPES") == "1",
        )

    def _forms(self) -> Sequence[Form]:
        if self.value("--new-bundle-format") == "false":
            return (Form.CLASSIC,)
        if self.command.verb == "verify":
            return BOTH
        return (Form.BUNDLE if self.command.generation == "3.1" else Form.CLASSIC,)

    def _created(self) -> str:
        if not self.has("--record-creation-timestamp"):
            return ZERO_TIME
        assert self.command.env["SOURCE_DATE_EPOCH"] == "1620691200"
        return "2021-05-11T00:00:00Z"


def public_key(path: str) -> PublicKey:
    """Read a public key of the vectors; for a private key, the one that lies beside it."""
    file = (VECTORS / path).with_suffix(".pub")
    return PublicKey.parse(file.read_bytes(), what=file.name)


def _short(value: str) -> str:
    name = value.removeprefix("keys/").removeprefix("imported31-")
    return name.removesuffix(".pub").removesuffix(".key")


def reading(command: Command) -> Words:
    """Return the words of a `verify` by key; raise NotAsked for what is no such thing."""
    if command.verb != "verify":
        raise NotAsked(f"the command {command.verb}")
    words = Words.of(command)
    _only(words, _NO_MATTER)
    return words


def writing(command: Command) -> Words:
    """Return the words of a `sign` by key alone; raise NotAsked for what is no such thing."""
    if command.verb != "sign":
        raise NotAsked(f"the command {command.verb}")
    words = Words.of(command)
    if words.has("--upload"):
        raise NotAsked("signature in a file")
    if words.has("--registry-referrers-mode"):
        raise NotAsked("classic signature as a referrer (experimental in cosign)")
    if words.has("--rekor-url") or "rekor" in words.value("--signing-config"):
        raise NotAsked("entry in a transparency log")
    if words.has("--certificate") or words.has("--identity-token"):
        raise NotAsked("certificate")
    _only(words, _OF_SIGNING)
    return words


def _only(words: Words, known: set[str]) -> None:
    for name, _ in words.flags:
        if name in _OTHER_WORK:
            raise NotAsked(_OTHER_WORK[name])
    others = {name for name, _ in words.flags} - known
    assert not others, f"nobody said what {others} means"
