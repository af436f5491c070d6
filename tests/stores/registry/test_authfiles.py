"""Login files of Docker, podman and Helm, with docker.auth as the oracle where it can judge."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import docker.auth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.core.names import Repository
from boltseal.errors import FileUnusable
from boltseal.stores.registry.authfiles import AuthFile, Credentials, server_key, server_name

APP = Repository.parse("ghcr.io/org/team/app")
HUB = Repository.parse("alpine")


def auth(username: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def parsed(value: Any) -> AuthFile:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return AuthFile.parse(data, origin="~/config.json")


def entry(auths: Any, repository: Repository = APP) -> Credentials | None:
    return parsed({"auths": auths}).entry(repository)


@pytest.mark.parametrize(
    "key",
    [
        "ghcr.io",
        "GHCR.io",
        "https://ghcr.io",
        "http://ghcr.io/",
        "https://ghcr.io/v1/",
        "ghcr.io/v2",
    ],
)
def test_a_key_may_have_a_scheme_a_path_of_old_and_capitals(key: str) -> None:
    """What tools have written over the years names the same registry."""
    assert entry({key: auth("u", "p")}) == Credentials("password", "u", "p", "~/config.json")


@pytest.mark.parametrize(
    "key",
    ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://registry-1.docker.io"],
)
def test_docker_hub_has_many_names(key: str) -> None:
    """All of them are the one that references have."""
    assert entry({key: auth("u", "p")}, HUB) is not None


def test_the_longest_name_wins() -> None:
    """podman's keys may name a namespace or a repository; the registry comes last."""
    auths = {
        "ghcr.io": auth("registry", "p"),
        "ghcr.io/org": auth("org", "p"),
        "ghcr.io/org/team/app": auth("app", "p"),
        "ghcr.io/org/te": auth("trap", "p"),
    }

    def who(text: str) -> str:
        found = entry(auths, Repository.parse(text))
        return found.username if found else ""

    assert who("ghcr.io/org/team/app") == "app"
    assert who("ghcr.io/org/team/other") == "org"
    assert who("ghcr.io/other/app") == "registry"
    assert who("ghcr.io.evil.test/org/team/app") == ""
    assert who("ghcr.io:5000/org/app") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (auth("u", "p"), ("password", "u", "p")),
        (auth("u", "p:with:colons"), ("password", "u", "p:with:colons")),
        (auth("ü", "pä"), ("password", "ü", "pä")),
        (auth("u", "p\x00\x00"), ("password", "u", "p")),
        ({"username": "u", "password": "p"}, ("password", "u", "p")),
        ({**auth("u", "p"), "identitytoken": "T"}, ("identity-token", "u", "T")),
        ({"identitytoken": "T"}, ("identity-token", "", "T")),
        (auth("<token>", "T"), ("identity-token", "", "T")),
        ({"registrytoken": "R", "identitytoken": "T"}, ("registry-token", "", "R")),
    ],
)
def test_every_kind_of_entry_is_read(value: dict[str, str], expected: tuple[str, str, str]) -> None:
    """base64 pairs, separate members, identity tokens and registry tokens."""
    found = entry({"ghcr.io": value})
    assert found is not None
    assert (found.kind, found.username, found.secret) == expected


@pytest.mark.parametrize(
    "value", [{}, None, {"email": "x"}, auth("", ""), {"username": "u"}, auth("u", "")]
)
def test_an_entry_without_a_secret_says_nothing(value: Any) -> None:
    """Docker leaves empty entries where a credential program has the secret."""
    assert entry({"ghcr.io": value}) is None


@pytest.mark.parametrize(
    "value",
    [
        "text",
        [1],
        {"auth": 5},
        {"auth": "not base64!"},
        {"auth": base64.b64encode(b"no colon").decode()},
        {"auth": base64.b64encode(b"\xff\xfe:x").decode()},
        {"identitytoken": {"a": 1}},
    ],
)
def test_a_damaged_entry_is_named_and_its_content_is_not(value: Any) -> None:
    """The error has the file and the entry; another registry's entry is still good."""
    both = {"ghcr.io": value, "quay.io": auth("u", "p")}
    with pytest.raises(FileUnusable, match=r"config\.json.*ghcr\.io") as told:
        entry(both)
    assert "no colon" not in str(told.value)
    assert entry(both, Repository.parse("quay.io/a/b")) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b'{"auths":[]}',
        b'{"auths":{},"auths":{}}',
        b'{"credsStore":5}',
        b'{"credHelpers":"x"}',
        b"[" * 100000,
        b" " * (5 * 1024 * 1024),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(data: bytes) -> None:
    """Not JSON, not the right shape, or not of a login file's size."""
    with pytest.raises(FileUnusable, match=r"config\.json"):
        parsed(data)


