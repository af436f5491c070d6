"""The challenge conversation with a registry: requests go out, answers come in, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from boltseal.core.names import Repository
from boltseal.errors import AccessDenied, RegistryError
from boltseal.stores.registry.challenges import Challenge, parse_challenges
from boltseal.stores.registry.credentials import Credentials
from boltseal.stores.registry.exchange import Request, Response
from boltseal.stores.registry.scopes import (
    KeyedLocks,
    Need,
    Scopes,
    Token,
    Tokens,
    parse_scopes,
    scopes_of,
)
from boltseal.stores.registry.tokens import Granting, basic_header, read_token, token_request

_DENIED_SECONDS = 60.0

Conversation = Generator[Request, Response, Response]


@dataclass(frozen=True, slots=True)
class _Challenged:
    """A challenge that was taken up, and the answer that held it."""

    challenge: Challenge
    answer: Response


class Authentication:
    """Challenges and tokens of one process, shared by its threads."""

    def __init__(
        self,
        find: Callable[[Repository], Credentials],
        *,
        clock: Callable[[], float],
        writes: bool = False,
        realms: Collection[str] = (),
    ) -> None:
        """`find` gives the credentials for a repository and `clock` monotonic seconds.

        `writes`: this run will push, so a token is asked for `pull,push` at once, and signing
        needs one token. `realms` are hosts that may have the credentials of any registry.
        """
        self._find = find
        self._clock = clock
        self._writes = writes
        self._realms = frozenset(realm.lower() for realm in realms)
        self._met: dict[str, _Challenged | None] = {}
        self._locks = KeyedLocks()
        self._tokens = Tokens(clock)
        self._secrets: set[str] = set()
        self._denied: dict[tuple[str, Scopes], tuple[AccessDenied, float]] = {}

    def credentials(self, repository: Repository) -> Credentials:
        """Return the credentials for a repository."""
        found = self._find(repository)
        if found.secret:
            self._secrets.add(found.secret)
        return found

    def redact(self, text: str) -> str:
        """Take every secret of this process out of a text that a registry wrote."""
        for secret in (*self._secrets, *self._tokens.values()):
            if len(secret) > 3:
                text = text.replace(secret, "***")
        return text

    def conversation(self, request: Request, need: Need) -> Conversation:
        """Yield what to send until the answer to `request` is known, and return that answer.

        The first request of a process to a registry goes out alone, so that its challenge is met
        once; after that a token is asked for before the request. An answer 401 that stays is
        returned. Raise AccessDenied or RegistryError where no token can be had.
        """
        credentials = self.credentials(need.repository)
        if credentials.kind == "registry-token":
            return (yield _bearing(request, credentials.secret))
        registry = need.repository.registry
        if registry not in self._met:
            with self._locks.of(("first", registry)):
                if registry not in self._met:
                    return (yield from self._first(request, need))
        return (yield from self._as_known(request, need))

    def _first(self, request: Request, need: Need) -> Conversation:
        response = yield request
        self._met[need.repository.registry] = None
        if response.status != 401:
            return response
        return (yield from self._after_refusal(request, response, need=need, tried=None))

    def _as_known(self, request: Request, need: Need) -> Conversation:
        challenged = self._met[need.repository.registry]
        credentials = self.credentials(need.repository)
        tried: Token | Literal["basic"] | None = None
        if challenged is None:
            response = yield request
        elif challenged.challenge.scheme == "basic":
            tried = "basic" if credentials.kind == "password" else None
            response = yield _with_basic(request, credentials)
        else:
            tried = yield from self._token(need, need.scopes)
            response = yield _bearing(request, tried.value)
        if response.status != 401:
            return response
        return (yield from self._after_refusal(request, response, need=need, tried=tried))

    def _after_refusal(
        self,
        request: Request,
        response: Response,
        *,
        need: Need,
        tried: Token | Literal["basic"] | None,
    ) -> Conversation:
        registry = need.repository.registry
        challenge = choose(parse_challenges(response.header_values("WWW-Authenticate")))
        # A host that the registry redirected to does not say where the registry's secrets go.
        if challenge is None or urlsplit(response.url).netloc.lower() != registry.lower():
            return response
        self._met[registry] = _Challenged(challenge, response)
        credentials = self.credentials(need.repository)
        if challenge.scheme == "basic":
            if tried == "basic" or credentials.kind != "password":
                return response
            return (yield _with_basic(request, credentials))
        wanted = need.scopes
        if isinstance(tried, Token):
            if challenge.parameter("error") == "insufficient_scope":
                wanted |= parse_scopes(challenge.parameter("scope"))
                if wanted <= tried.scopes:
                    # The server grants less than it is asked for: asking again changes nothing.
                    return response
            self._tokens.drop(registry, tried)
        fresh = yield from self._token(need, wanted)
        second = yield _bearing(request, fresh.value)
        if second.status != 401 or tried is not None:
            return second
        return (yield from self._after_refusal(request, second, need=need, tried=fresh))

    def _token(self, need: Need, wanted: Scopes) -> Generator[Request, Response, Token]:
        registry = need.repository.registry
        found = self._tokens.find(registry, wanted)
        if found is not None:
            return found
        asked = wanted | scopes_of(need.repository, "pull", "push") if self._writes else wanted
        with self._locks.of((registry, asked)):
            found = self._tokens.find(registry, wanted)
            if found is None:
                self._raise_denied((registry, asked))
                try:
                    found = yield from self._granted(need, asked, wanted=wanted)
                except AccessDenied as error:
                    self._denied[(registry, asked)] = (error, self._clock() + _DENIED_SECONDS)
                    raise
                self._tokens.add(registry, found)
        return found

    def _raise_denied(self, key: tuple[str, Scopes]) -> None:
        """Raise a denial of a moment ago again: wrong passwords, repeated, lock accounts."""
        denied = self._denied.get(key)
        if denied is not None and self._clock() < denied[1]:
            raise denied[0]

    def _granted(
        self, need: Need, asked: Scopes, *, wanted: Scopes
    ) -> Generator[Request, Response, Token]:
        challenged = self._met[need.repository.registry]
        if challenged is None:  # pragma: no cover - a token is asked for after a challenge only
            raise RegistryError(f"{need.repository.registry} gave no challenge")
        granting = Granting(
            need=need,
            challenge=challenged.challenge,
            answer=challenged.answer,
            credentials=self.credentials(need.repository),
            realms=self._realms,
        )
        begun = self._clock()
        response = yield token_request(granting, asked)
        if response.status in (401, 403) and asked != wanted:
            # Some servers give no token at all to whoever asks for more than they may.
            asked = wanted
            response = yield token_request(granting, asked)
        return read_token(response, granting, scopes=asked, now=begun, redact=self.redact)


def choose(challenges: tuple[Challenge, ...]) -> Challenge | None:
    """Return the challenge to take up: Bearer with a realm, else Basic, else None."""
    bearers = [one for one in challenges if one.scheme == "bearer" and one.parameter("realm")]
    basics = [one for one in challenges if one.scheme == "basic"]
    return next(iter(bearers + basics), None)


def _with_basic(request: Request, credentials: Credentials) -> Request:
    if credentials.kind != "password":
        return request
    return request.with_headers(
        Authorization=basic_header(credentials.username, credentials.secret)
    )


def _bearing(request: Request, token: str) -> Request:
    return request.with_headers(Authorization=f"Bearer {token}")
