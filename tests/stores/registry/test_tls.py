"""TLS: whom we trust, who we say that we are, and when plain HTTP is spoken."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boltseal.core.names import Repository
from boltseal.errors import FileUnusable, RegistryError, UsageError
from boltseal.stores.registry.auth import Authentication
from boltseal.stores.registry.caller import Call, Caller, Plain
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Failure, Request, Response
from boltseal.stores.registry.redirects import FollowingTransport
from boltseal.stores.registry.scopes import Need
from boltseal.stores.registry.tls import TLS
from boltseal.stores.registry.transport import RequestsTransport, WireSettings
from tests.support.registry import Answer, Bearer, Options, Registry
from tests.support.registry import Request as Arrived

from .certificates import Authority, Pair
from .world import PASSWORD, USER, PlayedWire, planted, store_on, tagged


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> Pair:
    return authority.issue("good", "127.0.0.1", "localhost")


@contextmanager
def secure(pair: Pair, options: Options | None = None) -> Iterator[Registry]:
    with Registry(options, tls=(pair.certificate, pair.key)) as registry:
        yield registry


def outcome(url: str, **settings: Any) -> Response | Failure:
    foreign = settings.pop("foreign", False)
    unverified = settings.pop("unlisted", frozenset())
    wire = RequestsTransport(WireSettings(tls=TLS(**settings), unverified=unverified))
    request = Request("GET", f"{url}/v2/", foreign=foreign)
    return wire.exchange(request, limit=9, deadline=time.monotonic() + 10)


def test_a_given_ca_is_trusted(authority: Authority, good: Pair) -> None:
    """A registry with a certificate of the CA that was given is spoken to."""
    with secure(good) as registry:
        assert isinstance(outcome(registry.url, ca_file=authority.file), Response)


def test_an_unknown_ca_is_not_trusted(good: Pair) -> None:
    """Without the CA there is no answer, nor any way around."""
    with secure(good) as registry:
        refused = outcome(registry.url)
        assert isinstance(refused, Failure)
        assert refused.kind == "certificate"
        assert not registry.requests


def test_a_given_ca_replaces_those_of_the_machine(good: Pair, tmp_path: Path) -> None:
    """As in cosign, `ca_file` is whom to trust, and nobody else."""
    other = Authority(tmp_path, "other")
    with secure(good) as registry:
        refused = outcome(registry.url, ca_file=other.file)
        assert isinstance(refused, Failure)
        assert refused.kind == "certificate"


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    """The reason is in the words."""
    with secure(authority.issue("old", "127.0.0.1", days=-1)) as registry:
        refused = outcome(registry.url, ca_file=authority.file)
        assert isinstance(refused, Failure)
        assert "expired" in refused.reason


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    """The host's own name has to be in it."""
    with secure(authority.issue("elsewhere.test")) as registry:
        refused = outcome(registry.url, ca_file=authority.file)
        assert isinstance(refused, Failure)
        assert refused.kind == "certificate"


def test_a_server_name_is_asked_for_and_demanded(authority: Authority) -> None:
    """`server_name` stands for the host in TLS, for the registry and not for other hosts."""
    with secure(authority.issue("named.test")) as registry:
        trust = {"ca_file": authority.file, "server_name": "named.test"}
        assert isinstance(outcome(registry.url, **trust), Response)
        assert isinstance(outcome(registry.url, **trust, foreign=True), Failure)
        wrong = {"ca_file": authority.file, "server_name": "other.test"}
        assert isinstance(outcome(registry.url, **wrong), Failure)


