"""cosign's own output, against bytes that cosign printed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from boltseal.core.names import Reference
from boltseal.core.signature import Form, Kind, Proof, Signature, Subject
from boltseal.core.verdict import ImageReport, Verdict
from boltseal.errors import ImageNotFound, NoSignature, NotTrusted, PasswordError, RegistryError
from boltseal.reports import cosign
from tests.reports.samples import bundle, classic, digest, passed, refused, trusted

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))["cases"]


def report(case: dict[str, Any]) -> ImageReport:
    """Make the report of a case out of the payloads that cosign trusted."""
    reference = Reference.parse(case["reference"])
    assert reference.digest
    return ImageReport(
        asked=case["reference"],
        verdict=Verdict.TRUSTED,
        resolved=reference,
        reference=reference,
        judged=tuple(passed(opened(s, reference)) for s in case["signatures"]),
    )


def opened(stored: dict[str, Any], reference: Reference) -> Signature:
    """Open a stored payload, as far as reports need it."""
    payload = json.loads(stored["payload"])
    form = Form(stored["form"])
    if form is Form.CLASSIC:
        annotations = payload["optional"] or {}
    else:
        annotations = payload["subject"][0]["annotations"]
    return Signature(
        form=form,
        kind=Kind.SIGNATURE,
        payload=stored["payload"].encode("utf-8"),
        signed=b"",
        subjects=(Subject(reference.digest, annotations),),
        proof=Proof(b"", log_entries=(stored["log"],) if "log" in stored else ()),
        predicate_type=payload.get("predicateType"),
    )


def printed(**optional: Any) -> str:
    """Print one classic signature with these annotations and give the `optional` of it."""
    of = digest(1)
    payload = json.dumps({"critical": {"more": 1}, "optional": optional, "extra": [1]}).encode()
    image = ImageReport("x", Verdict.TRUSTED, judged=(passed(classic(of, payload=payload)),))
    return cosign.stdout_json(image).decode().partition('"optional":')[2].removesuffix("}]\n")


@pytest.mark.parametrize("name", [name for name, case in GOLDEN.items() if "stdout" in case])
def test_json_is_cosigns(name: str) -> None:
    """Standard output holds the bytes that cosign prints for the same signatures."""
    assert cosign.stdout_json(report(GOLDEN[name])).decode("utf-8") == GOLDEN[name]["stdout"]


@pytest.mark.parametrize("name", [name for name, case in GOLDEN.items() if "text" in case])
def test_text_is_cosigns(name: str) -> None:
    """With `--output text` there is one payload a line, as cosign prints it."""
    assert cosign.stdout_text(report(GOLDEN[name])).decode("utf-8") == GOLDEN[name]["text"]


@pytest.mark.parametrize("name", GOLDEN)
def test_standard_error_is_cosigns(name: str) -> None:
    """Standard error has cosign's words, with the log where cosign says that it looked."""
    wanted = GOLDEN[name]["stderr"]
    said = cosign.stderr_text(
        report(GOLDEN[name]),
        with_annotations="annotations were verified" in wanted,
        with_log="log was verified" in wanted,
    )
    skipped = cosign.LOG_SKIPPED if wanted.startswith("WARNING") else ""
    assert skipped + said == wanted


def test_standard_error_claims_no_log_unasked() -> None:
    """A bundle is not said to stand in a log, as cosign 3.1 says of all, unless we looked."""
    assert "transparency log" not in cosign.stderr_text(trusted())


def test_standard_error_by_certificate_without_claims() -> None:
    """Checks that were not made are not told; annotations count among the claims."""
    said = cosign.stderr_text(
        trusted(), with_annotations=True, with_claims=False, by_certificate=True
    )
    assert said.splitlines()[3:] == [
        "  - The code-signing certificate was verified using trusted certificate authority "
        "certificates"
    ]


def test_only_trusted_signatures_classic_first() -> None:
    """What was refused is not printed, attestations neither; bundles follow classic ones."""
    of, reference = digest(1), Reference.parse("registry.example/a:1")
    image = ImageReport(
        asked="a",
        verdict=Verdict.TRUSTED,
        resolved=reference.pinned(of),
        reference=reference,
        judged=(
            passed(bundle(of, {"n": "3"})),
            passed(classic(of, {"n": "1"})),
            refused(classic(of, {"n": "no"}), "by another key"),
            passed(bundle(of, kind=Kind.ATTESTATION, predicate_type="https://x/y")),
            passed(classic(of, {"n": "2"})),
        ),
    )
    objects = json.loads(cosign.stdout_json(image))
    assert [o["optional"]["n"] for o in objects] == ["1", "2", "3"]
    assert objects[2]["critical"]["identity"]["docker-reference"] == "registry.example/a:1"
    assert objects[2]["critical"]["type"] == "https://sigstore.dev/cosign/sign/v1"


