"""The real cosign of either generation signs and verifies with a key, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.peers.programs import Program, Result, require

Generation = Literal["2.5", "3.1"]
Form = Literal["classic", "bundle"]

# What `cosign signing-config create` and `cosign trusted-root create` print when they are given
# no services (3.1.1, but for the last newline). The second keeps cosign from asking for a trusted
# root over the network, which it does on every signing with a signing config, only to warn.
SIGNING_CONFIG = (
    b'{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json",'
    b'"rekorTlogConfig":{},"tsaConfig":{}}'
)
TRUSTED_ROOT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Name the two files of a key pair."""

    private: Path
    public: Path


@dataclass(frozen=True, slots=True)
class Cosign:
    """Hold one cosign and the folder that is its HOME; `docker_config` is a DOCKER_CONFIG."""

    program: Program
    generation: Generation
    home: Path
    docker_config: Path | None = None

    def run(self, args: Sequence[str], *, password: str = "", cwd: Path | None = None) -> Result:
        """Run any cosign command, with the key's password in COSIGN_PASSWORD."""
        env = {"COSIGN_PASSWORD": password}
        if self.docker_config:
            env["DOCKER_CONFIG"] = str(self.docker_config)
        return self.program.run(args, env=env, home=self.home, cwd=cwd)

    def generate_key_pair(self, name: str = "cosign", *, password: str) -> KeyFiles:
        """Make `NAME.key` and `NAME.pub` in the home folder."""
        args = ["generate-key-pair", "--output-key-prefix", name]
        self.run(args, password=password, cwd=self.home).check()
        return KeyFiles(self.home / f"{name}.key", self.home / f"{name}.pub")

    def sign(
        self,
        reference: str,
        *,
        key: Path,
        password: str,
        form: Form = "classic",
        annotations: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Result:
        """Sign an image in one form, with no service but the registry; the result is not checked.

        Raises ValueError for a bundle of generation 2.5, whose `sign` cannot write one.
        """
        args = ["sign", "--yes", "--key", str(key), *self._offline(form)]
        return self.run([*args, *_noted(annotations), *options, reference], password=password)

    def verify(
        self,
        reference: str,
        *,
        key: Path,
        annotations: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Result:
        """Verify an image by key alone; the result is not checked.

        Generation 3.1 looks at bundles where there is one and at classic signatures only where
        there is none, or with the option `--new-bundle-format=false`.
        """
        args = ["verify", "--insecure-ignore-tlog", "--key", str(key)]
        return self.run([*args, *_noted(annotations), *options, reference])

    def _offline(self, form: Form) -> list[str]:
        if self.generation == "2.5":
            if form == "bundle":
                raise ValueError("cosign 2.5 signs images in the classic form only")
            return ["--tlog-upload=false"]
        if form == "classic":
            return [
                "--use-signing-config=false",
                "--tlog-upload=false",
                "--new-bundle-format=false",
            ]
        config, root = self.home / "signing-config.json", self.home / "trusted-root.json"
        config.write_bytes(SIGNING_CONFIG)
        root.write_bytes(TRUSTED_ROOT)
        return ["--signing-config", str(config), "--trusted-root", str(root)]


def cosign(generation: Generation, *, home: Path, docker_config: Path | None = None) -> Cosign:
    """Give the real cosign of a generation, working in `home`, or skip the test."""
    home.mkdir(parents=True, exist_ok=True)
    program = require(f"cosign-{generation}")
    return Cosign(program=program, generation=generation, home=home, docker_config=docker_config)


def _noted(annotations: Mapping[str, str] | None) -> list[str]:
    """Shape annotations as `-a k=v` words; cosign reads each as CSV, so a comma splits it."""
    return [word for key, value in (annotations or {}).items() for word in ("-a", f"{key}={value}")]
