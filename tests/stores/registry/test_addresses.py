"""How far addresses reach, and which proxy a URL takes."""

from __future__ import annotations

import ipaddress

import pytest

from boltseal.stores.registry.addresses import host_reach, reach_of, split_host
from boltseal.stores.registry.proxies import Proxies


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("8.8.8.8", "public"),
        ("2606:4700::1111", "public"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("224.0.0.1", "private"),
        ("fd00::1", "private"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("0.0.0.0", "loopback"),
        ("::", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:7f00:1::", "loopback"),
    ],
)
def test_an_address_reaches_as_far_as_what_it_wraps(address: str, reach: str) -> None:
    """Private, link-local and loopback are told apart, through mapped, NAT64 and 6to4 forms too."""
    assert reach_of(ipaddress.ip_address(address)) == reach


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("localhost", "loopback"),
        ("a.LOCALHOST.", "loopback"),
        ("[::1]", "loopback"),
        ("fe80::1%eth0", "link-local"),
        ("ghcr.io", None),
        ("localhost.example", None),
        ("127.1", "loopback"),
        ("0x7f.1", "loopback"),
        ("2130706433", "loopback"),
        ("0251.0376.0251.0376", "link-local"),
        ("999.999.999.999.999", None),
        ("99999999999", None),
        ("1e100.net", None),
    ],
)
def test_a_name_says_nothing_of_its_reach_but_localhost(host: str, reach: str | None) -> None:
    """Only IP literals and localhost names have a reach before they are looked up."""
    assert host_reach(host) == reach


def test_a_host_is_split_from_its_port() -> None:
    """Brackets go, the port is a number, and the case of names does not count."""
    assert split_host("[::1]:5000") == ("::1", 5000)
    assert split_host("Reg.Example:443") == ("reg.example", 443)
    assert split_host("reg") == ("reg", None)


ALL = Proxies("http://p:1", "http://p:2", "")


@pytest.mark.parametrize(
    ("bypass", "url"),
    [
        ("*", "https://ghcr.io/"),
        ("ghcr.io", "https://ghcr.io/"),
        ("ghcr.io", "https://sub.ghcr.io/"),
        (".ghcr.io", "https://sub.ghcr.io/"),
        ("*.ghcr.io", "https://sub.ghcr.io/"),
        ("GHCR.io:443", "https://ghcr.io/"),
        ("x, 10.0.0.0/8 ,y", "https://10.1.2.3:5000/"),
        ("fd00::/8", "https://[fd00::5]:5000/"),
        ("[fd00::]/8", "https://[fd00::5]/"),
        ("fd00::5", "https://[fd00:0::5]/"),
        ("[fd00::5]:5000", "https://[fd00::5]:5000/"),
        ("10.1.2.3", "http://10.1.2.3/"),
    ],
)
def test_no_proxy_names_hosts_suffixes_addresses_and_networks(bypass: str, url: str) -> None:
    """What NO_PROXY matches is reached without a proxy, IPv6 and CIDR included."""
    assert Proxies("http://p:1", "http://p:2", bypass).for_url(url) is None


@pytest.mark.parametrize(
    ("bypass", "url"),
    [
        ("", "https://ghcr.io/"),
        ("ghcr.io:5000", "https://ghcr.io/"),
        ("hcr.io", "https://ghcr.io/"),
        ("10.0.0.0/8", "https://11.0.0.1/"),
        ("10.0.0.0/99", "https://10.0.0.1/"),
        ("fd00::/8", "https://10.0.0.1/"),
        (",,,", "https://ghcr.io/"),
        (".", "https://ghcr.io/"),
    ],
)
def test_what_no_proxy_does_not_match_takes_the_proxy(bypass: str, url: str) -> None:
    """A like name, another port, another network or nonsense in NO_PROXY change nothing."""
    assert Proxies("http://p:1", "http://p:2", bypass).for_url(url) == "http://p:2"


def test_loopback_takes_no_proxy() -> None:
    """As in Go, what runs on this machine is reached directly."""
    assert ALL.for_url("http://localhost:5000/") is None
    assert ALL.for_url("http://[::1]:5000/") is None
    assert ALL.for_url("http://reg.localhost/") is None
    assert ALL.for_url("http://10.0.0.1/") == "http://p:1"


def test_proxies_come_from_the_given_environment() -> None:
    """Lower case comes first, a scheme is added, ALL_PROXY stands in, and the repr hides them."""
    read = Proxies.from_environment(
        {"HTTPS_PROXY": "http://user:secret@up:3128", "https_proxy": "low:1", "ALL_PROXY": "all:2"}
    )
    assert read.for_url("https://ghcr.io/") == "http://low:1"
    assert read.for_url("http://10.0.0.1/") == "http://all:2"
    assert "secret" not in repr(Proxies.from_environment({"HTTPS_PROXY": "http://u:secret@up"}))


def test_a_cgi_program_takes_no_proxy_from_a_header() -> None:
    """HTTP_PROXY is the request's `Proxy:` header where REQUEST_METHOD is set (httpoxy)."""
    given = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil"}
    assert Proxies.from_environment(given).for_url("http://10.0.0.1/") is None
