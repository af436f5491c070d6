"""Where a registry may point, and what goes along."""

from __future__ import annotations

import pytest

from boltseal.errors import RegistryError
from boltseal.stores.registry.exchange import Follow, Request, Response
from boltseal.stores.registry.redirects import FollowingTransport, onward, parse_target

from .world import PlayedWire

PUBLIC, PRIVATE, LOOPBACK = "93.184.216.34", "10.0.0.5", "127.0.0.1"
BLOB = Request("GET", "https://reg.example/v2/a/blobs/x", (("Authorization", "Bearer t"),))


def moved(location: str, *, status: int = 307, peer: str | None = PUBLIC) -> Response:
    return Response(status, (("Location", location),), peer=peer)


def followed(request: Request, *outcomes: Response) -> PlayedWire:
    wire = PlayedWire(list(outcomes))
    FollowingTransport(wire).send(request, limit=9, deadline=9)
    return wire


def has_authorization(request: Request) -> bool:
    return any(name == "Authorization" for name, _ in request.headers)


def test_another_host_gets_no_authorization() -> None:
    """Object storage is asked without the registry's token, and as a stranger."""
    second = followed(BLOB, moved("https://storage.example/x?sig=1"), Response(200)).sent[1]
    assert second.url == "https://storage.example/x?sig=1"
    assert not has_authorization(second)
    assert second.foreign
    assert second.public_only


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("/v2/b/blobs/x", True),
        ("https://reg.example:443/v2/b", True),
        ("/storage/x", False),
        ("https://reg.example:444/v2/b", False),
        ("https://sub.reg.example/v2/b", False),
    ],
)
def test_authorization_stays_within_the_registrys_api(location: str, kept: bool) -> None:
    """Same origin and an API path keep the token; storage on the same host does not."""
    second = followed(BLOB, moved(location), Response(200)).sent[1]
    assert has_authorization(second) is kept


def test_credentials_for_a_token_server_survive_no_redirect() -> None:
    """Even within the origin, what asked not to be carried on is dropped."""
    request = Request("GET", "https://auth/token", BLOB.headers, keeps_authorization=False)
    second = followed(request, moved("/v2/token"), Response(200)).sent[1]
    assert not has_authorization(second)


def test_authorization_does_not_come_back() -> None:
    """A storage host that points back at the registry does not get the token sent there."""
    wire = followed(
        BLOB, moved("https://s.example/x"), moved("https://reg.example/v2/a"), Response(200)
    )
    assert not has_authorization(wire.sent[2])


def test_tls_is_never_given_up() -> None:
    """A redirect from https to http is refused, and nothing is sent."""
    with pytest.raises(RegistryError, match="from https to http"):
        followed(BLOB, moved("http://reg.example/v2/a"))


@pytest.mark.parametrize(
    ("peer", "location"),
    [
        (PUBLIC, "https://10.0.0.1/x"),
        (PUBLIC, "https://169.254.169.254/latest/meta-data"),
        (PUBLIC, "https://[::ffff:127.0.0.1]/x"),
        (PUBLIC, "https://localhost/x"),
        (PRIVATE, "https://127.0.0.1/x"),
        (PRIVATE, "https://127.1/x"),
        (PUBLIC, "https://0xa9fea9fe/x"),
        (PRIVATE, "https://169.254.169.254/x"),
        (None, "https://192.168.0.1/x"),
    ],
)
def test_nobody_points_us_nearer_than_he_is(peer: str | None, location: str) -> None:
    """A public registry may not send us to private hosts, nor any to this machine or metadata."""
    with pytest.raises(RegistryError, match="nothing was sent"):
        followed(BLOB, moved(location, peer=peer))


def test_a_private_registry_may_have_private_storage() -> None:
    """On the same side of the fence, redirects to private addresses are followed."""
    second = followed(BLOB, moved("https://10.0.0.9/x", peer=PRIVATE), Response(200)).sent[1]
    assert second.url == "https://10.0.0.9/x"
    assert not second.public_only


def test_redirects_end() -> None:
    """The sixth redirect is one too many."""
    with pytest.raises(RegistryError, match="more than 5 times"):
        followed(BLOB, *[moved("/v2/next")] * 6)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://x/y",
        "file:///etc/passwd",
        "https://user:pw@x/y",
        "https://[/",
        "https://x:99999/",
        "http:///nohost",
        "https://x/\x1b[31m",
        "https://x/a b",
        "https://１２７.0.0.1/",
        "https://ｅvil.test/",
        "https://x/" + "a" * 20000,
    ],
)
def test_what_is_no_plain_url_is_refused(location: str) -> None:
    """Other schemes, user information, control characters and endless URLs are errors of ours."""
    with pytest.raises(RegistryError):
        parse_target("https://reg.example/v2/", location)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_write_is_not_turned_into_a_read(status: int) -> None:
    """POST and PUT go on only by 307 and 308; another redirect is the answer."""
    put = Request("PUT", "https://reg.example/v2/a", body=b"x")
    assert len(followed(put, moved("/v2/b", status=status)).sent) == 1
    kept = followed(put, moved("/v2/b", status=307), Response(201)).sent[1]
    assert (kept.method, kept.body) == ("PUT", b"x")


@pytest.mark.parametrize(
    ("follow", "location", "count"),
    [
        ("none", "/v2/b", 1),
        ("home", "/v2/b", 2),
        ("home", "/elsewhere", 1),
        ("home", "https://github.com/-/v2/packages", 1),
        ("any", "https://github.com/-/v2/packages", 2),
    ],
)
def test_a_caller_says_how_far_to_follow(follow: Follow, location: str, count: int) -> None:
    """`home` stays in the origin's API, `none` follows nothing; the redirect is the answer then."""
    request = Request("GET", BLOB.url, follow=follow)
    assert len(followed(request, moved(location), Response(200)).sent) == count


def test_an_upload_may_go_elsewhere_without_credentials() -> None:
    """`Location` of an upload on another host takes the data and no token."""
    request = onward(BLOB, moved("https://up.example/u?x=1"), location="https://up.example/u?x=1")
    assert request.foreign
    assert not has_authorization(request)
