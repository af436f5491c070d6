"""Attestations in a user's workflow: an SBOM and provenance, demanded before the deploy."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.peers.act import commit
from tests.peers.cosign import Generation, cosign
from tests.support.predicates import GOOD
from tests.workflows.project import Project

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]
WORKFLOW = Path(__file__).parent / "attest.yml"


@pytest.fixture
def attesting(release: Project) -> Project:
    """Give a project with the workflow of attestations, and a good and a broken SBOM."""
    files = {
        ".github/workflows/release.yml": WORKFLOW.read_text("utf-8"),
        "bom.json": GOOD["cyclonedx"].decode(),
        "broken.json": '{"bomFormat": "CycloneDX"}',
    }
    commit(release.folder, files=files)
    return release


def test_what_is_attested_is_deployed_and_read_by_both_cosigns(
    attesting: Project, tmp_path: Path
) -> None:
    """SBOM and provenance stand beside the image, the deploy goes on, and cosign finds both."""
    sha = attesting.change("second\n")
    ended = attesting.run()
    assert ended.returncode == 0, ended.output
    build = ended.job("build")
    image = build.step("sign").outputs["images"]
    assert ended.job("deploy").step("deploy").text == f"deploying {image}"
    config = tmp_path / "docker"
    attesting.registry.write_docker_config(config)
    generations: tuple[Generation, ...] = ("2.5", "3.1")
    for step in ("sbom", "provenance"):
        told = build.step(step).outputs
        assert (told["attested"], told["failed"], told["images"]) == ("1", "0", image)
        words = told["verify-command"].split()
        for generation in generations:
            reader = cosign(generation, home=tmp_path / generation, docker_config=config)
            said = reader.run(words[1:], cwd=attesting.folder).check()
            statement = json.loads(base64.b64decode(json.loads(said.stdout)["payload"]))
            assert statement["predicateType"] == told["predicate-type"]
            assert step == "sbom" or sha in json.dumps(statement["predicate"])


def test_an_image_without_its_sbom_is_not_deployed(attesting: Project) -> None:
    """A signature and provenance are not enough where an SBOM is demanded."""
    ended = attesting.run(SBOM="no")
    assert ended.outcome("verify") == "failure", ended.output
    assert ended.outcome("deploy") == "skipped"
    (error,) = (a for a in ended.job("verify").annotations if a.level == "error")
    assert "https://cyclonedx.org/bom" in error.message


def test_an_sbom_by_another_key_does_not_count(attesting: Project) -> None:
    """Who may sign may attest, and nobody else."""
    ended = attesting.run(KEY="other.key")
    assert ended.outcome("verify") == "failure", ended.output
    assert ended.outcome("deploy") == "skipped"


def test_a_broken_sbom_stops_the_build(attesting: Project) -> None:
    """The path to the fault is told in the build, and nothing goes on from there."""
    ended = attesting.run(SBOM="broken.json")
    assert ended.outcome("build") == "failure", ended.output
    (error,) = (a for a in ended.job("build").annotations if a.level == "error")
    assert "/specVersion is missing" in error.message
