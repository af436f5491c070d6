"""Asking again, with a clock, a wall and a chance of the test's."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from boltseal.errors import Interrupted
from boltseal.stores.registry.exchange import Failure, Request, Response
from boltseal.stores.registry.patience import Clockwork, PatientTransport, retry_after

from .world import PlayedWire

GET = Request("GET", "https://reg/v2/")
POST = Request("POST", "https://reg/v2/")
OK = Response(200)
RESET = Failure("broken", "closed")
REFUSED = Failure("connect", "refused")


@dataclass
class Time:
    """A clock that moves when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clockwork(self) -> Clockwork:
        return Clockwork(lambda: self.now, lambda: 1_700_000_000.0, self.sleep, lambda: 1.0)

    def patient(self, wire: PlayedWire, *, retries: int = 3) -> PatientTransport:
        return PatientTransport(wire, time=self.clockwork(), retries=retries)


def after(value: str, *, status: int = 429, **headers: str) -> Response:
    return Response(status, (("Retry-After", value), *headers.items()))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522])
def test_passing_refusals_are_asked_again(status: int) -> None:
    """Each status that may pass is followed by another attempt."""
    wire = PlayedWire([Response(status), OK])
    assert Time().patient(wire).send(GET, limit=9, deadline=2000) == Response(200, url=GET.url)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 412, 501])
def test_other_answers_stand(status: int) -> None:
    """What says something definite is not asked again."""
    wire = PlayedWire([Response(status)])
    outcome = Time().patient(wire).send(GET, limit=9, deadline=2000)
    assert isinstance(outcome, Response)
    assert outcome.status == status


def test_waits_grow_and_the_last_answer_is_returned() -> None:
    """After the last attempt the refusal itself comes back, since it may say why."""
    time, wire = Time(), PlayedWire([Response(503)] * 4)
    outcome = time.patient(wire).send(GET, limit=9, deadline=2000)
    assert isinstance(outcome, Response)
    assert outcome.status == 503
    assert len(wire.sent) == 4
    assert sum(time.slept) == pytest.approx(0.5 + 1.5 + 4.5)


def test_a_failure_tells_how_often_it_was_tried() -> None:
    """No answer after all attempts is a value with the number of attempts in its words."""
    outcome = Time().patient(PlayedWire([RESET] * 4)).send(GET, limit=9, deadline=2000)
    assert isinstance(outcome, Failure)
    assert "tried 4 times" in outcome.reason


@pytest.mark.parametrize("kind", ["name", "tls", "certificate", "address", "encoded", "protocol"])
def test_what_will_not_change_is_not_tried_again(kind: str) -> None:
    """A bad certificate, an unknown host or a refused address are told at once."""
    wire = PlayedWire([Failure(kind, "x")])  # type: ignore[arg-type]
    assert Time().patient(wire).send(GET, limit=9, deadline=2000) == Failure(kind, "x")  # type: ignore[arg-type]


def test_retry_after_in_seconds_is_heeded() -> None:
    """The wait is the one asked for, not the one of the back-off."""
    time = Time()
    time.patient(PlayedWire([after("7"), OK])).send(GET, limit=9, deadline=2000)
    assert sum(time.slept) == pytest.approx(7)


def test_retry_after_as_a_date_is_measured_from_the_answers_own_date() -> None:
    """Clocks that differ do not make a wait of hours."""
    dated = after("Tue, 14 Nov 2023 10:00:09 GMT", Date="Tue, 14 Nov 2023 10:00:00 GMT")
    assert retry_after(dated, wall=0) == 9
    undated = after("Tue, 14 Nov 2023 22:13:30 GMT")
    assert retry_after(undated, wall=1_700_000_000.0) == 10


@pytest.mark.parametrize("value", ["", "soon", "-3", "1e9", "²", "Tue, 99 Nov 2023 10:00:00 GMT"])
def test_nonsense_in_retry_after_is_passed_over(value: str) -> None:
    """What is no number and no date counts as absent."""
    assert retry_after(after(value), wall=0) is None


def test_retry_after_as_an_instant_is_understood() -> None:
    """Some registries write seconds since 1970."""
    assert retry_after(after("1700000030"), wall=1_700_000_000.0) == 30


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """429 with an hour to wait comes back at once."""
    time, wire = Time(), PlayedWire([after("3600"), OK])
    outcome = time.patient(wire).send(GET, limit=9, deadline=1060)
    assert isinstance(outcome, Response)
    assert outcome.status == 429
    assert time.slept == []


def test_one_attempt_leaves_time_for_another() -> None:
    """A hanging attempt may not use up the whole deadline."""
    wire = PlayedWire([RESET, OK])
    Time().patient(wire).send(GET, limit=9, deadline=1100)
    assert wire.deadlines[0] == pytest.approx(1060)


def test_post_is_repeated_only_where_nothing_was_done() -> None:
    """A POST that may have arrived is not sent twice; one that was refused or never left is."""
    for unclear in (RESET, Failure("timeout", "late"), Response(502)):
        wire = PlayedWire([unclear, OK])
        Time().patient(wire).send(POST, limit=9, deadline=2000)
        assert len(wire.sent) == 1
    for clear in (REFUSED, Response(429)):
        wire = PlayedWire([clear, OK])
        Time().patient(wire).send(POST, limit=9, deadline=2000)
        assert len(wire.sent) == 2


def test_what_is_found_before_repeating_is_the_answer() -> None:
    """`again` may find that the lost answer was a success."""
    request = Request("PUT", "https://reg/v2/", again=lambda: Response(201))
    wire = PlayedWire([RESET])
    assert Time().patient(wire).send(request, limit=9, deadline=2000) == Response(201)


def test_a_stop_ends_the_waiting() -> None:
    """The check that the caller gives is asked while waiting, and what it raises gets out."""
    time = Time()

    def check() -> None:
        if time.now > 1003:
            raise Interrupted("stopped")

    clockwork = Clockwork(lambda: time.now, lambda: 0.0, time.sleep, lambda: 1.0, check)
    patient = PatientTransport(PlayedWire([after("600"), OK]), time=clockwork, retries=3)
    with pytest.raises(Interrupted):
        patient.send(GET, limit=9, deadline=5000)
    assert time.now < 1005


def test_each_throttled_answer_is_told() -> None:
    """Whoever decides on parallelism hears of every 429."""
    heard: list[int] = []
    patient = PatientTransport(
        PlayedWire([Response(429), Response(429), OK]),
        time=Time().clockwork(),
        retries=3,
        on_throttle=lambda: heard.append(1),
    )
    patient.send(GET, limit=9, deadline=2000)
    assert len(heard) == 2
