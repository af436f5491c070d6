"""Where this run is and what it builds from: what the CI system says, read once, as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from boltseal.core.annotations import Annotations
from boltseal.core.times import parse_epoch, parse_time, render_time
from boltseal.errors import Refused, UsageError

ITEMS = ("commit", "created", "ref", "repository", "workflow", "run", "event", "actor", "head")
# podman, skopeo and CRI-O read `timestamp` as a JSON number and refuse the whole signature where
# it is text, which is all that cosign can write: docs/decisions/0001-created-not-timestamp.md.
_ALIASES = {"timestamp": "created"}
_ABOUT_PULL_REQUESTS = frozenset(
    {
        "pull_request",
        "pull_request_target",
        "pull_request_review",
        "pull_request_review_comment",
    }
)
# These run in the base repository's own right, with its secrets, at somebody else's word.
_PRIVILEGED = frozenset({"pull_request_target", "workflow_run"})


@dataclass(frozen=True, slots=True)
class Build:
    """What a CI run says about itself; what it does not say is empty, or None.

    `commit` is what was checked out by default (on a pull request the merge commit), `head` the
    commit that a pull request or a triggering run is about. `run` is a URL. `created` is when
    the commit was made. `foreign` is true where the code in question comes from another
    repository, or where a pull request does not say from where.
    """

    commit: str = ""
    created: datetime | None = None
    ref: str = ""
    repository: str = ""
    workflow: str = ""
    run: str = ""
    event: str = ""
    actor: str = ""
    head: str = ""
    is_pull_request: bool = False
    head_repository: str = ""
    base_repository: str = ""
    foreign: bool = False

    @classmethod
    def from_github(cls, environment: Mapping[str, str], event: Mapping[str, Any]) -> Build:
        """Read GitHub's variables and the event's payload; members of odd types count as absent.

        Also what Gitea, Forgejo and `act` set, which use GitHub's names. Source:
        https://docs.github.com/actions/reference/workflows-and-actions/variables.
        """
        name = environment.get("GITHUB_EVENT_NAME", "")
        about = _Subject.of(name, event)
        commit = environment.get("GITHUB_SHA", "")
        return cls(
            commit=commit,
            created=_commit_time(event, about.head or commit),
            ref=environment.get("GITHUB_REF", ""),
            repository=environment.get("GITHUB_REPOSITORY", ""),
            # The name of a workflow may be taken twice, its file cannot.
            workflow=environment.get("GITHUB_WORKFLOW_REF")
            or environment.get("GITHUB_WORKFLOW", ""),
            run=_run(environment),
            event=name,
            actor=environment.get("GITHUB_ACTOR", ""),
            head=about.head,
            is_pull_request=about.is_pull_request,
            head_repository=about.head_repository,
            base_repository=about.base_repository,
            foreign=about.foreign,
        )

    def at(self, when: datetime) -> Build:
        """Return the same build as one of another moment."""
        return replace(self, created=when)

    def annotations(self, items: Iterable[str], *, demanded: bool = False) -> Annotations:
        """Return what is known of `items`, under their own names; `created` is in UTC.

        With `demanded`, raise UsageError for an item that this run does not know.
        """
        known = {
            "commit": self.commit,
            "created": render_time(self.created) if self.created else "",
            "ref": self.ref,
            "repository": self.repository,
            "workflow": self.workflow,
            "run": self.run,
            "event": self.event,
            "actor": self.actor,
            "head": self.head,
        }
        chosen = {item: known[item] for item in items}
        unknown = [item for item, value in chosen.items() if not value]
        if unknown and demanded:
            raise UsageError(
                f"metadata asks for {', '.join(unknown)}, which this run does not know; take it "
                "out of the list, or give the value under annotations"
            )
        return Annotations.of({item: value for item, value in chosen.items() if value})

    def check_may_sign(self, *, allow_pull_request: bool) -> None:
        """Raise Refused where a key must not be used in a run of this event.

        Never for code of another repository in a run that has this one's secrets; for other
        pull requests unless `allow_pull_request`.
        """
        if self.event in _PRIVILEGED and self.foreign:
            whose = self.head_repository or "an unknown repository"
            raise Refused(
                f"this run was started by {self.event} for code of {whose}, which is not "
                f"{self.base_repository or self.repository or 'this repository'}, and it has this "
                "repository's secrets: whoever wrote that code could have its image signed. "
                "Nothing was signed, and no input changes that. Sign in a workflow on push, after "
                "the merge"
            )
        if self.is_pull_request and not allow_pull_request:
            raise Refused(
                f"this run was started by {self.event or 'an event'} for a pull request, whose "
                "code nobody has accepted yet; nothing was signed. Sign on push, after the merge, "
                "or set `allow-pull-request: true` if signatures of unreviewed code are wanted"
            )


def parse_items(names: Iterable[str]) -> tuple[str, ...]:
    """Read which items of metadata are wanted: `auto` (all), `none`, or names, each once.

    `timestamp` stands for `created`. Raise UsageError for other names.
    """
    wanted = list(names)
    if wanted == ["auto"]:
        return ITEMS
    if wanted == ["none"]:
        return ()
    chosen = tuple(dict.fromkeys(_ALIASES.get(name, name) for name in wanted))
    unknown = [name for name in chosen if name not in ITEMS]
    if unknown or not chosen:
        named = ", ".join(repr(name[:40]) for name in unknown) or "an empty list"
        raise UsageError(
            f"metadata cannot be {named}; write auto, none, or some of {', '.join(ITEMS)}"
        )
    return chosen


def created_at(
    asked: str,
    *,
    build: Build,
    epoch: str | None,
    committed: Callable[[], str | None],
    now: datetime,
) -> datetime:
    """Return the time to record: as asked, else SOURCE_DATE_EPOCH, else the commit's, else now.

    `asked` is RFC 3339, whole seconds since 1970, or `auto`. `epoch` is the variable's value.
    `committed` asks the checked-out repository, in the seconds that `git log --format=%ct`
    prints, and only where the event did not tell. Raise UsageError for what is no time.
    """
    if asked != "auto":
        return parse_epoch(asked) if asked.isdigit() else parse_time(asked)
    if epoch:
        return parse_epoch(epoch)
    if build.created is not None:
        return build.created
    seconds = committed()
    return parse_epoch(seconds) if seconds else now


def timestamp_notice(annotations: Annotations) -> str | None:
    """Return a notice where the user's own annotations hold `timestamp`, else None."""
    if "timestamp" not in annotations.as_dict():
        return None
    return (
        "the annotation 'timestamp' is signed as text, as cosign would; podman, skopeo and CRI-O "
        "take it for a number and refuse a classic signature that has it. Record the time under "
        "another name: the metadata item 'created' does so"
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an event is about: whose code, which commit."""

    is_pull_request: bool
    head: str
    head_repository: str
    base_repository: str
    foreign: bool

    @classmethod
    def of(cls, name: str, event: Mapping[str, Any]) -> _Subject:
        pull = _object(event, "pull_request")
        own = _text(_object(event, "repository"), "full_name")
        if name in _ABOUT_PULL_REQUESTS or pull:
            head, base = _object(pull, "head"), _object(pull, "base")
            theirs = _text(_object(head, "repo"), "full_name")
            ours = _text(_object(base, "repo"), "full_name") or own
            return cls(True, _text(head, "sha"), theirs, ours, _differ(theirs, ours))
        if name == "workflow_run":
            return cls._of_run(_object(event, "workflow_run"), own)
        # A comment on a pull request does not say whose code that holds.
        on_pull_request = bool(_object(_object(event, "issue"), "pull_request"))
        return cls(on_pull_request, "", "", own, False)

    @classmethod
    def _of_run(cls, run: Mapping[str, Any], own: str) -> _Subject:
        theirs = _text(_object(run, "head_repository"), "full_name")
        ours = _text(_object(run, "repository"), "full_name") or own
        about = _text(run, "event") in _ABOUT_PULL_REQUESTS
        return cls(about, _text(run, "head_sha"), theirs, ours, _differ(theirs, ours))


def _differ(theirs: str, ours: str) -> bool:
    """True unless both are known and the same; GitHub compares such names without their case."""
    return not theirs or theirs.lower() != ours.lower()


def _commit_time(event: Mapping[str, Any], commit: str) -> datetime | None:
    """Return the time of `commit` if the event tells of that commit, else None."""
    for told in (
        _object(event, "head_commit"),
        _object(_object(event, "workflow_run"), "head_commit"),
    ):
        if commit and _text(told, "id") == commit:
            try:
                return parse_time(_text(told, "timestamp"))
            except UsageError:
                return None
    return None


def _run(environment: Mapping[str, str]) -> str:
    server, repository, number, attempt = (
        environment.get(f"GITHUB_{name}", "")
        for name in ("SERVER_URL", "REPOSITORY", "RUN_ID", "RUN_ATTEMPT")
    )
    if not (server and repository and number):
        return ""
    url = f"{server}/{repository}/actions/runs/{number}"
    return f"{url}/attempts/{attempt}" if attempt else url


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
