"""The store as a whole: its protocol, its settings, and what it gives away."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from boltseal.core.names import Repository
from boltseal.core.oci import Descriptor
from boltseal.errors import BoltsealError, Interrupted, RegistryError
from boltseal.stores import Store
from boltseal.stores.registry.proxies import Proxies
from boltseal.stores.registry.settings import RegistrySettings, open_registry, system_time
from tests.support.registry import (
    Answer,
    Basic,
    Bearer,
    Delay,
    Options,
    Outcome,
    Raw,
    Registry,
    Request,
)

from .certificates import Authority
from .world import PASSWORD, USER, hurried, planted, repository, sample, store_on, tagged


def test_a_registry_store_is_a_store() -> None:
    """The type checker holds this line to the protocol; the calls hold it to its words."""
    store: Store = store_on()
    with Registry() as registry:
        where = repository(registry)
        store.put_blob(where, b"{}")
        store.put_blob(where, b"layer")
        manifest = sample(b"layer")
        store.put_manifest(where.at("latest"), manifest)
        assert store.resolve(where.at("latest")) == manifest.descriptor()
        assert store.manifest(where.at(manifest.digest)) == manifest
        assert store.blob(where, manifest.layers[0], limit=9) == b"layer"
        assert store.referrers(where, manifest.digest) == ()


def test_opening_a_store_touches_nothing(tmp_path: Path) -> None:
    """No file is read and no program started before the first call."""
    missing = tmp_path / "absent"
    open_registry(RegistrySettings(config=missing, ca_file=missing, home=missing))


def everything(registry: Registry, **settings: object) -> list[str]:
    """Use every verb, and return the lines and the words of what went wrong."""
    told: list[str] = []
    store = store_on(trace=told.append, retries=0, **settings)  # type: ignore[arg-type]
    where = repository(registry)
    manifest = sample(b"layer")
    verbs = (
        lambda: store.put_blob(where, b"layer"),
        lambda: store.put_blob(where, b"{}"),
        lambda: store.put_manifest(where.at("latest"), manifest),
        lambda: store.resolve(where.at("latest")),
        lambda: store.manifest(where.at("latest")),
        lambda: store.blob(where, Descriptor.of(b"layer", "x"), limit=9),
        lambda: store.referrers(where, manifest.digest),
        lambda: store.tags(where),
        lambda: store.delete(where.at("latest")),
    )
    for verb in verbs:
        try:
            verb()
        except BoltsealError as error:
            told.extend((str(error), repr(error), repr(error.__cause__)))
    return told


@pytest.mark.parametrize(
    "auth", [Bearer(USER, PASSWORD), Bearer(USER, "other"), Basic(USER, PASSWORD)]
)
def test_no_secret_is_in_a_trace_or_an_error(auth: Bearer | Basic) -> None:
    """Neither password nor token nor their encodings, whether access is given or refused."""
    tokens: list[str] = []

    def script(request: Request) -> Outcome:
        tokens.append(request.header("Authorization").partition(" ")[2])
        return None

    with Registry(Options(auth=auth), script=script) as registry:
        text = "\n".join(everything(registry))
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert "/v2/org/app/" in text
    for secret in (PASSWORD, pair, *filter(None, tokens)):
        assert secret not in text


def test_an_echoing_registry_gets_no_secret_into_an_error() -> None:
    """Whatever a registry says back, our password and tokens are taken out of it."""

    def script(request: Request) -> Outcome:
        if request.path == "/token":
            return None
        if not request.header("Authorization"):
            return None
        said = request.header("Authorization")
        body = {
            "errors": [{"code": "DENIED", "message": f"{said} {PASSWORD} \x07\n::set-output::"}]
        }
        return Answer(403, (("Content-Type", "application/json"),), json.dumps(body).encode())

    with Registry(Options(auth=Bearer(USER, PASSWORD)), script=script) as registry:
        text = "\n".join(everything(registry))
        assert PASSWORD not in text
        assert "Bearer ***" in text
        assert "\n::set-output" not in text
        assert "\x07" not in text


def test_settings_do_not_show_their_secrets() -> None:
    """Nor does the environment show in a repr, where CI keeps its secrets."""
    shown = repr(RegistrySettings(password="s3cr3t", token="s3cr3t", environment={"X": "s3cr3t"}))
    assert "s3cr3t" not in shown


def test_the_proxy_of_the_environment_is_taken() -> None:
    """HTTP_PROXY as given, not as the process has it; given proxies come first."""
    with Registry(script=lambda _: Answer(404)) as proxy:
        reference = Repository.parse("reg.corp:5000/a").at("x")
        environment = {"HTTP_PROXY": f"http://{proxy.host}"}
        assert (
            store_on(insecure=("reg.corp:5000",), environment=environment).manifest(reference)
            is None
        )
        given = Proxies(http=proxy.host)
        assert store_on(insecure=("reg.corp:5000",), proxies=given).manifest(reference) is None
        assert len(proxy.requests) == 2


def test_ssl_cert_file_is_trusted(tmp_path: Path) -> None:
    """As in Go's programs, the variable names whom to trust."""
    authority = Authority(tmp_path)
    pair = authority.issue("server", "127.0.0.1")
    with Registry(tls=(pair.certificate, pair.key)) as registry:
        planted(registry)
        environment = {"SSL_CERT_FILE": str(authority.file)}
        assert store_on(environment=environment, only_tls=True).manifest(tagged(registry))
        with pytest.raises(RegistryError, match="not trusted"):
            store_on(only_tls=True).manifest(tagged(registry))


