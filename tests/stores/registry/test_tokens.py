"""Token servers: what they answer, and what they are not shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from boltseal.errors import AccessDenied, RegistryError
from boltseal.stores.registry.credentials import Credentials
from tests.support.registry import Answer, Bearer, Options, Registry, Request

from .world import IDENTITY, PASSWORD, USER, planted, reading_as, store_on, tagged

BEARER = Bearer(USER, PASSWORD, identity_token=IDENTITY)


def token_answer(value: Any, **more: Any) -> Callable[[Request], Answer | None]:
    """Script a token endpoint, and a registry that takes the token `good` alone."""

    def script(request: Request) -> Answer | None:
        if request.path == "/token":
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            return Answer(more.get("status", 200), more.get("headers", ()), body)
        if request.header("Authorization") == "Bearer good":
            return None
        realm = f'Bearer realm="http://{request.header("Host")}/token"'
        return Answer(401, (("WWW-Authenticate", realm),))

    return script


@pytest.mark.parametrize(
    "value",
    [
        {"token": "good"},
        {"access_token": "good", "token": "bad"},
        {"access_token": "", "token": "good"},
        {"token": "good", "expires_in": 0},
        {"token": "good", "expires_in": -5},
        {"token": "good", "expires_in": "300"},
        {"token": "good", "expires_in": None},
        {"token": "good", "expires_in": True},
        {"token": "good", "expires_in": 1e300},
        {"token": "good", "expires_in": [1]},
    ],
)
def test_token_answers_are_read_with_tolerance(value: dict[str, Any]) -> None:
    """`access_token` before `token`; any expiry; the token then serves for a while."""
    with Registry(script=token_answer(value)) as registry:
        planted(registry)
        store = store_on()
        assert store.manifest(tagged(registry))
        assert store.manifest(tagged(registry))
        assert registry.count(path="/token") == 1


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"token=good",
        b"[]",
        b'"good"',
        {},
        {"token": 5},
        {"token": "two words"},
        {"token": "line\r\nX-Injected: 1"},
        {"token": "g" * 40000},
        b'{"token":"good","token":"bad"}',
        b'{"token":"' + b"g" * (2 * 1024 * 1024) + b'"}',
        b"[" * 100000,
    ],
)
def test_a_broken_token_answer_is_an_error_of_the_registry(value: Any) -> None:
    """What is no token never gets into a header, and is undecided, not a refusal."""
    with Registry(script=token_answer(value)) as registry:
        planted(registry)
        with pytest.raises(RegistryError, match="token server") as told:
            store_on().manifest(tagged(registry))
        assert told.value.exit_code == 3


@pytest.mark.parametrize("status", [401, 403, 400])
def test_a_token_server_that_refuses_is_access_denied(status: int) -> None:
    """The server's own words, who we are and what to do are in the error."""
    script = token_answer({"details": "incorrect username or password"}, status=status)
    with Registry(script=script) as registry:
        with pytest.raises(AccessDenied, match=r"incorrect username.*'octo'") as told:
            store_on().manifest(tagged(registry))
        assert PASSWORD not in str(told.value)


def test_a_denial_is_not_asked_for_again_at_once() -> None:
    """Twelve threads with a wrong password send it once: repetition locks accounts."""
    with Registry(Options(auth=Bearer(USER, "other"))) as registry:
        store = store_on()

        def denied(_: int) -> bool:
            with pytest.raises(AccessDenied):
                store.manifest(tagged(registry))
            return True

        with ThreadPoolExecutor(6) as pool:
            assert all(pool.map(denied, range(12)))
        assert registry.count(path="/token") == 1


def test_a_secret_that_comes_back_in_an_error_is_taken_out() -> None:
    """A server that echoes the password does not get it into a log."""
    with Registry(
        script=token_answer({"details": f"bad {PASSWORD}\x1b[31m"}, status=401)
    ) as registry:
        with pytest.raises(AccessDenied, match=r"bad \*\*\*\\x1b") as told:
            store_on().manifest(tagged(registry))
        assert "\x1b" not in str(told.value)


def test_the_token_servers_redirect_gets_no_credentials() -> None:
    """Basic is for the realm alone; where it points to is asked as nobody."""
    seen: list[tuple[str, str]] = []

    def script(request: Request) -> Answer | None:
        seen.append((request.path, request.header("Authorization").partition(" ")[0]))
        if request.path == "/token":
            return Answer(307, (("Location", "/v2/token2"),))
        if request.path == "/v2/token2":
            return Answer(200, (), b'{"token":"good"}')
        return token_answer({})(request)

    with Registry(script=script) as registry:
        planted(registry)
        assert store_on().manifest(tagged(registry))
    assert ("/token", "Basic") in seen
    assert ("/v2/token2", "") in seen


def test_the_form_with_an_identity_token_follows_no_redirect() -> None:
    """The secret is in the body, so a redirect of the form is the end."""

    def script(request: Request) -> Answer | None:
        if request.path == "/token":
            return Answer(307, (("Location", "/elsewhere"),))
        assert request.path != "/elsewhere"
        return None

    with Registry(Options(auth=BEARER), script=script) as registry:
        read = reading_as(registry, Credentials("identity-token", "", IDENTITY, "a test"))
        with pytest.raises(RegistryError, match="gave no token: it answered 307"):
            read()
