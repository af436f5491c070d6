"""How far an address reaches, so that no registry in the open sends us into a private network."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Literal

Reach = Literal["public", "private", "link-local", "loopback"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_OLD = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){0,3}")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def split_host(authority: str) -> tuple[str, int | None]:
    """Split `host[:port]` into the host in lower case without brackets, and the port."""
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?", authority)
    if found is None:
        return authority.strip("[]").lower(), None
    return found[1].strip("[]").lower(), int(found[2]) if found[2] else None


def parse_address(host: str) -> Address | None:
    """Read an IP literal (brackets and a zone allowed); None if `host` is a name.

    `127.1`, `0x7f000001` and `2130706433` are addresses too: resolvers read them so.
    """
    text = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text)) if _OLD.fullmatch(text) else None
    except (OSError, ValueError):
        return None


def is_listed(authority: str, listed: Collection[str]) -> bool:
    """Say whether `host[:port]` is in a list of those, where a host without port means any port."""
    return authority.lower() in listed or split_host(authority)[0] in listed


def reach_of(address: Address) -> Reach:
    """Say how far an address reaches; one that wraps another (mapped, NAT64, 6to4) counts as that.

    The metadata services of clouds live at link-local addresses. Whatever is not for everybody
    to use (shared, reserved, multicast) counts as private.
    """
    inner = _unwrapped(address)
    if inner.is_loopback or inner.is_unspecified:
        return "loopback"
    if inner.is_link_local:
        return "link-local"
    return "public" if inner.is_global and not inner.is_multicast else "private"


def host_reach(host: str) -> Reach | None:
    """Say how far an IP literal or a `localhost` name reaches; None for other names."""
    address = parse_address(host)
    if address is not None:
        return reach_of(address)
    name = host.rstrip(".").lower()
    return "loopback" if name == "localhost" or name.endswith(".localhost") else None


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
