"""Who may do what: challenges, passwords and the token endpoint (distribution's token spec)."""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from urllib.parse import parse_qs

from .exchange import Answer, Request, json_answer, refusal
from .options import Access, Basic, Bearer

Needs = frozenset[Access]


class Desk:
    """Decide on each request, and hand out tokens. Tokens are opaque and known to one desk only."""

    def __init__(
        self, auth: Basic | Bearer | None, *, realm: str, clock: Callable[[], float]
    ) -> None:
        self._auth = auth
        self._realm = realm
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[Needs, float]] = {}

    def objection(self, request: Request, *, needs: Needs) -> Answer | None:
        """Give the 401 that a request deserves, or None if it may pass.

        No needs at all is the `/v2/` check, for which any valid credential is enough.
        """
        if isinstance(self._auth, Basic):
            return self._basic_objection(request, needs=needs, auth=self._auth)
        if isinstance(self._auth, Bearer):
            return self._bearer_objection(request, needs=needs, auth=self._auth)
        return None

    def token(self, request: Request) -> Answer:
        """Answer the token endpoint: GET with Basic or anonymous, or POST with an OAuth2 form."""
        if not isinstance(self._auth, Bearer):
            return refusal(404, "UNSUPPORTED", message="this registry hands out no tokens")
        if request.method == "POST":
            return self._form_token(parse_qs(request.read().decode()), auth=self._auth)
        if request.method != "GET":
            return refusal(405, "UNSUPPORTED", message="the token endpoint takes GET and POST")
        user = _basic_user(request, user=self._auth.user, password=self._auth.password)
        if user is None or (user == "" and not self._auth.anonymous_pull):
            return _unauthorized('Basic realm="token endpoint"', "incorrect username or password")
        return self._issue(user, asked=parse_scopes(request.parameters("scope")), auth=self._auth)

    def _basic_objection(self, request: Request, *, needs: Needs, auth: Basic) -> Answer | None:
        user = _basic_user(request, user=auth.user, password=auth.password)
        if user:
            return None
        pulls = bool(needs) and all(need.action == "pull" for need in needs)
        if user == "" and auth.anonymous_pull and pulls:
            return None
        return _unauthorized('Basic realm="registry"', "authentication required")

    def _bearer_objection(self, request: Request, *, needs: Needs, auth: Bearer) -> Answer | None:
        challenge = f'Bearer realm="{self._realm}",service="{auth.service}"'
        if needs:
            challenge += f',scope="{format_scopes(needs)}"'
        scheme, _, token = request.header("Authorization").partition(" ")
        if scheme.lower() != "bearer":
            return _unauthorized(challenge, "authentication required")
        with self._lock:
            held, expiry = self._tokens.get(token.strip(), (frozenset(), float("-inf")))
        if expiry <= self._clock():
            return _unauthorized(f'{challenge},error="invalid_token"', "the token has expired")
        if not needs <= held:
            refused = f'{challenge},error="insufficient_scope"'
            return _unauthorized(refused, "the token does not allow this")
        return None

    def _form_token(self, form: dict[str, list[str]], *, auth: Bearer) -> Answer:
        given = {name: values[0] for name, values in form.items()}
        if given.get("grant_type") == "refresh_token":
            known = _same(given.get("refresh_token", ""), auth.identity_token)
        else:
            known = given.get("grant_type") == "password" and (
                _same(given.get("username", ""), auth.user)
                and _same(given.get("password", ""), auth.password)
            )
        if not known:
            return _unauthorized('Basic realm="token endpoint"', "the credential is not known")
        asked = parse_scopes(form.get("scope", []))
        offline = given.get("access_type") == "offline" or "refresh_token" in given
        refresh = auth.identity_token if offline else None
        return self._issue(auth.user, asked=asked, auth=auth, refresh=refresh)

    def _issue(
        self, user: str, *, asked: Needs, auth: Bearer, refresh: str | None = None
    ) -> Answer:
        allowed = asked if user else frozenset(a for a in asked if a.action == "pull")
        granted = auth.grants(user, allowed) if auth.grants else allowed
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[token] = (granted, self._clock() + auth.expires_in)
        body: dict[str, object] = {
            "token": token,
            "access_token": token,
            "expires_in": auth.expires_in,
            "issued_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if refresh is not None:
            body["refresh_token"] = refresh
        return json_answer(200, body)


def parse_scopes(texts: Iterable[str]) -> Needs:
    """Read `repository:NAME:ACTION,...` scopes, several to a text where a space parts them."""
    found: set[Access] = set()
    for scope in " ".join(texts).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        if kind == "repository":
            found.update(Access(name, action) for action in actions.split(",") if action)
    return frozenset(found)


def format_scopes(needs: Needs) -> str:
    """Write needs as scopes, one to a repository, as a challenge has them."""
    names = sorted({need.repository for need in needs})
    actions = {n: sorted(need.action for need in needs if need.repository == n) for n in names}
    return " ".join(f"repository:{name}:{','.join(actions[name])}" for name in names)


def _basic_user(request: Request, *, user: str, password: str) -> str | None:
    """Give the user, "" if no credential was sent, or None if a wrong one was."""
    scheme, _, encoded = request.header("Authorization").partition(" ")
    if not scheme:
        return ""
    try:
        given = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return None
    return user if scheme.lower() == "basic" and _same(given, f"{user}:{password}") else None


def _same(given: str, known: str | None) -> bool:
    return known is not None and hmac.compare_digest(given.encode(), known.encode())


def _unauthorized(challenge: str, message: str) -> Answer:
    answer = refusal(401, "UNAUTHORIZED", message=message)
    return answer.with_headers(WWW_Authenticate=challenge)