def test_members_of_others_are_passed_over() -> None:
    """Docker keeps much else in its file."""
    assert (
        parsed({"HttpHeaders": {}, "psFormat": "x", "proxies": {"default": {}}}).entry(APP) is None
    )


def test_the_registrys_own_program_comes_before_the_one_of_all() -> None:
    """credHelpers by the same names as auths, then credsStore."""
    file = parsed({"credHelpers": {"ghcr.io": "own", "docker.io": "hub"}, "credsStore": "all"})
    assert file.program(APP) == "own"
    assert file.program(HUB) == "hub"
    assert file.program(Repository.parse("quay.io/a/b")) == "all"
    assert parsed({}).program(APP) is None


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a b", "a;b", "$(x)", "", ".", "..", "x" * 200, "a\n", 5]
)
def test_a_program_name_cannot_be_a_path_or_a_command(name: Any) -> None:
    """Only letters, digits, dot, dash and underscore; anything else is refused, not run."""
    if not name:
        assert parsed({"credHelpers": {"ghcr.io": name}}).program(APP) is None
        return
    with pytest.raises(FileUnusable, match="not started"):
        parsed({"credHelpers": {"ghcr.io": name}}).program(APP)


def test_programs_know_docker_hub_by_its_old_url() -> None:
    """Docker asks its programs for `https://index.docker.io/v1/`."""
    assert server_name(HUB) == "https://index.docker.io/v1/"
    assert server_name(APP) == "ghcr.io"


def test_secrets_stay_out_of_every_repr() -> None:
    """Neither a file nor credentials show what they hold."""
    file = parsed({"auths": {"ghcr.io": auth("user", "s3cr3t")}})
    assert "s3cr3t" not in repr(file)
    assert base64.b64encode(b"user:s3cr3t").decode() not in repr(file)
    assert "s3cr3t" not in repr(file.entry(APP))
    found = file.entry(APP)
    assert found is not None
    assert found.told == "logged in as 'user' from ~/config.json"


HOSTS = st.sampled_from(["ghcr.io", "quay.io", "localhost:5000", "reg.example:443", "docker.io"])
NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"),
    min_size=1,
    max_size=9,
)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.builds(lambda scheme, host: scheme + host, st.sampled_from(["", "https://"]), HOSTS),
        st.tuples(NAMES.filter(lambda name: name != "<token>"), SECRETS),
        max_size=3,
    ),
    HOSTS,
)
def test_pairs_are_those_that_docker_auth_finds(
    logins: dict[str, tuple[str, str]], host: str
) -> None:
    """For plain registries both readers of Docker's file find the same user and password."""
    if len({server_key(name) for name in logins}) < len(logins):
        return
    auths = {name: auth(*pair) for name, pair in logins.items()}
    theirs = docker.auth.AuthConfig({"auths": docker.auth.parse_auth(auths)}).resolve_authconfig(
        host
    )
    ours = entry(auths, Repository.parse(f"{host}/org/app"))
    expected = (theirs["username"], theirs["password"]) if theirs else None
    assert (ours and (ours.username, ours.secret)) == expected


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_anything_but_our_error(data: bytes) -> None:
    """A file of any content is read, or refused with FileUnusable."""
    with suppress(FileUnusable):
        AuthFile.parse(data, origin="x").entry(APP)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "auths": st.dictionaries(st.sampled_from(["ghcr.io", "https://ghcr.io/v1/", "x"]), JSON)
            | JSON,
            "credHelpers": st.dictionaries(st.sampled_from(["ghcr.io", "x"]), JSON) | JSON,
            "credsStore": JSON,
        },
    )
)
def test_no_json_makes_anything_but_our_error(value: dict[str, Any]) -> None:
    """Members of any shape are read, or refused with FileUnusable."""
    with suppress(FileUnusable):
        file = AuthFile.parse(json.dumps(value).encode("utf-8", "surrogatepass"), origin="x")
        file.entry(APP)
        file.program(APP)
