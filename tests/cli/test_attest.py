"""`attest` and `verify-attestation` from the command line, over real HTTP."""

from __future__ import annotations

import base64
import json

import pytest
import requests

from boltseal.formats.predicates import CUSTOM, TYPES
from boltseal.formats.statement import SIGN
from tests.cli.desk import Desk, Ran, push, push_index
from tests.support.predicates import GOOD
from tests.support.registry import Registry

URI = "https://example.com/predicate/v1"
FORMS = ["classic", "bundle"]


def _attest(desk: Desk, *args: str, key: str = "release", stdin: bytes = b"{}") -> Ran:
    if "--predicate" not in args and "--statement" not in args:
        args = ("--predicate", "-", *args)
    return desk.run("attest", "--key", desk.path(f"{key}.key"), *args, stdin=stdin)


def _attested(desk: Desk, *args: str, key: str = "release", stdin: bytes = b"{}") -> Ran:
    ran = _attest(desk, *args, key=key, stdin=stdin)
    assert ran.code == 0, ran.err
    return ran


def _verify(desk: Desk, *args: str, key: str = "release") -> Ran:
    return desk.run("verify-attestation", "--key", desk.path(f"{key}.pub"), *args)


def _statements(ran: Ran) -> list[dict[str, object]]:
    envelopes = [json.loads(line) for line in ran.out.splitlines()]
    return [json.loads(base64.b64decode(envelope["payload"])) for envelope in envelopes]


@pytest.mark.parametrize("name", [*GOOD, "custom", "spdx", URI])
@pytest.mark.parametrize("form", FORMS)
def test_what_was_attested_is_found_by_its_type(
    desk: Desk, registry: Registry, name: str, form: str
) -> None:
    """Each of cosign's types, in each form, is attested, found, printed, and of no other type."""
    image = push(registry, "team/app")
    content = GOOD.get(name, b'{"a": "<b>"}')
    _attested(desk, "--type", name, "--format", form, image, stdin=content)
    ran = _verify(desk, "--type", name, image)
    assert ran.code == 0, ran.err
    (statement,) = _statements(ran)
    assert statement["predicateType"] == TYPES.get(name, name)
    assert f"Verification for {image} --" in ran.err
    other = "https://example.com/other"
    ran = _verify(desk, "--type", other, image)
    assert (ran.code, ran.out) == (12, b"")
    assert f"it is a {TYPES.get(name, name)}, not a {other}" in ran.err
    assert "Error: no matching attestations: " in ran.err


def test_both_forms_are_written_and_the_statement_is_printed_once(
    desk: Desk, registry: Registry
) -> None:
    """By default cosign 2 and 3 both find it; whoever reads the output gets one envelope."""
    image = push(registry, "team/app")
    ran = _attested(desk, "--type", URI, image)
    assert "classic" in ran.err
    assert "bundle" in ran.err
    assert len(_verify(desk, "--type", URI, image).out.splitlines()) == 1
    for form in FORMS:
        assert _verify(desk, "--type", URI, "--format", form, image).code == 0


@pytest.mark.parametrize("form", FORMS)
def test_an_attestation_is_no_signature_and_the_reverse(
    desk: Desk, registry: Registry, form: str
) -> None:
    """Neither is taken for the other, though the right key made both (CVE-2022-35929)."""
    attested, signed = push(registry, "team/app", "a"), push(registry, "team/app", "b")
    _attested(desk, "--type", URI, "--format", form, attested)
    key = desk.path("release.key")
    assert desk.run("sign", "--key", key, "--format", form, signed).code == 0
    assert desk.run("verify", "--key", desk.path("release.pub"), attested).code == 10
    for name in (URI, "custom", SIGN):
        assert _verify(desk, "--type", name, signed).code == 10


@pytest.mark.parametrize(("source", "target"), [(".att", ".sig"), (".sig", ".att")])
def test_a_layer_under_the_other_tag_is_not_trusted(
    desk: Desk, registry: Registry, source: str, target: str
) -> None:
    """Moving an attestation under the tag of signatures, or the reverse, makes it neither."""
    image = push(registry, "team/app")
    tag = image.partition("@")[2].replace(":", "-")
    _attested(desk, "--type", URI, "--format", "classic", image)
    key = desk.path("release.key")
    assert desk.run("sign", "--key", key, "--format", "classic", image).code == 0
    url = f"http://{registry.host}/v2/team/app/manifests/{tag}{source}"
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    held = requests.get(url, headers=accept, timeout=10)
    assert held.status_code == 200
    kind = held.headers["Content-Type"]
    registry.put_manifest("team/app", held.content, media_type=kind, tag=f"{tag}{target}")
    if target == ".sig":
        assert desk.run("verify", "--key", desk.path("release.pub"), image).code == 12
    else:
        assert _verify(desk, "--type", URI, image).code == 12


