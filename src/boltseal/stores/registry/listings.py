"""Lists of a registry, page by page: referrers and tags, with an end to every one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from boltseal.core.names import Digest, Repository
from boltseal.core.oci import LARGEST_MANIFEST, OCI_INDEX, Descriptor, Index, parse_manifest
from boltseal.core.reading import parse_object
from boltseal.errors import Malformed, RegistryError
from boltseal.stores.registry.answers import error_codes, is_missing, refuse_page
from boltseal.stores.registry.caller import Call, Caller
from boltseal.stores.registry.exchange import Response, shown_url
from boltseal.stores.registry.redirects import origin, parse_target
from boltseal.stores.registry.scopes import Need

MOST_PAGES = 100
MOST_ITEMS = 5000
_NEXT = re.compile(r"<([^<>]*)>\s*((?:;[^,<]*)?)")
_REL_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)


class Listings:
    """Lists, and what is known of who has the referrers API."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.has_referrers: dict[str, bool] = {}

    def referrers(self, repository: Repository, digest: Digest) -> tuple[Descriptor, ...] | None:
        """List what names `digest` as its subject; None where the registry has no such API.

        Only 200 with the media type of an OCI index shows that it has: GHCR redirects to a web
        page, others answer 404, 400, 405 or 406. Nothing is filtered by artifact type, which
        registries get wrong. Refusals, limits and failures raise, since they say nothing.
        """
        if self.has_referrers.get(repository.registry) is False:
            return None
        call = Call(
            "GET",
            f"/v2/{repository.path}/referrers/{digest}",
            Need(repository),
            headers=(("Accept", OCI_INDEX),),
            limit=LARGEST_MANIFEST,
            follow="home",
        )
        found: list[Descriptor] = []
        for number, response in enumerate(self._pages(call)):
            if number == 0 and not self._is_supported(response, call):
                return None
            found.extend(_entries(response, call))
            _check_count(len(found), call)
        return tuple(found)

    def tags(self, repository: Repository) -> tuple[str, ...] | None:
        """List the tags of a repository; None if the registry does not know the repository."""
        call = Call(
            "GET", f"/v2/{repository.path}/tags/list", Need(repository), limit=LARGEST_MANIFEST
        )
        found: list[str] = []
        for response in self._pages(call):
            refuse_page(response, what=call.told)
            if is_missing(response):
                return None
            if response.status != 200:
                raise self._caller.refusal(response, call)
            found.extend(_tags(response, call))
            _check_count(len(found), call)
        return tuple(dict.fromkeys(found))

    def _is_supported(self, response: Response, call: Call) -> bool:
        registry = call.need.repository.registry
        if response.status == 200 and response.media_type == OCI_INDEX:
            self.has_referrers[registry] = True
            return True
        if response.status not in (200, 400, 404, 405, 406, 301, 302, 303, 307, 308):
            raise self._caller.refusal(response, call)
        # A registry that has the API may still not know a repository that is yet to be made.
        if "NAME_UNKNOWN" not in error_codes(response):
            self.has_referrers.setdefault(registry, False)
        return False

    def _pages(self, call: Call) -> Iterator[Response]:
        seen: set[str] = set()
        while True:
            response = self._caller.call(call)
            yield response
            following = next_page(response)
            if following is None:
                return
            if following in seen or len(seen) + 1 >= MOST_PAGES:
                raise RegistryError(
                    f"{call.need.repository.registry} gives a list without end for {call.told}: "
                    f"{len(seen) + 1} pages were read"
                )
            seen.add(following)
            call = Call(
                "GET",
                following,
                call.need,
                headers=call.headers,
                limit=call.limit,
                follow=call.follow,
            )


def next_page(response: Response) -> str | None:
    """Return the URL of the next page by `Link` (RFC 8288), None if this is the last.

    Raise RegistryError if it is on another host: that is where credentials would go.
    """
    if response.status != 200:
        return None
    links = (
        match[1]
        for value in response.header_values("Link")
        for match in _NEXT.finditer(value[: 16 * 1024])
        if _REL_NEXT.search(match[2])
    )
    link = next(links, None)
    if link is None:
        return None
    target = parse_target(response.url, link)
    if origin(target) != origin(urlsplit(response.url)) or not target.path.startswith("/v2/"):
        raise RegistryError(
            f"{shown_url(response.url)} names a next page elsewhere "
            f"({shown_url(target.geturl())}), which is refused"
        )
    return target.geturl()


def _entries(response: Response, call: Call) -> tuple[Descriptor, ...]:
    what = f"the list of referrers ({call.told})"
    if response.status != 200 or response.media_type != OCI_INDEX:
        raise RegistryError(f"{what} ends in an answer that is none: {response.status}")
    if not response.whole:
        raise Malformed(f"{what} is larger than {LARGEST_MANIFEST} bytes")
    index = parse_manifest(response.body, media_type=OCI_INDEX, what=what)
    if not isinstance(index, Index):
        raise Malformed(f"{what} is no index")
    return index.manifests


def _tags(response: Response, call: Call) -> list[str]:
    what = f"the list of tags ({call.told})"
    if not response.whole:
        raise Malformed(f"{what} is larger than {LARGEST_MANIFEST} bytes")
    tags = parse_object(response.body, what=what).get("tags") or []
    if not isinstance(tags, list) or any(not isinstance(tag, str) for tag in tags):
        raise Malformed(f"{what} is no list of texts")
    return tags


def _check_count(count: int, call: Call) -> None:
    if count > MOST_ITEMS:
        raise RegistryError(
            f"{call.told} lists {count} entries and more, {MOST_ITEMS} are read at most"
        )
