"""The workflow that the README gives to paste runs, word for word but for the registry's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.text import blocks, read
from tests.peers.act import commit, run_workflow
from tests.peers.actlog import ActResult
from tests.peers.engine import Engine, dockerd
from tests.peers.registry import Registry, distribution
from tests.workflows.project import PASSWORD, index_settings, project

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]

DEPLOY = '#!/bin/sh\necho "deployed $1"\n'


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Run an engine that builds and pushes."""
    with dockerd() as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Run a registry that asks for a login, as ghcr.io does."""
    place = tmp_path / "registry"
    with distribution(place, username="robot", password="a-token") as running:
        yield running


def _run(folder: Path, *, registry: Registry, engine: Engine, secrets: dict[str, str]) -> ActResult:
    (text,) = (block.text for block in blocks(read("README.md")) if block.mark == "workflow")
    made = project(folder, registry=registry, engine=engine)
    files = {
        ".github/workflows/release.yml": text.replace("ghcr.io", registry.host),
        "deploy.sh": DEPLOY,
    }
    commit(made.folder, files=files)
    return run_workflow(
        made.folder,
        secrets={"GITHUB_TOKEN": "a-token", **secrets},
        env={**engine.environment(), **index_settings()},
        local_repositories={"owner/boltseal@v1": made.action},
        options=["--actor=robot"],
    )


def test_the_workflow_to_paste_deploys_what_it_signed(
    tmp_path: Path, registry: Registry, engine: Engine
) -> None:
    """A newcomer who pastes the workflow and sets the secret gets a deploy by digest."""
    secrets = {"COSIGN_PASSWORD": PASSWORD}
    ended = _run(tmp_path / "work", registry=registry, engine=engine, secrets=secrets)
    assert ended.returncode == 0, ended.output
    assert f"deployed {registry.host}/shop/web@sha256:" in ended.job("deploy").text


def test_the_workflow_to_paste_stops_where_the_secret_is_missing(
    tmp_path: Path, registry: Registry, engine: Engine
) -> None:
    """A newcomer who forgets the secret is told its name, and nothing is deployed."""
    ended = _run(tmp_path / "work", registry=registry, engine=engine, secrets={})
    assert ended.outcome("deploy") == "skipped", ended.output
    assert any("COSIGN_PASSWORD" in said for said in ended.job("build").messages("error"))
