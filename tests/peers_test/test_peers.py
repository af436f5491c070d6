"""Each real peer does here, once, what the other tests take it for."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.peers import images
from tests.peers.act import commit, run_workflow
from tests.peers.cosign import Cosign, cosign
from tests.peers.engine import Engine
from tests.peers.programs import require
from tests.peers.registry import Registry

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("cosign-2.5", "2."),
        ("cosign-3.1", "3."),
        ("crane", ""),
        ("oras", "1."),
        ("notation", "1."),
        ("act", "0.2."),
        ("docker-registry", "2."),
        ("dockerd", ""),
        ("docker", ""),
        ("htpasswd", ""),
    ],
)
def test_a_peer_is_here_in_the_version_that_its_name_promises(name: str, version: str) -> None:
    """Every peer that the tests use is found, of the generation expected where it tells one."""
    found = require(name).version
    assert found == "unknown" or found.startswith(version)


def test_a_registry_keeps_what_is_pushed(registry: Registry) -> None:
    """An image pushed to docker-registry is there by tag and by digest, and deleted by digest."""
    image = images.push(registry.url, "round/trip", tag="v1")
    assert images.head(registry.url, "round/trip", reference="v1") == image.digest
    assert images.head(registry.url, "round/trip", reference=image.digest) == image.digest
    deleted = requests.delete(f"{registry.url}/v2/round/trip/manifests/{image.digest}", timeout=30)
    assert deleted.status_code == 202
    assert images.head(registry.url, "round/trip", reference="v1") is None
    assert any(line.startswith("DELETE /v2/round/trip/") for line in registry.requests_logged())


def test_a_locked_registry_wants_its_password(locked_registry: Registry) -> None:
    """A registry started with a user refuses everybody else, and lets that user push."""
    with pytest.raises(requests.HTTPError, match="401"):
        images.push(locked_registry.url, "locked/app", tag="v1")
    image = images.push(locked_registry.url, "locked/app", tag="v1", auth=locked_registry.auth)
    found = images.head(
        locked_registry.url, "locked/app", reference="v1", auth=locked_registry.auth
    )
    assert found == image.digest
    assert "pass: word" not in repr(locked_registry)


def test_the_other_registry_keeps_an_index_with_attestations(other_registry: Registry) -> None:
    """An index of two platforms and two attestations goes to crane's registry, children first."""
    index = images.build_index("other", attestations=True)
    pushed = images.push(other_registry.url, "other/app", tag="v1", image=index)
    assert len(set(pushed.child_digests)) == 4
    for digest in (pushed.digest, *pushed.child_digests):
        assert images.head(other_registry.url, "other/app", reference=digest) == digest


def test_crane_reads_the_images_that_are_made_here(registry: Registry) -> None:
    """crane accepts an index as valid: every digest, size and layer agrees."""
    index = images.build_index("valid")
    pushed = images.push(registry.url, "valid/app", tag="v1", image=index)
    require("crane").run(["validate", "--remote", pushed.tagged]).check()
    asked = require("crane").run(["digest", "--platform", "linux/arm64", pushed.tagged])
    assert asked.check().stdout.strip() == pushed.child_digests[1]


def test_an_image_follows_from_its_seed() -> None:
    """The same seed makes the same digest, another seed or platform another one."""
    same = {images.build("a").digest, images.build("a", platform="linux/amd64").digest}
    others = {images.build("b").digest, images.build("a", platform="linux/arm64").digest}
    assert len(same) == 1
    assert len(same | others) == 3


def test_what_the_engine_pushed_is_what_the_registry_has(
    engine: Engine, locked_registry: Registry
) -> None:
    """The digests that docker push, the engine's RepoDigests and the registry's HEAD say agree."""
    assert locked_registry.auth is not None
    username, password = locked_registry.auth
    engine.login(locked_registry.host, username=username, password=password)
    reference = f"{locked_registry.host}/built/app:v1"
    engine.build({"hello.txt": "hello\n"}, tag=reference)
    digest = engine.push(reference)
    asked = images.head(locked_registry.url, "built/app", reference="v1", auth=locked_registry.auth)
    assert asked == digest
    assert f"{locked_registry.host}/built/app@{digest}" in engine.repository_digests(reference)