@contextmanager
def mutual(authority: Authority, pair: Pair) -> Iterator[str]:
    """Serve one answer to whoever shows a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            plain, _ = listener.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


def test_a_client_certificate_is_shown_to_the_registry_alone(
    authority: Authority, good: Pair
) -> None:
    """Storage and token servers on other hosts do not learn who we are."""
    client = authority.issue("client", client=True)
    shown = {
        "ca_file": authority.file,
        "client_cert": client.certificate,
        "client_key": client.key,
    }
    with mutual(authority, good) as url:
        assert isinstance(outcome(url, **shown), Response)
    with mutual(authority, good) as url:
        assert isinstance(outcome(url, **shown, foreign=True), Failure)


def test_unverified_means_any_certificate(good: Pair) -> None:
    """`skip_tls` takes any certificate, of the listed registries or of all."""
    with secure(good) as registry:
        assert isinstance(outcome(registry.url, unverified=True), Response)
        listed = frozenset({registry.host})
        assert isinstance(outcome(registry.url, unlisted=listed), Response)
        assert isinstance(outcome(registry.url, unlisted=listed, foreign=True), Failure)


def test_files_that_cannot_be_used_are_named(authority: Authority, tmp_path: Path) -> None:
    """A wrong CA file, a missing key or a key with a password are errors that name the file."""
    junk = tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    with pytest.raises(FileUnusable, match=r"junk\.pem"):
        outcome("https://127.0.0.1:1", ca_file=junk)
    with pytest.raises(FileUnusable, match=r"absent\.pem"):
        outcome("https://127.0.0.1:1", ca_file=tmp_path / "absent.pem")
    with pytest.raises(FileUnusable, match=r"junk\.pem"):
        outcome("https://127.0.0.1:1", ca_file=authority.file, client_cert=junk)
    with pytest.raises(UsageError, match="without its client certificate"):
        outcome("https://127.0.0.1:1", client_key=junk)


def test_a_loopback_registry_with_tls_is_found_out(authority: Authority, good: Pair) -> None:
    """Plain HTTP is tried first on loopback; a server of TLS is then spoken to with TLS."""
    with secure(good, Options(auth=Bearer(USER, PASSWORD))) as registry:
        planted(registry)
        store = store_on(ca_file=authority.file)
        assert store.manifest(tagged(registry))
        assert store.manifest(tagged(registry))
        assert len(registry.requests) == 4


def test_no_certificate_is_passed_over_on_the_way_back(good: Pair) -> None:
    """The way from plain HTTP to TLS does not skip the check of the certificate."""
    with secure(good) as registry, pytest.raises(RegistryError):
        store_on().manifest(tagged(registry))


def test_a_tls_only_run_speaks_no_plain_http() -> None:
    """`only_tls` refuses plain HTTP even on loopback, and nothing readable is sent."""
    with Registry() as registry:
        planted(registry)
        with pytest.raises(RegistryError, match="TLS"):
            store_on(only_tls=True).manifest(tagged(registry))
        assert not registry.requests


@pytest.mark.parametrize(
    ("registry", "settings", "schemes"),
    [
        ("localhost:5000", {}, ("http", "https")),
        ("LOCALHOST:5000", {}, ("http", "https")),
        ("a.localhost:1", {}, ("http", "https")),
        ("127.0.0.9:5000", {}, ("http", "https")),
        ("[::1]:5000", {}, ("http", "https")),
        ("10.0.0.1:5000", {}, ("https",)),
        ("ghcr.io", {}, ("https",)),
        ("localhost.evil.test", {}, ("https",)),
        ("Reg.corp:5000", {"listed": frozenset({"reg.corp:5000"})}, ("http", "https")),
        ("reg.corp:5001", {"listed": frozenset({"reg.corp:5000"})}, ("https",)),
        ("reg.corp:5001", {"listed": frozenset({"reg.corp"})}, ("http", "https")),
        ("sub.reg.corp", {"listed": frozenset({"reg.corp"})}, ("https",)),
        ("ghcr.io", {"everywhere": True}, ("https", "http")),
        ("localhost:5000", {"nowhere": True}, ("https",)),
    ],
)
def test_plain_http_is_for_loopback_and_listed_registries(
    registry: str, settings: dict[str, Any], schemes: tuple[str, ...]
) -> None:
    """Everything else is spoken to with TLS, a private address too."""
    assert Plain(**settings).schemes(registry) == schemes


def test_a_redirect_to_another_port_loses_the_token(authority: Authority, good: Pair) -> None:
    """Another port is another server: its challenge is not answered with our credentials."""
    with secure(good, Options(auth=Bearer(USER, PASSWORD))) as target:
        planted(target)

        def script(request: Arrived) -> Answer:
            return Answer(308, (("Location", f"{target.url}{request.path}"),))

        with Registry(script=script) as plain, pytest.raises(RegistryError):
            store_on(ca_file=authority.file).manifest(tagged(plain))
        assert target.count(lambda record: record.authorization != "none") == 0


def test_a_listed_registry_that_redirects_to_tls_is_spoken_to_with_tls() -> None:
    """What the redirect showed is kept, so that the token is sent with TLS and arrives."""
    basic = (("WWW-Authenticate", "Basic realm=x"),)
    wire = PlayedWire(
        [
            Response(308, (("Location", "https://reg.corp/v2/a/manifests/x"),)),
            Response(401, basic),
            Response(200),
        ]
    )
    caller = Caller(
        FollowingTransport(wire),
        Authentication(lambda _: Credentials("password", "u", "p", "here"), clock=lambda: 0.0),
        clock=lambda: 0.0,
        timeout=10,
        plain=Plain(frozenset({"reg.corp"})),
    )
    call = Call("GET", "/v2/a/manifests/x", Need(Repository.parse("reg.corp/a")))
    assert caller.call(call).status == 200
    assert [request.url for request in wire.sent] == [
        "http://reg.corp/v2/a/manifests/x",
        "https://reg.corp/v2/a/manifests/x",
        "https://reg.corp/v2/a/manifests/x",
    ]
    assert [bool(request.headers) for request in wire.sent] == [False, False, True]
