"""Ask again where asking again may help, within a deadline, as the far side wishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from boltseal.stores.registry.exchange import Failure, Request, Response, Wire

_PASSING = frozenset({408, 429, 500, 502, 503, 504, 522})
_FIRST_WAIT = 0.5
_GROWTH = 3.0
_LONGEST_WAIT = 20.0
_SLICE = 0.25
_EPOCH = 1e9


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Time and chance as arguments.

    `clock` is monotonic and `wall` is seconds since 1970; `sleep` waits seconds; `random` gives a
    number from 0 to 1; `check` raises where the run is to stop.
    """

    clock: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    check: Callable[[], None] = lambda: None


class PatientTransport:
    """A Transport that repeats attempts of a Wire."""

    def __init__(
        self,
        wire: Wire,
        *,
        time: Clockwork,
        retries: int,
        on_throttle: Callable[[], None] = lambda: None,
    ) -> None:
        """`retries` repetitions at most; `on_throttle` is called at each answer 429."""
        self._wire = wire
        self._time = time
        self._retries = retries
        self._on_throttle = on_throttle

    def send(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        """Return the first outcome that repeating would not better.

        An answer like 503 or 429 that stays is returned, since it may tell why.
        """
        for attempt in range(self._retries + 1):
            self._time.check()
            outcome = self._attempt(request, limit=limit, deadline=deadline)
            wait = self._wait(request, outcome, attempt=attempt)
            if wait is None or attempt == self._retries or self._time.clock() + wait >= deadline:
                return _counted(outcome, attempts=attempt + 1)
            self._pause(wait)
            known = request.again() if request.again is not None else None
            if known is not None:
                return known
        raise AssertionError("unreachable")  # pragma: no cover

    def _attempt(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        # One attempt that hangs must leave time for another.
        left = deadline - self._time.clock()
        own = self._time.clock() + max(left * 0.6, min(left, 5.0))
        outcome = self._wire.exchange(request, limit=limit, deadline=own)
        if isinstance(outcome, Response) and outcome.status == 429:
            self._on_throttle()
        return outcome

    def _wait(self, request: Request, outcome: Response | Failure, *, attempt: int) -> float | None:
        """Return the seconds to wait before asking again, or None not to."""
        backoff = min(_FIRST_WAIT * _GROWTH**attempt, _LONGEST_WAIT)
        jittered = backoff * (0.5 + 0.5 * self._time.random())
        if isinstance(outcome, Failure):
            unsent = outcome.kind == "connect"
            return jittered if outcome.passing and (unsent or request.may_repeat) else None
        if outcome.status not in _PASSING:
            return None
        # 408 and 429 say that nothing was done; after the others it may have been.
        if outcome.status not in (408, 429) and not request.may_repeat:
            return None
        asked = retry_after(outcome, wall=self._time.wall())
        return jittered if asked is None else max(asked, 0.0)

    def _pause(self, seconds: float) -> None:
        while seconds > 0:
            self._time.check()
            self._time.sleep(min(seconds, _SLICE))
            seconds -= _SLICE


def retry_after(response: Response, *, wall: float) -> float | None:
    """Read Retry-After (RFC 9110 section 10.2.3) as seconds from now; None if it says nothing.

    A date is measured from the answer's own Date, where there is one, since clocks differ.
    """
    text = (response.header("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        # Some write the instant as seconds since 1970.
        seconds = float(text[:12])
        return seconds - wall if seconds > _EPOCH else seconds
    until = _instant(text)
    if until is None:
        return None
    return until - (_instant(response.header("Date") or "") or wall)


def _instant(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _counted(outcome: Response | Failure, *, attempts: int) -> Response | Failure:
    if isinstance(outcome, Response) or attempts == 1:
        return outcome
    return replace(outcome, reason=f"{outcome.reason} (tried {attempts} times)")
