"""Ask a token server for a token and read its answer (distribution's token and OAuth2 pages)."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from boltseal.core.reading import parse_object
from boltseal.errors import AccessDenied, Malformed, RegistryError
from boltseal.stores.registry.answers import advice, refuse_page, told
from boltseal.stores.registry.challenges import Challenge
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Request, Response
from boltseal.stores.registry.realms import checked_realm
from boltseal.stores.registry.redirects import home_reach, origin
from boltseal.stores.registry.scopes import Need, Scopes, Token, format_scopes

LARGEST_ANSWER = 1024 * 1024
CLIENT = "boltseal"
_DEFAULT_SECONDS = 60.0
_LONGEST_SECONDS = 3600.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,32768}")


@dataclass(frozen=True, slots=True)
class Granting:
    """What a token is asked for with: the need, the challenge in `answer`, and who we are."""

    need: Need
    challenge: Challenge
    answer: Response
    credentials: Credentials
    realms: Collection[str] = ()


def token_request(granting: Granting, scopes: Scopes) -> Request:
    """Make the request for a token.

    GET with Basic or without credentials; with an identity token a POST of the OAuth2 form. Raise
    RegistryError or AccessDenied where the realm may not be asked. Basic credentials survive no
    redirect, and the form, which holds its secret, follows none.
    """
    credentials = granting.credentials
    realm = checked_realm(
        granting.challenge.parameter("realm"),
        answer=granting.answer,
        secret=credentials.kind != "anonymous",
        allowed=granting.realms,
    )
    registry = urlsplit(granting.answer.url)
    foreign = origin(realm) != origin(registry)
    request = Request(
        "GET",
        realm.geturl(),
        foreign=foreign,
        public_only=foreign and home_reach(registry, granting.answer) == "public",
        keeps_authorization=False,
    )
    if credentials.kind == "identity-token":
        return _form(request, granting, scopes=scopes)
    service = granting.challenge.parameter("service")
    pairs = [("service", service)] if service else []
    pairs += [("scope", scope) for scope in format_scopes(scopes)]
    query = "&".join(part for part in (realm.query, urlencode(pairs)) if part)
    request = replace(request, url=realm._replace(query=query).geturl())
    if credentials.kind == "password":
        header = basic_header(credentials.username, credentials.secret)
        request = request.with_headers(Authorization=header)
    return request


def basic_header(username: str, secret: str) -> str:
    """Write the value of a Basic Authorization header (RFC 7617, in UTF-8)."""
    pair = f"{username}:{secret}".encode()
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def read_token(
    response: Response,
    granting: Granting,
    *,
    scopes: Scopes,
    now: float,
    redact: Callable[[str], str],
) -> Token:
    """Read a token server's answer; `now` is the monotonic instant at which it was asked.

    `access_token` comes before `token`. A life that is absent, zero or negative is taken for 60
    seconds and none for more than an hour; the last quarter of it, 15 seconds at most, is not
    used. Raise AccessDenied where the server refuses, RegistryError for anything else.
    """
    server = urlsplit(response.url).netloc
    what = f"the token server {server} of {granting.need.repository.registry}"
    if response.status != 200:
        raise _refused(response, granting, what=what, redact=redact)
    refuse_page(response, what=what)
    if not response.whole:
        raise RegistryError(f"{what} answered more than {LARGEST_ANSWER} bytes")
    try:
        value = parse_object(response.body, what=f"the answer of {what}")
    except Malformed as error:
        raise RegistryError(f"{what} gave no token: {error}") from error
    token = value.get("access_token") or value.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise RegistryError(f"{what} gave no usable token")
    life = _seconds(value.get("expires_in"))
    return Token(token, scopes, now + life - min(15.0, life / 4))


def _form(request: Request, granting: Granting, *, scopes: Scopes) -> Request:
    form = {
        "grant_type": "refresh_token",
        "service": granting.challenge.parameter("service"),
        "scope": " ".join(format_scopes(scopes)),
        "client_id": CLIENT,
        "refresh_token": granting.credentials.secret,
    }
    posted = replace(
        request, method="POST", body=urlencode(form).encode(), follow="none", repeatable=True
    )
    return posted.with_headers(Content_Type="application/x-www-form-urlencoded")


def _refused(
    response: Response, granting: Granting, *, what: str, redact: Callable[[str], str]
) -> RegistryError:
    need, credentials = granting.need, granting.credentials
    said = redact(told(response))
    if response.status in (400, 401, 403):
        return AccessDenied(
            f"{what} gives no token to {need.verb} {need.repository.path}: it answered {said}; "
            f"{credentials.told}. {advice(need.repository, need, credentials)}"
        )
    return RegistryError(f"{what} gave no token: it answered {said}")


def _seconds(value: Any) -> float:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return _DEFAULT_SECONDS
    return min(float(value), _LONGEST_SECONDS) if value > 0 else _DEFAULT_SECONDS