def test_nothing_is_attested_as_a_signature(desk: Desk, registry: Registry) -> None:
    """A statement of the type that signatures have would be read as one, so it is refused."""
    image = push(registry, "team/app")
    ran = _attest(desk, "--type", SIGN, image)
    assert ran.code == 2
    assert "boltseal sign" in ran.err
    assert desk.run("verify", "--key", desk.path("release.pub"), image).code == 10


def test_another_key_or_another_image_is_not_trusted(desk: Desk, registry: Registry) -> None:
    """An attestation counts by the key given, and for the digest that it speaks of."""
    desk.keys("other")
    image, other = push(registry, "team/app", "a"), push(registry, "team/app", "b")
    _attested(desk, "--type", URI, image)
    assert _verify(desk, "--type", URI, image, key="other").code == 12
    ran = _verify(desk, "--type", URI, other)
    assert ran.code == 10
    assert "boltseal attest" in ran.err


def test_several_keys_may_be_required(desk: Desk, registry: Registry) -> None:
    """Two keys that said the same count twice, one that said it twice counts once."""
    desk.keys("other")
    image = push(registry, "team/app")
    pubs = ("--key", desk.path("release.pub"), "--key", desk.path("other.pub"), "--require", "2")
    line = ("verify-attestation", *pubs, "--type", URI, image)
    _attested(desk, "--type", URI, "--on-existing", "append", image)
    _attested(desk, "--type", URI, "--on-existing", "append", image)
    assert desk.run(*line).code == 12
    _attested(desk, "--type", URI, image, key="other")
    ran = desk.run(*line)
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 2


WHERE = b'{"builder": {"id": "https://ci.example.com/1"}, "runs": 3, "labels": ["a"]}'


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("/predicate/builder/id=https://ci.example.com/1", 0),
        ("/predicate/builder/id ~ https://ci.example.com/*", 0),
        ("/predicate/runs>=3", 0),
        ("/predicate/labels/0 exists", 0),
        ("/predicate/builder/id=https://ci.example.com/2", 12),
        ('/predicate/runs="3"', 12),
        ("/predicate/missing!=1", 12),
        ("predicate=1", 2),
    ],
)
def test_conditions_are_asked_of_the_statement(
    desk: Desk, registry: Registry, condition: str, code: int
) -> None:
    """`--where` decides, and a condition that fails is told with what stands there instead."""
    image = push(registry, "team/app")
    _attested(desk, "--type", URI, image, stdin=WHERE)
    ran = _verify(desk, "--type", URI, "--where", condition, image)
    assert ran.code == code, ran.err
    if code == 12:
        assert "/predicate" in ran.err


def test_conditions_hold_of_one_statement_together(desk: Desk, registry: Registry) -> None:
    """Two statements that hold half of what is asked for do not make up a whole one."""
    image = push(registry, "team/app")
    _attested(desk, "--type", URI, image, stdin=b'{"a": 1, "b": 0}')
    _attested(desk, "--type", URI, image, stdin=b'{"a": 0, "b": 1}')
    both = ("--where", "/predicate/a=1", "--where", "/predicate/b=1")
    assert _verify(desk, "--type", URI, *both, image).code == 12
    assert _verify(desk, "--type", URI, *both[:2], image).code == 0


@pytest.mark.parametrize("name", ["policy.cue", "policy.rego"])
def test_policies_are_refused_with_what_to_use_instead(desk: Desk, name: str) -> None:
    """A policy that would not be evaluated is never passed over."""
    ran = _verify(desk, "--policy", name, "registry.example.com/app:v1")
    assert ran.code == 2
    assert "--where" in ran.err


def test_a_predicate_that_breaks_its_rules_is_refused_with_the_path(
    desk: Desk, registry: Registry
) -> None:
    """Nothing is signed by default; --no-schema-check signs it, with a notice."""
    image = push(registry, "team/app")
    ran = _attest(desk, "--type", "cyclonedx", image, stdin=b'{"bomFormat": "CycloneDX"}')
    assert ran.code == 15
    assert "/specVersion is missing" in ran.err
    assert _verify(desk, "--type", "cyclonedx", image).code == 10
    line = ("--type", "cyclonedx", "--no-schema-check", image)
    ran = _attested(desk, *line, stdin=b'{"bomFormat": "CycloneDX"}')
    assert "not compared with the published rules" in ran.err
    assert _verify(desk, "--type", "cyclonedx", image).code == 0


