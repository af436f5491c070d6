"""Where a test sits to type command lines: a folder, an environment, and what came back."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from boltseal.cli.around import Around
from boltseal.cli.main import run
from boltseal.flows.keypair import KeyPair, generate
from tests.support.making import NOON, image_manifest, index_of
from tests.support.registry import Registry

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run left behind."""

    code: int
    out: bytes
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@lru_cache
def pair(name: str) -> KeyPair:
    """Return the key pair of that name, always the same within a process."""
    return generate(password=PASSWORD.encode(), entropy=os.urandom)


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with a key pair called `release`, and an environment with hardly anything else."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *args: str, stdin: bytes | None = b"", **environment: str) -> Ran:
        """Run a command line in this process; `stdin` None is a process without one."""
        out, err = io.BytesIO(), io.StringIO()
        around = Around(
            environment={**self.variables(), **environment},
            stdin=None if stdin is None else io.BytesIO(stdin),
            stdout=out,
            stderr=err,
            now=lambda: NOON,
            entropy=os.urandom,
        )
        code = run(args, around)
        return Ran(code, out.getvalue(), err.getvalue())

    def process(self, *args: str, stdin: bytes = b"", **environment: str) -> Ran:
        """Run a command line as a process of its own, in this folder."""
        ended = subprocess.run(
            [sys.executable, "-I", "-m", "boltseal", *args],
            input=stdin,
            capture_output=True,
            check=False,
            env={**self.variables(), **environment},
            cwd=self.folder,
            timeout=60,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr.decode())

    def variables(self) -> dict[str, str]:
        """Return the environment of every run: a home without login files, the key's password."""
        return {
            "HOME": str(self.folder),
            "PATH": "/usr/bin:/bin",
            "COSIGN_PASSWORD": PASSWORD,
            **self.environment,
        }

    def path(self, name: str) -> str:
        """Return the path of a file in the folder."""
        return str(self.folder / name)

    def write(self, name: str, content: bytes) -> str:
        """Write a file in the folder and return its path."""
        (self.folder / name).write_bytes(content)
        return self.path(name)

    def keys(self, name: str) -> tuple[str, str]:
        """Write the pair of that name and return the paths of its files."""
        made = pair(name)
        private = self.write(f"{name}.key", made.private)
        (self.folder / f"{name}.key").chmod(0o600)
        return private, self.write(f"{name}.pub", made.public)


def desk(folder: Path, **environment: str) -> Desk:
    """Return a desk with a key pair called `release`."""
    made = Desk(folder, environment)
    made.keys("release")
    return made


def push(registry: Registry, name: str, text: str = "image") -> str:
    """Push an image that differs with `text` under `repository[:tag]`; return it by digest."""
    repository, _, tag = name.partition(":")
    image = image_manifest(text)
    registry.put_blob(repository, f'{{"text":"{text}"}}'.encode())
    digest = registry.put_manifest(
        repository, image.raw, media_type=image.media_type, tag=tag or None
    )
    return f"{registry.host}/{repository}@{digest}"


def push_index(registry: Registry, repository: str, *platforms: str) -> str:
    """Push an index with an image for each architecture; return it by digest."""
    index, images = index_of(*platforms)
    for text, image in zip(platforms, images, strict=True):
        registry.put_blob(repository, f'{{"text":"{text}"}}'.encode())
        registry.put_manifest(repository, image.raw, media_type=image.media_type)
    digest = registry.put_manifest(repository, index.raw, media_type=index.media_type)
    return f"{registry.host}/{repository}@{digest}"
