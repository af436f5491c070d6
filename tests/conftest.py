"""What every test run shares: tables, the patience of property tests, and what `peers` means."""

from __future__ import annotations

import os
import shutil
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

_OTHER_PROGRAMS = {"git", "openssl"}
_INSTALLER = ".ci/peers installs it"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test with real peers be skipped in silence, and demand no program but Python.

    Where `BOLTSEAL_REQUIRE_PEERS=1` is set, a skipped `peers` test has failed. A test that asks
    for a peer and has not the marker fails as well, since `make test-peers` would never run it.
    A test that starts another program which this machine lacks (git, openssl) is skipped.
    """
    report = yield
    program = _lacking(call)
    if report.failed and program and not _demanded():
        report.outcome = "skipped"
        path, line, _ = item.location
        report.longrepr = (path, line or 0, f"this machine has no {program}")
    if report.skipped and not hasattr(report, "wasxfail"):
        complaint = _complaint(item, reason=str(report.longrepr))
        if complaint:
            report.outcome = "failed"
            report.longrepr = f"{complaint}: {report.longrepr}"
    return report


def _complaint(item: pytest.Item, *, reason: str) -> str:
    marked = item.get_closest_marker("peers") is not None
    if marked and _demanded():
        return "skipped, and BOLTSEAL_REQUIRE_PEERS=1 demands it"
    if not marked and _INSTALLER in reason:
        return "asks for a real peer without @pytest.mark.peers"
    return ""


def _demanded() -> bool:
    return os.environ.get("BOLTSEAL_REQUIRE_PEERS") == "1"


def _lacking(call: pytest.CallInfo[None]) -> str:
    """Name the program that a test could not start because this machine has none of that name."""
    error = call.excinfo.value if call.excinfo else None
    name = error.filename if isinstance(error, FileNotFoundError) else None
    if not isinstance(name, str) or os.sep in name or shutil.which(name):
        return ""
    return name if name in _OTHER_PROGRAMS else ""
