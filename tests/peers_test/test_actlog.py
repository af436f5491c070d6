"""The lines of act are read as they are, whatever else stands between them."""

from __future__ import annotations

import json

import pytest

from tests.peers.actlog import read


def event(**members: object) -> str:
    return json.dumps({"job": "ci/one ", "jobID": "one", "msg": "", **members})


def test_lines_that_are_no_events_are_kept_as_output() -> None:
    """What act says outside of jobs, in JSON or not, is in the output and makes no job."""
    ended = read(
        ['{"level":"info","msg":"no docker"}', "plain", "[]"], returncode=1, errors="bad\n"
    )
    assert ended.jobs == ()
    assert ended.output.splitlines() == ["no docker", "plain", "[]", "bad"]


def test_mingled_jobs_are_told_apart() -> None:
    """The lines of two jobs that ran at once are put back together by job."""
    other = {"job": "ci/two", "jobID": "two"}
    lines = [
        event(msg="a"),
        event(**other, msg="b"),
        event(jobResult="success"),
        event(**other, jobResult="failure"),
    ]
    ended = read(lines, returncode=1)
    assert ended.job("one").text.split() == ["a"]
    assert (ended.outcome("one"), ended.outcome("two")) == ("success", "failure")


def test_one_failed_job_of_a_matrix_is_the_outcome_of_all() -> None:
    """The jobs of a matrix share an id; one failure among them is their outcome."""
    lines = [event(jobResult="failure"), event(job="ci/one-2", jobResult="success")]
    ended = read(lines, returncode=1)
    assert ended.outcome("one") == "failure"
    with pytest.raises(AssertionError, match="2 jobs 'one' ran"):
        ended.job("one")


def test_a_step_without_a_result_is_unfinished() -> None:
    """A step that act was stopped in is neither a success nor a failure."""
    ended = read([event(stage="Main", stepID=["x"], step="x")], returncode=137)
    assert ended.job("one").step("x").outcome == "unfinished"


def test_an_unmasked_member_never_reaches_the_output() -> None:
    """`raw` holds what a mask command was given; only the masked message is kept."""
    line = event(stage="Main", stepID=["x"], step="x", msg="***", raw="::add-mask::hush")
    ended = read([line], returncode=0)
    assert "hush" not in ended.output + ended.job("one").text
