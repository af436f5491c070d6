"""Start credential programs (`docker-credential-*`), found only where nobody else writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from boltseal.core.reading import optional_member, parse_object
from boltseal.errors import FileUnusable, Malformed
from boltseal.stores.registry.authfiles import CredentialKind, Credentials

LARGEST_ANSWER = 64 * 1024
PROGRAM_SECONDS = 30.0
_NOTHING = "credentials not found in native keychain"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program did: its exit status (None if it was ended for its time) and its output."""

    status: int | None
    output: bytes = field(repr=False)


Run = Callable[[Sequence[str], bytes], Outcome]


def runner(environment: Mapping[str, str], *, seconds: float = PROGRAM_SECONDS) -> Run:
    """Return a `Run` over real processes: no shell, output capped, ended after `seconds`.

    The variables that hold our own secrets are not passed on, and what the program says on
    standard error goes nowhere: it may hold secrets.
    """
    passed = {name: value for name, value in environment.items() if not _ours(name)}

    def run(command: Sequence[str], given: bytes) -> Outcome:
        with subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=passed,
            # A group of its own, so that what a script has started ends with it.
            start_new_session=True,
        ) as process:
            late = threading.Event()
            timer = threading.Timer(seconds, _end, (process, late))
            timer.daemon = True
            timer.start()
            try:
                output = _exchanged(process, given)
            finally:
                timer.cancel()
                if process.poll() is None:
                    _kill(process)
        return Outcome(None if late.is_set() else process.returncode, output)

    return run


@dataclass(frozen=True, slots=True)
class Programs:
    """Ask credential programs.

    `path` is the PATH to look in. `distrusted` are folders that others write to (the checked-out
    workspace): nothing in them is started. `current` is the working folder; it is not looked in,
    whatever PATH says.
    """

    run: Run
    path: str
    distrusted: tuple[Path, ...] = ()
    current: Path | None = None
    windows: bool = os.name == "nt"

    def ask(self, name: str, server: str, *, origin: str) -> Credentials | None:
        """Return what `docker-credential-<name> get` holds for a server, None if nothing.

        `origin` is the login file that names the program. Raise FileUnusable if it is missing,
        fails, takes too long or answers something else; its output is never shown.
        """
        program = f"docker-credential-{name}"
        found = self._find(program)
        if found is None:
            raise FileUnusable(
                f"{origin} names the credential program {program}, which is not in PATH (the "
                "workspace and the current folder are not looked in); install it, or log in again "
                "without it"
            )
        try:
            outcome = self.run([str(found), "get"], server.encode())
        except OSError as error:
            raise FileUnusable(f"{program} could not be started: {error.strerror}") from error
        return _read(outcome, program=program, server=server, origin=origin)

    def _find(self, program: str) -> Path | None:
        for folder in self.path.split(";" if self.windows else ":"):
            path = Path(folder)
            if not folder or not path.is_absolute() or self.is_distrusted(path):
                continue
            candidate = path / (f"{program}.exe" if self.windows else program)
            if not candidate.is_file() or not os.access(candidate, os.X_OK):
                continue
            if not self.is_distrusted(candidate.resolve().parent):
                return candidate
        return None

    def is_distrusted(self, folder: Path) -> bool:
        """Say whether others than the owner of this run may have written to a folder."""
        real = folder.resolve()
        if self.current is not None and real == self.current.resolve():
            return True
        return any(real.is_relative_to(place.resolve()) for place in self.distrusted)


def _exchanged(process: subprocess.Popen[bytes], given: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    with suppress(OSError):
        process.stdin.write(given)
        process.stdin.close()
    output = process.stdout.read(LARGEST_ANSWER + 1)
    if len(output) <= LARGEST_ANSWER:
        process.wait()
    return output


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that has not been waited for yet, and its group where there are groups."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ours(name: str) -> bool:
    return name.startswith(("COSIGN_", "BOLTSEAL_", "INPUT_"))


def _read(outcome: Outcome, *, program: str, server: str, origin: str) -> Credentials | None:
    if outcome.status is None:
        raise FileUnusable(f"{program} did not answer in time for {server}")
    if len(outcome.output) > LARGEST_ANSWER:
        raise FileUnusable(f"{program} answered more than {LARGEST_ANSWER} bytes for {server}")
    if outcome.status != 0:
        if outcome.output.decode("utf-8", "replace").strip() == _NOTHING:
            return None
        raise FileUnusable(
            f"{program}, named by {origin}, failed for {server} with exit status {outcome.status}; "
            f"run `echo {server} | {program} get` to see why, or log in again"
        )
    try:
        value = parse_object(outcome.output, what=f"the answer of {program}")
        username = optional_member(value, "Username", str, what=program) or ""
        secret = optional_member(value, "Secret", str, what=program) or ""
    except Malformed as error:
        raise FileUnusable(f"{program} did not answer with credentials for {server}") from error
    if not secret:
        return None
    kind: CredentialKind = "identity-token" if username == "<token>" else "password"
    return Credentials(kind, username, secret, f"{program} ({origin})")
