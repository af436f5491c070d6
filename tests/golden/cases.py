"""The golden registry cases as values, each able to fill a store with what cosign left behind."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from boltseal.core.names import Digest, Reference, Repository
from boltseal.core.oci import Index, Manifest, parse_manifest
from tests.support.memory import MemoryStore

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
WITH_API = "localhost:5102"
_MADE = re.compile(r".*sha256-[0-9a-f]{64}(\.sig|\.att)?")


@dataclass(frozen=True, slots=True)
class Command:
    """One recorded run of a cosign: its words without the program, and what came of it."""

    generation: str
    verb: str
    words: tuple[str, ...]
    env: Mapping[str, str]
    status: int
    stdout: str = ""
    stderr: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Command:
        """Take a recorded command; `generation` is `2.5` or `3.1`."""
        return cls(
            generation=value["program"].removeprefix("cosign ")[:3],
            verb=value["argv"][1],
            words=tuple(value["argv"][2:]),
            env=value["env"],
            status=value["rc"],
            stdout=value.get("stdout", ""),
            stderr=value.get("stderr", ""),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One registry case: what was written, what the registry then held, what readers said."""

    name: str
    reference: Reference
    steps: tuple[Command, ...]
    checks: tuple[Command, ...]
    registry: tuple[Mapping[str, Any], ...] = field(repr=False)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Case:
        """Take a case file's content."""
        return cls(
            name=value["id"],
            reference=Reference.parse(value["reference"]),
            steps=tuple(Command.of(step) for step in value["steps"]),
            checks=tuple(Command.of(check) for check in value["verify"]),
            registry=tuple(value["registry"]),
        )

    def store(self) -> MemoryStore:
        """Return a store that holds all that the registry held in the end."""
        store = self._empty()
        for where, held in self._repositories():
            for digest, media_type in held["manifests"].items():
                _add_manifest(store, where, Digest.parse(digest), media_type)
            for digest in held["blobs"]:
                store.blobs[where, Digest.parse(digest)] = content(digest)
            for tag, digest in held["tags"].items():
                store.tags[where, tag] = Digest.parse(digest)
        return store

    def before(self) -> MemoryStore:
        """Return a store that holds the images as they were before anything was signed."""
        store = self._empty()
        for where, held in self._repositories():
            for tag, text in held["tags"].items():
                if not _MADE.fullmatch(tag):
                    digest = Digest.parse(text)
                    store.tags[where, tag] = digest
                    self._add_image(store, where, digest, held["manifests"])
        return store

    def _add_image(
        self, store: MemoryStore, where: Repository, digest: Digest, types: Mapping[str, str]
    ) -> None:
        manifest = _add_manifest(store, where, digest, types[str(digest)])
        if isinstance(manifest, Index):
            for entry in manifest.manifests:
                self._add_image(store, where, entry.digest, types)
            return
        for described in (manifest.config, *manifest.layers):
            store.blobs[where, described.digest] = content(str(described.digest))

    def _empty(self) -> MemoryStore:
        return MemoryStore(api=self.reference.repository.registry == WITH_API)

    def _repositories(self) -> list[tuple[Repository, Mapping[str, Any]]]:
        host = self.reference.repository.registry
        return [(Repository(host, held["repository"]), held) for held in self.registry]


def _add_manifest(
    store: MemoryStore, where: Repository, digest: Digest, media_type: str
) -> Manifest | Index:
    raw = content(str(digest))
    manifest = parse_manifest(raw, media_type=media_type, what=f"{where}@{digest}")
    assert manifest.digest == digest
    store.manifests[where, digest] = manifest
    return manifest


def content(digest: str) -> bytes:
    """Return the bytes of a digest."""
    value = _objects()[digest]
    return value["text"].encode() if "text" in value else base64.b64decode(value["base64"])


@cache
def _objects() -> dict[str, dict[str, str]]:
    value: dict[str, dict[str, str]] = json.loads((VECTORS / "objects.json").read_bytes())
    return value


@cache
def cases() -> tuple[Case, ...]:
    """Return all cases, in the order of their list."""
    listed = json.loads((VECTORS / "cases.json").read_bytes())
    files = [VECTORS / entry["file"] for entry in listed.values()]
    return tuple(Case.of(json.loads(file.read_bytes())) for file in files)


def case(name: str) -> Case:
    """Return the case of that name."""
    return next(found for found in cases() if found.name == name)
