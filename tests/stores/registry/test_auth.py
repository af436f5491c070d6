"""Challenges and tokens over real HTTP, counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from boltseal.core.names import Repository
from boltseal.errors import AccessDenied, RegistryError
from boltseal.stores.registry.auth import Authentication
from boltseal.stores.registry.caller import Call, Caller, Plain
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Response, Transport
from boltseal.stores.registry.scopes import Need, format_scopes, parse_scopes
from tests.support.registry import (
    Access,
    Answer,
    Basic,
    Bearer,
    Options,
    Registry,
    Request,
)

from .world import (
    IDENTITY,
    PASSWORD,
    USER,
    PlayedWire,
    planted,
    reader,
    reading_as,
    repository,
    sample,
    store_on,
    tagged,
)

BEARER = Bearer(USER, PASSWORD, identity_token=IDENTITY)


def paths(registry: Registry) -> list[str]:
    return [record.path.rpartition("/")[2] for record in registry.requests]


def test_the_first_read_behind_a_challenge_takes_three_requests_and_each_further_one() -> None:
    """401, token, answer; from then on the token is sent at once."""
    with Registry(Options(auth=BEARER)) as registry:
        planted(registry)
        store = store_on()
        assert store.manifest(tagged(registry))
        assert paths(registry) == ["latest", "token", "latest"]
        registry.clear()
        for _ in range(3):
            assert store.resolve(tagged(registry))
        assert paths(registry) == ["latest"] * 3
        assert {record.authorization for record in registry.requests} == {"bearer"}


def test_a_further_repository_takes_a_token_and_no_challenge() -> None:
    """The registry's challenge is known, so the token is asked for before the request."""
    with Registry(Options(auth=BEARER)) as registry:
        planted(registry)
        planted(registry, path="org/other")
        store = store_on()
        store.manifest(tagged(registry))
        registry.clear()
        store.manifest(tagged(registry, path="org/other"))
        assert paths(registry) == ["token", "latest"]


def test_a_run_that_writes_asks_for_one_token() -> None:
    """`pull,push` is asked for with the first read, and every later request is content with it."""
    with Registry(Options(auth=BEARER)) as registry:
        store = store_on(writes=True)
        where = repository(registry)
        assert store.resolve(where.at("latest")) is None
        store.put_blob(where, b"{}")
        store.put_manifest(where.at("latest"), sample())
        assert registry.count(path="/token") == 1
        assert registry.count(status=401) == 1
        assert registry.requests[1].query.endswith("scope=repository%3Aorg%2Fapp%3Apull%2Cpush")


def test_a_run_that_reads_asks_for_no_more_than_pull() -> None:
    """Least privilege: a verifying run never holds a token that could push."""
    with Registry(Options(auth=BEARER)) as registry:
        planted(registry)
        store_on().manifest(tagged(registry))
        assert registry.requests[1].query.endswith("scope=repository%3Aorg%2Fapp%3Apull")


def test_threads_share_one_challenge_and_one_token() -> None:
    """Twelve threads at once: one 401, one token, twelve answers."""
    with Registry(Options(auth=BEARER, latency=0.02)) as registry:
        planted(registry)
        store = store_on()
        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(lambda _: store.manifest(tagged(registry)), range(12)))
        assert all(found)
        assert registry.count(status=401) == 1
        assert registry.count(path="/token") == 1
        assert len(registry.requests) == 14


def test_threads_on_several_repositories_take_one_token_each() -> None:
    """One scope, one token, however many threads ask for it; tokens come side by side."""
    with Registry(Options(auth=BEARER, latency=0.01)) as registry:
        names = [f"org/app{number}" for number in range(4)]
        for name in names:
            planted(registry, path=name)
        store = store_on()
        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(lambda n: store.manifest(tagged(registry, path=n)), names * 3))
        assert registry.count(status=401) == 1
        assert registry.count(path="/token") == 4


