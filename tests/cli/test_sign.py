"""`sign` and `verify` from the command line, against a registry that speaks real HTTP."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.cli.desk import Desk, push, push_index
from tests.support.registry import Registry


def _sign(desk: Desk, *args: str) -> None:
    ran = desk.run("sign", "--key", desk.path("release.key"), *args)
    assert ran.code == 0, ran.err


def _verify(desk: Desk, *args: str) -> int:
    return desk.run("verify", "--key", desk.path("release.pub"), *args).code


def test_what_is_signed_is_trusted(desk: Desk, registry: Registry) -> None:
    """An image that was signed is trusted, and verify prints what cosign prints."""
    image = push(registry, "team/app")
    _sign(desk, "-a", "commit=c0ffee", image)
    ran = desk.run("verify", "--key", desk.path("release.pub"), "-a", "commit=c0ffee", image)
    assert ran.code == 0
    first, second = json.loads(ran.out)
    assert first["critical"]["type"] == "cosign container image signature"
    assert second["critical"]["type"] == "https://sigstore.dev/cosign/sign/v1"
    assert first["optional"] == second["optional"] == {"commit": "c0ffee"}
    assert ran.out.startswith(b"\n[{")
    assert ran.out.endswith(b"}]\n")
    assert f"Verification for {image} --" in ran.err
    assert "  - The specified annotations were verified.\n" in ran.err


def test_the_program_itself_signs_and_verifies(desk: Desk, registry: Registry) -> None:
    """The installed module, run as a process, signs and verifies an image."""
    image = push(registry, "team/app")
    signed = desk.process("sign", "--key", "release.key", "--yes", image)
    assert (signed.code, signed.out) == (0, b"")
    assert "✔ signed" in signed.err
    assert desk.process("verify", "--key", "release.pub", image).code == 0


def test_one_image_that_fails_does_not_hide_the_others(desk: Desk, registry: Registry) -> None:
    """Every image is judged on its own: the trusted one is printed, the other explained."""
    good, bad = push(registry, "team/app", "good"), push(registry, "team/app", "bad")
    _sign(desk, good)
    ran = desk.run("verify", "--key", desk.path("release.pub"), bad, good)
    assert ran.code == 10
    assert len(ran.document) == 2
    assert f"Verification for {good} --" in ran.err
    assert f"✘ not trusted  {bad}" in ran.err
    assert "sign it in the workflow" in ran.err
    assert "Error: no signatures found: " in ran.err
    assert "error during command execution: no signatures found" in ran.err
    assert "trusted 2 of 2" in ran.err or "not trusted 2 of 2" in ran.err


def test_one_image_that_cannot_be_signed_leaves_the_others_signed(
    desk: Desk, registry: Registry
) -> None:
    """Signing goes on after a failure, names it, and ends with its exit code."""
    good = push(registry, "team/app")
    ran = desk.run("sign", "--key", desk.path("release.key"), f"{registry.host}/team/no:tag", good)
    assert ran.code == 11
    assert f"✘ failed     {registry.host}/team/no:tag" in ran.err
    assert "signed 2 of 2" in ran.err or "signed 1 of 2" in ran.err
    assert _verify(desk, good) == 0


def test_a_tag_is_signed_with_a_note_and_refused_on_demand(desk: Desk, registry: Registry) -> None:
    """A tag is resolved and its digest told; with --require-digest it is wrong use."""
    image = push(registry, "team/app:v1")
    tag = f"{registry.host}/team/app:v1"
    ran = desk.run("sign", "--key", desk.path("release.key"), tag)
    assert ran.code == 0
    assert f"{image}. A tag can move" in ran.err
    registry.clear()
    refused = desk.run("sign", "--key", desk.path("release.key"), "--require-digest", tag)
    assert refused.code == 2
    assert registry.requests == ()


def test_capitals_are_refused_with_a_hint(desk: Desk) -> None:
    """The command line lowers nothing: capitals in a repository are wrong use."""
    ran = desk.run("verify", "--key", desk.path("release.pub"), "ghcr.io/Team/App:v1")
    assert ran.code == 2
    assert "capitals are not allowed" in ran.err


def test_an_annotation_is_taken_whole(desk: Desk, registry: Registry) -> None:
    """What cosign would split is signed whole, with a note that says so, and verified whole."""
    image = push(registry, "team/app")
    value = 'a=1,b="2"\nc'
    ran = desk.run("sign", "--key", desk.path("release.key"), "-a", f"note={value}", image)
    assert "cosign's own -a would have split or lost it" in ran.err
    assert _verify(desk, "-a", f"note={value}", image) == 0
    assert _verify(desk, "-a", "note=a=1", image) == 12


def test_signing_again_skips_and_can_be_told_otherwise(desk: Desk, registry: Registry) -> None:
    """An equal signature is left alone by default, and --on-existing fail makes it a failure."""
    image = push(registry, "team/app")
    _sign(desk, image)
    again = desk.run("sign", "--key", desk.path("release.key"), "--output", "json", image)
    assert again.document["totals"]["skipped"] == 2
    failed = desk.run("sign", "--key", desk.path("release.key"), "--on-existing", "fail", image)
    assert failed.code == 7


def test_a_dry_run_writes_nothing(desk: Desk, registry: Registry) -> None:
    """--dry-run tells what would be done and sends nothing to the registry."""
    image = push(registry, "team/app")
    registry.clear()
    ran = desk.run("sign", "--key", desk.path("release.key"), "--dry-run", image)
    assert ran.code == 0
    assert "would be signed" in ran.err
    assert {record.method for record in registry.requests} <= {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("flags", "tagged", "referred"),
    [
        ((), True, True),
        (("--format", "classic"), True, False),
        (("--format", "bundle"), False, True),
        (("--new-bundle-format=false",), True, False),
        (("--new-bundle-format",), False, True),
    ],
)
def test_the_form_is_chosen(
    desk: Desk, registry: Registry, flags: tuple[str, ...], tagged: bool, referred: bool
) -> None:
    """--format, or cosign's own flag, chooses which forms are written."""
    image = push(registry, "team/app")
    _sign(desk, *flags, image)
    assert (_verify(desk, "--format", "classic", image) == 0) is tagged
    assert (_verify(desk, "--formats", "bundle", image) == 0) is referred
    assert _verify(desk, "--new-bundle-format=true", image) == 0


