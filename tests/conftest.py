"""What every test run shares: tables, the patience of property tests, and what `peers` means."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.tables import pytest_terminal_summary

__all__ = ["pytest_runtest_makereport", "pytest_terminal_summary"]

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], parent=settings()
)
settings.load_profile("patient")

_INSTALLER = ".ci/peers installs it"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test with real peers be skipped in silence.

    Where `BOLTSEAL_REQUIRE_PEERS=1` is set, a skipped `peers` test has failed. A test that asks
    for a peer and has not the marker fails as well, since `make test-peers` would never run it.
    """
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        complaint = _complaint(item, reason=str(report.longrepr))
        if complaint:
            report.outcome = "failed"
            report.longrepr = f"{complaint}: {report.longrepr}"
    return report


def _complaint(item: pytest.Item, *, reason: str) -> str:
    marked = item.get_closest_marker("peers") is not None
    if marked and os.environ.get("BOLTSEAL_REQUIRE_PEERS") == "1":
        return "skipped, and BOLTSEAL_REQUIRE_PEERS=1 demands it"
    if not marked and _INSTALLER in reason:
        return "asks for a real peer without @pytest.mark.peers"
    return ""