def test_a_token_is_renewed_before_it_expires() -> None:
    """No request is refused for an old token: a new one is asked for in time."""
    now = [0.0]
    with Registry(
        Options(auth=Bearer(USER, PASSWORD, expires_in=100)), clock=lambda: now[0]
    ) as registry:
        planted(registry)
        authentication = Authentication(
            lambda _: Credentials("password", USER, PASSWORD, "here"), clock=lambda: now[0]
        )
        read = reader(authentication, tagged(registry), clock=lambda: now[0])
        read()
        now[0] = 84.0
        read()
        assert registry.count(path="/token") == 1
        now[0] = 86.0
        read()
        assert registry.count(path="/token") == 2
        assert registry.count(status=401) == 1


def test_a_token_that_was_revoked_is_replaced_once() -> None:
    """401 for a token that should hold leads to a new token and one more attempt."""
    refused: list[int] = []

    def script(request: Request) -> Answer | None:
        if request.header("Authorization").startswith("Bearer") and not refused:
            refused.append(1)
            realm = f'Bearer realm="http://{request.header("Host")}/token",error="invalid_token"'
            return Answer(401, (("WWW-Authenticate", realm),))
        return None

    with Registry(Options(auth=BEARER), script=script) as registry:
        planted(registry)
        assert store_on().manifest(tagged(registry))
        assert paths(registry) == ["latest", "token", "latest", "token", "latest"]


def test_basic_is_answered_and_then_sent_at_once() -> None:
    """One 401, then Basic with every request."""
    with Registry(Options(auth=Basic(USER, PASSWORD))) as registry:
        planted(registry)
        store = store_on()
        assert store.manifest(tagged(registry))
        assert store.manifest(tagged(registry))
        assert [record.status for record in registry.requests] == [401, 200, 200]


def test_a_wrong_password_is_sent_once() -> None:
    """Accounts are locked by repetition; the error says who was refused, and from where."""
    with Registry(Options(auth=Basic(USER, "other"))) as registry:
        with pytest.raises(
            AccessDenied, match=r"'octo' from the username and password given"
        ) as told:
            store_on().manifest(tagged(registry))
        assert registry.count(lambda record: record.authorization == "basic") == 1
        assert PASSWORD not in str(told.value)


def test_an_identity_token_is_exchanged_by_form() -> None:
    """POST grant_type=refresh_token, with the scope, and no Authorization header."""
    forms: list[str] = []

    def script(request: Request) -> None:
        if request.path == "/token":
            forms.append(request.read().decode())
            assert not request.header("Authorization")

    with Registry(Options(auth=BEARER), script=script) as registry:
        planted(registry)
        read = reading_as(registry, Credentials("identity-token", "", IDENTITY, "a test"))
        assert read().status == 200
        assert registry.count(method="POST", path="/token") == 1
        assert "grant_type=refresh_token" in forms[0]
        assert "scope=repository%3Aorg%2Fapp%3Apull" in forms[0]
        assert "service=registry.test" in forms[0]


def test_a_registry_token_is_sent_as_it_is() -> None:
    """`registrytoken` and --registry-token are Bearer tokens, sent with the first request."""
    seen: list[str] = []

    def script(request: Request) -> None:
        seen.append(request.header("Authorization"))

    with Registry(script=script) as registry:
        planted(registry)
        store = store_on(username=None, password=None, token="ready-made")
        assert store.manifest(tagged(registry))
    assert seen == ["Bearer ready-made"]


def test_anonymous_pulls_take_a_token_without_credentials() -> None:
    """Public images behind a token challenge are readable by nobody in particular."""
    with Registry(Options(auth=Bearer(USER, PASSWORD, anonymous_pull=True))) as registry:
        planted(registry)
        store = store_on(username=None, password=None)
        assert store.manifest(tagged(registry))
        assert registry.requests[1].authorization == "none"
        with pytest.raises(
            AccessDenied, match=r"push to org/app.*no credentials were found.*Log in"
        ):
            store.put_blob(repository(registry), b"x")


def test_a_token_server_that_denies_push_is_asked_for_pull() -> None:
    """Some give no token at all for more than is allowed (GHCR): reading still works."""

    def script(request: Request) -> Answer | None:
        if request.path == "/token" and "push" in request.query:
            return Answer(403, (), b'{"errors":[{"code":"DENIED"}]}')
        return None

    with Registry(Options(auth=BEARER), script=script) as registry:
        planted(registry)
        assert store_on(writes=True).manifest(tagged(registry))


