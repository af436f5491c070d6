"""What `init` writes runs as it stands, with the secret that the forge was given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.peers.act import commit, run_workflow
from tests.peers.engine import Engine
from tests.peers.registry import Registry, distribution
from tests.support.forge import TOKEN, Forge
from tests.workflows.project import index_settings, release

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Run a registry that asks for a login, as ghcr.io does."""
    with distribution(tmp_path / "registry", username="robot", password="a-token") as running:
        yield running


def test_the_first_push_after_init_is_signed_and_deployed(
    tmp_path: Path, registry: Registry, engine: Engine
) -> None:
    """A repository with a Dockerfile and what init wrote deploys by digest what it signed."""
    folder = tmp_path / "project"
    commit(folder, files={"Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
    with Forge() as forge:
        image = f"{registry.host}/shop/web"
        line = ("init", "--folder", str(folder), "--repository", "shop/web", "--image", image)
        ran = Desk(tmp_path, {"GH_TOKEN": TOKEN}).run(*line, "--api-url", forge.url)
        assert ran.code == 0, ran.err
        (password,) = forge.secrets.values()
    written = (".github/workflows/boltseal.yml", "cosign.key", "cosign.pub")
    commit(folder, files={name: (folder / name).read_text("utf-8") for name in written})
    ended = run_workflow(
        folder,
        secrets={"GITHUB_TOKEN": "a-token", "COSIGN_PASSWORD": password},
        env={**engine.environment(), **index_settings()},
        local_repositories={"owner/boltseal@v1": release(tmp_path / "boltseal")},
        options=["--actor=robot"],
    )
    assert ended.returncode == 0, ended.output
    assert f"your deployment of {image}@sha256:" in ended.job("deploy").text
    assert password not in ended.output
