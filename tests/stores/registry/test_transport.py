"""One exchange over real sockets: limits, deadlines, and what is not sent."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boltseal.errors import Interrupted
from boltseal.stores.registry.exchange import Failure, Request, Response
from boltseal.stores.registry.proxies import Proxies
from boltseal.stores.registry.sockets import Contacts, WrongAddress
from boltseal.stores.registry.transport import RequestsTransport, WireSettings
from tests.support.registry import Answer, Delay, Drop, Raw, Registry
from tests.support.registry import Request as Arrived


def exchange(
    url: str, *, limit: int = 1000, seconds: float = 10, method: str = "GET", **more: Any
) -> Response | Failure:
    wire = more.pop("wire", None) or RequestsTransport(WireSettings(**more.pop("settings", {})))
    outcome = wire.exchange(
        Request(method, url, **more), limit=limit, deadline=time.monotonic() + seconds
    )
    assert isinstance(outcome, Response | Failure)
    return outcome


@contextmanager
def answering(answer: Answer | Raw | Delay | Drop) -> Iterator[Registry]:
    with Registry(script=lambda _: answer) as registry:
        yield registry


def answered(answer: Answer | Raw | Delay | Drop, **more: Any) -> Response | Failure:
    with answering(answer) as registry:
        return exchange(registry.url + "/v2/x", **more)


def test_an_answer_comes_with_status_headers_body_and_peer() -> None:
    """Every header is kept, repetition included, and the peer's address is told."""
    outcome = answered(Answer(418, (("X-A", "1"), ("X-A", "2")), b"body"))
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.body, outcome.whole) == (418, b"body", True)
    assert outcome.header_values("x-a") == ("1", "2")
    assert outcome.peer == "127.0.0.1"


def test_who_we_are_is_said_accurately() -> None:
    """The User-Agent names boltseal, its version, the machine and requests."""
    with answering(Answer(200)) as registry:
        exchange(registry.url, settings={"version": "1.2.3"})
        agent = registry.requests[0].user_agent
        assert agent.startswith("boltseal/1.2.3 (")
        assert ") python-requests/2." in agent
        assert registry.requests[0].accept_encoding == "identity"


def test_connections_are_used_again() -> None:
    """Many requests to one host need one connection, also after refusals and empty answers."""
    wire = RequestsTransport(WireSettings())
    with Registry() as registry:
        for path in ("/v2/", "/v2/none/manifests/x", "/v2/", "/v2/none/tags/list"):
            exchange(registry.url + path, wire=wire, limit=100_000)
            exchange(registry.url + path, wire=wire, limit=100_000, method="HEAD")
        assert len(registry.requests) == 8
        assert registry.connections == 1
    wire.close()


def test_the_body_stops_at_the_limit() -> None:
    """An announced excess is cut, and the response says so; the limit itself is not an excess."""
    cut = answered(Answer(200, (), b"x" * 1001))
    assert isinstance(cut, Response)
    assert (len(cut.body), cut.whole) == (1000, False)
    full = answered(Answer(200, (), b"x" * 1000))
    assert isinstance(full, Response)
    assert (len(full.body), full.whole) == (1000, True)


def test_an_endless_body_stops_at_the_limit() -> None:
    """A chunked stream without end is left as soon as it is too long."""
    with Registry(script=lambda _: Answer(200, (), itertools.repeat(b"x" * 4096))) as registry:
        outcome = exchange(registry.url, limit=100_000)
        assert isinstance(outcome, Response)
        assert not outcome.whole
        assert registry.sent < 4_000_000


def test_a_body_longer_than_its_length_is_not_read() -> None:
    """Bytes after the announced length are not taken for content."""
    raw = Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"abcdefgh" * 1000])
    outcome = answered(raw)
    assert isinstance(outcome, Response)
    assert (outcome.body, outcome.whole) == (b"abc", True)


def test_the_body_of_a_refusal_is_cut_short() -> None:
    """Error pages are read up to 64 KiB, however much the caller would take."""
    outcome = answered(Answer(500, (), b"x" * 1_000_000), limit=10_000_000)
    assert isinstance(outcome, Response)
    assert (len(outcome.body), outcome.whole) == (64 * 1024, False)


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP, gzip"])
def test_an_encoded_answer_is_refused(encoding: str) -> None:
    """Identity was asked for; what may be a bomb is not unpacked."""
    outcome = answered(Answer(200, (("Content-Encoding", encoding),), b"\x1f\x8b"))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "encoded"


def drip(piece: bytes, seconds: float) -> Iterator[bytes]:
    while True:
        yield piece
        time.sleep(seconds)