def test_a_token_narrower_than_asked_for_is_a_missing_permission() -> None:
    """Pull granted where push was asked for: the error names the action and what to change."""

    def grants(user: str, asked: frozenset[Access]) -> frozenset[Access]:
        return frozenset(one for one in asked if one.action == "pull")

    with Registry(Options(auth=Bearer(USER, PASSWORD, grants=grants))) as registry:
        with pytest.raises(AccessDenied, match=r"push to org/app.*right to write") as told:
            store_on().put_blob(repository(registry), b"x")
        assert registry.count(path="/token") == 1
        assert told.value.exit_code == 4


def test_the_scope_of_an_insufficient_scope_challenge_is_added() -> None:
    """A registry that wants another scope than one would think gets it asked for."""

    def script(request: Request) -> Answer | None:
        if request.header("Authorization") in ("", "Bearer narrow"):
            error = ',error="insufficient_scope"' if request.header("Authorization") else ""
            scope = f'scope="repository:special:pull repository:org/app:pull"{error}'
            if request.path == "/token":
                return None
            realm = f'Bearer realm="http://{request.header("Host")}/token",{scope}'
            return Answer(401, (("WWW-Authenticate", realm),))
        if request.path == "/token":
            wide = "special" in request.query
            return Answer(200, (), json.dumps({"token": "wide" if wide else "narrow"}).encode())
        return None

    with Registry(script=script) as registry:
        planted(registry)
        assert store_on().manifest(tagged(registry))
        assert paths(registry) == ["latest", "token", "latest", "token", "latest"]


def test_a_challenge_from_another_host_is_not_taken_up() -> None:
    """Storage that answers 401 with a realm of its own does not get the registry's credentials."""

    def steal(request: Request) -> Answer:
        realm = f'Bearer realm="http://{request.header("Host")}/token"'
        return Answer(401, (("WWW-Authenticate", realm),))

    with Registry(script=steal) as storage:

        def away(request: Request) -> Answer:
            return Answer(307, (("Location", f"{storage.url}/v2/x"),))

        with Registry(script=away) as registry, pytest.raises(AccessDenied):
            store_on().manifest(tagged(registry))
        assert len(storage.requests) == 1
        assert storage.requests[0].authorization == "none"


def test_a_challenge_without_a_scheme_we_know_is_access_denied() -> None:
    """Negotiate alone cannot be answered, and says so by the registry's 401."""

    def script(_: Request) -> Answer:
        return Answer(401, (("WWW-Authenticate", "Negotiate"),))

    with Registry(script=script) as registry, pytest.raises(AccessDenied, match="401"):
        store_on().manifest(tagged(registry))


def test_a_failed_first_request_leaves_the_next_thread_free() -> None:
    """The lock around the first meeting goes with the exception."""
    wire = PlayedWire([Response(500), Response(404)])
    authentication = Authentication(lambda _: Credentials("anonymous"), clock=lambda: 0.0)
    reg = Repository.parse("127.0.0.1:1/a")

    class Broken:
        def send(self, request: Any, *, limit: int, deadline: float) -> Any:
            raise RegistryError("boom")

    def caller(transport: Transport) -> Caller:
        return Caller(transport, authentication, clock=lambda: 0.0, timeout=1, plain=Plain())

    call = Call("GET", "/v2/a/manifests/x", Need(reg))
    with pytest.raises(RegistryError, match="boom"):
        caller(Broken()).call(call)
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(caller(wire).call(call).status))
    thread.start()
    thread.join(5)
    assert done == [500]


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("repository:a/b:pull,push", ["repository:a/b:pull,push"]),
        (
            "repository:a:push,pull registry:catalog:*",
            ["registry:catalog:*", "repository:a:pull,push"],
        ),
        ("repository:localhost:5000/a:pull", ["repository:localhost:5000/a:pull"]),
        ("nonsense : :: a:", []),
    ],
)
def test_scopes_are_read_and_written(text: str, scopes: Iterable[str]) -> None:
    """Actions of one resource are joined, in the usual order."""
    assert format_scopes(parse_scopes(text)) == scopes
