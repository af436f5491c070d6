"""No bytes of a registry make anything but a value or an error of ours."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from boltseal.core.names import Repository
from boltseal.errors import BoltsealError, RegistryError
from boltseal.stores.registry.answers import error_codes, is_missing, printable, refusal, told
from boltseal.stores.registry.challenges import Challenge
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Request, Response, shown_url
from boltseal.stores.registry.listings import next_page
from boltseal.stores.registry.manifests import is_immutable
from boltseal.stores.registry.patience import retry_after
from boltseal.stores.registry.redirects import onward
from boltseal.stores.registry.scopes import Need, parse_scopes
from boltseal.stores.registry.tokens import Granting, read_token, token_request

NEED = Need(Repository.parse("reg.example/org/app"), ("pull", "push"))
URLS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}://{}/{}".format,
        st.sampled_from(["https", "http", "ftp", "HTTPS", ""]),
        st.text("abc.:[]@%0123456789-x", max_size=20),
        st.text(max_size=10),
    ),
)


@settings(deadline=None)
@given(URLS)
@example("https://[::1")
@example("https://a:b:c/")
@example("//")
@example("https://[v1.x]/")
def test_any_location_is_followed_or_refused(location: str) -> None:
    """Redirects, upload locations, realms and links all go through here."""
    response = Response(307, url="https://reg.example/v2/x", peer="93.184.216.34")
    try:
        request = onward(Request("GET", response.url), response, location=location)
    except RegistryError:
        return
    assert request.url.startswith("https://")
    shown_url(request.url)


@settings(deadline=None)
@given(URLS, st.booleans())
def test_any_realm_is_asked_or_refused(realm: str, anonymous: bool) -> None:
    """And credentials go to the registry's own domain, or nowhere."""
    who = Credentials("anonymous") if anonymous else Credentials("password", "u", "p", "x")
    answer = Response(401, url="https://reg.example/v2/x", peer="93.184.216.34")
    granting = Granting(NEED, Challenge("bearer", {"realm": realm, "service": "s"}), answer, who)
    try:
        request = token_request(granting, NEED.scopes)
    except RegistryError:
        return
    host = request.url.split("/")[2].lower()
    if any(name == "Authorization" for name, _ in request.headers):
        assert host.partition(":")[0].endswith("reg.example")


@settings(deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=200),
    st.text(max_size=30),
    st.dictionaries(
        st.sampled_from(["Link", "Retry-After", "Date", "RateLimit-Limit"]), st.text(max_size=60)
    ),
)
def test_any_answer_is_told_in_one_safe_line(
    status: int, body: bytes, media_type: str, headers: dict[str, str]
) -> None:
    """Error bodies and headers of any content are read, shown and judged without surprise."""
    response = Response(
        status,
        (("Content-Type", media_type), *headers.items()),
        body,
        "https://reg.example/v2/x",
    )
    line = told(response)
    assert line.isprintable()
    assert len(line) < 400
    error_codes(response)
    is_missing(response)
    is_immutable(response)
    retry_after(response, wall=0.0)
    error = refusal(response, NEED, credentials=Credentials("anonymous"), redact=str, what="GET x")
    assert str(error).isprintable()
    try:
        next_page(response)
    except RegistryError:
        return


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([200, 401, 404, 500]))
@example(b'{"token":"a\\ud800"}', 200)
@example(b'{"token":"ok","expires_in":99999999999999999999999999999999}', 200)
def test_any_token_answer_is_a_token_or_an_error(body: bytes, status: int) -> None:
    """What is no printable token never becomes one."""
    answer = Response(401, url="https://reg.example/v2/x")
    granting = Granting(NEED, Challenge("bearer", {}), answer, Credentials("anonymous"))
    response = Response(status, (), body, "https://reg.example/token")
    try:
        token = read_token(response, granting, scopes=NEED.scopes, now=0.0, redact=str)
    except BoltsealError:
        return
    assert token.value.isascii()
    assert token.value.isprintable()
    assert 0 < token.until <= 3600


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_made_printable_and_any_scope_is_read(text: str) -> None:
    """One line, no control character, no end of it beyond the cap."""
    assert printable(text).isprintable()
    assert "\n" not in printable(text)
    parse_scopes(text)