def test_flags_that_contradict_each_other_are_wrong_use(desk: Desk) -> None:
    """Two flags for one thing that say different things are refused, not ranked."""
    line = ("sign", "--key", desk.path("release.key"), "--new-bundle-format=false", "r.io/a/b:v")
    ran = desk.run(*line, "--format", "both")
    assert ran.code == 2
    assert "contradict" in ran.err


def test_an_index_is_signed_with_its_platforms(desk: Desk, registry: Registry) -> None:
    """--recursive signs the index and every platform image, and verifies them all."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    ran = desk.run("sign", "--key", desk.path("release.key"), "-r", "--output", "json", image)
    assert [one["platform"] for one in ran.document["images"]] == [
        None,
        "linux/amd64",
        "linux/arm64",
    ]
    assert _verify(desk, "--recursive", image) == 0


def test_files_are_written_as_cosign_writes_them(desk: Desk, registry: Registry) -> None:
    """Signature, payload and bundle go to files for oneself alone, uploaded or not."""
    image = push(registry, "team/app")
    files = {name: desk.path(name) for name in ("sig", "payload", "bundle")}
    line = ("--output-signature", files["sig"], "--output-payload", files["payload"])
    registry.clear()
    _sign(desk, "--upload=false", *line, "--bundle", files["bundle"], image)
    assert {record.method for record in registry.requests} <= {"GET", "HEAD"}
    assert len(base64.b64decode(Path(files["sig"]).read_bytes(), validate=True)) > 60
    payload = json.loads(Path(files["payload"]).read_bytes())
    assert payload["critical"]["image"]["docker-manifest-digest"] == image.partition("@")[2]
    assert "dsseEnvelope" in json.loads(Path(files["bundle"]).read_bytes())
    assert all(Path(file).stat().st_mode & 0o777 == 0o600 for file in files.values())
    assert _verify(desk, image) == 10


def test_several_identities_are_signed_and_joined(desk: Desk, registry: Registry) -> None:
    """Each identity is signed on its own; the file holds their payloads, one a line."""
    image = push(registry, "team/app")
    names = ("--sign-container-identity", "one.io/a/b,two.io/a/b")
    _sign(desk, "--format", "classic", *names, "--output-payload", desk.path("payloads"), image)
    lines = Path(desk.path("payloads")).read_bytes().split(b"\n")
    said = [json.loads(line)["critical"]["identity"]["docker-reference"] for line in lines]
    assert said == ["one.io/a/b", "two.io/a/b"]
    assert _verify(desk, image) == 0
    assert _verify(desk, "--identity", "match", image) == 12


def test_signatures_stand_in_another_repository(desk: Desk, registry: Registry) -> None:
    """--attachments-repository and COSIGN_REPOSITORY move signatures elsewhere, for both verbs."""
    image = push(registry, "team/app")
    elsewhere = f"{registry.host}/team/signatures"
    _sign(desk, "--attachments-repository", elsewhere, image)
    assert _verify(desk, image) == 10
    line = ("verify", "--key", desk.path("release.pub"), image)
    assert desk.run(*line, COSIGN_REPOSITORY=elsewhere).code == 0


def test_several_keys_are_counted(desk: Desk, registry: Registry) -> None:
    """--require counts distinct keys, be they files, a folder, text or a variable."""
    desk.keys("second")
    image = push(registry, "team/app")
    _sign(desk, image)
    folder = str(desk.folder)
    assert desk.run("verify", "--key", folder, image).code == 0
    assert desk.run("verify", "--key", folder, "--require", "all", image).code == 12
    _sign(desk, "--key", desk.path("second.key"), image)
    assert desk.run("verify", "--key", folder, "--require", "2", image).code == 0
    text = Path(desk.path("second.pub")).read_text()
    line = ("verify", "--key", text, "--key", "env://FIRST", "--require", "all", image)
    assert desk.run(*line, FIRST=Path(desk.path("release.pub")).read_text()).code == 0
    assert desk.run("verify", "--key", folder, "--require", "3", image).code == 2
    twice = ("verify", "--key", desk.path("release.pub"), "--key", folder, image)
    assert desk.run(*twice).code == 2


def test_the_full_report_is_written_whatever_the_verdict(desk: Desk, registry: Registry) -> None:
    """--report holds the verdict on every image in our own JSON, also when it is a 'no'."""
    image = push(registry, "team/app")
    assert _verify(desk, "--report", desk.path("report.json"), image) == 10
    report = json.loads(Path(desk.path("report.json")).read_bytes())
    assert report["verdict"] == "not trusted"
    assert report["images"][0]["exitCode"] == report["exitCode"] == 10


def test_output_goes_to_a_file_where_asked(desk: Desk, registry: Registry) -> None:
    """cosign's --output-file takes what would go to standard output."""
    image = push(registry, "team/app")
    _sign(desk, image)
    line = ("verify", "--key", desk.path("release.pub"), "--output", "text", image)
    ran = desk.run("--output-file", desk.path("out"), *line)
    assert (ran.code, ran.out) == (0, b"")
    assert Path(desk.path("out")).read_bytes().startswith(b'{"critical":')


