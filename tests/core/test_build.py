"""What a run says about itself becomes one value, and decides whether a key may be used."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.annotations import Annotations
from boltseal.core.build import ITEMS, Build, created_at, parse_items, timestamp_notice
from boltseal.errors import Refused, UsageError

SHA, HEAD = "a" * 40, "b" * 40
NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
ENVIRONMENT = {
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_REPOSITORY": "owner/project",
    "GITHUB_WORKFLOW": "Release",
    "GITHUB_WORKFLOW_REF": "owner/project/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_RUN_ID": "17",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_ACTOR": "somebody",
}
PUSH = {"head_commit": {"id": SHA, "timestamp": "2026-01-31T14:00:00+02:00"}}


def _pull(theirs: str | None, ours: str = "owner/project") -> dict[str, Any]:
    repo = None if theirs is None else {"full_name": theirs}
    head = {"sha": HEAD, "repo": repo}
    return {"pull_request": {"head": head, "base": {"repo": {"full_name": ours}}}}


def _run(theirs: str | None, event: str = "push") -> dict[str, Any]:
    repo = None if theirs is None else {"full_name": theirs}
    run = {"event": event, "head_sha": HEAD, "head_repository": repo}
    return {"workflow_run": run, "repository": {"full_name": "owner/project"}}


def _build(name: str, event: dict[str, Any]) -> Build:
    return Build.from_github({**ENVIRONMENT, "GITHUB_EVENT_NAME": name}, event)


def test_a_push_records_all_that_it_knows() -> None:
    """On a push the annotations are commit, time, ref, repository, workflow file, run and so on."""
    assert Build.from_github(ENVIRONMENT, PUSH).annotations(ITEMS).as_dict() == {
        "actor": "somebody",
        "commit": SHA,
        "created": "2026-01-31T12:00:00Z",
        "event": "push",
        "ref": "refs/heads/main",
        "repository": "owner/project",
        "run": "https://forge.example/owner/project/actions/runs/17/attempts/2",
        "workflow": "owner/project/.github/workflows/release.yml@refs/heads/main",
    }


def test_a_pull_request_records_its_head_beside_the_merge_commit() -> None:
    """GITHUB_SHA of a pull request is a merge commit, so the head's is recorded too."""
    build = _build("pull_request", _pull("owner/project"))
    assert build.annotations(["commit", "head"]).as_dict() == {"commit": SHA, "head": HEAD}


def test_a_following_run_records_the_commit_that_started_it() -> None:
    """GITHUB_SHA of workflow_run is the default branch's, so the triggering commit is recorded."""
    assert _build("workflow_run", _run("owner/project")).head == HEAD


def test_nothing_is_written_under_the_name_timestamp() -> None:
    """The item timestamp is accepted and stands for created."""
    assert parse_items(["commit", "timestamp", "created"]) == ("commit", "created")
    assert "timestamp" not in ITEMS


def test_the_time_of_another_commit_is_not_taken() -> None:
    """A payload whose head commit is not the one being built tells no time."""
    other = {"head_commit": {"id": HEAD, "timestamp": "2026-01-31T12:00:00Z"}}
    assert Build.from_github(ENVIRONMENT, other).created is None


def test_items_are_all_none_or_listed() -> None:
    """auto is everything, none nothing, other names are refused with the list of the right ones."""
    assert parse_items(["auto"]) == ITEMS
    assert parse_items(["none"]) == ()
    for wrong in (["comit"], [], ["auto", "commit"], ["none", "ref"]):
        with pytest.raises(UsageError, match="commit, created, ref"):
            parse_items(wrong)


def test_what_is_asked_for_by_name_must_be_known() -> None:
    """An item asked for by name that the run does not know is an error, not an omission."""
    outside = Build.from_github({}, {})
    assert not outside.annotations(ITEMS)
    with pytest.raises(UsageError, match="commit, ref"):
        outside.annotations(["commit", "ref"], demanded=True)


