"""Where the registry keeps bytes: in memory, frozen, each change made whole under one lock."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def is_digest(text: str) -> bool:
    """Say whether the text is a digest of an algorithm that the store knows."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(content: bytes, *, algorithm: str = "sha256") -> str:
    """Compute a digest in its text form, `algorithm:hex`."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


class Conflict(Exception):
    """The tag no longer stands where the writer believed it to."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold a manifest's exact bytes with the media type that it was put under."""

    digest: str
    media_type: str
    content: bytes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Decode the content; what is not a JSON object reads as an empty one."""
        try:
            value = json.loads(self.content)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Repository:
    """Show one repository as it stands, lag aside: tag to digest, digest to manifest or bytes."""

    tags: dict[str, str]
    manifests: dict[str, Manifest]
    blobs: dict[str, bytes] = field(repr=False)


@dataclass(slots=True)
class _Shelf:
    """Keep one repository's versions; each is paired with the time from which it can be read."""

    tags: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    manifests: dict[str, tuple[float, Manifest]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def tagged(self, tag: str, *, now: float | None) -> str | None:
        """Give the newest digest of a tag that is visible at `now`, or the newest of all."""
        versions = self.tags.get(tag, [])
        return next((d for since, d in reversed(versions) if now is None or since <= now), None)


class Store:
    """Keep repositories. Reads see what has become visible by the clock; snapshots see all."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._shelves: dict[str, _Shelf] = {}

    @property
    def repositories(self) -> dict[str, Repository]:
        """Copy out every repository as it stands now."""
        with self._lock:
            return {
                name: Repository(
                    tags={tag: versions[-1][1] for tag, versions in shelf.tags.items()},
                    manifests={digest: m for digest, (_, m) in shelf.manifests.items()},
                    blobs=dict(shelf.blobs),
                )
                for name, shelf in self._shelves.items()
            }

    def put_blob(self, repository: str, content: bytes, *, algorithm: str = "sha256") -> str:
        """Store bytes and return their digest."""
        digest = digest_of(content, algorithm=algorithm)
        with self._lock:
            self._shelf(repository).blobs[digest] = bytes(content)
        return digest

    def blob(self, repository: str, digest: str) -> bytes | None:
        """Give a blob's bytes, or None."""
        with self._lock:
            return self._seen(repository).blobs.get(digest)

    def put_manifest(
        self,
        repository: str,
        manifest: Manifest,
        *,
        tag: str | None = None,
        lag: float = 0.0,
        expected: str | None = None,
    ) -> None:
        """Store a manifest and move a tag to it, both to be seen after `lag` seconds.

        With `expected`, raise Conflict and change nothing unless the tag stands at that digest now,
        or is absent where `expected` is empty.
        """
        with self._lock:
            shelf = self._shelf(repository)
            if expected is not None and expected != (shelf.tagged(tag or "", now=None) or ""):
                raise Conflict(tag)
            since = self._clock() + lag if lag else 0.0
            shelf.manifests.setdefault(manifest.digest, (since, manifest))
            if tag is not None:
                shelf.tags.setdefault(tag, []).append((since, manifest.digest))

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """Find a manifest by tag or digest, if it can be seen yet."""
        with self._lock:
            shelf, now = self._seen(repository), self._clock()
            digest = reference if ":" in reference else shelf.tagged(reference, now=now)
            since, manifest = shelf.manifests.get(digest or "", (now, None))
            return manifest if since <= now else None

    def has_manifest(self, repository: str, digest: str) -> bool:
        """Say whether a manifest is stored, to be seen yet or not."""
        with self._lock:
            return digest in self._seen(repository).manifests

    def delete_manifest(self, repository: str, digest: str) -> bool:
        """Remove a manifest with every tag that stands at it; False if there was none."""
        with self._lock:
            shelf = self._seen(repository)
            for tag in [t for t in shelf.tags if shelf.tagged(t, now=None) == digest]:
                del shelf.tags[tag]
            return shelf.manifests.pop(digest, None) is not None

    def delete_tag(self, repository: str, tag: str) -> bool:
        """Remove a tag and leave its manifest; False if there was none."""
        with self._lock:
            return self._seen(repository).tags.pop(tag, None) is not None

    def delete_blob(self, repository: str, digest: str) -> bool:
        """Remove a blob; False if there was none."""
        with self._lock:
            return self._seen(repository).blobs.pop(digest, None) is not None

    def tags(self, repository: str) -> list[str] | None:
        """List the visible tags in lexical order; None if the repository is unknown."""
        with self._lock:
            if repository not in self._shelves:
                return None
            shelf, now = self._shelves[repository], self._clock()
            return sorted(tag for tag in shelf.tags if shelf.tagged(tag, now=now))

    def referrers(self, repository: str, digest: str) -> list[Manifest]:
        """List the visible manifests whose `subject` is that digest, oldest first."""
        with self._lock:
            now = self._clock()
            stored = list(self._seen(repository).manifests.values())
        visible = [manifest for since, manifest in stored if since <= now]
        return [m for m in visible if subject_of(m.document()) == digest]

    def _shelf(self, repository: str) -> _Shelf:
        return self._shelves.setdefault(repository, _Shelf())

    def _seen(self, repository: str) -> _Shelf:
        return self._shelves.get(repository) or _Shelf()


def subject_of(document: dict[str, Any]) -> str | None:
    """Give the digest of a manifest's subject, or None where it has no well-formed one."""
    subject = document.get("subject")
    digest = subject.get("digest") if isinstance(subject, dict) else None
    return digest if isinstance(digest, str) else None
