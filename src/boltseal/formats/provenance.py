"""SLSA v1 provenance of a GitHub Actions run, in the shape of GitHub's own build type.

Source: https://slsa.dev/spec/v1.0/provenance and
https://actions.github.io/buildtypes/workflow/v1. What is written follows from the run alone, so
that a repeated job of the same attempt says the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.errors import UsageError

BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"
_NEEDED = (
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_REF",
    "GITHUB_SHA",
    "GITHUB_EVENT_NAME",
    "GITHUB_RUN_ID",
)


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """What provenance says of one run; identities that the runner does not tell are empty.

    `server` is a URL without a final slash, `repository` is `owner/name`, `path` the workflow's
    file in it and `workflow_ref` the ref from which that was read. Runners other than GitHub's
    may tell only the workflow's `name`. `runner` is `github-hosted` or `self-hosted`.
    """

    server: str
    repository: str
    ref: str
    commit: str
    path: str
    workflow_ref: str
    event: str
    run: str
    attempt: str
    repository_id: str = ""
    owner_id: str = ""
    runner: str = ""
    name: str = ""

    @classmethod
    def from_github(cls, environment: Mapping[str, str]) -> WorkflowRun:
        """Read GitHub's variables; raise UsageError naming those that are not there.

        Source: https://docs.github.com/actions/reference/workflows-and-actions/variables.
        """
        missing = [name for name in _NEEDED if not environment.get(name)]
        if not environment.get("GITHUB_WORKFLOW_REF") and not environment.get("GITHUB_WORKFLOW"):
            missing.append("GITHUB_WORKFLOW_REF")
        if missing:
            raise UsageError(
                f"this is no run of GitHub Actions that provenance could be told of: "
                f"{', '.join(missing)} not set; run it in a workflow, or write the predicate "
                "yourself"
            )
        path, ref = _workflow(environment)
        return cls(
            server=environment["GITHUB_SERVER_URL"].rstrip("/"),
            repository=environment["GITHUB_REPOSITORY"],
            ref=environment["GITHUB_REF"],
            commit=environment["GITHUB_SHA"],
            path=path,
            workflow_ref=ref,
            event=environment["GITHUB_EVENT_NAME"],
            run=environment["GITHUB_RUN_ID"],
            attempt=environment.get("GITHUB_RUN_ATTEMPT", "") or "1",
            repository_id=environment.get("GITHUB_REPOSITORY_ID", ""),
            owner_id=environment.get("GITHUB_REPOSITORY_OWNER_ID", ""),
            runner=environment.get("RUNNER_ENVIRONMENT", ""),
            name="" if path else environment["GITHUB_WORKFLOW"],
        )

    @property
    def url(self) -> str:
        """The repository."""
        return f"{self.server}/{self.repository}"

    @property
    def builder(self) -> str:
        """Who built: GitHub's runner, hosted by GitHub only where the runner says so.

        It is told by the workflow itself and signed with a key that the workflow holds, which
        is SLSA build level 1 and no more.
        """
        return f"https://github.com/actions/runner/{self.runner or 'self-hosted'}"

    def predicate(self, *, builder: str = "") -> dict[str, Any]:
        """Return the predicate, of type `https://slsa.dev/provenance/v1`."""
        return {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "workflow": {
                        "ref": self.workflow_ref,
                        "repository": self.url,
                        **({"path": self.path} if self.path else {"name": self.name}),
                    }
                },
                "internalParameters": {"github": self._internal()},
                "resolvedDependencies": [
                    {"uri": f"git+{self.url}@{self.ref}", "digest": {"gitCommit": self.commit}}
                ],
            },
            "runDetails": {
                "builder": {"id": builder or self.builder},
                "metadata": {
                    "invocationId": f"{self.url}/actions/runs/{self.run}/attempts/{self.attempt}"
                },
            },
        }

    def _internal(self) -> dict[str, str]:
        told = {
            "event_name": self.event,
            "repository_id": self.repository_id,
            "repository_owner_id": self.owner_id,
            "runner_environment": self.runner,
        }
        return {name: value for name, value in told.items() if value}


def _workflow(environment: Mapping[str, str]) -> tuple[str, str]:
    """Part `owner/name/PATH@REF`, which names the workflow's file and its ref.

    Where the runner does not tell it (act, old runners of Gitea) there is no path, and the ref is
    that of the run.
    """
    text, repository = environment.get("GITHUB_WORKFLOW_REF", ""), environment["GITHUB_REPOSITORY"]
    if not text:
        return "", environment["GITHUB_REF"]
    where, at, ref = text.partition("@")
    path = where.removeprefix(f"{repository}/")
    if not at or not ref or path == where:
        raise UsageError(
            f"GITHUB_WORKFLOW_REF {text[:100]!r} does not name a workflow of {repository[:100]} "
            "as owner/name/path@ref"
        )
    return path, ref
