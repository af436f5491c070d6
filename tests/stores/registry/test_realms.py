"""Which token servers may see a registry's credentials."""

from __future__ import annotations

import pytest

from boltseal.errors import AccessDenied, RegistryError
from boltseal.stores.registry.exchange import Response
from boltseal.stores.registry.realms import checked_realm, related


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("index.docker.io", "auth.docker.io"),
        ("registry.gitlab.com", "gitlab.com"),
        ("registry.example.co.uk", "gitlab.example.co.uk"),
        ("ghcr.io", "ghcr.io"),
        ("x.azurecr.io", "X.azurecr.io"),
        ("registry.redhat.io", "sso.redhat.com"),
        ("dhi.io", "auth.docker.io"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_hosts_of_one_owner_are_related(registry: str, realm: str) -> None:
    """The same host, one registrable domain, and the known pairs."""
    assert related(registry, realm)


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("registry.example", "evil.test"),
        ("a.co.uk", "b.co.uk"),
        ("mine.azurecr.io", "theirs.azurecr.io"),
        ("1.dkr.ecr.eu.amazonaws.com", "evil.s3.amazonaws.com"),
        ("ghcr.io", "ghcr.io.evil.test"),
        ("ghcr.io", "evilghcr.io"),
        ("registry", "auth"),
        ("10.0.0.1", "10.0.0.2"),
        ("nvcr.io", "evil.io"),
        ("docker.io", "dhi.io"),
    ],
)
def test_strangers_are_not_related(registry: str, realm: str) -> None:
    """Other domains, neighbours below a shared suffix, and other addresses."""
    assert not related(registry, realm)


def checked(
    realm: str,
    *,
    registry: str = "https://reg.example",
    secret: bool = True,
    peer: str = "93.184.216.34",
    allowed: tuple[str, ...] = (),
) -> str:
    answer = Response(401, url=f"{registry}/v2/a/manifests/b", peer=peer)
    return checked_realm(realm, answer=answer, secret=secret, allowed=allowed).geturl()


def test_an_unrelated_realm_is_not_shown_credentials() -> None:
    """The refusal names both hosts and says that nothing was sent."""
    with pytest.raises(AccessDenied, match=r"evil\.test.*nothing was sent"):
        checked("https://evil.test/token")


def test_an_unrelated_realm_is_asked_without_credentials() -> None:
    """Anonymous tokens put nothing at risk."""
    assert checked("https://evil.test/token", secret=False)


def test_a_realm_may_be_allowed() -> None:
    """The setting names a host, or a host with its port."""
    assert checked("https://sso.corp/token", allowed=("sso.corp",))
    assert checked("https://sso.corp:8443/token", allowed=("sso.corp:8443",))


@pytest.mark.parametrize("secret", [True, False])
def test_a_realm_without_tls_is_refused_by_a_registry_with_tls(secret: bool) -> None:
    """Neither credentials nor tokens go over the open network."""
    with pytest.raises(RegistryError, match="without TLS"):
        checked("http://reg.example/token", secret=secret, allowed=("reg.example",))


@pytest.mark.parametrize(
    "realm", ["https://10.0.0.1/t", "https://169.254.169.254/t", "https://localhost/t"]
)
def test_a_public_registry_names_no_private_realm(realm: str) -> None:
    """Not even for an anonymous token."""
    with pytest.raises(RegistryError, match="nothing was sent"):
        checked(realm, secret=False)


@pytest.mark.parametrize(
    "realm", ["ftp://x/", "https://u:p@reg.example/t", "javascript:x", "https://[x/"]
)
def test_a_realm_has_to_be_a_url(realm: str) -> None:
    """Other things are refused with an error of ours."""
    with pytest.raises(RegistryError):
        checked(realm)


def test_on_loopback_any_loopback_realm_will_do() -> None:
    """A registry and a token server of one machine may have different ports and names."""
    assert checked(
        "http://localhost:5001/token", registry="http://127.0.0.1:5000", peer="127.0.0.1"
    )


def test_a_listed_plain_registry_may_be_its_own_realm_only() -> None:
    """Over plain HTTP credentials go to the registry's own host, which the caller has listed."""
    here = {"registry": "http://reg.corp:5000", "peer": "10.0.0.1"}
    assert checked("http://reg.corp:5001/token", **here)  # type: ignore[arg-type]
    with pytest.raises(AccessDenied):
        checked("http://auth.reg.corp/token", **here)  # type: ignore[arg-type]
