"""Access to repositories in the words of the token specification, and tokens that grant it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from boltseal.core.names import Repository

Scopes = frozenset[str]
"""Each is `repository:<path>:<action>` with one action, so that sets compare."""

_ORDER = ("pull", "push", "delete")
_LONGEST = 8 * 1024


@dataclass(frozen=True, slots=True)
class Need:
    """What a request takes: actions on one repository, and perhaps scopes elsewhere."""

    repository: Repository
    actions: tuple[str, ...] = ("pull",)
    more: Scopes = frozenset()

    @property
    def scopes(self) -> Scopes:
        """The need as scopes."""
        return scopes_of(self.repository, *self.actions) | self.more

    @property
    def writes(self) -> bool:
        """Whether more than reading is wanted."""
        return self.actions != ("pull",)

    @property
    def verb(self) -> str:
        """The need as words for an error message."""
        if "delete" in self.actions:
            return "delete from"
        return "push to" if "push" in self.actions else "pull from"


def scopes_of(repository: Repository, *actions: str) -> Scopes:
    """Return the scopes of actions on a repository."""
    return frozenset(f"repository:{repository.path}:{action}" for action in actions)


def parse_scopes(text: str) -> Scopes:
    """Read `type:name:action,action` scopes parted by spaces; what is none is passed over."""
    found: set[str] = set()
    for scope in text[:_LONGEST].split():
        resource, colon, actions = scope.rpartition(":")
        if colon and ":" in resource:
            found.update(f"{resource}:{action}" for action in actions.split(",") if action)
    return frozenset(found)


def format_scopes(scopes: Iterable[str]) -> list[str]:
    """Write scopes with the actions of one resource joined: `repository:a/b:pull,push`."""
    grouped: dict[str, list[str]] = {}
    for scope in scopes:
        resource, _, action = scope.rpartition(":")
        grouped.setdefault(resource, []).append(action)

    def rank(action: str) -> tuple[int, str]:
        return (_ORDER.index(action) if action in _ORDER else len(_ORDER), action)

    return [f"{name}:{','.join(sorted(grouped[name], key=rank))}" for name in sorted(grouped)]


@dataclass(frozen=True, slots=True)
class Token:
    """A Bearer token, what it was asked for, and the instant until which to use it."""

    value: str = field(repr=False)
    scopes: Scopes
    until: float


class Tokens:
    """The tokens of one process by registry. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, list[Token]] = {}

    def find(self, registry: str, wanted: Scopes) -> Token | None:
        """Return a token that still holds and covers `wanted`."""
        now = self._clock()
        with self._lock:
            held = [token for token in self._held.get(registry, []) if token.until > now]
            self._held[registry] = held
        return next((token for token in held if wanted <= token.scopes), None)

    def add(self, registry: str, token: Token) -> None:
        """Keep a token."""
        with self._lock:
            self._held.setdefault(registry, []).append(token)

    def drop(self, registry: str, token: Token) -> None:
        """Forget a token that was refused."""
        with self._lock:
            held = self._held.get(registry, [])
            self._held[registry] = [other for other in held if other is not token]

    def values(self) -> tuple[str, ...]:
        """Return the secrets, for whoever takes them out of texts."""
        with self._lock:
            return tuple(token.value for held in self._held.values() for token in held)


class KeyedLocks:
    """One lock for each key, made when it is first asked for; a thread may take it twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, AbstractContextManager[bool]] = {}

    def of(self, key: Hashable) -> AbstractContextManager[bool]:
        """Return the lock of a key."""
        with self._lock:
            return self._locks.setdefault(key, threading.RLock())
