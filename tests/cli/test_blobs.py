"""sign-blob, verify-blob, attest-blob, verify-blob-attestation, as they are typed."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from boltseal.cli.around import Around
from boltseal.cli.main import run
from tests.cli.desk import Desk
from tests.support.making import NOON

CONTENT = b"what a release uploads\n"
TYPE = "https://example.com/predicate/v1"


@pytest.fixture
def at(desk: Desk) -> Desk:
    """Give a desk with two files to sign, a predicate and a stranger's key pair."""
    desk.keys("other")
    desk.write("app.bin", CONTENT)
    desk.write("lib.bin", CONTENT + CONTENT)
    desk.write("predicate.json", b'{"z": 1, "a": 2}')
    return desk


def sign(at: Desk, *args: str, **more: Any) -> Any:
    return at.run("sign-blob", "--key", at.path("release.key"), *args, **more)


def verify(at: Desk, *args: str, **more: Any) -> Any:
    return at.run("verify-blob", "--key", at.path("release.pub"), *args, **more)


def attest(at: Desk, *args: str, **more: Any) -> Any:
    line = ("--predicate", at.path("predicate.json"), "--type", TYPE)
    return at.run("attest-blob", "--key", at.path("release.key"), *line, *args, **more)


def check(at: Desk, *args: str, **more: Any) -> Any:
    line = ("--key", at.path("release.pub"), "--type", TYPE)
    return at.run("verify-blob-attestation", *line, *args, **more)


# --- what is printed and written -----------------------------------------------------------


def test_the_signature_is_printed_as_cosign_prints_it(at: Desk) -> None:
    """Base64 and a line break on standard output; raw bytes and nothing more with --b64=false."""
    ran = sign(at, at.path("app.bin"))
    assert ran.code == 0
    assert ran.err == f"Using payload from: {at.path('app.bin')}\n"
    text = ran.out.decode()
    assert text.endswith("\n")
    assert verify(at, "--signature", text.strip(), at.path("app.bin")).code == 0
    raw = sign(at, "--b64=false", at.path("app.bin")).out
    assert decode_dss_signature(raw)


