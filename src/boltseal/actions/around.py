"""What surrounds an action, as one value: environment, folders, clock, runner, the wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from boltseal import __version__
from boltseal.actions.inputs import Common
from boltseal.actions.workspace import Workspace, read_event
from boltseal.core.build import Build
from boltseal.core.names import Repository
from boltseal.errors import Interrupted, Undecided
from boltseal.stores import Store
from boltseal.stores.registry.settings import RegistrySettings, open_registry, system_time

_CALL = 120.0


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class Around:
    """Everything that an action sees of the process; a test makes one of its own.

    `say` prints a line to the log, `trace` (None for nobody) a line about each request. Whoever
    sets `stop` ends the run at its next request. `began` is monotonic time.
    """

    environment: Mapping[str, str] = field(repr=False)
    workspace: Workspace
    say: Callable[[str], None]
    trace: Callable[[str], None] | None = None
    now: Callable[[], datetime] = _now
    stop: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)

    def build(self) -> Build:
        """Return where this run is and what it builds from."""
        return Build.from_github(self.environment, read_event(self.environment))

    def check(self, limit: float) -> None:
        """Raise Interrupted once the run is to stop, Undecided once `limit` seconds are over."""
        if self.stop.is_set():
            raise Interrupted("the run was cancelled before its end; run it again to complete it")
        if time.monotonic() - self.began > limit:
            raise Undecided(
                f"the time of the input `timeout` ({limit:g} s) is over; run it again, or give more"
            )

    def pause(self, limit: float) -> Callable[[float], None]:
        """Return what waits some seconds, unless the run is to stop meanwhile."""

        def wait(seconds: float) -> None:
            self.stop.wait(seconds)
            self.check(limit)

        return wait

    @contextmanager
    def registry(self, inputs: Common, *, writes: bool) -> Iterator[Store]:
        """Open the registry client for as long as it is used."""
        store = open_registry(
            self._settings(inputs, writes=writes),
            clockwork=system_time(lambda: self.check(inputs.timeout)),
            trace=self.trace,
        )
        try:
            yield store
        finally:
            store.close()

    def _settings(self, inputs: Common, *, writes: bool) -> RegistrySettings:
        home = self.environment.get("HOME") or self.environment.get("USERPROFILE")
        return RegistrySettings(
            username=inputs.registry_username or None,
            password=inputs.registry_password or None,
            config=_machine_path(inputs.registry_config),
            ca_file=_machine_path(inputs.ca_file),
            insecure=inputs.insecure_registries,
            timeout=min(_CALL, inputs.timeout),
            retries=inputs.retries,
            environment=self.environment,
            home=Path(home) if home else None,
            workspace=self.workspace.root,
            current=Path.cwd(),
            writes=writes,
            version=__version__,
        )

    def attachments(self, inputs: Common) -> Repository | None:
        """Return the repository of signatures, from the input or from COSIGN_REPOSITORY."""
        text = inputs.attachments_repository or self.environment.get("COSIGN_REPOSITORY", "")
        return Repository.parse(text) if text else None


def _machine_path(text: str) -> Path | None:
    """Take a path that may well lie outside of the workspace: the machine's own files."""
    return Path(text).expanduser() if text else None
