"""Decide whether a token server that a registry names may be shown the registry's credentials."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from boltseal.errors import AccessDenied, RegistryError
from boltseal.stores.registry.addresses import host_reach, is_listed, parse_address
from boltseal.stores.registry.exchange import Response
from boltseal.stores.registry.redirects import check_reach, home_reach, parse_target

# Token servers of other domains than their registries', from the registries' own challenges.
_PAIRS = {
    "dhi.io": ("docker.io",),
    "redhat.io": ("redhat.com",),
    "nvcr.io": ("nvidia.com",),
    "scw.cloud": ("scaleway.com",),
}
# Below these, anybody can have a host: two hosts there are not of one owner. The second group
# of suffixes, of countries, is told by its shape in `_owner`.
_SHARED = (
    "amazonaws.com",
    "appspot.com",
    "azurecr.io",
    "azurewebsites.net",
    "cloudapp.net",
    "cloudfront.net",
    "duckdns.org",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "googleusercontent.com",
    "herokuapp.com",
    "jfrog.io",
    "netlify.app",
    "ngrok-free.app",
    "ngrok.app",
    "ngrok.io",
    "nip.io",
    "ondigitalocean.app",
    "onrender.com",
    "pages.dev",
    "pkg.dev",
    "r2.dev",
    "run.app",
    "sslip.io",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "windows.net",
    "workers.dev",
)


def checked_realm(
    realm: str, *, answer: Response, secret: bool, allowed: Collection[str]
) -> SplitResult:
    """Return the realm of the challenge in `answer` if a token may be asked for there.

    `secret` tells whether credentials would be sent; without, only the way there has to be safe.
    `allowed` are further hosts that may have them. Raise RegistryError or AccessDenied, nothing
    having been sent.
    """
    registry = urlsplit(answer.url)
    target = parse_target(answer.url, realm)
    host = (target.hostname or "").lower()
    same = host == (registry.hostname or "").lower()
    if registry.scheme == "https" and target.scheme != "https":
        raise RegistryError(
            f"{registry.netloc} names a token server without TLS ({target.netloc}): refused"
        )
    check_reach(home_reach(registry, answer), target, what=f"the challenge of {registry.netloc}")
    if not secret or same or is_listed(target.netloc, allowed):
        return target
    both_here = host_reach(host) == host_reach(registry.hostname or "") == "loopback"
    clear = target.scheme == "http" and not both_here
    if clear or not (both_here or related(registry.hostname or "", host)):
        raise AccessDenied(
            f"{registry.netloc} wants its credentials to be sent to {target.netloc}, which is not "
            "known to belong to it; nothing was sent. If that is its token server, allow that host "
            "for authentication in the settings"
        )
    return target


def related(registry: str, realm: str) -> bool:
    """Say whether two host names have one owner, as far as names can tell.

    They do if they are the same, of one registrable domain (taken as the last two labels, or
    three below a country's `co.uk` and the like), or a known pair.
    """
    registry, realm = registry.lower().rstrip("."), realm.lower().rstrip(".")
    if registry == realm:
        return True
    if parse_address(registry) or parse_address(realm):
        return False
    one, other = _owner(registry), _owner(realm)
    return bool(one and other) and (one == other or other in _PAIRS.get(str(one), ()))


def _owner(host: str) -> str | None:
    labels = host.split(".")
    if len(labels) < 2 or any(host == name or host.endswith(f".{name}") for name in _SHARED):
        return None
    country = len(labels[-1]) == 2 and labels[-2] in (
        "ac",
        "co",
        "com",
        "edu",
        "go",
        "gov",
        "net",
        "or",
        "org",
    )
    wanted = 3 if country else 2
    return ".".join(labels[-wanted:]) if len(labels) >= wanted else None
