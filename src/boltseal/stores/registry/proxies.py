"""Which proxy a URL takes, read on purpose from given values and never from the process."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from boltseal.stores.registry.addresses import host_reach, parse_address, split_host


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of plain and TLS requests, and the hosts that are reached without one.

    A proxy is a URL, `http://` being added where there is no scheme; it may hold a password, so
    it stays out of the repr. `bypass` is the comma-separated list of NO_PROXY.
    """

    http: str = field(default="", repr=False)
    https: str = field(default="", repr=False)
    bypass: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Proxies:
        """Read http_proxy, https_proxy, all_proxy and no_proxy, lower case before upper.

        HTTP_PROXY in capitals is not read where REQUEST_METHOD is set: in a CGI program it is a
        header of the request (https://httpoxy.org).
        """

        def read(name: str) -> str:
            return (environment.get(name) or environment.get(name.upper()) or "").strip()

        cgi = "REQUEST_METHOD" in environment
        plain = environment.get("http_proxy", "").strip() if cgi else read("http_proxy")
        everything = read("all_proxy")
        return cls(plain or everything, read("https_proxy") or everything, read("no_proxy"))

    def for_url(self, url: str) -> str | None:
        """Return the proxy for `url`, or None; loopback never takes one (as in Go)."""
        parts = urlsplit(url)
        proxy = self.https if parts.scheme == "https" else self.http
        host = (parts.hostname or "").rstrip(".")
        if not proxy or host_reach(host) == "loopback":
            return None
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if any(_matches(entry.strip(), host, port=port) for entry in self.bypass.split(",")):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


def _matches(entry: str, host: str, *, port: int) -> bool:
    """Say whether an entry of NO_PROXY (name, `.suffix`, address, CIDR, with a port) holds."""
    if not entry:
        return False
    if entry == "*":
        return True
    address = parse_address(host)
    if "/" in entry:
        return address is not None and _in_network(entry, address)
    if parse_address(entry) is not None:
        return address == parse_address(entry)
    name, wanted_port = split_host(entry)
    if wanted_port is not None and wanted_port != port:
        return False
    if parse_address(name) is not None:
        return address == parse_address(name)
    # curl, Go and requests all let `example.com` stand for its subdomains too.
    name = name.lstrip("*").lstrip(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _in_network(entry: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(
            entry.replace("[", "").replace("]", ""), strict=False
        )
    except ValueError:
        return False