def test_a_repeated_run_does_only_what_is_missing(desk: Desk, registry: Registry) -> None:
    """Images that have the statement are left alone, one that fails is named, the rest is done."""
    first, second = push(registry, "team/app", "a"), push(registry, "team/app", "b")
    missing = f"{registry.host}/team/app:gone"
    _attested(desk, "--type", URI, first)
    ran = _attest(desk, "--type", URI, "--output", "json", first, missing, second)
    assert ran.code == 11
    assert missing in ran.err
    assert _verify(desk, "--type", URI, first, second).code == 0
    again = _attested(desk, "--type", URI, first, second)
    assert again.err.count("was there already") == 4
    assert len(_verify(desk, "--type", URI, first).out.splitlines()) == 1


def test_a_custom_predicate_is_equal_only_at_the_same_time(desk: Desk, registry: Registry) -> None:
    """Its time comes from --timestamp, or SOURCE_DATE_EPOCH, and makes two runs equal."""
    image = push(registry, "team/app")
    line = ("--timestamp", "2026-01-01T01:00:00+01:00", image)
    _attested(desk, *line, stdin=b"text")
    assert "was there already" in _attested(desk, *line, stdin=b"text").err
    (statement,) = _statements(_verify(desk, image))
    assert statement["predicateType"] == CUSTOM
    assert statement["predicate"] == {"Data": "text", "Timestamp": "2026-01-01T00:00:00Z"}
    _attested(desk, image, stdin=b"text")
    assert len(_statements(_verify(desk, image))) == 2


@pytest.mark.parametrize("flag", [("--replace",), ("--on-existing", "replace")])
def test_replacing_takes_what_this_key_said_of_this_type(
    desk: Desk, registry: Registry, flag: tuple[str, ...]
) -> None:
    """Other types and other keys' statements stay."""
    desk.keys("other")
    image = push(registry, "team/app")
    _attested(desk, "--type", URI, image, stdin=b'{"n": 1}')
    _attested(desk, "--type", URI, image, stdin=b'{"n": 2}')
    _attested(desk, "--type", "link", image, stdin=GOOD["link"])
    _attested(desk, "--type", URI, image, stdin=b'{"n": 3}', key="other")
    _attested(desk, "--type", URI, *flag, image, stdin=b'{"n": 4}')
    assert [s["predicate"] for s in _statements(_verify(desk, "--type", URI, image))] == [{"n": 4}]
    assert _verify(desk, "--type", "link", image).code == 0
    assert _verify(desk, "--type", URI, image, key="other").code == 0


def test_platforms_are_attested_with_their_index(desk: Desk, registry: Registry) -> None:
    """--recursive attests each child by its own digest, and verifies each."""
    index = push_index(registry, "team/app", "amd64", "arm64")
    _attested(desk, "--type", URI, index)
    assert _verify(desk, "--type", URI, "-r", index).code == 10
    _attested(desk, "--type", URI, "-r", index)
    ran = _verify(desk, "--type", URI, "-r", index)
    assert ran.code == 0
    assert len(_statements(ran)) == 3


def test_without_upload_the_envelope_is_printed(desk: Desk, registry: Registry) -> None:
    """--no-upload prints the signed envelope, and stores nothing."""
    image = push(registry, "team/app")
    ran = _attested(desk, "--type", URI, "--no-upload", image)
    (envelope,) = ran.out.splitlines()
    assert json.loads(envelope)["payloadType"] == "application/vnd.in-toto+json"
    assert _verify(desk, "--type", URI, image).code == 10
    bundle = desk.path("bundle.json")
    ran = _attested(desk, "--type", URI, "--no-upload", "--bundle", bundle, image)
    with open(bundle, "rb") as file:
        assert json.load(file)["dsseEnvelope"]["payload"] == json.loads(envelope)["payload"]
    assert _verify(desk, "--type", URI, image).code == 10


def test_a_statement_is_signed_as_it_is(desk: Desk, registry: Registry) -> None:
    """A whole statement keeps its bytes; it must be about the image and of the type asked for."""
    image, other = push(registry, "team/app", "a"), push(registry, "team/app", "b")
    subject = {"name": "x", "digest": {"sha256": image.partition("sha256:")[2]}}
    text = json.dumps(
        {
            "predicate": {"z": 1.50, "a": 12345678901234567890},
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": URI,
        },
        indent=1,
    ).encode()
    file = desk.write("statement.json", text)
    _attested(desk, "--statement", file, image)
    (line,) = _verify(desk, "--type", URI, image).out.splitlines()
    assert base64.b64decode(json.loads(line)["payload"]) == text
    ran = _attest(desk, "--statement", file, other)
    assert ran.code == 2
    assert "is not about" in ran.err
    assert _attest(desk, "--statement", file, "--type", "vuln", image).code == 2


