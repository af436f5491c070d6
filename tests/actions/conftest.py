"""A job's folder and registry for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.desk import Desk
from tests.support.registry import Registry


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Registry() as registry:
        yield Desk(tmp_path, registry)
