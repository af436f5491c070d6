"""The root action, from inputs to what it tells, against a registry on loopback."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from boltseal.errors import (
    AlreadySigned,
    FileUnusable,
    ImageNotFound,
    KeyUnusable,
    PasswordError,
    Refused,
    UsageError,
)
from tests.actions.desk import PASSWORD, SHA, Desk, pair
from tests.support.registry import Options, Registry


def _tags(desk: Desk) -> dict[str, str]:
    return desk.registry.store.repositories["team/app"].tags


def _notices(desk: Desk) -> str:
    return "\n".join(line for line in desk.lines if line.startswith("Note:"))


def test_what_was_pushed_is_signed_with_what_built_it(desk: Desk) -> None:
    """Outputs name the digest, both signatures, the key and a command line that verifies."""
    digest = desk.push()
    told = desk.sign(images=f"{desk.name}:v1", digest=digest)
    assert told.error is None
    out = told.outputs
    assert out["digest"] == digest
    assert json.loads(out["digests"]) == {f"{desk.name}:v1": digest}
    assert out["images"] == f"{desk.name}@{digest}"
    assert (out["signed"], out["skipped"], out["failed"]) == ("1", "0", "0")
    assert out["key-fingerprint"] == pair("cosign").key.fingerprint
    assert len(out["signatures"].splitlines()) == 2
    assert json.loads(out["results"])["kind"] == "sign"
    words = shlex.split(out["verify-command"])
    assert words[:4] == ["cosign", "verify", "--key", "cosign.pub"]
    assert words[-3:] == ["-a", f"commit={SHA}", f"{desk.name}@{digest}"]
    assert told.artifacts == (f"{desk.name}@{digest}",)


def test_the_builds_facts_are_inside_the_signature(desk: Desk) -> None:
    """Commit, time, ref, repository, event and run are signed, and the user's own over them."""
    digest = desk.push()
    desk.sign(images=f"{desk.name}@{digest}", annotations="team=a, b\nevent=mine\n# no\n")
    told = desk.verify(images=f"{desk.name}@{digest}")
    (signed,) = json.loads(told.outputs["annotations"]).values()
    assert signed == [
        {
            "commit": SHA,
            "created": "2026-01-09T12:00:00Z",
            "event": "mine",
            "ref": "refs/tags/v1",
            "repository": "owner/project",
            "run": "https://forge.example/owner/project/actions/runs/17",
            "team": "a, b",
        }
    ]
    assert "'team' is signed whole" in _notices(desk)


def test_metadata_can_be_left_out_or_chosen(desk: Desk) -> None:
    """none records nothing, a list records those, and one that is unknown here is an error."""
    digest = desk.push()
    image = f"{desk.name}@{digest}"
    desk.sign(images=image, metadata="timestamp, ref", annotations='{"timestamp": "x"}')
    (signed,) = json.loads(desk.verify(images=image).outputs["annotations"]).values()
    assert set(signed[0]) == {"created", "ref", "timestamp"}
    assert "podman" in _notices(desk)
    with pytest.raises(UsageError, match="head"):
        desk.sign(images=image, metadata="commit, head")


def test_many_tags_of_one_digest_are_signed_once(desk: Desk) -> None:
    """metadata-action's list of tags and one digest make one signature a form."""
    digest = desk.push()
    tags = "\n".join(f"{desk.name}:{tag}" for tag in ("1", "1.2", "1.2.3"))
    told = desk.sign(images=tags, digest=digest)
    assert told.outputs["signed"] == "1"
    assert set(json.loads(told.outputs["digests"]).values()) == {digest}
    assert len(json.loads(told.outputs["digests"])) == 3
    assert told.outputs["images"].count("@") == 1


def test_a_second_run_signs_nothing_twice(desk: Desk) -> None:
    """The same run again finds its equal signatures; with fail that is an error of its own."""
    image = f"{desk.name}@{desk.push()}"
    desk.sign(images=image)
    again = desk.sign(images=image)
    assert (again.outputs["signed"], again.outputs["skipped"]) == ("0", "1")
    refused = desk.sign(images=image, on_existing="fail")
    assert isinstance(refused.error, AlreadySigned)
    assert refused.outputs["failed"] == "1"


def test_an_index_is_signed_with_its_platforms(desk: Desk) -> None:
    """By default every platform image is signed too; the outputs speak of the index alone."""
    digest, _ = desk.push_index("multi", "amd64", "arm64")
    told = desk.sign(images=f"{desk.name}:multi", digest=digest)
    assert told.outputs["signed"] == "3"
    assert told.outputs["digest"] == digest
    assert told.outputs["images"] == f"{desk.name}@{digest}"


