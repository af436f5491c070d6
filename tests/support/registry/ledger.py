"""What was asked of the registry, in order of arrival."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import replace

from .exchange import Record, Request


class Ledger:
    """Keep a record of every request, written at its arrival and completed as it is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[int, Record] = {}
        self._numbers = itertools.count(1)

    def next_number(self) -> int:
        """Give the next request its number, from 1."""
        return next(self._numbers)

    @property
    def records(self) -> tuple[Record, ...]:
        """Copy out the records since the last `clear`."""
        with self._lock:
            return tuple(self._records.values())

    def count(
        self,
        matches: Callable[[Record], bool] | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
    ) -> int:
        """Count the records that fit everything given; `path` is a regular expression, searched."""
        return sum(
            (matches is None or matches(record))
            and method in (None, record.method)
            and status in (None, record.status)
            and (path is None or re.search(path, record.path) is not None)
            for record in self.records
        )

    def clear(self) -> None:
        """Forget every record, those of requests under way included."""
        with self._lock:
            self._records.clear()

    def arrived(self, request: Request) -> None:
        """Write down a request that has no answer yet."""
        with self._lock:
            self._records[request.number] = Record.arrived(request)

    def answered(self, number: int, *, status: int, received: int, sent: int) -> None:
        """Complete a record, unless it was cleared away."""
        with self._lock:
            if number in self._records:
                self._records[number] = replace(
                    self._records[number], status=status, received=received, sent=sent
                )