def test_a_call_ends_at_its_time() -> None:
    """All attempts, waits and tokens of a call share one deadline."""
    drip = Answer(200, (("Content-Length", "99"),), _slowly())
    with Registry(script=lambda _: drip) as registry:
        began = time.monotonic()
        with pytest.raises(RegistryError, match="did not answer"):
            store_on(timeout=1.0, clockwork=system_time()).manifest(tagged(registry))
        assert time.monotonic() - began < 4


def _slowly() -> itertools.chain[bytes]:
    def piece() -> bytes:
        time.sleep(0.05)
        return b"x"

    return itertools.chain.from_iterable(iter(lambda: (piece(),), ()))


def test_a_burst_of_failures_is_survived() -> None:
    """503 and a reset before each success: the run goes on, at the pace it is asked for."""
    seen: dict[tuple[str, str], int] = {}

    def script(request: Request) -> Outcome:
        key = (request.method, request.path)
        seen[key] = seen.get(key, 0) + 1
        return Answer(503, (("Retry-After", "0"),)) if seen[key] == 1 else None

    with Registry(Options(auth=Bearer(USER, PASSWORD)), script=script) as registry:
        store, where = store_on(), repository(registry)
        for content in (b"{}", b"layer"):
            store.put_blob(where, content)
        store.put_manifest(where.at("latest"), sample(b"layer"))
        assert store.manifest(where.at("latest")) == sample(b"layer")


def test_throttling_is_heard_of() -> None:
    """Whoever decides on parallelism hears of each 429."""
    answers: list[Outcome] = [Answer(429, (("Retry-After", "0"),)), None]
    heard: list[int] = []
    with Registry(script=lambda _: answers.pop(0)) as registry:
        planted(registry)
        store = open_registry(
            RegistrySettings(), clockwork=hurried(), on_throttle=lambda: heard.append(1)
        )
        assert store.manifest(tagged(registry))
    assert heard == [1]


def test_a_stop_ends_a_call() -> None:
    """The check of the caller is heeded while a registry is silent, and its error comes out."""
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Interrupted("stopped by a signal")

    with Registry(script=lambda _: Delay(8)) as registry:
        threading.Timer(0.2, stopped.set).start()
        store = store_on(clockwork=hurried(check=check))
        with pytest.raises(Interrupted):
            store.manifest(tagged(registry))
        # The stop left no lock behind: another thread is not kept waiting.
        stopped.clear()
        thread = threading.Thread(target=lambda: _quietly(store, registry), daemon=True)
        thread.start()
        time.sleep(0.1)
        stopped.set()
        thread.join(5)
        assert not thread.is_alive()


def _quietly(store: Store, registry: Registry) -> None:
    try:
        store.manifest(tagged(registry))
    except Interrupted:
        return


def test_what_is_no_http_is_told_as_such() -> None:
    """A port of something else is an error that names the host and the cause."""
    told = pytest.raises(RegistryError, match=r"127\.0\.0\.1:[0-9]+ .*does not speak HTTP")
    with Registry(script=lambda _: Raw([b"SSH-2.0-x\r\n"])) as registry, told:
        store_on().manifest(tagged(registry))


def test_settings_are_read_without_requests() -> None:
    """Who only reads settings, or shows help, does not pay for the HTTP library."""
    code = (
        "import sys, boltseal.stores.registry.settings as s\n"
        "s.RegistrySettings()\n"
        "print(sorted({'requests', 'urllib3', 'docker'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