@pytest.mark.parametrize(
    ("args", "stdin", "code"),
    [
        (("--type", "nothing"), b"{}", 2),
        (("--type", URI), b"[]", 15),
        (("--type", URI), b'{"a": 1, "a": 2}', 15),
        (("--type", URI), b"{", 15),
        (("--type", "custom"), b"\xff", 15),
        (("--statement", "x", "--predicate", "y"), b"", 2),
        (("--timestamp", "today"), b"{}", 2),
        (("--replace", "--on-existing", "append"), b"{}", 2),
        (("--no-upload", "--output", "json"), b"{}", 2),
        (("--predicate", "/no/such/file"), b"", 14),
        (("--statement", "-"), b"{}", 15),
    ],
)
def test_what_cannot_be_attested_is_refused(
    desk: Desk, registry: Registry, args: tuple[str, ...], stdin: bytes, code: int
) -> None:
    """Unknown types, predicates that are not JSON objects, and contradictions end in words."""
    ran = _attest(desk, *args, push(registry, "team/app"), stdin=stdin)
    assert ran.code == code, ran.err
    assert ran.err.rpartition("Error: ")[2].strip()


def test_a_password_is_not_taken_from_the_predicates_pipe(desk: Desk, registry: Registry) -> None:
    """With the predicate in the pipe a missing password is told as missing."""
    image = push(registry, "team/app")
    ran = _attest(Desk(desk.folder, {}), image)
    assert ran.code == 0
    line = ("attest", "--key", desk.path("release.key"), "--predicate", "-", image)
    bare = {k: v for k, v in desk.variables().items() if k != "COSIGN_PASSWORD"}

    class Bare(Desk):
        def variables(self) -> dict[str, str]:
            return bare

    ran = Bare(desk.folder, {}).run(*line, stdin=b"{}")
    assert ran.code == 6
    assert "COSIGN_PASSWORD" in ran.err


RUN = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "team/app",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_WORKFLOW_REF": "team/app/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_RUN_ID": "77",
}


def test_provenance_is_made_and_attested(desk: Desk, registry: Registry) -> None:
    """What generate-provenance writes is attested as slsaprovenance1 and found by its commit."""
    image = push(registry, "team/app")
    made = Desk(desk.folder, RUN).run("generate-provenance")
    assert made.code == 0, made.err
    _attested(desk, "--type", "slsaprovenance1", image, stdin=made.out)
    where = (
        f"/predicate/buildDefinition/resolvedDependencies/0/digest/gitCommit={RUN['GITHUB_SHA']}"
    )
    assert _verify(desk, "--type", "slsaprovenance1", "--where", where, image).code == 0
    file = desk.path("provenance.json")
    assert Desk(desk.folder, RUN).run("generate-provenance", "--output", file).out == b""
    with open(file, "rb") as written:
        assert written.read() == made.out


def test_provenance_outside_of_a_workflow_is_wrong_use(desk: Desk) -> None:
    """Without GitHub's variables nothing is made up."""
    ran = desk.run("generate-provenance")
    assert (ran.code, ran.out) == (2, b"")
    assert "GITHUB_SHA" in ran.err


ATTEST_LINES = [
    "--timeout 90s --predicate FILE --type cyclonedx --key cosign.key",
    "--predicate FILE --type cyclonedx --key cosign.key --record-creation-timestamp=true",
    "--predicate FILE --type cyclonedx --key cosign.key --tlog-upload=false -y",
    "--use-signing-config=false --tlog-upload=false --new-bundle-format=false --replace "
    "--predicate FILE --type cyclonedx --key cosign.key --rekor-entry-type intoto",
    "-predicate FILE --type=cyclonedx -key cosign.key --no-upload=false -r",
    "--predicate - --type cyclonedx --key cosign.key",
]
VERIFY_LINES = [
    "--key cosign.pub --type cyclonedx",
    "--key cosign.pub --type https://cyclonedx.org/bom --insecure-ignore-tlog --check-claims",
    "--key cosign.pub --type=cyclonedx --new-bundle-format --offline -o text",
    "--key cosign.pub --type cyclonedx --private-infrastructure=true --max-workers 2",
]


def test_lines_of_cosigns_pages_run_unchanged(desk: Desk, registry: Registry) -> None:
    """What cosign's own pages show does the same here, line by line."""
    image = push(registry, "team/app")
    words = {
        "FILE": desk.write("bom.json", GOOD["cyclonedx"]),
        "cosign.key": desk.path("release.key"),
        "cosign.pub": desk.path("release.pub"),
    }
    lines = [("attest", line) for line in ATTEST_LINES]
    for verb, line in (*lines, *(("verify-attestation", line) for line in VERIFY_LINES)):
        args = [words.get(word, word) for word in line.split()]
        ran = desk.run(verb, *args, image, stdin=GOOD["cyclonedx"])
        assert ran.code == 0, (line, ran.err)
