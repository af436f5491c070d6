"""The command line in a user's own steps, put on PATH by the action and by nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import boltseal
from boltseal.flows.keypair import generate
from tests.peers.act import commit, run_workflow
from tests.workflows.project import HOSTILE, index_settings, release

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]
PASSWORD = "correct horse, battery: staple"
WORKFLOW = Path(__file__).parent / "setup.yml"


def test_later_steps_find_the_command_and_other_jobs_do_not(tmp_path: Path) -> None:
    """`boltseal` runs in a hostile workspace after the action, and a Python that is none is told.

    The job without the action fails, so that what the first one found was not there anyway.
    """
    pair = generate(password=PASSWORD.encode(), entropy=os.urandom)
    files = {
        ".github/workflows/setup.yml": WORKFLOW.read_text("utf-8"),
        "cosign.key": pair.private.decode(),
        "cosign.pub": pair.public.decode(),
        **HOSTILE,
    }
    action = release(tmp_path / "boltseal")
    folder = tmp_path / "project"
    commit(folder, files=files)
    ended = run_workflow(
        folder,
        secrets={"COSIGN_PASSWORD": PASSWORD},
        env=index_settings(),
        local_repositories={"owner/boltseal@v1": action},
    )
    assert ended.outcome("use") == "success", ended.output
    use = ended.job("use")
    assert use.step("setup").outputs["version"] == boltseal.__version__
    assert f'"gitVersion":"v{boltseal.__version__}"' in use.step("lint").outputs["version"]
    assert ended.outcome("missing") == "failure"
    assert ended.outcome("refused") == "failure"
    assert any("no-such-python" in said for said in ended.job("refused").messages("error"))
    assert PASSWORD not in ended.output
