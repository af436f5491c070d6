"""What kind of registry to be: frozen values, all of them with the answer of a plain one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Access(NamedTuple):
    """Name one action ("pull", "push" or "delete") on one repository."""

    repository: str
    action: str


Grants = Callable[[str, frozenset[Access]], frozenset[Access]]


@dataclass(frozen=True, slots=True)
class Basic:
    """Ask for a user and password with every request."""

    user: str
    password: str = field(repr=False)
    anonymous_pull: bool = False


@dataclass(frozen=True, slots=True)
class Bearer:
    """Ask for a token of the `/token` endpoint on the same server.

    The endpoint takes Basic credentials, or the `identity_token` (or the password) in an OAuth2
    POST form; `grants` is given the user ("" if anonymous) and what was asked for, and returns what
    the token will hold. `expires_in` is in seconds.
    """

    user: str
    password: str = field(repr=False)
    identity_token: str | None = field(default=None, repr=False)
    anonymous_pull: bool = False
    expires_in: float = 300
    service: str = "registry.test"
    grants: Grants | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """Choose the habits in which real registries differ.

    `single_post`: `POST ?digest=` stores the blob, rather than being answered with an upload.
    `page_size`: the most entries in one page of tags or referrers. `check_references`: refuse a
    manifest whose blobs or children are missing. `compare_and_swap`: heed If-Match and
    If-None-Match when a tag is put. `latency`: seconds before each answer, or a callable that gives
    them. `lag`: seconds until what was put as a manifest or tag can be read. `ranges`: answer
    parts of blobs.
    """

    auth: Basic | Bearer | None = None
    referrers: bool = True
    single_post: bool = False
    absolute_location: bool = False
    page_size: int | None = None
    check_references: bool = True
    compare_and_swap: bool = False
    deletes: bool = True
    manifest_limit: int = 4 * 1024 * 1024
    latency: float | Callable[[], float] = 0.0
    lag: float = 0.0
    ranges: bool = True