def test_a_dripping_body_ends_at_the_deadline() -> None:
    """A byte now and then does not renew the time allowed."""
    began = time.monotonic()
    outcome = answered(Answer(200, (("Content-Length", "1000"),), drip(b"x", 0.05)), seconds=0.6)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "timeout"
    assert time.monotonic() - began < 3


def test_dripping_headers_end_at_the_deadline() -> None:
    """The same goes for a head that never ends."""
    began = time.monotonic()
    pieces = itertools.chain([b"HTTP/1.1 200 OK\r\nX-Slow: "], drip(b"x", 0.05))
    outcome = answered(Raw(pieces), seconds=0.6)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "timeout"
    assert time.monotonic() - began < 3


def test_silence_ends_before_the_deadline() -> None:
    """A host that says nothing is given up after the time for silence."""
    outcome = answered(Delay(5, Answer(200)), settings={"silence": 0.3})
    assert isinstance(outcome, Failure)
    assert "for too long" in outcome.reason


def test_no_time_left_means_no_attempt() -> None:
    """A deadline in the past sends nothing."""
    with answering(Answer(200)) as registry:
        outcome = exchange(registry.url, seconds=-1)
        assert isinstance(outcome, Failure)
        assert outcome.kind == "timeout"
        assert not registry.requests


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Drop(), "broken"),
        (Drop(sent=10), "broken"),
        (Raw([b""]), "broken"),
        (Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"]), "broken"),
        (Raw([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"]), "broken"),
        (Raw([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]), "protocol"),
        (Raw([b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n"]), "protocol"),
        (Raw([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"]), "protocol"),
        (
            Raw([b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 9 + b"\r\n"]),
            "protocol",
        ),
    ],
)
def test_broken_answers_are_told_apart(answer: Answer | Raw | Drop, kind: str) -> None:
    """What was cut may be asked again; what is no HTTP, or too much head, may not."""
    outcome = answered(answer)
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == kind, outcome


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    """Nothing was sent in both cases; only the first may pass."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        refused = exchange(f"http://127.0.0.1:{port}/")
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.passing) == ("connect", True)
    assert "refused" in refused.reason
    unknown = exchange("http://no-such-host.invalid/")
    assert isinstance(unknown, Failure)
    assert unknown.kind in ("name", "connect")
    assert "name was not found" in unknown.reason


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:1\n/", "http://[::1/"]
)
def test_a_url_that_cannot_be_asked_is_a_failure(url: str) -> None:
    """No exception of the libraries gets out."""
    outcome = exchange(url)
    assert isinstance(outcome, Failure)


def test_a_header_cannot_be_injected() -> None:
    """A line break in a header's value is refused before anything is sent."""
    with answering(Answer(200)) as registry:
        outcome = exchange(registry.url, headers=(("X-A", "b\r\nX-Evil: 1"),))
        assert isinstance(outcome, Failure)
        assert not registry.requests


def test_netrc_does_not_replace_the_authorization(tmp_path: Path) -> None:
    """`~/.netrc` is not looked at, with an Authorization header or without."""
    seen: list[str] = []

    def script(request: Arrived) -> Answer:
        seen.append(request.header("Authorization"))
        return Answer(200)

    # requests reads NETRC from the process, so it is a process of its own that is asked.
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\n")
    netrc.chmod(0o600)
    with Registry(script=script) as registry:
        run_in_process(
            f"""
            import time
            from boltseal.stores.registry.exchange import Request
            from boltseal.stores.registry.transport import RequestsTransport, WireSettings
            wire = RequestsTransport(WireSettings())
            for headers in ((), (("Authorization", "Bearer mine"),)):
                wire.exchange(Request("GET", "{registry.url}", headers), limit=9,
                              deadline=time.monotonic() + 9)
            """,
            NETRC=str(netrc),
            HOME=str(tmp_path),
            http_proxy="http://127.0.0.1:9",
        )
    assert seen == ["", "Bearer mine"]


def run_in_process(code: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "src", **environment},
    )


def test_cookies_are_not_kept() -> None:
    """A registry cannot mark us from one request to the next."""
    seen: list[str] = []

    def script(request: Arrived) -> Answer:
        seen.append(request.header("Cookie"))
        return Answer(200, (("Set-Cookie", "id=1; Path=/"),))

    wire = RequestsTransport(WireSettings())
    with Registry(script=script) as registry:
        exchange(registry.url, wire=wire)
        exchange(registry.url, wire=wire)
    assert seen == ["", ""]


def test_a_redirect_is_an_answer_like_any_other() -> None:
    """The wire follows nothing, and does not read a redirect's body beyond the cap."""
    outcome = answered(Answer(307, (("Location", "http://127.0.0.1:1/"),), b"x" * 500_000))
    assert isinstance(outcome, Response)
    assert outcome.status == 307
    assert not outcome.whole


def test_public_only_refuses_a_private_peer_before_sending() -> None:
    """The connection itself is looked at: a name says nothing of where it leads."""
    with answering(Answer(200)) as registry:
        outcome = exchange(registry.url, public_only=True)
        assert isinstance(outcome, Failure)
        assert outcome.kind == "address"
        assert "loopback address 127.0.0.1" in outcome.reason
        assert not registry.requests


def test_a_host_that_was_public_may_not_become_private() -> None:
    """DNS rebinding: the second look at a name's address does not move it inside."""
    contacts = Contacts(check=lambda: None, silence=1)
    contacts.admit("93.184.216.34", host="reg", port=443, public_only=False)
    with pytest.raises(WrongAddress, match="moved to"):
        contacts.admit("10.0.0.1", host="reg", port=443, public_only=False)
    contacts.admit("93.184.216.35", host="reg", port=443, public_only=False)
    contacts.admit("10.0.0.1", host="inside", port=443, public_only=False)


def test_a_stop_gets_out_of_a_waiting_read() -> None:
    """The caller's check is asked while waiting for an answer, and its exception is the end."""
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Interrupted("stopped")

    wire = RequestsTransport(WireSettings(), check=check)
    with answering(Delay(8, Answer(200))) as registry:
        threading.Timer(0.2, stopped.set).start()
        began = time.monotonic()
        with pytest.raises(Interrupted):
            exchange(registry.url, wire=wire)
        assert time.monotonic() - began < 3


def test_the_trace_has_a_line_an_exchange_and_no_secret() -> None:
    """Method, URL without secrets, status, size and time; no header and no body."""
    lines: list[str] = []
    wire = RequestsTransport(WireSettings(), trace=lines.append)
    secret = "s3cr3t"
    answer = Answer(200, (("Set-Cookie", secret), ("WWW-Authenticate", secret)), secret.encode())
    with answering(answer) as registry:
        exchange(
            f"{registry.url}/v2/x?sig={secret}&digest=sha256:aa",
            wire=wire,
            headers=(("Authorization", f"Bearer {secret}"),),
            method="PUT",
            body=secret.encode(),
        )
    exchange(f"http://127.0.0.1:1/?token={secret}", wire=wire)
    assert len(lines) == 2
    assert "PUT http" in lines[0]
    assert "digest=sha256:aa" in lines[0]
    assert "-> 200, 6 bytes" in lines[0]
    assert "no answer" in lines[1]
    assert secret not in "".join(lines)


def test_a_plain_request_goes_through_the_proxy() -> None:
    """With a proxy for plain HTTP, the host is not looked up here and the peer is not known."""
    with answering(Answer(203)) as proxy:
        proxies = Proxies(http=f"http://user:pass@{proxy.host}")
        outcome = exchange("http://reg.invalid/v2/", settings={"proxies": proxies})
        assert isinstance(outcome, Response)
        assert (outcome.status, outcome.peer) == (203, None)


def test_a_proxy_that_refuses_is_named_without_its_password() -> None:
    """The cause is the proxy; its URL may hold a password and is not shown."""
    raw = Raw([b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"])
    with answering(raw) as proxy:
        proxies = Proxies(https=f"http://user:s3cr3t@{proxy.host}")
        outcome = exchange("https://reg.invalid/v2/", settings={"proxies": proxies})
    assert isinstance(outcome, Failure)
    assert "proxy could not be used (it answered 407)" in outcome.reason
    assert "s3cr3t" not in outcome.reason


def test_a_large_body_is_sent_whole() -> None:
    """An upload of some megabytes arrives."""
    sizes: list[int] = []

    def script(request: Arrived) -> Answer:
        sizes.append(len(request.read()))
        return Answer(201)

    with Registry(script=script) as registry:
        exchange(registry.url, method="PUT", body=b"x" * 5_000_000)
    assert sizes == [5_000_000]


def test_ipv6_is_spoken() -> None:
    """A registry at `[::1]:port` is reached, where this machine has IPv6."""
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 on loopback")
        listener.listen()
        thread = threading.Thread(target=_answer_once, args=(listener,), daemon=True)
        thread.start()
        outcome = exchange(f"http://[::1]:{listener.getsockname()[1]}/v2/")
        thread.join(5)
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.peer) == (200, "::1")


def _answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
