"""The action `verify`, from inputs to what it tells, against a registry on loopback."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from boltseal.errors import (
    AccessDenied,
    BoltsealError,
    FileUnusable,
    ImageNotFound,
    KeyUnusable,
    NoSignature,
    NotTrusted,
    Undecided,
    UsageError,
)
from tests.actions.desk import SHA, Desk, pair
from tests.support.registry import Answer, Bearer, Options, Registry, Request


@pytest.fixture
def image(desk: Desk) -> str:
    """Push and sign one image, and return it by digest."""
    pinned = f"{desk.name}@{desk.push()}"
    assert desk.sign(images=pinned).error is None
    return pinned


def _refused(desk: Desk, kind: type[BoltsealError], **inputs: str) -> str:
    told = desk.verify(**inputs)
    assert type(told.error) is kind
    assert told.outputs["verified"] == "false"
    assert told.outputs["pinned"] == told.outputs["digest"] == ""
    assert told.commands[0].level.value == "error"
    return str(told.commands[0].message)


def test_a_signed_image_opens_the_gate(desk: Desk, image: str) -> None:
    """Outputs say that it was verified, which digest to deploy, and what was signed."""
    tagged = f"{desk.name}:v1"
    told = desk.verify(images=tagged, commit=SHA, repository="owner/project", max_age="2d")
    assert told.error is None
    out = told.outputs
    assert out["verified"] == "true"
    assert out["pinned"] == image
    assert out["digest"] == image.partition("@")[2]
    assert json.loads(out["digests"]) == {tagged: out["digest"]}
    assert json.loads(out["annotations"])[tagged][0]["commit"] == SHA
    assert json.loads(out["failures"]) == []
    assert json.loads(out["report"])["verdict"] == "trusted"
    assert image in told.summary


def test_nothing_to_verify_is_an_error(desk: Desk) -> None:
    """A gate that checks nothing stays closed, also where a job declared artifacts."""
    for images in ("", " \n# nothing\n", "[]"):
        with pytest.raises(UsageError, match="nothing to verify"):
            desk.verify(images=images)


def test_an_unsigned_image_closes_it(desk: Desk) -> None:
    """No signature has its own kind of failure, with what to do."""
    message = _refused(desk, NoSignature, images=f"{desk.name}@{desk.push('unsigned')}")
    assert "no signature is stored" in message
    assert "sign it in the workflow" in message


def test_another_key_closes_it(desk: Desk, image: str) -> None:
    """A signature by a key that was not given is not trusted."""
    assert "did not make it" in _refused(desk, NotTrusted, images=image, key="other.pub")


@pytest.mark.parametrize(
    "condition",
    [
        {"commit": "b" * 40},
        {"ref": "refs/heads/main"},
        {"annotations": "event=release"},
        {"annotations_match": "ref=refs/heads/**"},
        {"max_age": "12h"},
    ],
)
def test_another_build_closes_it(desk: Desk, image: str, condition: dict[str, str]) -> None:
    """What was signed about the build must be what is asked for, its age included."""
    _refused(desk, NotTrusted, images=image, **condition)


def test_conditions_that_hold_open_it(desk: Desk, image: str) -> None:
    """Exact annotations, globs and an age that are all met leave the image trusted."""
    told = desk.verify(
        images=image,
        annotations='{"event": "push"}',
        annotations_match="ref=refs/tags/*",
        ref="refs/tags/v1",
        max_age="48h",
    )
    assert told.error is None


def test_an_image_that_is_not_there_closes_it(desk: Desk, image: str) -> None:
    """A name without an image is its own kind of failure."""
    _refused(desk, ImageNotFound, images=f"{desk.name}:absent")


def test_a_registry_that_does_not_answer_leaves_it_undecided(desk: Desk, image: str) -> None:
    """An error of the registry is no 'unsigned': it closes the gate, unless it is tolerated."""

    def broken(request: Request) -> Answer | None:
        return Answer(503)

    with Registry(script=broken) as registry:
        asked = f"{registry.host}/team/app:v1"
        told = desk.verify(images=asked, retries="0")
        assert isinstance(told.error, Undecided)
        tolerated = desk.verify(images=asked, retries="0", fail_on="not-trusted")
    assert tolerated.error is None
    assert tolerated.outputs["verified"] == "false"
    assert tolerated.outputs["pinned"] == ""
    assert tolerated.commands[0].level.value == "warning"


def test_each_image_is_judged_and_only_the_good_are_pinned(desk: Desk, image: str) -> None:
    """With several images one failure closes the gate, and the outputs tell which is which."""
    unsigned = f"{desk.name}@{desk.push('unsigned')}"
    told = desk.verify(images=f"{image},{unsigned}")
    assert isinstance(told.error, NoSignature)
    assert told.outputs["pinned"] == image
    assert told.outputs["digest"] == ""
    (failure,) = json.loads(told.outputs["failures"])
    assert failure["image"] == unsigned
    assert failure["kind"] == "no signature"


def test_an_image_is_let_through_for_a_reason(desk: Desk, image: str) -> None:
    """What `allow` names needs no signature, is pinned all the same, and is told of."""
    unsigned = f"{desk.name}@{desk.push('unsigned')}"
    told = desk.verify(images=f"{image}\n{unsigned}", allow=f"{desk.name}@*=made elsewhere")
    assert told.error is None
    assert told.outputs["verified"] == "true"
    assert told.outputs["pinned"].splitlines() == [image, unsigned]
    assert "made elsewhere" in told.summary
    assert any("made elsewhere" in str(command) for command in told.commands)
    with pytest.raises(UsageError, match="reason"):
        desk.verify(images=unsigned, allow=f"{desk.name}=")


def test_several_keys_are_counted_by_the_keys_that_signed(desk: Desk, image: str) -> None:
    """require counts distinct keys out of files, folders and PEM text."""
    both = "cosign.pub\nother.pub"
    _refused(desk, NotTrusted, images=image, key=both, require="all")
    assert desk.verify(images=image, key=both).error is None
    desk.sign(images=image, key="other.key")
    assert desk.verify(images=image, key=both, require="2").error is None
    assert desk.verify(images=image, key=".", require="all").error is None
    text = (pair("cosign").public + pair("other").public).decode()
    assert desk.verify(images=image, key=text, require="all").error is None
    with pytest.raises(UsageError, match="one and the same key"):
        desk.verify(images=image, key=f"cosign.pub\n{text}")


@pytest.mark.parametrize(
    ("inputs", "kind", "reason"),
    [
        ({"key": "cosign.key"}, KeyUnusable, "public key"),
        ({"key": "../cosign.pub"}, UsageError, "leads out"),
        ({"key": "empty"}, UsageError, r"no \*\.pub"),
        ({"key": "-----BEGIN PUBLIC KEY-----\nMFkw"}, UsageError, "cut off"),
        ({"require": "3"}, UsageError, "number of distinct keys"),
        ({"commit": "abc123"}, UsageError, "no whole commit id"),
        ({"commit": "b" * 40, "annotations": f"commit={SHA}"}, UsageError, "different values"),
        ({"max_age": "30"}, UsageError, "length of time"),
        ({"fail_on": "nothing"}, UsageError, "fail-on"),
        ({"json_file": "../report.json"}, UsageError, "leads out"),
    ],
)
def test_a_wrong_input_is_named(
    desk: Desk, image: str, inputs: dict[str, str], kind: type[BoltsealError], reason: str
) -> None:
    """What cannot be meant is refused, in a sentence that says why."""
    (desk.folder / "empty").mkdir()
    with pytest.raises(kind, match=reason):
        desk.verify(images=image, **inputs)


def test_the_digest_that_was_asked_for_is_what_is_verified(desk: Desk, image: str) -> None:
    """With `digest`, a tag that moved meanwhile has no say in what is verified and pinned."""
    desk.push("v1", text="moved")
    told = desk.verify(images=f"{desk.name}:v1", digest=image.partition("@")[2])
    assert told.error is None
    assert told.outputs["pinned"] == image
    _refused(desk, NoSignature, images=f"{desk.name}:v1")


def test_an_index_may_be_asked_for_with_all_its_platforms(desk: Desk) -> None:
    """With recursive an unsigned platform image keeps a signed index back."""
    digest, _ = desk.push_index("multi", "amd64", "arm64")
    index = f"{desk.name}@{digest}"
    desk.sign(images=index, recursive="false")
    assert desk.verify(images=index).error is None
    _refused(desk, NoSignature, images=index, recursive="true")
    desk.sign(images=index)
    told = desk.verify(images=index, recursive="true")
    assert told.error is None
    assert told.outputs["pinned"] == index


def test_every_name_of_a_digest_is_told(desk: Desk, image: str) -> None:
    """Two tags of one digest are verified once, pinned once, and both told with their digest."""
    digest = image.partition("@")[2]
    told = desk.verify(images=f"{desk.name}:v1,{desk.name}:v2", digest=digest)
    assert told.outputs["pinned"] == image
    named = {f"{desk.name}:v1": digest, f"{desk.name}:v2": digest}
    assert json.loads(told.outputs["digests"]) == named


def test_a_report_that_cannot_be_written_does_not_hide_the_verdict(desk: Desk, image: str) -> None:
    """The outputs are told, and the action fails, where json-file is a folder."""
    told = desk.verify(images=image, json_file="empty")
    assert told.error is None
    (desk.folder / "folder").mkdir()
    (desk.folder / "folder" / "full").touch()
    told = desk.verify(images=image, json_file="folder")
    assert isinstance(told.error, FileUnusable)
    assert told.outputs["verified"] == "true"


def test_the_whole_report_is_written_where_asked(desk: Desk, image: str) -> None:
    """json-file gets the report, in folders that are made for it."""
    desk.verify(images=image, json_file="reports/verify.json")
    report = json.loads((desk.folder / "reports" / "verify.json").read_text("utf-8"))
    assert report["kind"] == "verify"


def test_credentials_are_the_inputs_and_wrong_ones_are_told(tmp_path: Path) -> None:
    """A locked registry opens to registry-username and -password; without them it is undecided."""
    locked = Options(auth=Bearer("robot", "let me in"))
    given = {"registry_username": "robot", "registry_password": "let me in"}
    with Registry(locked) as registry:
        desk = Desk(tmp_path, registry)
        image = f"{desk.name}@{desk.push()}"
        assert desk.sign(images=image, **given).error is None
        assert desk.verify(images=image, **given).error is None
        for wrong in ({}, {**given, "registry_password": "guessed"}):
            told = desk.verify(images=image, **wrong)
            assert isinstance(told.error, AccessDenied)
            assert told.outputs["verified"] == "false"
            assert "guessed" not in str(told.commands) + told.summary


def test_a_run_that_takes_too_long_is_undecided(desk: Desk, image: str) -> None:
    """The input timeout bounds all of it, whatever the registry does."""

    def slow(request: Request) -> Answer | None:
        return Answer(503, headers=(("Retry-After", "30"),))

    with Registry(script=slow) as registry:
        begun = time.monotonic()
        told = desk.verify(images=f"{registry.host}/team/app:v1", timeout="1")
        assert time.monotonic() - begun < 10
    assert isinstance(told.error, Undecided)