@pytest.fixture
def old(tmp_path: Path) -> Cosign:
    return cosign("2.5", home=tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> Cosign:
    return cosign("3.1", home=tmp_path / "new")


def test_cosign_2_signs_classically_and_both_generations_verify(
    old: Cosign, new: Cosign, registry: Registry
) -> None:
    """A classic signature of cosign 2.5 with an annotation is good for 2.5 and 3.1."""
    keys = old.generate_key_pair(password="open")
    image = images.push(registry.url, "cosign/old", tag="v1")
    note = {"commit": "abc"}
    signed = old.sign(image.pinned, key=keys.private, password="open", annotations=note)
    signed.check()
    for reader in (old, new):
        verified = reader.verify(image.pinned, key=keys.public, annotations=note).check()
        assert f'"docker-manifest-digest":"{image.digest}"' in verified.stdout
        refused = reader.verify(image.pinned, key=keys.public, annotations={"commit": "abd"})
        assert refused.returncode != 0


def test_cosign_3_signs_a_bundle_with_a_signing_config_of_no_services(
    old: Cosign, new: Cosign, registry: Registry
) -> None:
    """A bundle of cosign 3.1, made offline, is good for 3.1; 2.5 sees no signature in it."""
    keys = new.generate_key_pair(password="open")
    image = images.push(registry.url, "cosign/new", tag="v1")
    signed = new.sign(image.pinned, key=keys.private, password="open", form="bundle").check()
    assert "WARNING" not in signed.stderr
    verified = new.verify(image.pinned, key=keys.public).check()
    assert '"type":"https://sigstore.dev/cosign/sign/v1"' in verified.stdout
    assert old.verify(image.pinned, key=keys.public).returncode == 10


def test_cosign_signs_with_the_docker_config_of_a_locked_registry(
    tmp_path: Path, locked_registry: Registry
) -> None:
    """cosign takes a registry's user and password from the config that a registry writes."""
    locked_registry.write_docker_config(tmp_path / "docker")
    signer = cosign("2.5", home=tmp_path / "home", docker_config=tmp_path / "docker")
    keys = signer.generate_key_pair(password="open")
    image = images.push(locked_registry.url, "cosign/locked", tag="v1", auth=locked_registry.auth)
    signer.sign(image.pinned, key=keys.private, password="open").check()
    signer.verify(image.pinned, key=keys.public).check()


ACTION = """\
name: greet
description: Greet somebody.
inputs:
  who: {description: Whom., default: nobody}
outputs:
  said: {description: What was said., value: "${{ steps.inner.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: inner
      shell: bash
      env: {WHO: "${{ inputs.who }}"}
      run: echo "said=hi $WHO" >> "$GITHUB_OUTPUT"
"""
WORKFLOW = """\
on: [push, pull_request]
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      said: ${{ steps.greet.outputs.said }}
    steps:
      - uses: actions/checkout@v4
      - id: greet
        uses: ./greet
        with: {who: "${{ github.repository }}"}
      - id: secret
        run: |
          echo "$SECRET" | tr a-z A-Z
          echo "sha=$GITHUB_SHA" >> "$GITHUB_OUTPUT"
          echo "# told" >> "$GITHUB_STEP_SUMMARY"
          echo "::warning file=a.txt,line=3::careful%0Aplease"
        env: {SECRET: "${{ secrets.SECRET }}"}
      - id: gate
        if: github.event_name == 'pull_request'
        run: echo "head $HEAD" && exit 3
        env: {HEAD: "${{ github.event.pull_request.head.repo.full_name }}"}
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - id: received
        uses: owner/shared@v1
        with: {who: "${{ needs.build.outputs.said }} from $LATER"}
"""


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    commit(tmp_path / "shared", files={"action.yml": ACTION}, repository="owner/shared")
    return tmp_path / "project"


def test_a_workflow_runs_with_its_outputs_secrets_and_local_repositories(workdir: Path) -> None:
    """act runs a composite action, hands its output to a job that needs it, and tells all of it."""
    files = {".github/workflows/ci.yml": WORKFLOW, "greet/action.yml": ACTION}
    sha = commit(workdir, files=files)
    ended = run_workflow(
        workdir,
        secrets={"SECRET": "first line\nsecond line"},
        local_repositories={"owner/shared@v1": workdir.parent / "shared"},
    )
    assert ended.returncode == 0, ended.output
    build = ended.job("build")
    assert build.step("greet").outputs == {"said": "hi owner/project"}
    assert build.step("secret").text == "FIRST LINE\nSECOND LINE"
    assert build.step("secret").outputs == {"sha": sha}
    assert build.summary == "# told\n"
    assert build.messages("warning") == ("careful\nplease",)
    assert ended.job("deploy").step("received").outputs["said"].startswith("hi hi owner/project")


def test_a_failed_step_stops_the_jobs_that_need_it(workdir: Path) -> None:
    """A step that fails on a pull request fails its job, and the job that needs it never starts."""
    files = {".github/workflows/ci.yml": WORKFLOW, "greet/action.yml": ACTION}
    commit(workdir, files=files)
    event = {"pull_request": {"head": {"repo": {"full_name": "somebody/fork"}}}}
    ended = run_workflow(workdir, "pull_request", event_json=event)
    assert ended.returncode == 1
    assert ended.outcome("build") == "failure"
    assert ended.job("build").step("gate").outcome == "failure"
    assert ended.job("build").step("gate").text == "head somebody/fork"
    assert ended.outcome("deploy") == "skipped"