def test_a_readable_private_key_is_warned_of(desk: Desk, registry: Registry) -> None:
    """Signing with a key file that others may read works, with a warning."""
    Path(desk.path("release.key")).chmod(0o644)
    image = push(registry, "team/app")
    ran = desk.run("sign", "--key", desk.path("release.key"), image)
    assert ran.code == 0
    assert "WARNING: the private key" in ran.err


def test_the_time_is_recorded_on_demand(desk: Desk, registry: Registry) -> None:
    """--record-creation-timestamp writes SOURCE_DATE_EPOCH into the classic form's config."""
    image = push(registry, "team/app")
    line = ("sign", "--key", desk.path("release.key"), "--record-creation-timestamp", image)
    assert desk.run(*line, SOURCE_DATE_EPOCH="1700000000").code == 0
    repository = registry.store.repositories["team/app"]
    assert any(b'"created":"2023-11-14T22:13:20Z"' in blob for blob in repository.blobs.values())


def test_attachments_are_capped_by_the_environment(desk: Desk, registry: Registry) -> None:
    """COSIGN_MAX_ATTACHMENT_SIZE lowers what is read of an artifact; larger ones do not count."""
    image = push(registry, "team/app")
    _sign(desk, image)
    line = ("verify", "--key", desk.path("release.pub"), image)
    assert desk.run(*line, COSIGN_MAX_ATTACHMENT_SIZE="45MiB").code == 0
    capped = desk.run(*line, COSIGN_MAX_ATTACHMENT_SIZE="100B")
    assert capped.code not in (0, 10)
    assert "100 are allowed" in capped.err
