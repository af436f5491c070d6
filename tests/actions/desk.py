"""A job for tests: a workspace with keys, a registry on loopback, and an action's surroundings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from boltseal.actions import attest, sign, verify
from boltseal.actions.around import Around
from boltseal.actions.declaring import declared, read_inputs
from boltseal.actions.inputs import AttestInputs, SignInputs, VerifyInputs
from boltseal.actions.telling import Told
from boltseal.actions.workspace import Workspace
from boltseal.core.oci import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, Index, Manifest
from boltseal.flows.keypair import KeyPair, generate
from tests.support.registry import Registry

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 1, 10, 12, tzinfo=timezone.utc)
SHA = "a" * 40
ENVIRONMENT = {
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/tags/v1",
    "GITHUB_REPOSITORY": "owner/project",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_RUN_ID": "17",
    "SOURCE_DATE_EPOCH": "1767960000",
    # No engine answers here, whatever this machine has.
    "DOCKER_HOST": "tcp://127.0.0.1:1",
    "PATH": os.environ["PATH"],
}


@lru_cache
def pair(name: str) -> KeyPair:
    """Return the key pair of that name, always the same within a process."""
    return generate(password=PASSWORD.encode(), entropy=os.urandom)


@dataclass
class Desk:
    """One job's folder and registry; `lines` is its log."""

    folder: Path
    registry: Registry
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put two key pairs in place."""
        for name in ("cosign", "other"):
            (self.folder / f"{name}.key").write_bytes(pair(name).private)
            (self.folder / f"{name}.pub").write_bytes(pair(name).public)

    def around(self) -> Around:
        """Return what surrounds the next action."""
        return Around(
            {**self.environment, "HOME": str(self.folder / "home")},
            Workspace(self.folder.resolve()),
            say=self.lines.append,
            now=lambda: NOW,
        )

    @property
    def name(self) -> str:
        """The image's name without tag or digest."""
        return f"{self.registry.host}/team/app"

    def push(self, tag: str = "v1", *, text: str | None = None) -> str:
        """Push an image that differs with `text` (by default the tag), and return its digest."""
        manifest = self._manifest(tag if text is None else text)
        raw = manifest.raw
        return self.registry.put_manifest("team/app", raw, media_type=OCI_MANIFEST, tag=tag)

    def push_index(self, tag: str, *platforms: str) -> tuple[str, list[str]]:
        """Push an index of platform images; return its digest and theirs."""
        images = [self._manifest(platform) for platform in platforms]
        for image in images:
            self.registry.put_manifest("team/app", image.raw, media_type=OCI_MANIFEST)
        entries = tuple(
            image.descriptor(platform={"os": "linux", "architecture": name})
            for image, name in zip(images, platforms, strict=True)
        )
        raw = Index.build(entries).raw
        digest = self.registry.put_manifest("team/app", raw, media_type=OCI_INDEX, tag=tag)
        return digest, [str(image.digest) for image in images]

    def _manifest(self, text: str) -> Manifest:
        config = f'{{"text":"{text}"}}'.encode()
        self.registry.put_blob("team/app", config)
        return Manifest.build(Descriptor.of(config, OCI_CONFIG), ())

    def sign(self, **texts: str) -> Told:
        """Run the root action with these inputs (names with `_`) and the key's password."""
        return sign.work(inputs(SignInputs, {"password": PASSWORD, **texts}), self.around())

    def attest(self, **texts: str) -> Told:
        """Run actions/attest with these inputs and the key's password."""
        return attest.work(inputs(AttestInputs, {"password": PASSWORD, **texts}), self.around())

    def verify(self, **texts: str) -> Told:
        """Run actions/verify with these inputs."""
        return verify.work(inputs(VerifyInputs, texts), self.around())


def inputs(cls: type[Any], texts: Mapping[str, str]) -> Any:
    """Read inputs as a workflow gives them: what is left out has its default."""
    given = {name.replace("_", "-"): text for name, text in texts.items()}
    defaults = {one.name: one.default for one in declared(cls)}
    assert not set(given) - set(defaults)
    return read_inputs(cls, {**defaults, **given})
