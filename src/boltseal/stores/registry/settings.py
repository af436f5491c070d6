"""From settings to a store: the one place where the registry client is put together."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from boltseal.stores.registry.auth import Authentication
from boltseal.stores.registry.blobs import SinglePost
from boltseal.stores.registry.caller import Caller, Plain
from boltseal.stores.registry.client import RegistryStore
from boltseal.stores.registry.credentials import Explicit, Keychain, Places
from boltseal.stores.registry.patience import Clockwork, PatientTransport
from boltseal.stores.registry.programs import Programs, Run, runner
from boltseal.stores.registry.proxies import Proxies
from boltseal.stores.registry.redirects import FollowingTransport
from boltseal.stores.registry.tls import TLS

if TYPE_CHECKING:
    from boltseal.stores.registry.transport import RequestsTransport


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How a run talks to registries; nothing is read from the process itself.

    `insecure` lists registries (`host[:port]`) to speak to without TLS, and without checking
    certificates where they have it; `allow_http` falls back to plain HTTP everywhere, `skip_tls`
    checks no certificate anywhere, `only_tls` forbids plain HTTP even on loopback. `timeout` is
    the time in seconds for one call with everything that belongs to it. `realms` are hosts that
    may be shown the credentials of any registry. `workspace` is the folder that a pull request
    writes to, `current` the working folder; no program is started from either. `writes`: the run
    will push. `environment` and `home` are those of the user; `proxies` None takes the
    environment's. `version` is boltseal's own, for the User-Agent.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    config: Path | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    server_name: str | None = None
    insecure: tuple[str, ...] = ()
    allow_http: bool = False
    skip_tls: bool = False
    only_tls: bool = False
    timeout: float = 120.0
    retries: int = 3
    proxies: Proxies | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    home: Path | None = None
    realms: tuple[str, ...] = ()
    workspace: Path | None = None
    current: Path | None = None
    writes: bool = False
    single_post: SinglePost = "off"
    forbidden_means_missing: tuple[str, ...] = ()
    version: str = "0"

    def keychain(self, run: Run | None = None) -> Keychain:
        """Make the finder of credentials; `run` starts programs."""
        programs = Programs(
            run or runner(self.environment),
            self.environment.get("PATH", ""),
            distrusted=(self.workspace,) if self.workspace else (),
            current=self.current,
        )
        return Keychain(
            Explicit(self.username, self.password, self.token),
            places=Places.of(self.environment, home=self.home, config=self.config),
            programs=programs,
            home=self.home,
        )

    def insecure_names(self) -> frozenset[str]:
        """Return the insecure registries as `host[:port]` in lower case, a scheme taken off."""
        return frozenset(
            name.strip().lower().rpartition("://")[2].rstrip("/") for name in self.insecure
        )

    def tls(self) -> TLS:
        """Return the TLS settings; SSL_CERT_FILE and SSL_CERT_DIR count as they do for Go."""
        file, folder = self.ca_file, None
        if file is None:
            file = _existing(self.environment.get("SSL_CERT_FILE"))
            folder = _existing(self.environment.get("SSL_CERT_DIR"))
        return TLS(
            ca_file=file,
            ca_folder=folder,
            client_cert=self.client_cert,
            client_key=self.client_key,
            server_name=self.server_name,
            unverified=self.skip_tls,
        )


def system_time(check: Callable[[], None] = lambda: None) -> Clockwork:
    """Return the machine's clocks and chance; `check` raises where the run is to stop."""
    chance = random.Random()  # noqa: S311 - it only spreads waiting times
    return Clockwork(time.monotonic, time.time, time.sleep, chance.random, check)


def open_registry(
    settings: RegistrySettings,
    *,
    clockwork: Clockwork | None = None,
    trace: Callable[[str], None] | None = None,
    run: Run | None = None,
    on_throttle: Callable[[], None] = lambda: None,
) -> RegistryStore:
    """Put a store together. It reads no file and opens no connection before its first call.

    `trace` takes one line without secrets for each exchange, `on_throttle` is called at each
    answer 429. Raise UsageError for settings that contradict each other.
    """
    clockwork = clockwork or system_time()
    wire = _wire(settings, check=clockwork.check, trace=trace)
    patient = PatientTransport(
        wire, time=clockwork, retries=settings.retries, on_throttle=on_throttle
    )
    authentication = Authentication(
        settings.keychain(run).find,
        clock=clockwork.clock,
        writes=settings.writes,
        realms=settings.realms,
    )
    caller = Caller(
        FollowingTransport(patient),
        authentication,
        clock=clockwork.clock,
        timeout=settings.timeout,
        plain=Plain(
            settings.insecure_names(),
            everywhere=settings.allow_http,
            nowhere=settings.only_tls,
        ),
    )
    return RegistryStore(
        caller,
        single_post=settings.single_post,
        forbidden_means_missing=settings.forbidden_means_missing,
        on_close=wire.close,
    )


def _wire(
    settings: RegistrySettings,
    *,
    check: Callable[[], None],
    trace: Callable[[str], None] | None,
) -> RequestsTransport:
    # Imported here: requests takes a fifth of a second, which reading settings need not pay.
    from boltseal.stores.registry.transport import RequestsTransport, WireSettings

    wire_settings = WireSettings(
        tls=settings.tls(),
        unverified=settings.insecure_names(),
        proxies=settings.proxies or Proxies.from_environment(settings.environment),
        version=settings.version,
        silence=min(30.0, settings.timeout / 2),
    )
    return RequestsTransport(wire_settings, check=check, trace=trace)


def _existing(text: str | None) -> Path | None:
    path = Path(text) if text else None
    return path if path is not None and path.exists() else None