def test_names_and_digests_come_from_the_builds_metadata(desk: Desk) -> None:
    """buildx's metadata, inline or in a file, is all that is needed."""
    digest = desk.push()
    metadata = {"containerimage.digest": digest, "image.name": f"{desk.name}:v1,{desk.name}:v2"}
    (desk.folder / "metadata.json").write_text(json.dumps(metadata), "utf-8")
    for given in (json.dumps(metadata), "metadata.json"):
        told = desk.sign(build_metadata=given)
        assert told.error is None
        assert told.outputs["digest"] == digest


def test_what_earlier_steps_declared_is_signed_where_nothing_is_named(desk: Desk) -> None:
    """The runner's list of artifacts is taken as input, with a notice."""
    digest = desk.push()
    subject = {"name": desk.name, "digest": digest, "kind": "oci"}
    declared = desk.folder / "list.json"
    declared.write_text(json.dumps({"version": 1, "subjects": [subject]}), "utf-8")
    with pytest.raises(UsageError, match="nothing to sign"):
        desk.sign()
    desk.environment["GITHUB_ARTIFACTS_LIST"] = str(declared)
    assert desk.sign().outputs["digest"] == digest
    assert "earlier steps declared" in _notices(desk)


def test_an_artifact_that_was_declared_otherwise_is_not_declared_again(desk: Desk) -> None:
    """A runner fails a step that gives one name two digests, so the second is left out."""
    digest = desk.push()
    subject = {"name": desk.name, "digest": "sha256:" + "0" * 64, "kind": "oci"}
    declared = desk.folder / "list.json"
    declared.write_text(json.dumps({"version": 1, "subjects": [subject]}), "utf-8")
    desk.environment["GITHUB_ARTIFACTS_LIST"] = str(declared)
    told = desk.sign(images=f"{desk.name}@{digest}")
    assert told.error is None
    assert told.artifacts == ()


def test_a_tag_without_the_engines_word_is_signed_with_a_notice(desk: Desk) -> None:
    """Where no engine can be asked, the tag is resolved, and the notice names the digest."""
    digest = desk.push()
    told = desk.sign(images=f"{desk.registry.host}/Team/App:v1")
    assert told.outputs["digest"] == digest
    assert "Docker engine cannot be asked" in _notices(desk)
    assert f"{digest}. A tag can move" in _notices(desk)
    assert "Team/App was read as" in _notices(desk)


def test_tags_are_promoted_once_the_signature_is_verified(desk: Desk) -> None:
    """A public tag comes to name the signed digest; a failed signing promotes nothing."""
    digest = desk.push()
    told = desk.sign(images=f"{desk.name}:v1", digest=digest, promote_tags="latest, 1.2")
    assert told.error is None
    assert _tags(desk)["latest"] == _tags(desk)["1.2"] == digest
    assert "Promoted" in told.summary
    image = f"{desk.name}@{digest}"
    failed = desk.sign(images=image, promote_tags="stable", on_existing="fail")
    assert failed.error is not None
    assert "stable" not in _tags(desk)


def test_a_tag_that_cannot_be_promoted_is_refused_before_signing(desk: Desk) -> None:
    """A tag of another repository stops the action before anything is written."""
    image = f"{desk.name}@{desk.push()}"
    with pytest.raises(UsageError, match="no image of that repository"):
        desk.sign(images=image, promote_tags=f"{desk.registry.host}/else:latest")
    assert set(_tags(desk)) == {"v1"}


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    """A dry run says what it would do, and neither signs nor promotes nor declares."""
    image = f"{desk.name}@{desk.push()}"
    told = desk.sign(images=image, dry_run="true", promote_tags="latest")
    assert told.error is None
    assert told.outputs["signed"] == "0"
    assert told.artifacts == ()
    assert set(_tags(desk)) == {"v1"}


