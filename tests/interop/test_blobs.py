"""Signatures of plain files cross over: what one side writes the other reads, both refuse the same.

Every form that a generation of cosign writes or reads, and the hostile variants of each.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.desk import PASSWORD, Desk, Ran
from tests.cli.desk import desk as make_desk
from tests.peers.cosign import SIGNING_CONFIG, TRUSTED_ROOT, Generation, cosign
from tests.peers.programs import Result
from tests.support.tables import Record, tell

TABLE = "plain files: who writes, who reads"
GENERATIONS: tuple[Generation, ...] = ("2.5", "3.1")
TYPE = "https://example.com/predicate/v1"
CONTENT = bytes(range(256)) * 40

pytestmark = pytest.mark.peers


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a key pair of ours, a file, a predicate, and programs that work in it."""

    desk: Desk
    generation: Generation

    def ours(self, *args: str) -> Ran:
        return self.desk.process(*args)

    def theirs(self, *args: str) -> Result:
        peer = cosign(self.generation, home=self.desk.folder / "home")
        return peer.run(args, password=PASSWORD, cwd=self.desk.folder)

    def change(self, name: str, change: Callable[[bytes], bytes]) -> None:
        path = self.desk.folder / name
        path.chmod(0o600)
        path.write_bytes(change(path.read_bytes()))

    @property
    def offline(self) -> list[str]:
        """What keeps this generation's signing away from services, in the old form."""
        if self.generation == "2.5":
            return ["--tlog-upload=false"]
        return ["--use-signing-config=false", "--tlog-upload=false", "--new-bundle-format=false"]

    @property
    def as_bundle(self) -> list[str]:
        """The same, in the new form."""
        if self.generation == "2.5":
            return ["--tlog-upload=false", "--new-bundle-format"]
        return ["--signing-config", "config.json", "--trusted-root", "root.json"]

    def reads_new(self) -> list[str]:
        return ["--trusted-root", "root.json"] if self.generation == "3.1" else []


