"""cosign's own flags: all of them known, none ignored, compared with the real programs."""

from __future__ import annotations

import importlib
import re

import pytest

from boltseal.cli.clicked import GLOBAL
from boltseal.cli.compat import OTHER_VERBS
from boltseal.cli.flags import Kind, Row, Stance, Verb
from boltseal.cli.main import VERBS
from tests.cli.desk import Desk, push
from tests.peers.programs import require
from tests.support.registry import Registry

ALL: dict[str, Verb] = {
    name: importlib.import_module(module).VERB for name, (module, _) in VERBS.items()
}
# Verbs that cosign does not have, so that there is nothing to compare them with.
OURS_ALONE = {"generate-provenance", "init", "key lint", "key reencrypt", "key rotate"}
THEIRS = sorted(ALL.keys() - OURS_ALONE)
CONFIG = (
    b'{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json",'
    b'"rekorTlogConfig":{},"tsaConfig":{}}'
)
ROOT = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
_FLAG = re.compile(r"^ +(?:-(?P<short>\w), )?--(?P<name>[a-z0-9-]+)(?P<value>[= ].*)?$", re.M)


def _refused() -> list[tuple[str, Row]]:
    rows = [(name, row) for name, verb in ALL.items() for row in verb.cosign]
    return [(name, row) for name, row in rows if row.stance is Stance.REFUSED]


@pytest.mark.parametrize("name", ALL)
def test_the_table_and_the_flags_agree(name: str) -> None:
    """What the table calls implemented is a flag of ours, what is not our own is in the table."""
    verb = ALL[name]
    rows = {row.flag: row for row in verb.cosign}
    assert len(rows) == len(verb.cosign)
    ours = {flag.name: flag for flag in (*verb.flags, *GLOBAL)}
    done = {flag for flag, row in rows.items() if row.stance is Stance.IMPLEMENTED}
    assert done - {"help"} == {flag for flag, value in ours.items() if not value.own}
    assert not {flag for flag, value in ours.items() if value.own and flag in rows} - {"yes"}


@pytest.mark.parametrize("name", ALL)
def test_every_row_says_what_it_means(name: str) -> None:
    """A mapped flag says what it is mapped to, a refused one why and what to use instead."""
    for row in ALL[name].cosign:
        if row.stance is not Stance.IMPLEMENTED:
            assert len(row.word) > 10, row.flag
        if row.fine is not None:
            assert len(row.refusal) > 20, row.flag
        if row.stance is Stance.REFUSED:
            assert row.fine is not None, row.flag


@pytest.mark.peers
@pytest.mark.parametrize("generation", ["2.5", "3.1"])
@pytest.mark.parametrize("name", THEIRS)
def test_every_flag_of_the_real_cosign_is_known(name: str, generation: str) -> None:
    """Each flag that the real program's help shows stands in the table, its letter and kind too."""
    said = require(f"cosign-{generation}").run([*name.split(), "--help"])
    shown = {found["name"]: found for found in _FLAG.finditer(said.stdout + said.stderr)}
    assert {"verbose", "help"} <= shown.keys()
    rows = {row.flag: row for row in ALL[name].cosign}
    ours = {flag.name: flag for flag in (*ALL[name].flags, *GLOBAL)}
    assert not shown.keys() - rows.keys()
    for flag, found in shown.items():
        known = ours.get(flag) or rows[flag]
        if flag != "help":
            assert known.short == (found["short"] or ""), flag
            boolean = (found["value"] or "").rstrip(":").strip() in (
                "=false",
                "=true",
                "log debug output",
            )
            assert (known.kind is Kind.BOOL) is boolean, flag


@pytest.mark.parametrize(
    ("name", "row"), _refused(), ids=lambda value: getattr(value, "flag", value)
)
def test_what_is_not_there_is_refused_in_one_sentence(desk: Desk, name: str, row: Row) -> None:
    """A flag that asks for what is not there ends in wrong use, one line, naming the flag."""
    value = "true" if row.kind is Kind.BOOL else "something"
    ran = desk.run(*name.split(), f"--{row.flag}={value}", "--", "registry.example.com/a/b:v1")
    assert ran.code == 2
    assert ran.err.startswith(f"Error: --{row.flag}: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "row"), _refused(), ids=lambda value: getattr(value, "flag", value)
)
def test_a_refused_flag_that_asks_for_nothing_is_no_obstacle(
    desk: Desk, name: str, row: Row
) -> None:
    """The same flag, empty or false as a template leaves it, is not what a run fails by."""
    value = "false" if row.kind is Kind.BOOL else ""
    ran = desk.run(*name.split(), f"--{row.flag}={value}", "--", "no reference")
    assert f"--{row.flag}" not in ran.err


