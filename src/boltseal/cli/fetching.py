"""A key that stands behind a URL: fetched over TLS, without credentials, never in part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from boltseal import __version__
from boltseal.errors import RegistryError, UsageError
from boltseal.stores.keyfiles import LARGEST
from boltseal.stores.registry.addresses import host_reach
from boltseal.stores.registry.exchange import Request, answered, shown_url
from boltseal.stores.registry.patience import Clockwork, PatientTransport
from boltseal.stores.registry.proxies import Proxies
from boltseal.stores.registry.redirects import FollowingTransport
from boltseal.stores.registry.settings import RegistrySettings

_SECONDS = 30.0
_RETRIES = 2


def fetch(
    url: str,
    *,
    environment: Mapping[str, str],
    time: Clockwork,
    trace: Callable[[str], None] | None,
    flag: str = "--key",
) -> bytes:
    """Return the body of a 2xx answer of at most 64 KiB; `flag` named the URL.

    Plain HTTP is taken from loopback only: whoever stands between could hand out a key of their
    own. Raise UsageError for that, RegistryError where there is no usable answer.
    """
    from boltseal.stores.registry.transport import RequestsTransport, WireSettings

    parts = urlsplit(url)
    if parts.scheme != "https" and host_reach(parts.hostname or "") != "loopback":
        raise UsageError(
            f"{flag} {shown_url(url)}: what is fetched without TLS may be anybody's; write https://"
        )
    settings = WireSettings(
        tls=RegistrySettings(environment=environment).tls(),
        proxies=Proxies.from_environment(environment),
        version=__version__,
    )
    wire = RequestsTransport(settings, check=time.check, trace=trace)
    transport = FollowingTransport(PatientTransport(wire, time=time, retries=_RETRIES))
    request = Request("GET", url)
    try:
        outcome = transport.send(request, limit=LARGEST, deadline=time.clock() + _SECONDS)
    finally:
        wire.close()
    answer = answered(request, outcome)
    if not 200 <= answer.status < 300:
        raise RegistryError(f"{flag} {shown_url(url)}: the server answered {answer.status}")
    if not answer.whole:
        raise RegistryError(
            f"{flag} {shown_url(url)}: more than {LARGEST} bytes came, too many for that"
        )
    return answer.body