@pytest.fixture(params=GENERATIONS)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    made = make_desk(tmp_path)
    made.keys("other")
    made.write("app.bin", CONTENT)
    made.write("other.bin", CONTENT + b"x")
    made.write("predicate.json", b'{"hello": "w<o>rld & co", "list": [3, 2, 1]}')
    made.write("config.json", SIGNING_CONFIG)
    made.write("root.json", TRUSTED_ROOT)
    return Place(made, request.param)


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a signature: how each side writes it to `out`, and how it is read from there."""

    name: str
    ours: tuple[str, ...]
    theirs: Callable[[Place], list[str]]
    reading: str
    attests: bool = False

    @property
    def signing(self) -> str:
        return "attest-blob" if self.attests else "sign-blob"

    @property
    def verifying(self) -> str:
        return "verify-blob-attestation" if self.attests else "verify-blob"

    @property
    def claim(self) -> list[str]:
        return ["--type", TYPE, "--predicate", "predicate.json"] if self.attests else []

    def check(self, *, key: str = "release.pub", kind: str = TYPE, file: str) -> list[str]:
        typed = ["--type", kind] if self.attests else []
        line = [self.verifying, "--insecure-ignore-tlog", "--key", key, *typed]
        return [*line, self.reading, "out", file]


def _old(place: Place) -> list[str]:
    return [*place.offline, "--bundle", "out"]


FORMS = (
    Form(
        "signature",
        ("--output-signature", "out"),
        lambda place: [*place.offline, "--output-signature", "out"],
        "--signature",
    ),
    Form(
        "raw signature",
        ("--b64=false", "--output-signature", "out"),
        lambda place: [*place.offline, "--b64=false", "--output-signature", "out"],
        "--signature",
    ),
    Form("old bundle", ("--new-bundle-format=false", "--bundle", "out"), _old, "--bundle"),
    Form(
        "bundle v0.3",
        ("--bundle", "out"),
        lambda place: [*place.as_bundle, "--bundle", "out"],
        "--bundle",
    ),
    Form(
        "envelope",
        ("--output-signature", "out"),
        lambda place: [*place.offline, "--output-signature", "out"],
        "--signature",
        attests=True,
    ),
    Form(
        "old attestation bundle",
        ("--new-bundle-format=false", "--bundle", "out"),
        _old,
        "--bundle",
        attests=True,
    ),
    Form(
        "attestation bundle v0.3",
        ("--bundle", "out"),
        lambda place: [*place.as_bundle, "--bundle", "out"],
        "--bundle",
        attests=True,
    ),
)
NEW = {"bundle v0.3", "attestation bundle v0.3"}
by_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def _written_by_us(place: Place, form: Form) -> None:
    line = [form.signing, "--key", "release.key", *form.claim, *form.ours, "app.bin"]
    ran = place.ours(*line)
    assert ran.code == 0, ran.err


def _written_by_them(place: Place, form: Form) -> None:
    line = [form.signing, "--key", "release.key", *form.claim, *form.theirs(place), "app.bin"]
    place.theirs(*line).check()


def _they_read(place: Place, form: Form) -> bool:
    """cosign 2.5 reads new bundles only with a trusted root fetched over the network."""
    return not (place.generation == "2.5" and form.name in NEW)


@by_form
def test_cosign_reads_what_is_written_here(
    place: Place, form: Form, record_property: Record
) -> None:
    """cosign verifies a file that was signed here, and not another file or by another key."""
    if not _they_read(place, form):
        tell(record_property, TABLE, form.name, "boltseal", f"cosign {place.generation}", "offline")
        return
    _written_by_us(place, form)
    place.theirs(*form.check(file="app.bin")).check()
    refused = [
        place.theirs(*form.check(file="other.bin")),
        place.theirs(*form.check(file="app.bin", key="other.pub")),
    ]
    assert [run.returncode for run in refused] == [1, 1]
    tell(record_property, TABLE, form.name, "boltseal", f"cosign {place.generation}", "verified")


@by_form
def test_what_cosign_writes_is_read_here(place: Place, form: Form, record_property: Record) -> None:
    """A file that cosign signed is verified here, and not another file or by another key."""
    _written_by_them(place, form)
    ran = place.ours(*form.check(file="app.bin"))
    assert ran.code == 0, ran.err
    assert "Verified OK" in ran.err
    assert place.ours(*form.check(file="other.bin")).code == 12
    assert place.ours(*form.check(file="app.bin", key="other.pub")).code == 12
    tell(record_property, TABLE, form.name, f"cosign {place.generation}", "boltseal", "verified")


def _truncated(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _other_predicate(content: bytes) -> bytes:
    text = content.replace(b"\n", b"")
    document = json.loads(text)
    envelope = document.get("dsseEnvelope", document)
    if "base64Signature" in document:
        envelope = json.loads(base64.b64decode(document["base64Signature"]))
    payload = base64.b64decode(envelope["payload"]).replace(b"[3,2,1]", b"[3,2,9]")
    assert b"[3,2,9]" in payload
    envelope["payload"] = base64.b64encode(payload).decode()
    if "base64Signature" in document:
        inner = json.dumps(envelope).encode()
        document["base64Signature"] = base64.b64encode(inner).decode()
    return json.dumps(document).encode()


@by_form
def test_both_sides_refuse_the_same(place: Place, form: Form, record_property: Record) -> None:
    """Cut evidence, a changed predicate and another predicate type are refused by both sides."""
    variants: dict[str, Callable[[bytes], bytes]] = {"truncated": _truncated}
    if form.attests:
        variants["changed predicate"] = _other_predicate
    for name, change in variants.items():
        _written_by_us(place, form)
        place.change("out", change)
        _both_refuse(place, form, form.check(file="app.bin"), what=(name, record_property))
    if form.attests:
        _written_by_us(place, form)
        line = form.check(file="app.bin", kind="spdx")
        _both_refuse(place, form, line, what=("other predicate type", record_property))


def _both_refuse(place: Place, form: Form, line: list[str], *, what: tuple[str, Record]) -> None:
    name, record = what
    ours = place.ours(*line)
    assert ours.code == 12, (name, ours.err)
    theirs = place.theirs(*line) if _they_read(place, form) else None
    assert theirs is None or theirs.returncode == 1, name
    told = "refused by both" if theirs else "refused here"
    tell(record, TABLE, form.name, name, f"cosign {place.generation}", told)


def test_a_key_in_the_bundle_never_takes_the_place_of_the_one_asked_for(place: Place) -> None:
    """A file signed by a stranger, whose key the bundle brings, is refused; cosign takes it."""
    place.theirs(
        "sign-blob", "--key", "other.key", *place.offline, "--bundle", "out", "app.bin"
    ).check()
    pem = (place.desk.folder / "other.pub").read_bytes()
    document = json.loads((place.desk.folder / "out").read_bytes())
    document["cert"] = base64.b64encode(pem).decode()
    place.desk.write("forged", json.dumps(document).encode())
    line = ["verify-blob", "--insecure-ignore-tlog", "--key", "release.pub"]
    line += ["--bundle", "forged", "app.bin"]
    assert place.theirs(*line).returncode == 0
    ran = place.ours(*line)
    assert ran.code == 12
    assert "which was not asked for" in ran.err


def test_statements_given_whole_and_digests_cross_over(tmp_path: Path) -> None:
    """A whole statement, and a file known by its digest alone, are the same on both sides."""
    made = make_desk(tmp_path)
    place = Place(made, "3.1")
    made.write("app.bin", CONTENT)
    made.write("config.json", SIGNING_CONFIG)
    made.write("root.json", TRUSTED_ROOT)
    made.write("predicate.json", b"{}")
    digest = "d4b8ef4c2fc9e9ef6f0dfc0a8b0c0b9d" * 2
    line = ["attest-blob", "--key", "release.key", "--predicate", "predicate.json", "--type", TYPE]
    ran = place.ours(*line, "--hash", digest, "--bundle", "out", "far.bin")
    assert ran.code == 0, ran.err
    check = ["verify-blob-attestation", "--insecure-ignore-tlog", "--key", "release.pub"]
    check += ["--type", TYPE, "--bundle", "out", "--digestAlg", "sha256", "--digest"]
    place.theirs(*check, digest).check()
    assert place.ours(*check, digest).code == 0
    assert place.ours(*check, digest[::-1]).code == 12
    assert place.theirs(*check, digest[::-1]).returncode == 1