SIGN_LINES = [
    "--tlog-upload=false",
    "--tlog-upload=false --rekor-url https://rekor.example.com",
    "--use-signing-config=false --tlog-upload=false --new-bundle-format=false",
    "--use-signing-config=false --tlog-upload=false",
    "--signing-config CONFIG --trusted-root ROOT",
    "--yes --registry-referrers-mode legacy --upload=true --oidc-client-id sigstore",
    "-y -a x=y --oidc-disable-ambient-providers --insecure-skip-verify",
]
VERIFY_LINES = [
    "--insecure-ignore-tlog",
    "--insecure-ignore-tlog=true --rekor-url https://rekor.example.com --offline",
    "--private-infrastructure --check-claims --max-workers 3",
    "--new-bundle-format --trusted-root ROOT --signature-digest-algorithm sha256",
    "--insecure-ignore-sct --check-claims=true --new-bundle-format=false",
    "-o text --sk=false --local-image=false",
]


def _words(desk: Desk, line: str) -> list[str]:
    files = {"CONFIG": desk.write("config.json", CONFIG), "ROOT": desk.write("root.json", ROOT)}
    return [files.get(word, word) for word in line.split()]


def test_lines_of_cosign_run_unchanged(desk: Desk, registry: Registry) -> None:
    """Command lines about services that the key path does not use mean the same here."""
    image = push(registry, "team/app")
    for line in SIGN_LINES:
        ran = desk.run("sign", "--key", desk.path("release.key"), *_words(desk, line), image)
        assert ran.code == 0, (line, ran.err)
    for line in VERIFY_LINES:
        ran = desk.run("verify", "--key", desk.path("release.pub"), *_words(desk, line), image)
        assert ran.code == 0, (line, ran.err)


@pytest.mark.parametrize(
    ("member", "service"),
    [
        ('"rekorTlogUrls":[{"url":"https://log.example.com"}]', "https://log.example.com"),
        ('"tsaUrls":[{"url":"https://tsa.example.com"}]', "https://tsa.example.com"),
        ('"caUrls":[{"url":"https://ca.example.com"}]', "https://ca.example.com"),
        ('"oidcUrls":[{"url":"https://id.example.com"}]', "https://id.example.com"),
    ],
)
def test_a_signing_config_with_a_service_is_refused_by_its_name(
    desk: Desk, member: str, service: str
) -> None:
    """A service in the config is named, with its URL, and nothing is signed without it."""
    config = desk.write(
        "config.json", CONFIG.replace(b'"tsaConfig"', member.encode() + b',"tsaConfig"')
    )
    line = ("sign", "--key", desk.path("release.key"), "--signing-config", config, "r.io/a/b:v1")
    ran = desk.run(*line)
    assert ran.code == 2
    assert service in ran.err


@pytest.mark.parametrize("content", [b"{}", b"[]", b"not JSON", ROOT])
def test_a_file_that_is_no_signing_config_is_malformed(desk: Desk, content: bytes) -> None:
    """Another kind of file is not taken for a config without services."""
    config = desk.write("config.json", content)
    line = ("sign", "--key", desk.path("release.key"), "--signing-config", config, "r.io/a/b:v1")
    assert desk.run(*line).code == 15


def test_a_key_and_an_identity_exclude_each_other(desk: Desk) -> None:
    """--key beside --certificate-identity is wrong use, as it is for cosign 3.1."""
    line = ("verify", "--key", desk.path("release.pub"), "--certificate-identity", "me@x.io", "i/m")
    ran = desk.run(*line)
    assert ran.code == 2
    assert "exactly one of --key and --certificate-identity" in ran.err


@pytest.mark.parametrize("value", ["md5", "sha224"])
def test_a_hash_that_no_cosign_signs_with_is_refused(desk: Desk, value: str) -> None:
    """--signature-digest-algorithm takes the hashes that are verified, and no other."""
    line = ("verify", "--key", desk.path("release.pub"), "--signature-digest-algorithm", value)
    assert desk.run(*line, "r.io/a/b:v1").code == 2


@pytest.mark.parametrize("name", ["env", "login", "initialize"])
def test_verbs_of_cosign_that_are_not_there_are_named(desk: Desk, name: str) -> None:
    """A verb that only cosign has is refused as such, with the verbs that there are."""
    ran = desk.run(name, "whatever")
    assert ran.code == 2
    assert f"cosign's verb {name} is not there in this version" in ran.err


@pytest.mark.peers
@pytest.mark.parametrize("generation", ["2.5", "3.1"])
def test_every_verb_of_the_real_cosign_is_known(generation: str) -> None:
    """Each verb that the real program lists is one of ours, or refused by name."""
    said = require(f"cosign-{generation}").run(["--help"])
    listed = said.stdout.partition("Available Commands:")[2].partition("Flags:")[0]
    verbs = {line.split()[0] for line in listed.splitlines() if line.strip()}
    assert {"sign", "verify"} <= verbs
    ours = {name.partition(" ")[0] for name in VERBS}
    assert not verbs - {"help"} - ours - OTHER_VERBS
    assert not OTHER_VERBS & ours


def test_the_table_covers_hidden_flags() -> None:
    """Flags that cosign 3.1 takes and no longer shows are known too."""
    hidden = {
        "new-bundle-format",
        "tlog-upload",
        "rekor-url",
        "output-signature",
        "timestamp-server-url",
    }
    assert hidden <= {row.flag for row in ALL["sign"].cosign}
    assert "experimental-oci11" in {row.flag for row in ALL["tree"].cosign}
