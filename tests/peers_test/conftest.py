"""Servers are started once a session here, since none of these tests changes what another sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.engine import Engine, dockerd
from tests.peers.registry import Registry, crane_registry, distribution


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with distribution(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("locked")
    with distribution(folder, username="robot", password="pass: word") as running:
        yield running


@pytest.fixture(scope="session")
def other_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with crane_registry(tmp_path_factory.mktemp("crane")) as running:
        yield running


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with dockerd() as running:
        yield running
