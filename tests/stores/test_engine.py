"""The local engine tells what it pushed; the real one is asked here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from boltseal.core.names import Reference
from boltseal.errors import Undecided
from boltseal.stores.engine import LocalEngine
from tests.peers.engine import Engine, dockerd
from tests.peers.registry import Registry, distribution


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with dockerd() as running:
        yield running


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with distribution(tmp_path_factory.mktemp("registry")) as running:
        yield running


def test_an_engine_that_is_not_there_leaves_it_undecided(tmp_path: Path) -> None:
    """Where nothing listens, the question stays open, and the reason is one line."""
    for host in (f"unix://{tmp_path}/absent.sock", "tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(Undecided, match="cannot be asked") as failure:
            LocalEngine({"DOCKER_HOST": host}).pushed(Reference.parse("localhost:1/x:1"))
        assert "\n" not in str(failure.value)


@pytest.mark.peers
@pytest.mark.xdist_group("workflows")
def test_the_engine_knows_what_it_pushed_to_this_repository(
    engine: Engine, registry: Registry
) -> None:
    """Digests are those of the repository asked for, and an image never pushed has none."""
    name = f"{registry.host}/team/app"
    engine.build({"a.txt": "a\n"}, tag=f"{name}:v1")
    asked = LocalEngine(engine.environment())
    assert asked.pushed(Reference.parse(f"{name}:v1")) == ()
    digest = engine.push(f"{name}:v1")
    assert [str(d) for d in asked.pushed(Reference.parse(f"{name}:v1"))] == [digest]
    engine.run(["tag", f"{name}:v1", f"{registry.host}/team/other:v1"]).check()
    assert asked.pushed(Reference.parse(f"{registry.host}/team/other:v1")) == ()
    assert asked.pushed(Reference.parse(f"{name}:absent")) == ()


@pytest.mark.peers
@pytest.mark.xdist_group("workflows")
def test_docker_hub_is_called_by_the_engines_name(engine: Engine) -> None:
    """An image of Docker Hub is found under its short name; it was not pushed from here."""
    engine.build({"b.txt": "b\n"}, tag="somebody/tool:v1")
    asked = LocalEngine(engine.environment())
    assert asked.pushed(Reference.parse("docker.io/somebody/tool:v1")) == ()
