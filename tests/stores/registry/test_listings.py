"""Lists: the referrers API, where there is one, and every list's end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boltseal.core.names import Digest
from boltseal.core.oci import OCI_INDEX, Descriptor
from boltseal.errors import AccessDenied, Malformed, RegistryError
from boltseal.stores.registry.exchange import Response
from boltseal.stores.registry.listings import next_page
from tests.support.registry import Answer, Bearer, Options, Registry, Request

from .world import PASSWORD, USER, planted, repository, sample, store_on

SUBJECT = Digest.of(b"subject")


def index(*entries: dict[str, Any], **more: Any) -> bytes:
    value = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries), **more}
    return json.dumps(value).encode()


def entry(number: int) -> dict[str, Any]:
    digest = str(Digest.of(str(number).encode()))
    return {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1, "digest": digest}


def listed(*entries: dict[str, Any], **headers: str) -> Answer:
    return Answer(200, (("Content-Type", OCI_INDEX), *headers.items()), index(*entries))


def test_referrers_are_listed() -> None:
    """Whatever their artifact type, with their annotations."""
    with Registry() as registry:
        image = planted(registry)
        for kind in ("application/vnd.a", "application/vnd.b"):
            signature = sample(
                b"sig",
                subject=image.descriptor(),
                artifact_type=kind,
                annotations={"kind": kind},
            )
            registry.put_manifest("org/app", signature.raw, media_type=signature.media_type)
        store = store_on()
        found = store.referrers(repository(registry), image.digest)
        assert found is not None
        assert sorted(one.artifact_type or "" for one in found) == [
            "application/vnd.a",
            "application/vnd.b",
        ]
        assert store.capabilities(registry.host).referrers is True


def test_no_referrers_is_an_empty_list() -> None:
    """Which is something else than no API."""
    with Registry() as registry:
        planted(registry)
        assert store_on().referrers(repository(registry), SUBJECT) == ()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(
            404,
            (("Content-Type", "application/json"),),
            b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}',
        ),
        Answer(404, (("Content-Type", "text/html"),), b"<html>"),
        Answer(400),
        Answer(405),
        Answer(406),
        Answer(200, (("Content-Type", "text/html"), ("OCI-Subject", str(SUBJECT))), b"<html>"),
        Answer(200, (("Content-Type", "application/json"),), index()),
        Answer(303, (("Location", "https://github.com/-/v2/packages/container/x"),)),
        Answer(302, (("Location", "/login"),)),
    ],
)
def test_only_an_index_proves_the_api(answer: Answer) -> None:
    """404 and its kin, web pages and redirects mean that there is none; it is asked for once."""
    with Registry(script=lambda _: answer) as registry:
        store = store_on()
        assert store.referrers(repository(registry), SUBJECT) is None
        assert store.referrers(repository(registry, "org/other"), SUBJECT) is None
        assert len(registry.requests) == 1
        assert store.capabilities(registry.host).referrers is False


def test_an_unknown_repository_does_not_decide_about_the_registry() -> None:
    """A repository that is yet to be made has no referrers; the API may be there all the same."""
    body = b'{"errors":[{"code":"NAME_UNKNOWN"}]}'
    answers = [Answer(404, (("Content-Type", "application/json"),), body), listed(entry(1))]
    with Registry(script=lambda _: answers.pop(0)) as registry:
        store = store_on()
        assert store.referrers(repository(registry), SUBJECT) is None
        assert store.referrers(repository(registry), SUBJECT)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
def test_a_refusal_is_not_a_missing_api(status: int) -> None:
    """Undecided is never 'unsigned'."""
    with Registry(script=lambda _: Answer(status)) as registry:
        with pytest.raises(RegistryError) as told:
            store_on(retries=0).referrers(repository(registry), SUBJECT)
        assert isinstance(told.value, AccessDenied) == (status in (401, 403))


def test_a_redirect_within_the_api_is_followed() -> None:
    """Same origin, API path: the list is read there."""

    def script(request: Request) -> Answer:
        if "artifacts" in request.path:
            return listed(entry(1))
        return Answer(307, (("Location", "/v2/org/app/artifacts/x"),))

    with Registry(script=script) as registry:
        found = store_on().referrers(repository(registry), SUBJECT)
        assert found is not None
        assert len(found) == 1


def test_pages_are_followed() -> None:
    """Relative links, to the end, with authorization."""
    with Registry(Options(page_size=2, auth=Bearer(USER, PASSWORD))) as registry:
        image = planted(registry)
        for number in range(5):
            signature = sample(b"sig", subject=image.descriptor(), annotations={"n": str(number)})
            registry.put_manifest("org/app", signature.raw, media_type=signature.media_type)
        found = store_on().referrers(repository(registry), image.digest)
        assert found is not None
        assert len({one.digest for one in found}) == 5
        assert registry.count(path="/referrers/", status=200) == 3


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/v2/x",
        "//evil.test/v2/x",
        "https://evil.test/v2/x",
        "/elsewhere",
        "ftp://x/",
        "http://u:p@127.0.0.1/v2/x",
    ],
)
def test_a_page_elsewhere_is_refused(link: str) -> None:
    """No request and no credential leaves for another host."""
    answer = listed(entry(1), Link=f'<{link}>; rel="next"')
    with Registry(script=lambda _: answer) as registry:
        with pytest.raises(RegistryError):
            store_on().referrers(repository(registry), SUBJECT)
        assert len(registry.requests) == 1


def test_a_page_on_another_port_gets_no_request() -> None:
    """Another port of the same host is another server."""
    with Registry() as other:
        answer = listed(entry(1), Link=f'<{other.url}/v2/x>; rel="next"')
        elsewhere = pytest.raises(RegistryError, match="next page elsewhere")
        with Registry(script=lambda _: answer) as registry, elsewhere:
            store_on().referrers(repository(registry), SUBJECT)
        assert not other.requests


def test_a_list_that_points_to_itself_is_left() -> None:
    """A loop is seen at its first repetition."""

    def script(request: Request) -> Answer:
        return listed(entry(1), Link=f'<{request.path}?last=x>; rel="next"')

    with Registry(script=script) as registry:
        with pytest.raises(RegistryError, match="without end"):
            store_on().referrers(repository(registry), SUBJECT)
        assert len(registry.requests) == 2


def test_a_list_without_end_is_left() -> None:
    """A hundred pages are enough, and so are five thousand entries."""

    def pages(request: Request) -> Answer:
        return listed(entry(1), Link=f'</v2/x?last={request.number}>; rel="next"')

    with Registry(script=pages) as registry:
        with pytest.raises(RegistryError, match="100 pages"):
            store_on().referrers(repository(registry), SUBJECT)
        assert len(registry.requests) == 100
    many = listed(*(entry(number) for number in range(5001)))
    with Registry(script=lambda _: many) as registry, pytest.raises(RegistryError, match="5001"):
        store_on().referrers(repository(registry), SUBJECT)


@pytest.mark.parametrize(
    "body",
    [
        index({"mediaType": "x", "size": 1, "digest": "sha256:../../etc"}),
        index({"mediaType": "x", "size": 1, "digest": "md5:" + "a" * 32}),
        index({"mediaType": "x", "size": -1, "digest": str(SUBJECT)}),
        index({"size": 1, "digest": str(SUBJECT)}),
        b'{"schemaVersion":2,"manifests":[],"manifests":[]}',
        b'{"schemaVersion":2,"manifests":[],"layers":[]}',
        b'{"schemaVersion":2,"manifests":{}}',
        b"[]",
        b"",
    ],
)
def test_a_list_of_nonsense_is_malformed(body: bytes) -> None:
    """Entries are values or errors; nothing of them gets into a path unread."""
    answer = Answer(200, (("Content-Type", OCI_INDEX),), body)
    with Registry(script=lambda _: answer) as registry, pytest.raises(Malformed):
        store_on().referrers(repository(registry), SUBJECT)


def test_a_second_page_of_another_kind_is_an_error() -> None:
    """Half a list is not a list."""

    def script(request: Request) -> Answer:
        if request.query:
            return Answer(404)
        return listed(entry(1), Link='</v2/x?last=1>; rel="next"')

    with Registry(script=script) as registry, pytest.raises(RegistryError, match="ends in"):
        store_on().referrers(repository(registry), SUBJECT)


def test_tags_are_listed_page_by_page() -> None:
    """All of them, each once; an unknown repository is None."""
    with Registry(Options(page_size=2)) as registry:
        for tag in ("a", "b", "c", "d", "e"):
            planted(registry, tag=tag)
        assert store_on().tags(repository(registry)) == ("a", "b", "c", "d", "e")
        assert store_on().tags(repository(registry, "org/none")) is None


@pytest.mark.parametrize("value", [{"tags": None}, {"name": "x"}, {"tags": []}])
def test_a_repository_may_have_no_tags(value: Any) -> None:
    """`null` is an empty list here."""
    answer = Answer(200, (("Content-Type", "application/json"),), json.dumps(value).encode())
    with Registry(script=lambda _: answer) as registry:
        assert store_on().tags(repository(registry)) == ()


@pytest.mark.parametrize("body", [b'{"tags":[1]}', b'{"tags":"x"}', b"<html>", b"[]"])
def test_a_list_of_other_things_is_malformed(body: bytes) -> None:
    """Tags are texts."""
    with Registry(script=lambda _: Answer(200, (), body)) as registry, pytest.raises(Malformed):
        store_on().tags(repository(registry))


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ('</v2/a?n=1>; rel="next"', "https://reg/v2/a?n=1"),
        ("</v2/a?n=1>; rel=next", "https://reg/v2/a?n=1"),
        ('</v2/b>; rel="prev", </v2/a>; title="x"; REL="last next"', "https://reg/v2/a"),
        ("<?last=x>;rel=next", "https://reg/v2/start?last=x"),
        ('</v2/a>; rel="prev"', None),
        ("</v2/a>", None),
        ('rel="next"', None),
        ("", None),
        ("<" * 100_000, None),
    ],
)
def test_links_are_read_as_they_are_written(link: str, target: str | None) -> None:
    """Several links, with and without quotes; only `next` counts."""
    response = Response(200, (("Link", link),), url="https://reg/v2/start")
    assert next_page(response) == target


def test_descriptors_say_what_the_list_says() -> None:
    """An entry becomes the descriptor that it is."""
    with Registry(script=lambda _: listed(entry(1))) as registry:
        found = store_on().referrers(repository(registry), SUBJECT)
        expected = Descriptor(entry(1)["mediaType"], 1, Digest.of(b"1"))
        assert found == (expected,)
