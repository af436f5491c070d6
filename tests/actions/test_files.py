"""The actions on plain files, from inputs to what they tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boltseal.actions import sign_blob, verify_blob
from boltseal.actions.files import (
    SIGN_BLOB_OUTPUTS,
    VERIFY_BLOB_OUTPUTS,
    SignBlobInputs,
    VerifyBlobInputs,
)
from boltseal.actions.telling import Told
from boltseal.errors import BoltsealError, FileUnusable, NoSignature, NotTrusted, UsageError
from tests.actions.desk import PASSWORD, Desk, inputs


@pytest.fixture
def files(desk: Desk) -> Desk:
    """Give a workspace with two files to release, one in a folder with an odd name."""
    (desk.folder / "dist" / "a [1]").mkdir(parents=True)
    (desk.folder / "dist" / "app.bin").write_bytes(b"program")
    (desk.folder / "dist" / "a [1]" / "b.txt").write_bytes(b"text")
    return desk


def signed(at: Desk, files: str = "dist/**/*.*", **more: str) -> Told:
    texts = {"password": PASSWORD, "files": files, **more}
    return sign_blob.work(inputs(SignBlobInputs, texts), at.around())


def verified(at: Desk, files: str = "dist/**/*.*", **more: str) -> Told:
    return verify_blob.work(inputs(VerifyBlobInputs, {"files": files, **more}), at.around())


def test_files_are_signed_once_and_verified(files: Desk) -> None:
    """A pattern's files get both signatures; a second run keeps them, and all verify."""
    first = signed(files)
    assert first.error is None
    assert first.outputs["files"].splitlines() == ["dist/a [1]/b.txt", "dist/app.bin"]
    assert set(first.outputs) == set(SIGN_BLOB_OUTPUTS)
    for path in first.outputs["signatures"].splitlines():
        assert (files.folder / path).stat().st_mode & 0o777 == 0o600
    assert "boltseal verify-blob --key cosign.pub" in first.outputs["verify-command"]
    again = signed(files)
    assert (again.outputs["signed"], again.outputs["kept"]) == ("0", "2")
    told = verified(files)
    assert told.error is None
    assert set(told.outputs) == set(VERIFY_BLOB_OUTPUTS)
    assert (told.outputs["verified"], told.outputs["failures"]) == ("true", "[]")
    assert "2 of 2 files trusted" in told.summary


def test_one_form_is_written_where_one_is_asked_for(files: Desk) -> None:
    """`write` chooses between signature and bundle; either is found again."""
    for write, end in (("signature", ".sig"), ("bundle", ".sigstore.json")):
        told = signed(files, "dist/app.bin", write=write, again="true")
        assert told.outputs["signatures"] == f"dist/app.bin{end}"
        assert verified(files, "dist/app.bin").error is None
    bundle = {"bundle": "dist/app.bin.sigstore.json"}
    assert verified(files, "dist/app.bin", **bundle).error is None
    with pytest.raises(UsageError, match="names one bundle"):
        verified(files, **bundle)


def test_each_failure_is_told_by_file(files: Desk) -> None:
    """A changed file and an unsigned one stop the job; what is trusted is told all the same."""
    signed(files)
    (files.folder / "dist" / "app.bin").write_bytes(b"changed")
    (files.folder / "dist" / "new.txt").write_bytes(b"new")
    told = verified(files)
    assert isinstance(told.error, NotTrusted)
    assert told.outputs["files"] == "dist/a [1]/b.txt"
    kinds = {f["file"]: f["kind"] for f in json.loads(told.outputs["failures"])}
    assert kinds == {"dist/app.bin": "not trusted", "dist/new.txt": "no signature"}
    assert len(told.commands) == 2
    assert type(verified(files, "dist/new.txt").error) is NoSignature


@pytest.mark.parametrize(
    ("given", "kind", "reason"),
    [
        ("", UsageError, "`files` is empty"),
        ("# nothing", UsageError, "`files` is empty"),
        ("dist/*.none", UsageError, "matches no file"),
        ("../*", UsageError, "leads out"),
        ("/etc/passwd", UsageError, "leads out"),
        ("dist/link", UsageError, "leads out"),
        ("dist/l*", UsageError, "leads out"),
    ],
)
def test_files_are_those_of_the_workspace(
    files: Desk, given: str, kind: type[BoltsealError], reason: str
) -> None:
    """Nothing at all, and what lies outside or leads there, is refused before a key is opened."""
    (files.folder / "dist" / "link").symlink_to("/etc/passwd")
    with pytest.raises(kind, match=reason):
        signed(files, given)
    with pytest.raises(kind, match=reason):
        verified(files, given)


def test_a_file_that_cannot_be_read_fails_alone(files: Desk) -> None:
    """A missing name among several is its own failure; the others are signed."""
    told = signed(files, "dist/app.bin\ndist/absent")
    assert isinstance(told.error, FileUnusable)
    assert told.outputs["files"] == "dist/app.bin"
    assert told.outputs["failed"] == "1"


def test_a_pull_request_gets_no_signature_on_files(files: Desk) -> None:
    """A run for a pull request is refused before anything is signed, unless it is allowed."""
    files.environment["GITHUB_EVENT_NAME"] = "pull_request"
    with pytest.raises(BoltsealError, match="allow-pull-request"):
        signed(files)
    assert not list(Path(files.folder, "dist").glob("*.sig"))
    assert signed(files, allow_pull_request="true").error is None
