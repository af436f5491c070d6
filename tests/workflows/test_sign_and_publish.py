"""Release files, as a user's workflow signs, verifies and publishes them, or stops."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from boltseal.flows.keypair import generate
from tests.peers.act import commit, run_workflow
from tests.peers.actlog import ActResult
from tests.workflows.project import HOSTILE, PASSWORD, index_settings, release

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]
WORKFLOW = Path(__file__).parent / "sign-and-publish.yml"


def _run(folder: Path, *, secret: str = PASSWORD, **variables: str) -> ActResult:
    files = {".github/workflows/files.yml": WORKFLOW.read_text("utf-8")}
    for name in ("cosign", "other"):
        pair = generate(password=PASSWORD.encode(), entropy=os.urandom)
        files[f"{name}.key"] = pair.private.decode()
        files[f"{name}.pub"] = pair.public.decode()
    commit(folder / "project", files={**files, **HOSTILE})
    return run_workflow(
        folder / "project",
        secrets={"COSIGN_PASSWORD": secret},
        env=index_settings(),
        local_repositories={"owner/boltseal@v1": release(folder / "boltseal")},
        options=[f"--var={name}={value}" for name, value in variables.items()],
    )


def _stopped(ended: ActResult, *, title: str) -> str:
    """Check that nothing was published, and return the one error."""
    assert ended.returncode != 0
    assert "dist/app.bin;" not in ended.output
    errors = [a for a in ended.job("publish").annotations if a.level == "error"]
    assert len(errors) == 1, ended.output
    assert title in errors[0].properties["title"]
    return errors[0].message


def test_signed_files_are_published_with_their_signatures(tmp_path: Path) -> None:
    """Every file that a pattern stands for is signed, verified, and handed on with its proof."""
    ended = _run(tmp_path)
    assert ended.returncode == 0, ended.output
    job = ended.job("publish")
    signed = job.step("sign").outputs
    names = ["dist/app.bin", "dist/docs/the manual.txt"]
    assert signed["files"].splitlines() == names
    assert (signed["signed"], signed["kept"], signed["failed"]) == ("2", "0", "0")
    assert list(json.loads(signed["digests"])) == names
    assert job.step("verify").outputs["verified"] == "true"
    published = job.step("publish").text.strip(";").split(";")
    assert published == [
        *names,
        *(name + end for name in names for end in (".sig", ".sigstore.json")),
    ]
    assert "2 of 2 files signed" in job.summary
    assert PASSWORD not in ended.output


def test_a_file_that_was_changed_is_not_published(tmp_path: Path) -> None:
    """A file changed after the signing stops the job, by its name and with what to do."""
    error = _stopped(_run(tmp_path, TAMPER="yes"), title="not trusted")
    assert "dist/app.bin" in error
    assert "not for this one" in error


def test_files_signed_by_another_key_are_not_published(tmp_path: Path) -> None:
    """A key that did not sign opens nothing."""
    ended = _run(tmp_path, KEY="other.pub", FILES="dist/app.bin")
    assert "the given key did not make it" in _stopped(ended, title="not trusted")


def test_a_missing_password_signs_nothing(tmp_path: Path) -> None:
    """Without the key's password the job stops at once, and the line that is missing is shown."""
    ended = _run(tmp_path, secret="")
    assert "password: ${{ secrets.COSIGN_PASSWORD }}" in _stopped(ended, title="password")
