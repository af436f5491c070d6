"""Provenance of a workflow run: complete, by its published shape, the same each time."""

from __future__ import annotations

import pytest

from boltseal.errors import UsageError
from boltseal.formats.predicates import SLSA_1
from boltseal.formats.provenance import WorkflowRun
from boltseal.formats.schemacheck import demand_schema

RUN = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "team/app",
    "GITHUB_REPOSITORY_ID": "1",
    "GITHUB_REPOSITORY_OWNER_ID": "2",
    "GITHUB_REF": "refs/tags/v1",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_WORKFLOW_REF": "team/app/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "3",
    "RUNNER_ENVIRONMENT": "github-hosted",
}


def test_a_run_is_told_by_the_build_type_of_workflows() -> None:
    """Workflow, commit, runner and attempt stand where GitHub's build type puts them."""
    predicate = WorkflowRun.from_github(RUN).predicate()
    demand_schema(SLSA_1, predicate)
    assert predicate == {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": "refs/heads/main",
                    "repository": "https://github.com/team/app",
                    "path": ".github/workflows/release.yml",
                }
            },
            "internalParameters": {
                "github": {
                    "event_name": "push",
                    "repository_id": "1",
                    "repository_owner_id": "2",
                    "runner_environment": "github-hosted",
                }
            },
            "resolvedDependencies": [
                {
                    "uri": "git+https://github.com/team/app@refs/tags/v1",
                    "digest": {"gitCommit": RUN["GITHUB_SHA"]},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/actions/runner/github-hosted"},
            "metadata": {"invocationId": "https://github.com/team/app/actions/runs/77/attempts/3"},
        },
    }


def test_a_runner_that_says_nothing_is_not_called_hosted_by_github() -> None:
    """Only a runner that says so is GitHub's own; what is not known is left out."""
    bare = {name: value for name, value in RUN.items() if "_ID" not in name or "RUN" in name}
    del bare["RUNNER_ENVIRONMENT"], bare["GITHUB_RUN_ATTEMPT"]
    predicate = WorkflowRun.from_github(bare).predicate()
    assert predicate["runDetails"]["builder"]["id"].endswith("/self-hosted")
    assert predicate["runDetails"]["metadata"]["invocationId"].endswith("/attempts/1")
    assert predicate["buildDefinition"]["internalParameters"] == {"github": {"event_name": "push"}}


def test_a_builder_of_ones_own_is_named() -> None:
    """A platform that is not GitHub's names its own builder."""
    predicate = WorkflowRun.from_github(RUN).predicate(builder="https://ci.example.com/builder")
    assert predicate["runDetails"]["builder"]["id"] == "https://ci.example.com/builder"


def test_a_runner_that_tells_only_a_name_is_taken_at_its_word() -> None:
    """act and old runners of Gitea do not name the file; then no path is made up."""
    run = {**RUN, "GITHUB_WORKFLOW_REF": "", "GITHUB_WORKFLOW": "Release"}
    predicate = WorkflowRun.from_github(run).predicate()
    demand_schema(SLSA_1, predicate)
    assert predicate["buildDefinition"]["externalParameters"]["workflow"] == {
        "ref": "refs/tags/v1",
        "repository": "https://github.com/team/app",
        "name": "Release",
    }


@pytest.mark.parametrize("name", ["GITHUB_SHA", "GITHUB_WORKFLOW_REF", "GITHUB_RUN_ID"])
def test_what_is_missing_is_named(name: str) -> None:
    """Outside of a workflow the missing variables are named, and nothing is made up."""
    with pytest.raises(UsageError, match=name):
        WorkflowRun.from_github({**RUN, name: ""})


@pytest.mark.parametrize("text", ["release.yml", "other/app/release.yml@main", "team/app/x.yml@"])
def test_a_workflow_of_another_repository_is_refused(text: str) -> None:
    """A workflow reference that does not name a file of the repository is wrong use."""
    with pytest.raises(UsageError, match="GITHUB_WORKFLOW_REF"):
        WorkflowRun.from_github({**RUN, "GITHUB_WORKFLOW_REF": text})