def test_one_image_that_is_missing_does_not_hide_the_others(desk: Desk) -> None:
    """The images that are there get signed, the missing one is the error, and outputs say both."""
    digest = desk.push()
    told = desk.sign(images=f"{desk.name}@{digest}\n{desk.name}:absent")
    assert isinstance(told.error, ImageNotFound)
    assert (told.outputs["signed"], told.outputs["failed"]) == ("1", "1")
    assert told.outputs["images"] == f"{desk.name}@{digest}"
    assert any("absent" in str(command) for command in told.commands)


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_pull_request_signs_nothing_unless_asked(desk: Desk, event: str) -> None:
    """Refused before the key or the registry is touched; a foreign head stays refused."""
    image = f"{desk.name}@{desk.push()}"
    payload: dict[str, Any] = {"pull_request": {"head": {"repo": {"full_name": "a/fork"}}}}
    payload["repository"] = {"full_name": "owner/project"}
    event_file = desk.folder / "event.json"
    event_file.write_text(json.dumps(payload), "utf-8")
    desk.environment.update(GITHUB_EVENT_NAME=event, GITHUB_EVENT_PATH=str(event_file))
    desk.registry.clear()
    with pytest.raises(Refused):
        desk.sign(images=image, key="absent.key")
    assert not desk.registry.requests
    if event == "pull_request":
        assert desk.sign(images=image, allow_pull_request="true").error is None
    else:
        with pytest.raises(Refused):
            desk.sign(images=image, allow_pull_request="true")


def test_a_privileged_event_that_cannot_be_read_is_foreign(desk: Desk) -> None:
    """Where the payload is missing or broken, the head is taken for somebody else's."""
    desk.environment["GITHUB_EVENT_NAME"] = "pull_request_target"
    for content in (None, "{", '{"pull_request": {}, "pull_request": {}}'):
        if content is not None:
            (desk.folder / "event.json").write_text(content, "utf-8")
            desk.environment["GITHUB_EVENT_PATH"] = str(desk.folder / "event.json")
        with pytest.raises(Refused):
            desk.sign(images=f"{desk.name}:v1", allow_pull_request="true")


def test_a_missing_password_is_an_error_that_names_the_line(desk: Desk) -> None:
    """Neither an empty input nor an empty variable changes how is signed; both say what to add."""
    image = f"{desk.name}@{desk.push()}"
    for variable in (None, ""):
        if variable is not None:
            desk.environment["COSIGN_PASSWORD"] = variable
        with pytest.raises(PasswordError) as missing:
            desk.sign(images=image, password="")
        assert "password: ${{ secrets.COSIGN_PASSWORD }}" in str(missing.value)
    with pytest.raises(PasswordError, match="does not open"):
        desk.sign(images=image, password="wrong")
    desk.environment["COSIGN_PASSWORD"] = PASSWORD
    assert desk.sign(images=image, password="").error is None


@pytest.mark.parametrize(
    ("key", "kind", "reason"),
    [
        ("keyless", UsageError, "keys only"),
        ("awskms:///alias/x", UsageError, "key service"),
        ("https://keys.example/cosign.key", UsageError, "no key file"),
        ("env://ABSENT", UsageError, "ABSENT is not set"),
        ("../outside.key", UsageError, "leads out of the workspace"),
        ("/proc/self/environ", UsageError, "leads out of the workspace"),
        ("absent.key", FileUnusable, "absent.key"),
        ("cosign.pub", KeyUnusable, "cosign.pub"),
        ("notes.txt", KeyUnusable, "no PEM key"),
        ("x" * 2000, UsageError, "neither PEM text nor a path"),
    ],
)
def test_a_key_that_is_none_is_named_and_never_replaced(
    desk: Desk, key: str, kind: type[Exception], reason: str
) -> None:
    """What is no usable private key is an error of its kind, and there is no other way to sign."""
    (desk.folder / "notes.txt").write_text("nothing", "utf-8")
    with pytest.raises(kind, match=reason):
        desk.sign(images=f"{desk.name}@{desk.push()}", key=key)


def test_a_key_comes_from_a_variable_or_as_text_too(desk: Desk) -> None:
    """env://NAME and PEM text sign as the file does."""
    image = f"{desk.name}@{desk.push()}"
    private = pair("cosign").private.decode()
    desk.environment["SIGNING_KEY"] = private
    assert desk.sign(images=image, key="env://SIGNING_KEY").error is None
    assert desk.sign(images=image, key=private).outputs["skipped"] == "1"


def test_a_link_out_of_the_workspace_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    """A checked-out symbolic link does not make the action read another file as its key."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside.key"
    outside.write_bytes(pair("cosign").private)
    (desk.folder / "link.key").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of the workspace"):
        desk.sign(images=f"{desk.name}@{desk.push()}", key="link.key")


def test_a_registry_that_lags_is_waited_for(tmp_path: Path) -> None:
    """What is written shows only after a while, and the action ends well all the same."""
    with Registry(Options(lag=0.4)) as registry:
        desk = Desk(tmp_path, registry)
        digest = desk.push()
        image = f"{desk.name}@{digest}"
        told = desk.sign(images=image, format="classic", promote_tags="latest")
        assert told.error is None
        assert _tags(desk)["latest"] == digest
