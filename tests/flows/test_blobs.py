"""Files are signed and judged one by one, by the key that was asked for and over these bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from boltseal.core.keyfile import open_key
from boltseal.core.keys import PrivateKey
from boltseal.core.verdict import ImageReport, Verdict
from boltseal.errors import NotTrusted, Undecided, UsageError
from boltseal.flows.sign_blob import Desk, Outputs, Piece, sign_blob
from boltseal.flows.verify_blob import (
    Bench,
    Demand,
    Question,
    verify_blob,
    verify_blob_attestation,
)
from boltseal.signers.local import LocalSigner
from boltseal.stores.files import LocalFiles
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement

VECTORS = Path(__file__).parents[1] / "vectors"
KINDS = ("p256-pkcs8", "p384-sec1", "p521-pkcs8", "rsa2048-pkcs1", "ed25519-pkcs8")
BENCH = Bench(LocalFiles())


@dataclass
class Watching:
    """A progress that remembers."""

    total: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)

    def started(self, total: int) -> None:
        self.total = total

    def finished(self, image: str, outcome: str) -> None:
        self.seen.append((image, outcome))

    def notice(self, text: str) -> None:
        raise AssertionError(text)


def private(name: str) -> PrivateKey:
    data = (VECTORS / "keys" / f"imported31-{name}.key").read_bytes()
    return open_key(data, password=b"imported", what=name)


def demand(*keys: PrivateKey, **more: Any) -> Demand:
    trust = KeyTrust.of([(f"key {n}", key.public_key) for n, key in enumerate(keys)])
    known = Requirement.parse("any", known=trust.anchors)
    return Demand(trust, known, trust.hashes, trust.wants_whole, **more)


def judged(question: Question, wanted: Demand) -> ImageReport:
    (image,) = verify_blob([question], wanted, bench=BENCH).images
    return image


@pytest.fixture(params=KINDS)
def signed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, PrivateKey]:
    """Sign a file with a key of every kind, in every form, and return it with its key."""
    key = private(request.param)
    path = tmp_path / "app.bin"
    path.write_bytes(b"content")
    for outputs in (
        Outputs(f"{path}.sig", f"{path}.sigstore.json"),
        Outputs(f"{path}.raw", f"{path}.old", raw=True, old=True),
    ):
        desk = Desk(LocalFiles(), LocalSigner(key))
        assert sign_blob([Piece(str(path), outputs)], desk=desk).error is None
    return path, key


def questions(path: Path) -> list[Question]:
    """Ask by every form that `signed` wrote, and by what lies beside."""
    bundles = [Question(str(path), bundle=f"{path}{end}") for end in (".sigstore.json", ".old")]
    bare = [
        Question(str(path), signature=Path(f"{path}{end}").read_bytes()) for end in (".sig", ".raw")
    ]
    return [*bundles, *bare, Question(str(path))]


def test_a_key_of_every_kind_signs_in_every_form(signed: tuple[Path, PrivateKey]) -> None:
    """What a key signed is trusted by that key, not by another, and not over other bytes."""
    path, key = signed
    other = PrivateKey.generate()
    for question in questions(path):
        assert judged(question, demand(key)).verdict is Verdict.TRUSTED
        assert judged(question, demand(other, key)).anchors[0].name == "key 1"
        assert isinstance(judged(question, demand(other)).error, NotTrusted)
    path.write_bytes(b"other content")
    for question in questions(path):
        assert isinstance(judged(question, demand(key)).error, NotTrusted)


def test_a_file_that_is_signed_already_is_left_alone(signed: tuple[Path, PrivateKey]) -> None:
    """With `keep`, good outputs by this key stay; any that is missing or not good is made anew."""
    path, key = signed
    outputs = Outputs(f"{path}.sig", f"{path}.sigstore.json", keep=True)
    watching = Watching()

    def again() -> bool:
        desk = Desk(LocalFiles(), LocalSigner(key), progress=watching)
        return sign_blob([Piece(str(path), outputs)], desk=desk).files[0].kept

    assert again()
    assert watching.total == 1
    assert watching.seen == [(str(path), "kept")]
    bundle = Path(f"{path}.sigstore.json")
    document = json.loads(bundle.read_bytes())
    document["messageSignature"]["messageDigest"]["digest"] = base64.b64encode(bytes(32)).decode()
    for damage in (b"", b"{}", bundle.read_bytes()[:-9], json.dumps(document).encode()):
        bundle.write_bytes(damage)
        assert not again()
        assert again()


def test_a_digest_does_not_stand_for_a_file_that_ed25519_signed(tmp_path: Path) -> None:
    """Where the key signs the bytes themselves, the reason says that the file is needed."""
    key = private("ed25519-pkcs8")
    path = tmp_path / "app.bin"
    path.write_bytes(b"content")
    outputs = Outputs(bundle=str(tmp_path / "b"))
    (done,) = sign_blob(
        [Piece(str(path), outputs)], desk=Desk(LocalFiles(), LocalSigner(key))
    ).files
    report = judged(Question(str(done.digest), bundle=outputs.bundle), demand(key))
    assert isinstance(report.error, NotTrusted)
    assert "a digest is not enough for an Ed25519 key" in report.reason


def test_a_signature_beside_a_bundle_takes_the_place_of_its_own(
    signed: tuple[Path, PrivateKey],
) -> None:
    """Given both, the bare signature is judged, and the bundle's digest still binds."""
    path, key = signed
    bundle = f"{path}.sigstore.json"
    good = Path(f"{path}.sig").read_bytes()
    assert judged(Question(str(path), bundle, good), demand(key)).error is None
    bad = judged(Question(str(path), bundle, b"AAAA"), demand(key))
    assert isinstance(bad.error, NotTrusted)


def test_evidence_that_cannot_be_read_is_no_trust(tmp_path: Path) -> None:
    """Malformed evidence is 'not trusted', a version to come 'undecided', never an escape."""
    path = tmp_path / "app.bin"
    path.write_bytes(b"content")
    key = PrivateKey.generate()
    bundle = tmp_path / "b"
    newer = b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.9+json"}'
    for content, kind in ((b"", NotTrusted), (b"[]", NotTrusted), (newer, Undecided)):
        bundle.write_bytes(content)
        question = Question(str(path), bundle=str(bundle))
        assert type(judged(question, demand(key)).error) is kind


def test_nothing_to_do_is_an_error() -> None:
    """No file, and an attestation without a type, are wrong use: nothing must not pass."""
    key = PrivateKey.generate()
    with pytest.raises(UsageError, match="nothing to verify"):
        verify_blob([], demand(key), bench=BENCH)
    with pytest.raises(UsageError, match="no predicate type"):
        verify_blob_attestation([Question("x")], demand(key), bench=BENCH)
    with pytest.raises(UsageError, match="nothing to sign"):
        sign_blob([], desk=Desk(LocalFiles(), LocalSigner(key)))


def test_two_outputs_are_never_one_file(tmp_path: Path) -> None:
    """Outputs that would overwrite each other, or an input, are refused before anything is read."""
    desk = Desk(LocalFiles(), LocalSigner(PrivateKey.generate()))
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    for pieces, reason in (
        ([Piece(one, Outputs(two, two))], "output of two things"),
        ([Piece(one, Outputs(two)), Piece(two)], "would be overwritten"),
        ([Piece(one), Piece(one)], "given twice"),
    ):
        with pytest.raises(UsageError, match=reason):
            sign_blob(pieces, desk=desk)
