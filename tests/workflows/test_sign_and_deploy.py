"""The main job, as a user's workflow runs it: build, push, sign, verify, deploy, or stop."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.peers import images
from tests.peers.actlog import ActResult
from tests.peers.cosign import Generation, cosign
from tests.workflows.project import PASSWORD, Project

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("workflows")]


def _head(release: Project, tag: str) -> str | None:
    registry = release.registry
    return images.head(registry.url, "team/app", reference=tag, auth=registry.auth)


def _refused(ended: ActResult, job: str, *, title: str) -> str:
    """Check that this job failed, that nothing was deployed, and return the one error."""
    assert ended.returncode != 0
    assert ended.outcome(job) == "failure", ended.output
    assert ended.outcome("deploy") == "skipped"
    errors = [a for a in ended.job(job).annotations if a.level == "error"]
    assert len(errors) == 1, ended.output
    assert title in errors[0].properties["title"]
    return errors[0].message


def test_a_signed_image_is_deployed_by_its_digest(release: Project, tmp_path: Path) -> None:
    """What was built, pushed and signed in one job is verified in the next and deployed, pinned.

    Both cosigns accept the result, the commit and the time are in the signature, the tag was
    promoted, and no secret is in what was printed.
    """
    sha = release.change("second\n")
    ended = release.run()
    assert ended.returncode == 0, ended.output
    name = f"{release.registry.host}/team/app"
    signed = ended.job("build").step("sign").outputs
    assert signed["digest"] == _head(release, sha) == _head(release, "latest")
    assert signed["images"] == f"{name}@{signed['digest']}"
    assert (signed["signed"], signed["skipped"], signed["failed"]) == ("1", "0", "0")
    told = ended.job("build").messages("notice")
    assert any("Team/App was read as" in notice for notice in told)
    deployed = ended.job("deploy").step("deploy").text
    assert deployed == f"deploying {name}@{signed['digest']}"
    assert "1 trusted" in ended.job("verify").summary
    assert signed["digest"][7:19] in ended.job("build").summary
    _check_no_secret(release, ended)
    _check_cosigns(release, tmp_path, command=signed["verify-command"], sha=sha)


def _check_no_secret(release: Project, ended: ActResult) -> None:
    secrets = [PASSWORD, str(release.registry.password)]
    secrets += [f"robot:{release.registry.password}"]
    for secret in secrets:
        assert secret not in ended.output
        assert base64.b64encode(secret.encode()).decode() not in ended.output


def _check_cosigns(release: Project, folder: Path, *, command: str, sha: str) -> None:
    """Run the command line that the action gave out, with the cosign of either generation."""
    config = folder / "docker"
    release.registry.write_docker_config(config)
    words = command.split()
    assert words[:4] == ["cosign", "verify", "--key", "cosign.pub"]
    assert f"commit={sha}" in words
    generations: tuple[Generation, ...] = ("2.5", "3.1")
    for generation in generations:
        reader = cosign(generation, home=folder / generation, docker_config=config)
        said = reader.run(words[1:], cwd=release.folder).check()
        assert '"created":"2026-01-01T00:00:00Z"' in said.stdout


def test_an_unsigned_image_is_not_deployed(release: Project) -> None:
    """Where nobody signed, the verify job says so and what to do, and nothing is deployed."""
    error = _refused(release.run(SIGN="no"), "verify", title="no signature")
    assert "no signature is stored for this digest" in error
    assert "What to do: sign it in the workflow that pushed it" in error


def test_an_image_signed_by_another_key_is_not_deployed(release: Project) -> None:
    """A good signature by a key that is not trusted is refused, both keys named."""
    error = _refused(release.run(KEY="other.key"), "verify", title="not trusted")
    assert "the given key did not make it" in error
    assert "What to do: give the public key that belongs to the signer" in error


def test_an_image_of_another_commit_is_not_deployed(release: Project) -> None:
    """An older image, well signed, is refused where the deploy is meant for this commit."""
    assert release.run().returncode == 0
    release.change("newer\n")
    latest = f"{release.registry.host}/team/app:latest"
    error = _refused(release.run(DEPLOY_ONLY=latest), "verify", title="not trusted")
    assert "annotation 'commit' is" in error
    assert "What to do: deploy the image that was built from the wanted commit" in error


def test_a_tag_that_moved_before_the_signing_is_not_signed(release: Project) -> None:
    """If the registry's tag no longer names what this runner pushed, nothing is signed at all."""
    registry = release.registry
    sha = release.change("second\n")
    decoy = images.push(registry.url, "team/app", tag="decoy", auth=registry.auth)
    ended = release.run(SOMEBODY="yes")
    error = _refused(ended, "build", title="tag moved")
    assert ended.outcome("verify") == "skipped"
    assert f"tag {sha!r}" in error
    assert f"names {decoy.digest} by now" in error
    assert "hand over the build's own digest" in error
    assert _head(release, f"sha256-{decoy.digest[7:]}.sig") is None
    assert _head(release, "latest") is None


def test_a_missing_password_names_the_line_to_add(release: Project) -> None:
    """Without its password the key is not used, and the error shows the line that is missing."""
    ended = release.run(secrets={"COSIGN_PASSWORD": ""})
    error = _refused(ended, "build", title="password")
    assert "password: ${{ secrets.COSIGN_PASSWORD }}" in error


FORK = {
    "pull_request": {
        "head": {"sha": "b" * 40, "repo": {"full_name": "somebody/fork"}},
        "base": {"ref": "main", "repo": {"full_name": "owner/project"}},
    },
    "repository": {"full_name": "owner/project"},
}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("pull_request", "allow-pull-request: true"),
        ("pull_request_target", "no input changes that"),
    ],
)
def test_a_pull_request_gets_no_signature(release: Project, event: str, reason: str) -> None:
    """A run for a fork's pull request is refused before the key is opened."""
    error = _refused(release.run(event, payload=FORK), "build", title="refused")
    assert reason in error
