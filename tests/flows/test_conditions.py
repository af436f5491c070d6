"""Conditions ask one signature about what it signed, and nothing that nobody signed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.core.signature import Form, Kind, Proof, Signature, Subject
from boltseal.errors import NotTrusted
from boltseal.flows.conditions import annotation_matches, signed_time, younger_than
from boltseal.flows.sign import sign
from boltseal.flows.targets import Target
from boltseal.flows.verify import examine
from tests.support.making import demand, house, order

NOW = datetime(2026, 1, 10, 12, tzinfo=timezone.utc)
DIGEST = Digest("a" * 64)
TARGET = Target("app", Reference.parse(f"registry.example.com/app@{DIGEST}"), DIGEST)


def _signature(**annotations: Any) -> Signature:
    subject = Subject(DIGEST, annotations)
    return Signature(Form.CLASSIC, Kind.SIGNATURE, b"", b"", (subject,), Proof(b""))


def _passes(pattern: str, **annotations: Any) -> bool:
    return annotation_matches("ref", pattern)(_signature(**annotations), TARGET).passed


def _young(**annotations: Any) -> bool:
    ask = younger_than(timedelta(days=7), now=NOW)
    return ask(_signature(**annotations), TARGET).passed


def test_a_glob_is_matched_against_the_signed_text() -> None:
    """An annotation matches its glob as a whole; one that is absent, or no text, never does."""
    assert _passes("refs/tags/*", ref="refs/tags/v1")
    assert not _passes("refs/tags/*", ref="refs/heads/main")
    assert not _passes("*")
    assert not _passes("*", ref=1)
    assert not _passes("*", ref=None)


def test_the_signed_time_decides_the_age() -> None:
    """created is compared with now; too old fails, and so does the future beyond some minutes."""
    assert _young(created="2026-01-09T00:00:00Z")
    assert _young(created="2026-01-03T12:00:00Z")
    assert not _young(created="2026-01-03T11:59:59Z")
    assert _young(created="2026-01-10T12:04:00Z")
    assert not _young(created="2026-01-10T12:06:00Z")


@pytest.mark.parametrize("value", ["", "yesterday", "2026-01-09", 1767960000, None, ["x"]])
def test_a_time_that_cannot_be_read_is_no_time(value: object) -> None:
    """Without a readable signed time an image has no age, and a limit on it fails."""
    assert not _young(created=value)
    assert not _young()


def test_podmans_number_counts_where_created_is_absent() -> None:
    """timestamp is read as RFC 3339 or as podman's seconds, but never over a created."""
    assert signed_time({"timestamp": 1767960000}) == datetime(2026, 1, 9, 12, tzinfo=timezone.utc)
    assert signed_time({"timestamp": "2026-01-09T12:00:00Z"}) is not None
    assert signed_time({"timestamp": 1767960000, "created": "?"}) is None
    for odd in (True, -1, 10**20, 1.5):
        assert signed_time({"timestamp": odd}) is None


def test_conditions_are_asked_of_each_signature_alone() -> None:
    """One signature with the ref and another with the time do not make a trusted image together."""
    home = house()
    sign([home.image], order(annotations={"ref": "refs/tags/v1"}), workshop=home.workshop())
    fresh = {"created": "2026-01-09T12:00:00Z"}
    sign([home.image], order(annotations=fresh), workshop=home.workshop())
    asked = (
        annotation_matches("ref", "refs/tags/*"),
        younger_than(timedelta(days=7), now=NOW),
    )
    for one in asked:
        report = examine([home.image], demand(conditions=(one,)), bench=home.bench())
        assert report.error is None
    both = examine([home.image], demand(conditions=asked), bench=home.bench())
    assert isinstance(both.error, NotTrusted)
