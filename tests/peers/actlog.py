"""The lines of `act --json` become jobs, steps, outputs, annotations and summaries. Pure.

Shapes as act 0.2.89 writes them: one JSON object a line, `msg` masked, `raw` not. A job or step
that was skipped leaves no line at all. The lines of jobs that run at once are mingled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ANNOTATIONS = frozenset({"error", "warning", "notice", "debug"})
_Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Hold one workflow command that GitHub would show at a file or in the run's page."""

    level: str
    message: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """Hold what one step did; `id` of a composite's inner step is `OUTER/INNER`.

    A step without an id has its number, from 0. `outcome` is `success` or `failure`, as GitHub's
    `steps.ID.outcome`, before `continue-on-error` softens it.
    """

    id: str
    name: str
    outcome: str
    outputs: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Job:
    """Hold what one job did; jobs of a matrix share their `id` and differ in `name`."""

    id: str
    name: str
    outcome: str
    steps: tuple[Step, ...]
    annotations: tuple[Annotation, ...]
    summary: str
    text: str

    def step(self, step_id: str) -> Step:
        """Give a step that ran; raises AssertionError where it was skipped or is not there."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise AssertionError(f"no step '{step_id}' ran in '{self.name}':\n{self.text}")

    def messages(self, level: str) -> tuple[str, ...]:
        """Give the texts of the annotations of one level: error, warning or notice."""
        return tuple(found.message for found in self.annotations if found.level == level)


@dataclass(frozen=True, slots=True)
class ActResult:
    """Hold one run of a workflow: act's exit status, what it printed, and its jobs in order."""

    returncode: int
    jobs: tuple[Job, ...]
    output: str

    def job(self, job_id: str) -> Job:
        """Give the one job of this id that ran; raises AssertionError where none or several did."""
        found = [job for job in self.jobs if job.id == job_id]
        assert len(found) == 1, f"{len(found)} jobs '{job_id}' ran:\n{self.output}"
        return found[0]

    def outcome(self, job_id: str) -> str:
        """Give `success`, `failure`, or `skipped` for a job that never started."""
        outcomes = {job.outcome for job in self.jobs if job.id == job_id}
        return "failure" if "failure" in outcomes else next(iter(outcomes), "skipped")


def read(lines: Iterable[str], *, returncode: int, errors: str = "") -> ActResult:
    """Read act's standard output; `errors` is its standard error, kept in `output`."""
    events, other = _parse(lines)
    by_job: dict[str, list[_Event]] = {}
    for event in events:
        by_job.setdefault(str(event["job"]).strip(), []).append(event)
    jobs = tuple(_job(name, events=mine) for name, mine in by_job.items())
    output = "\n".join([*(_line(event) for event in events), *other, errors.rstrip()])
    return ActResult(returncode=returncode, jobs=jobs, output=output)


def _parse(lines: Iterable[str]) -> tuple[list[_Event], list[str]]:
    """Part a job's events from whatever else act says."""
    events: list[_Event] = []
    other: list[str] = []
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            other.append(line)
            continue
        if isinstance(value, dict) and "job" in value:
            events.append(value)
        else:
            other.append(str(value.get("msg", line)) if isinstance(value, dict) else line)
    return events, other


def _line(event: _Event) -> str:
    return f"[{str(event['job']).strip()}] {_message(event)}"


def _message(event: _Event) -> str:
    return str(event.get("msg", "")).rstrip("\n")


def _job(name: str, *, events: list[_Event]) -> Job:
    by_step: dict[str, list[_Event]] = {}
    for event in events:
        if event.get("stage") == "Main" and "stepID" in event:
            by_step.setdefault("/".join(event["stepID"]), []).append(event)
    return Job(
        id=str(events[0]["jobID"]),
        name=name,
        outcome=_last(events, "jobResult"),
        steps=tuple(_step(step_id, events=mine) for step_id, mine in by_step.items()),
        annotations=_annotations(events),
        summary="".join(str(e["content"]) for e in events if e.get("command") == "summary"),
        text="\n".join(_message(event) for event in events),
    )


def _step(step_id: str, *, events: list[_Event]) -> Step:
    outputs = {str(e["name"]): str(e["arg"]) for e in events if e.get("command") == "set-output"}
    return Step(
        id=step_id,
        name=str(events[0]["step"]),
        outcome=_last(events, "stepResult"),
        outputs=outputs,
        text="\n".join(_message(event) for event in events if event.get("raw_output")),
    )


def _annotations(events: list[_Event]) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(str(e["command"]), str(e["arg"]), dict(e.get("kvPairs") or {}))
        for e in events
        if e.get("command") in _ANNOTATIONS
    )


def _last(events: list[_Event], member: str) -> str:
    said = [str(event[member]) for event in events if member in event]
    return said[-1] if said else "unfinished"