def test_a_bundle_names_the_digest_that_was_verified() -> None:
    """Where a statement has several subjects, the one that was asked for is printed."""
    subjects = (Subject(digest(9), {"n": "other"}), Subject(digest(1), {"n": "ours"}))
    reference = Reference.parse(f"registry.example/a@{digest(1)}")
    judged = passed(bundle(digest(1), subjects=subjects))
    image = ImageReport("a", Verdict.TRUSTED, reference, reference, (judged,))
    (told,) = json.loads(cosign.stdout_json(image))
    assert told["critical"]["image"]["docker-manifest-digest"] == str(digest(1))
    assert told["optional"] == {"n": "ours"}


def test_unknown_members_go_and_missing_ones_are_empty() -> None:
    """A payload is read into cosign's members and printed from there."""
    payload = b' {"optional":null, "critical":{"type":"t","x":1}, "y":{}}\n'
    image = ImageReport("x", Verdict.TRUSTED, judged=(passed(classic(digest(1), payload=payload)),))
    assert cosign.stdout_json(image) == (
        b'\n[{"critical":{"identity":{"docker-reference":""},'
        b'"image":{"docker-manifest-digest":""},"type":"t"},"optional":null}]\n'
    )


def test_values_are_printed_as_go_prints_them() -> None:
    """Empty objects, nesting, order by bytes and HTML escapes are those of Go's encoder."""
    assert printed() == "{}"
    assert printed(b={"z": None, "a": [True, "<"]}, Z="ä") == (
        '{"Z":"ä","b":{"a":[true,"\\u003c"],"z":null}}'
    )
    assert printed(**{"ﬀ": 1, "😀": 2, "a": 3}) == '{"a":3,"ﬀ":1,"😀":2}'


@pytest.mark.parametrize(
    ("number", "go"),
    [
        (0, "0"),
        (-7, "-7"),
        (1.0, "1"),
        (0.5, "0.5"),
        (100000000000000000000, "100000000000000000000"),
        (1e21, "1e+21"),
        (12345678901234567890, "12345678901234567000"),
        (9007199254740993, "9007199254740992"),
        (0.000001, "0.000001"),
        (0.0000001, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (-2.5e300, "-2.5e+300"),
        (1234.5678e-3, "1.2345678"),
        (0.00001, "0.00001"),
    ],
)
def test_numbers_are_float64s(number: float, go: str) -> None:
    """A number in an annotation is printed as Go prints a float64."""
    assert printed(n=number) == f'{{"n":{go}}}'


def test_certificates_and_timestamps_stand_among_the_annotations() -> None:
    """What the caller knows of a certificate and what a timestamp says is added and sorted in."""
    signature = classic(digest(1), {"build": "42"}, proof=Proof(b"", timestamps=(b"\x30\x00",)))
    image = ImageReport("x", Verdict.TRUSTED, judged=(passed(signature),))
    told = cosign.stdout_json(image, details=lambda _: {"Subject": "me", "Issuer": "https://i"})
    optional = b'"Issuer":"https://i","RFC3161Timestamp":{"SignedRFC3161Timestamp":"MAA="}'
    assert optional + b',"Subject":"me","build":"42"}}]\n' in told
    assert base64.b64decode("MAA=") == b"\x30\x00"


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (NoSignature("a: nothing"), "no signatures found: a: nothing"),
        (NoSignature("no signatures found"), "no signatures found"),
        (NotTrusted("a: b"), "no matching signatures: a: b"),
        (ImageNotFound("a"), "image tag not found: a"),
        (RegistryError("it broke"), "it broke"),
        (PasswordError("wrong\npassword\x1b"), "wrong\\npassword\\x1b"),
    ],
)
def test_failures_have_cosigns_two_lines(error: Any, first: str) -> None:
    """A failure is told twice, in cosign's words, then ours, on one line each."""
    assert cosign.failure_text(error) == (
        f"Error: {first}\nerror during command execution: {first}\n"
    )
