"""Change what a tag names without losing what others put there, on stores without compare-and-swap.

Registries have no conditional writes, so two writers may read the same state and the later one
takes the earlier one's work away. Three habits together keep everything: the tag is read shortly
before it is written; what was written is read back only after the longest time that another
writer may sit between its own read and write; who finds its own missing merges again. A writer
that sees signs of others goes on looking until two looks agree.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Index, Manifest
from boltseal.errors import NotStored, Unready
from boltseal.stores import Store

State = Manifest | Index | None
Result = TypeVar("Result")
SHORTEST_WAIT = 0.15
LONGEST_WAIT = 3.0
ROUNDS = 12
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock that merging waits by; a test gives a faster one."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    spread: Callable[[], float] = field(default=random.random)  # jitter, not a secret

    def wait_for(self, window: float, *, after: float) -> None:
        """Sleep until the window of any other writer that read before `after` has closed."""
        wait = min(max(SHORTEST_WAIT, 4 * window), LONGEST_WAIT)
        self.sleep(max(0.0, after + wait - self.now()))

    def linger(self, attempt: int) -> None:
        """Sleep a while that grows with each attempt, for what takes its time to show."""
        self.sleep(min(0.05 * 2**attempt, LONGEST_WAIT))

    def step_aside(self, attempt: int) -> None:
        """Sleep a random while, longer with each attempt, so that rivals fall out of step."""
        self.sleep(self.spread() * min(0.05 * 2**attempt, LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Merge:
    """One change of one tag.

    `join` makes the new state from the present one (uploading what it names), or None if
    nothing is to be changed. `holds` tells whether a state has the change.
    """

    reference: Reference
    join: Callable[[State], Manifest | Index | None]
    holds: Callable[[State], bool]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left: the digest that the tag names now, when, and how long the window was."""

    digest: Digest | None
    at: float
    window: float


def write(
    store: Store, merge: Merge, *, pace: Pace, before: State = None, read_at: float | None = None
) -> Written:
    """Read the tag, join, and write the tag; the caller confirms.

    Whoever has read it just now gives `before` and `read_at`, which saves a round trip and makes
    the window as much longer as the reading is older.
    """
    began = pace.now() if read_at is None else read_at
    before = store.manifest(merge.reference) if read_at is None else before
    try:
        return _write(store, merge, before, began, pace=pace)
    except Unready:
        return patiently(lambda: _read_and_write(store, merge, pace=pace), pace=pace)


def _read_and_write(store: Store, merge: Merge, *, pace: Pace) -> Written:
    began = pace.now()
    return _write(store, merge, store.manifest(merge.reference), began, pace=pace)


def _write(store: Store, merge: Merge, before: State, began: float, *, pace: Pace) -> Written:
    after = merge.join(before)
    if after is None:
        return Written(before.digest if before else None, pace.now(), 0.0)
    store.put_manifest(merge.reference, after)
    done = pace.now()
    return Written(after.digest, done, done - began)


def patiently(work: Callable[[], Result], *, pace: Pace) -> Result:
    """Do `work` again, a few times, while the registry does not see what it has just accepted."""
    for attempt in range(ATTEMPTS):
        try:
            return work()
        except Unready:
            pace.step_aside(attempt)
    return work()


def read_back(store: Store, reference: Reference, *, pace: Pace) -> Manifest:
    """Return a manifest that was stored just now, with patience for a registry that lags.

    Raise NotStored if it does not show within some seconds.
    """
    for attempt in range(ROUNDS):
        manifest = store.manifest(reference)
        if isinstance(manifest, Manifest):
            return manifest
        pace.linger(attempt)
    raise NotStored(
        f"{reference} was accepted by the registry and does not show there; the registry is "
        "broken, or takes very long. Run again: what is missing is signed then"
    )


def confirm(store: Store, merge: Merge, written: Written, *, pace: Pace) -> Written:
    """Return once the change stands, merging again as often as others took it away.

    Raise NotStored after a bounded number of rounds: a registry that answers 201 and keeps
    nothing is not mended by trying on.
    """
    last = written
    expected = written.digest
    for attempt in range(ROUNDS):
        pace.wait_for(last.window, after=last.at)
        seen = store.manifest(merge.reference)
        if merge.holds(seen):
            if seen is None or seen.digest == expected:
                return last
            # Others are at work: look again until nothing has moved for a whole window.
            expected = seen.digest
            last = Written(expected, pace.now(), last.window)
            continue
        pace.step_aside(attempt)
        last = write(store, merge, pace=pace)
        expected = last.digest
    raise NotStored(
        f"{merge.reference}: the registry accepts writes of this tag and does not keep them; "
        "another writer keeps replacing the tag, or the registry is broken. Run again when no "
        "other job signs this image"
    )