def test_the_time_is_taken_from_the_first_source_that_has_one() -> None:
    """The order is: as asked, SOURCE_DATE_EPOCH, the event's commit, the checkout's, now."""
    told, silent = Build.from_github(ENVIRONMENT, PUSH), Build()

    def at(asked: str = "auto", *, build: Build, epoch: str = "", git: str | None = None) -> str:
        when = created_at(asked, build=build, epoch=epoch, committed=lambda: git, now=NOW)
        return when.isoformat()

    assert at("2020-01-01T00:00:00Z", build=told, epoch="1700000000").startswith("2020-01-01")
    assert at("1600000000", build=told).startswith("2020-09-13")
    assert at(build=told, epoch="1700000000").startswith("2023-11-14")
    assert at(build=told, git="1700000000").startswith("2026-01-31T12")
    assert at(build=silent, git="1700000000").startswith("2023-11-14")
    assert at(build=silent) == NOW.isoformat()
    with pytest.raises(UsageError):
        at("yesterday", build=told)


SAFE = ["push", "workflow_dispatch", "schedule", "release", "merge_group", "create"]


@pytest.mark.parametrize("name", SAFE)
def test_events_of_the_repository_itself_may_sign(name: str) -> None:
    """Pushes, tags, schedules and manual runs sign without being asked twice."""
    _build(name, PUSH).check_may_sign(allow_pull_request=False)


ON_REQUEST = [
    ("pull_request", _pull("owner/project")),
    ("pull_request", _pull("fork/project")),
    ("pull_request_review", _pull("fork/project")),
    ("pull_request_target", _pull("owner/project")),
    ("pull_request_target", _pull("Owner/Project")),
    ("workflow_run", _run("owner/project", "pull_request")),
    ("issue_comment", {"issue": {"pull_request": {"url": "https://forge.example/1"}}}),
]


@pytest.mark.parametrize(("name", "event"), ON_REQUEST)
def test_pull_requests_sign_only_when_that_is_asked_for(name: str, event: dict[str, Any]) -> None:
    """Anything about a pull request is refused unless allow-pull-request says otherwise."""
    build = _build(name, event)
    with pytest.raises(Refused, match="allow-pull-request: true"):
        build.check_may_sign(allow_pull_request=False)
    build.check_may_sign(allow_pull_request=True)


NEVER = [
    ("pull_request_target", _pull("fork/project")),
    ("pull_request_target", _pull(None)),
    ("pull_request_target", {}),
    ("pull_request_target", {"pull_request": "odd"}),
    ("workflow_run", _run("fork/project")),
    ("workflow_run", _run("fork/project", "pull_request")),
    ("workflow_run", _run(None)),
    ("workflow_run", {}),
]


@pytest.mark.parametrize(("name", "event"), NEVER)
def test_foreign_code_beside_our_secrets_never_signs(name: str, event: dict[str, Any]) -> None:
    """A privileged event about code of another or an unknown repository is refused, always."""
    for allowed in (False, True):
        with pytest.raises(Refused, match="no input changes that") as refused:
            _build(name, event).check_may_sign(allow_pull_request=allowed)
        assert refused.value.exit_code == 9


def test_a_run_that_follows_a_push_may_sign() -> None:
    """workflow_run after a push to the same repository is no pull request."""
    _build("workflow_run", _run("owner/project")).check_may_sign(allow_pull_request=False)


def test_a_timestamp_of_the_users_own_is_told_about() -> None:
    """An annotation called timestamp gets a notice that names who refuses it; created gets none."""
    assert "podman" in (timestamp_notice(Annotations.parse(["timestamp=now"])) or "")
    assert timestamp_notice(Annotations.parse(["created=now"])) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_MEMBERS = """
pull_request workflow_run head base repo full_name sha head_commit id timestamp head_repository
repository issue event head_sha
"""
NAMES = st.sampled_from(_MEMBERS.split())
EVENTS = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(NAMES, inner)
)


@given(st.dictionaries(NAMES, EVENTS | JSON), st.sampled_from(["push", "workflow_run", "x"]))
def test_no_payload_breaks_the_reading(event: dict[str, Any], name: str) -> None:
    """Whatever shape an event's payload has, a Build comes out of it."""
    build = _build(name, event)
    assert build.annotations(ITEMS).as_dict()["commit"] == SHA
