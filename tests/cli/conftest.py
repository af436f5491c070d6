"""A registry and a desk for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.cli.desk import desk as make_desk
from tests.support.registry import Registry


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Serve an open registry on loopback."""
    with Registry() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a desk with the key pair `release`."""
    return make_desk(tmp_path)