@pytest.mark.parametrize("flag", ["--output-signature", "--output"])
def test_a_signature_file_has_base64_without_a_line_break(at: Desk, flag: str) -> None:
    """The file is readable by its owner alone, standard output stays empty."""
    ran = sign(at, flag, at.path("app.sig"), at.path("app.bin"))
    assert (ran.code, ran.out) == (0, b"")
    assert f"Wrote signature to file {at.path('app.sig')}" in ran.err
    file = at.folder / "app.sig"
    assert base64.b64decode(file.read_bytes(), validate=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ran = verify(at, "--signature", str(file), at.path("app.bin"))
    assert (ran.code, ran.out, ran.err) == (0, b"", "Verified OK\n")


def test_a_bundle_is_new_unless_the_old_form_is_asked_for(at: Desk) -> None:
    """--bundle writes v0.3 and prints nothing; cosign 2's form prints the signature besides."""
    new = sign(at, "--bundle", at.path("new.json"), at.path("app.bin"))
    assert (new.code, new.out) == (0, b"")
    assert f"Wrote bundle to file {at.path('new.json')}" in new.err
    assert b"messageSignature" in (at.folder / "new.json").read_bytes()
    line = ("--new-bundle-format=false", "--bundle", at.path("old.json"), at.path("app.bin"))
    old = sign(at, *line)
    document = json.loads((at.folder / "old.json").read_bytes())
    assert list(document) == ["base64Signature"]
    assert old.out.decode() == document["base64Signature"] + "\n"
    for name in ("new.json", "old.json"):
        assert verify(at, "--bundle", at.path(name), at.path("app.bin")).code == 0


def test_standard_input_is_a_file_too(at: Desk) -> None:
    """`-` is signed and verified; nothing is said of where the payload came from."""
    ran = sign(at, "-", stdin=CONTENT)
    assert ran.code == 0
    assert ran.err == ""
    line = ("--signature", ran.out.decode().strip())
    assert verify(at, *line, "-", stdin=CONTENT).code == 0
    assert verify(at, *line, at.path("app.bin")).code == 0
    assert verify(at, *line, "-", stdin=CONTENT + b"x").code == 12


def test_the_password_and_the_file_never_share_standard_input(at: Desk) -> None:
    """Where the password would be read from the piped file, the run says so and signs nothing."""
    bare = Around(
        environment={},
        stdin=io.BytesIO(CONTENT),
        stdout=io.BytesIO(),
        stderr=(said := io.StringIO()),
        now=lambda: NOON,
        entropy=os.urandom,
    )
    assert run(["sign-blob", "--key", at.path("release.key"), "-"], bare) == 2
    assert "set COSIGN_PASSWORD" in said.getvalue()
    line = ["--predicate", "-", "-"]
    ran = at.run("attest-blob", "--key", at.path("release.key"), *line, stdin=b"{}")
    assert ran.code == 2
    assert "one thing only" in ran.err


# --- several files -------------------------------------------------------------------------


def test_several_files_are_signed_beside_and_verified_by_what_lies_there(at: Desk) -> None:
    """A pattern and --beside sign every file; a second run does nothing, unless one is missing."""
    pattern = at.path("*.bin")
    assert sign(at, "--beside", "both", pattern).code == 0
    names = {path.name for path in at.folder.iterdir() if ".bin." in path.name}
    assert names == {
        f"{name}.bin{end}" for name in ("app", "lib") for end in (".sig", ".sigstore.json")
    }
    before = (at.folder / "app.bin.sig").read_bytes()
    (at.folder / "lib.bin.sig").unlink()
    again = sign(at, "--beside", "both", pattern)
    assert "a signature by this key is there and was kept" in again.err
    assert (at.folder / "app.bin.sig").read_bytes() == before
    assert (at.folder / "lib.bin.sig").exists()
    ran = verify(at, pattern)
    assert ran.code == 0, ran.err
    assert ran.err.count("Verified OK: ") == 2


def test_a_file_that_changed_is_signed_anew_beside(at: Desk) -> None:
    """What lies beside a file and does not hold any more is replaced."""
    sign(at, "--beside", "both", at.path("app.bin"))
    at.write("app.bin", CONTENT + b"!")
    assert verify(at, at.path("app.bin")).code == 12
    assert sign(at, "--beside", "both", at.path("app.bin")).code == 0
    assert verify(at, at.path("app.bin")).code == 0


def test_one_failure_among_several_files_is_named(at: Desk) -> None:
    """The others are verified all the same; the exit code is that of the gravest failure."""
    sign(at, "--beside", "bundle", at.path("*.bin"))
    at.write("none.bin", b"not signed")
    ran = verify(at, at.path("*.bin"))
    assert ran.code == 10
    assert ran.err.count("Verified OK: ") == 2
    assert "none.bin" in ran.err
    at.write("lib.bin", b"changed")
    ran = verify(at, at.path("*.bin"), at.path("absent.bin"))
    assert ran.code == 12
    assert "absent.bin" in ran.err


@pytest.mark.parametrize("flag", ["--bundle", "--output-signature", "--output"])
def test_one_output_for_several_files_is_refused(at: Desk, flag: str) -> None:
    """cosign overwrites the one output with each file; here nothing is signed, and why is said."""
    ran = sign(at, flag, at.path("out"), at.path("app.bin"), at.path("lib.bin"))
    assert ran.code == 2
    assert "give --beside" in ran.err
    assert not (at.folder / "out").exists()
    named = verify(at, "--bundle", "x", at.path("app.bin"), at.path("lib.bin"))
    assert named.code == 2


def test_an_output_never_overwrites_what_is_signed(at: Desk) -> None:
    """A typing mistake does not cost the file that was to be signed."""
    ran = sign(at, "--bundle", at.path("app.bin"), at.path("app.bin"))
    assert ran.code == 2
    assert (at.folder / "app.bin").read_bytes() == CONTENT


# --- refusals ------------------------------------------------------------------------------


def test_each_refusal_says_what_is_wrong_and_what_to_change(at: Desk) -> None:
    """Another file, another key, a missing file and a missing signature have codes of their own."""
    sign(at, "--bundle", at.path("b.json"), at.path("app.bin"))
    bundle = ("--bundle", at.path("b.json"))
    other = verify(at, *bundle, at.path("lib.bin"))
    assert other.code == 12
    assert "it was changed, or is another one" in other.err
    key = at.run("verify-blob", "--key", at.path("other.pub"), *bundle, at.path("app.bin"))
    assert key.code == 12
    assert "names" in key.err
    assert verify(at, *bundle, at.path("absent")).code == 14
    assert verify(at, "--bundle", at.path("absent"), at.path("app.bin")).code == 14
    assert verify(at, at.path("app.bin")).code == 10
    newer = (at.folder / "b.json").read_bytes().replace(b".v0.3+", b".v0.9+")
    assert verify(at, "--bundle", at.write("n.json", newer), at.path("app.bin")).code == 3


def test_a_file_is_known_by_its_digest_too(at: Desk) -> None:
    """`sha256:<hex>` in the place of a file is judged by a bundle, as cosign 3.1 does it."""
    sign(at, "--bundle", at.path("b.json"), at.path("app.bin"))
    document = json.loads((at.folder / "b.json").read_bytes())
    raw = base64.b64decode(document["messageSignature"]["messageDigest"]["digest"])
    assert verify(at, "--bundle", at.path("b.json"), f"sha256:{raw.hex()}").code == 0
    assert verify(at, "--bundle", at.path("b.json"), f"sha256:{raw[::-1].hex()}").code == 12


# --- attestations --------------------------------------------------------------------------


def test_an_attestation_is_printed_and_written_as_by_cosign(at: Desk) -> None:
    """The envelope goes to standard output or a file, the statement to another one."""
    ran = attest(at, at.path("app.bin"))
    assert ran.code == 0
    assert list(json.loads(ran.out)) == ["payload", "payloadType", "signatures"]
    assert ran.err == f"Using payload from: {at.path('predicate.json')}\n"
    outputs = ("--output-signature", at.path("a.att"), "--output-attestation", at.path("a.json"))
    ran = attest(at, *outputs, at.path("app.bin"))
    assert ran.out == b""
    assert f"Signature written in {at.path('a.att')}" in ran.err
    assert f"Attestation written in {at.path('a.json')}" in ran.err
    statement = json.loads((at.folder / "a.json").read_bytes())
    assert statement["subject"][0]["name"] == "app.bin"
    assert statement["predicate"] == {"a": 2, "z": 1}
    assert check(at, "--signature", at.path("a.att"), at.path("app.bin")).err == "Verified OK\n"


def test_an_attestation_is_judged_by_its_type_and_its_file(at: Desk) -> None:
    """Another type, another file and another key are refused, whatever was signed."""
    attest(at, "--bundle", at.path("a.json"), at.path("app.bin"))
    bundle = ("--bundle", at.path("a.json"))
    assert check(at, *bundle, at.path("app.bin")).code == 0
    assert check(at, *bundle, at.path("lib.bin")).code == 12
    line = ("verify-blob-attestation", *bundle, at.path("app.bin"), "--key")
    assert at.run(*line, at.path("release.pub")).code == 12, "the default type is custom"
    assert at.run(*line, at.path("other.pub"), "--type", TYPE).code == 12
    assert verify(at, *bundle, at.path("app.bin")).code == 12


def test_claims_can_be_left_unchecked_but_not_in_silence(at: Desk) -> None:
    """--check-claims=false asks for no file and says so; the type is checked even then."""
    attest(at, "--bundle", at.path("a.json"), at.path("app.bin"))
    line = ("--bundle", at.path("a.json"), "--check-claims=false")
    ran = check(at, *line)
    assert ran.code == 0
    assert "WARNING: --check-claims=false" in ran.err
    key = ("--key", at.path("release.pub"))
    assert at.run("verify-blob-attestation", *key, "--type", "spdx", *line).code == 12


def test_a_predicate_that_breaks_its_types_rules_is_not_signed(at: Desk) -> None:
    """A file that is no SBOM is not attested as one, unless that is asked for."""
    line = ("--key", at.path("release.key"), "--type", "cyclonedx", at.path("app.bin"))
    more = ("--predicate", at.path("predicate.json"))
    ran = at.run("attest-blob", *line, *more)
    assert ran.code == 15
    assert "the predicate is not as its type" in ran.err
    assert at.run("attest-blob", *line, *more, "--no-schema-check").code == 0


def test_what_would_pass_for_an_images_signature_is_not_signed(at: Desk) -> None:
    """A statement of the type that signs images is refused, whatever it is said to be about."""
    kind = "https://sigstore.dev/cosign/sign/v1"
    line = ("--key", at.path("release.key"), "--type", kind, "--hash", "ab" * 32, "app")
    ran = at.run("attest-blob", *line, "--predicate", at.path("predicate.json"))
    assert ran.code == 2
    assert "boltseal sign" in ran.err


def test_a_whole_statement_keeps_its_bytes(at: Desk) -> None:
    """--statement signs the file's own bytes, about a file that must be its subject, or none."""
    attest(at, "--output-attestation", at.path("s.json"), at.path("app.bin"))
    spaced = (at.folder / "s.json").read_bytes() + b"\n"
    key = ("--key", at.path("release.key"), "--statement", at.write("s.json", spaced))
    for words in ((), (at.path("app.bin"),)):
        ran = at.run("attest-blob", *key, *words)
        assert ran.code == 0, ran.err
        assert base64.b64decode(json.loads(ran.out)["payload"]) == spaced
    assert at.run("attest-blob", *key, at.path("lib.bin")).code == 2
    assert at.run("attest-blob", *key, "--predicate", "x").code == 2


# --- cosign's documented lines -------------------------------------------------------------

# From the examples in the help of cosign 2.5 and 3.1 for these verbs: those that use a key file.
EXAMPLES = (
    "sign-blob --key cosign.key FILE",
    "sign-blob --key env://ENV_VAR FILE",
    "verify-blob --bundle artifact.sigstore.json --key cosign.pub FILE",
    "verify-blob --key cosign.pub --signature artifact.sig FILE",
    "verify-blob --key cosign.pub --signature $sig FILE",
    "attest-blob --predicate PREDICATE --type TYPE --key cosign.key --output-attestation out FILE",
    "attest-blob --predicate - --key cosign.key --yes FILE",
    "verify-blob-attestation --bundle att.sigstore.json --key cosign.pub --type TYPE FILE",
    "verify-blob-attestation --key cosign.pub --type TYPE --signature att FILE",
)


@pytest.fixture
def alias(at: Desk) -> dict[str, str]:
    """Make what the examples name, and say what their words stand for."""
    (at.folder / "cosign.key").write_bytes((at.folder / "release.key").read_bytes())
    (at.folder / "cosign.pub").write_bytes((at.folder / "release.pub").read_bytes())
    (at.folder / "cosign.key").chmod(0o600)
    sign(at, "--bundle", at.path("artifact.sigstore.json"), at.path("app.bin"))
    sign(at, "--output-signature", at.path("artifact.sig"), at.path("app.bin"))
    attest(at, "--bundle", at.path("att.sigstore.json"), at.path("app.bin"))
    attest(at, "--output-signature", at.path("att"), at.path("app.bin"))
    words = {"FILE": "app.bin", "PREDICATE": "predicate.json", "TYPE": TYPE}
    return {**words, "$sig": (at.folder / "artifact.sig").read_text()}


@pytest.mark.parametrize("line", EXAMPLES)
def test_cosigns_documented_lines_run_unchanged(at: Desk, alias: dict[str, str], line: str) -> None:
    """A documented command line does here what it does in cosign."""
    words = [alias.get(word, word) for word in line.split()]
    key = (at.folder / "cosign.key").read_text()
    ran = at.process(*words, stdin=b'{"a": 1}', ENV_VAR=key)
    assert ran.code == 0, ran.err
    if line.startswith("verify"):
        assert "Verified OK" in ran.err
    else:
        assert ran.out


@pytest.mark.parametrize(
    "line",
    [
        "sign-blob FILE --output-signature s --output-certificate c",
        "sign-blob --key awskms://alias/x FILE",
        "sign-blob --key hashivault://KEY FILE",
        "verify-blob --certificate cert.pem --certificate-chain chain.pem --signature s FILE",
        "verify-blob --bundle b --certificate-identity a@example.com FILE",
        "attest-blob --predicate - --yes",
    ],
)
def test_documented_lines_for_services_are_refused_in_a_sentence(
    at: Desk, alias: dict[str, str], line: str
) -> None:
    """What asks for a service that is not there is refused by name, before anything is signed."""
    words = [alias.get(word, word) for word in line.split()]
    ran = at.process(*words, stdin=b"{}")
    assert ran.code == 2
    assert ran.err.startswith("Error: ")
    assert not (at.folder / "s").exists()


def test_a_pair_of_numbers_is_read_as_a_bare_signature_alone(tmp_path: Path) -> None:
    """r and s side by side hold as a bare signature, not for another file and not in a bundle."""
    folder = Path(__file__).parents[1] / "vectors"
    at = Desk(tmp_path)
    key = ("verify-blob", "--key", str(folder / "keys" / "k25.pub"))
    pair = folder / "blob" / "synthetic-p256.p1363.sig"
    line = (*key, "--signature", str(pair))
    assert at.run(*line, str(folder / "blob" / "artifact.bin")).code == 0
    assert at.run(*line, str(folder / "blob" / "other.bin")).code == 12
    old = at.write("b.json", b'{"base64Signature":"%b"}' % pair.read_bytes().strip())
    assert at.run(*key, "--bundle", old, str(folder / "blob" / "artifact.bin")).code == 12
