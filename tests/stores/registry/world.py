"""What these tests share: stores on a test registry, hurried clocks, a wire that plays answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from boltseal.core.names import Reference, Repository
from boltseal.core.oci import OCI_CONFIG, Descriptor, Manifest
from boltseal.stores.registry.auth import Authentication
from boltseal.stores.registry.caller import Call, Caller, Plain
from boltseal.stores.registry.client import RegistryStore
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Failure, Request, Response
from boltseal.stores.registry.patience import Clockwork
from boltseal.stores.registry.redirects import FollowingTransport
from boltseal.stores.registry.scopes import Need
from boltseal.stores.registry.settings import RegistrySettings, open_registry
from boltseal.stores.registry.transport import RequestsTransport, WireSettings
from tests.support.registry import Registry

USER, PASSWORD, IDENTITY = "octo", "correct-horse-battery", "identity-token-secret"


def hurried(slept: list[float] | None = None, **changes: Any) -> Clockwork:
    """Return the real clocks with waits that are noted and hardly waited."""

    def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(seconds)
        time.sleep(min(seconds, 0.002))

    return replace(Clockwork(time.monotonic, time.time, sleep, lambda: 1.0), **changes)


def store_on(
    _: Registry | None = None,
    *,
    clockwork: Clockwork | None = None,
    trace: Callable[[str], None] | None = None,
    **settings: Any,
) -> RegistryStore:
    """Return a store with the test's user and password, unless `settings` say otherwise."""
    chosen = {"username": USER, "password": PASSWORD, "retries": 2, "timeout": 20.0, **settings}
    return open_registry(RegistrySettings(**chosen), clockwork=clockwork or hurried(), trace=trace)


def repository(registry: Registry, path: str = "org/app") -> Repository:
    """Return a repository on a test registry."""
    return Repository.parse(f"{registry.host}/{path}")


def tagged(registry: Registry, tag: str = "latest", *, path: str = "org/app") -> Reference:
    """Return a tag on a test registry."""
    return repository(registry, path).at(tag)


def sample(*layers: bytes, **more: Any) -> Manifest:
    """Build a small manifest."""
    described = tuple(Descriptor.of(layer, "application/vnd.test.layer") for layer in layers)
    return Manifest.build(Descriptor.of(b"{}", OCI_CONFIG), described, **more)


def planted(
    registry: Registry, *layers: bytes, path: str = "org/app", tag: str | None = "latest"
) -> Manifest:
    """Put a small image straight into a test registry."""
    manifest = sample(*(layers or (b"layer",)))
    for content in (b"{}", *(layers or (b"layer",))):
        registry.put_blob(path, content)
    registry.put_manifest(path, manifest.raw, media_type=manifest.media_type, tag=tag)
    return manifest


@dataclass
class PlayedWire:
    """A Wire and a Transport that plays outcomes in order and remembers what it was sent."""

    outcomes: list[Response | Failure]
    sent: list[Request] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def exchange(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        self.sent.append(request)
        self.deadlines.append(deadline)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Response):
            return replace(outcome, url=request.url, body=outcome.body[:limit])
        return outcome

    def send(self, request: Request, *, limit: int, deadline: float) -> Response | Failure:
        return self.exchange(request, limit=limit, deadline=deadline)


def reader(
    authentication: Authentication, reference: Reference, *, clock: Callable[[], float]
) -> Callable[[], Response]:
    """Return a call that reads a manifest; only the token's life goes by `clock`."""
    wire = RequestsTransport(WireSettings())

    class Now:
        def send(self, request: Any, *, limit: int, deadline: float) -> Any:
            return wire.exchange(request, limit=limit, deadline=time.monotonic() + 10)

    transport = FollowingTransport(Now())
    caller = Caller(transport, authentication, clock=clock, timeout=10, plain=Plain())
    path = f"/v2/{reference.repository.path}/manifests/{reference.target}"
    accept = (("Accept", "application/vnd.oci.image.manifest.v1+json"),)
    return lambda: caller.call(Call("GET", path, Need(reference.repository), headers=accept))


def reading_as(registry: Registry, credentials: Credentials, **more: Any) -> Callable[[], Response]:
    """Return a call that reads the tag `latest` of `org/app` with these credentials."""
    authentication = Authentication(lambda _: credentials, clock=time.monotonic, **more)
    return reader(authentication, tagged(registry), clock=time.monotonic)
