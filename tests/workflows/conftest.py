"""One engine and one locked registry serve all workflows, each of which has its own repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.engine import Engine, dockerd
from tests.peers.registry import Registry, distribution
from tests.workflows.project import Project, project


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with dockerd() as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    place = tmp_path / "registry"
    with distribution(place, username="robot", password="pass: word, too") as running:
        yield running


@pytest.fixture
def release(tmp_path: Path, registry: Registry, engine: Engine) -> Project:
    return project(tmp_path / "work", registry=registry, engine=engine)
