"""From a command line and its environment to the secrets of a forge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boltseal import __version__
from boltseal.cli.flags import Given
from boltseal.cli.wiring import trace
from boltseal.errors import UsageError
from boltseal.stores.forge import GITHUB, Forge, ForgeSettings, SecretTarget
from boltseal.stores.githistory import git_in

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
_RETRIES = 2
_REMOTE = re.compile(
    r"(?:[a-z+]+://(?:[^/@]*@)?|[^/@]+@)(?P<host>[A-Za-z0-9.-]+)(?::\d+(?=/))?[:/]"
    r"(?P<name>[^/]+/[^/]+?)(?:\.git)?/?"
)


def token_of(given: Given) -> str:
    """Return the forge's token from GH_TOKEN or GITHUB_TOKEN, empty where neither is set."""
    return next((t for name in TOKENS if (t := given.around.environment.get(name, "").strip())), "")


def remote_of(given: Given, folder: Path) -> tuple[str, str]:
    """Return host and `owner/name` of the remote `origin`, both empty where there is none."""
    said = git_in(folder, given.around.environment)(("remote", "get-url", "origin"), b"") or b""
    found = _REMOTE.fullmatch(said.decode("utf-8", "replace").strip())
    return (found["host"].lower(), found["name"]) if found else ("", "")


def repository_of(given: Given, folder: Path) -> str:
    """Return `owner/name`: --repository, else GITHUB_REPOSITORY, else of the remote `origin`."""
    text = given.text("repository") or given.around.environment.get("GITHUB_REPOSITORY", "")
    return text or remote_of(given, folder)[1]


def api_of(given: Given, folder: Path) -> str:
    """Return the URL of the forge's API; raise UsageError where it cannot be told from the remote.

    A token must not go to GitHub because nobody said where else.
    """
    text = given.text("api-url") or given.around.environment.get("GITHUB_API_URL", "")
    host = remote_of(given, folder)[0]
    if text or host in ("", "github.com"):
        return text or GITHUB
    raise UsageError(
        f"the remote origin is on {host}, and nothing says where the API of that forge is; give "
        f"--api-url https://{host}/api/v3 (GitHub Enterprise) or /api/v1 (Gitea, Forgejo)"
    )


@contextmanager
def forge(given: Given, folder: Path, *, target: SecretTarget) -> Iterator[Forge]:
    """Open the secrets of a target, for the length of a verb."""
    from boltseal.stores.registry.patience import PatientTransport
    from boltseal.stores.registry.proxies import Proxies
    from boltseal.stores.registry.settings import RegistrySettings, system_time
    from boltseal.stores.registry.transport import RequestsTransport, WireSettings

    environment = given.around.environment
    settings = ForgeSettings.of(api_of(given, folder), token_of(given))
    time = system_time(given.around.check)
    wire = RequestsTransport(
        WireSettings(
            tls=RegistrySettings(environment=environment).tls(),
            proxies=Proxies.from_environment(environment),
            version=__version__,
        ),
        check=time.check,
        trace=trace(given),
    )
    try:
        yield Forge(settings, target, PatientTransport(wire, time=time, retries=_RETRIES), time)
    finally:
        wire.close()
