"""What every test run shares: the tables that tests fill are printed at its end."""

from tests.support.tables import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
