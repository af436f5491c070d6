"""The written pages are those that `make docs` writes now."""

from __future__ import annotations

import pytest

from boltseal.cli.exitcodes import page
from tests.docs.pages import pages
from tests.docs.text import ROOT


@pytest.mark.parametrize("name", ["actions.md", "commands.md"])
def test_a_written_page_says_what_is_true_now(name: str) -> None:
    """The inputs, outputs, verbs and flags in docs/ are those of the program; else: make docs."""
    assert (ROOT / "docs" / name).read_text("utf-8") == pages()[name]


def test_the_page_of_exit_codes_says_what_is_true_now() -> None:
    """Every exit code stands in docs/exit-codes.md with whom it concerns."""
    assert (ROOT / "docs" / "exit-codes.md").read_text("utf-8") == page()
