"""Blobs: read as announced, sent once, with credentials kept at home."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from boltseal.core.names import Digest
from boltseal.core.oci import Descriptor
from boltseal.errors import AccessDenied, IntegrityError, Malformed, RegistryError
from tests.support.registry import (
    Alter,
    Answer,
    Bearer,
    Drop,
    Options,
    Outcome,
    Registry,
    Request,
    digest_of,
)

from .world import PASSWORD, USER, repository, sample, store_on

BLOB = b"payload of a signature"
DESCRIPTOR = Descriptor.of(BLOB, "application/vnd.test")


def methods(registry: Registry) -> list[str]:
    return [record.method for record in registry.requests]


def test_a_blob_is_read_and_checked() -> None:
    """One GET, its bytes those of the digest."""
    with Registry() as registry:
        registry.put_blob("org/app", BLOB)
        assert store_on().blob(repository(registry), DESCRIPTOR, limit=1000) == BLOB
        assert methods(registry) == ["GET"]


def test_a_blob_announced_too_large_is_not_asked_for() -> None:
    """5 GiB in a descriptor are refused before any request."""
    with Registry() as registry:
        huge = replace(DESCRIPTOR, size=5 * 1024**3)
        with pytest.raises(Malformed, match="not read"):
            store_on().blob(repository(registry), huge, limit=1000)
        assert not registry.requests


@pytest.mark.parametrize("size", [len(BLOB) - 1, len(BLOB) + 1, 0])
def test_a_blob_of_another_size_is_refused(size: int) -> None:
    """More or less than announced is not the blob; more is not read to its end."""
    with Registry() as registry:
        registry.put_blob("org/app", BLOB)
        with pytest.raises(IntegrityError):
            store_on().blob(repository(registry), replace(DESCRIPTOR, size=size), limit=1000)


def test_an_endless_blob_is_left() -> None:
    """A stream without length or end stops one byte after what was announced."""
    endless = Answer(200, (), (BLOB for _ in range(1_000_000)))
    with Registry(script=lambda _: endless) as registry:
        with pytest.raises(IntegrityError, match="more than"):
            store_on().blob(repository(registry), DESCRIPTOR, limit=1000)
        assert registry.sent < 8_000_000


def test_a_blob_of_other_bytes_is_refused() -> None:
    """The size alone is not enough."""
    swapped = Answer(200, (), BLOB[::-1])
    with Registry(script=lambda _: swapped) as registry, pytest.raises(IntegrityError):
        store_on().blob(repository(registry), DESCRIPTOR, limit=1000)


def test_inline_data_costs_no_request() -> None:
    """`data` of the descriptor is the blob, if it is that of the digest."""
    with Registry() as registry:
        inline = replace(DESCRIPTOR, data=BLOB)
        assert store_on().blob(repository(registry), inline, limit=1000) == BLOB
        with pytest.raises(IntegrityError):
            store_on().blob(repository(registry), replace(DESCRIPTOR, data=b"x"), limit=1000)
        assert not registry.requests


def test_urls_of_a_descriptor_are_not_followed() -> None:
    """Foreign layers are asked of the registry like all others."""
    with Registry() as elsewhere, Registry() as registry:
        elsewhere.put_blob("org/app", BLOB)
        foreign = replace(
            DESCRIPTOR, urls=(f"{elsewhere.url}/v2/org/app/blobs/{DESCRIPTOR.digest}",)
        )
        with pytest.raises(RegistryError, match="not there"):
            store_on().blob(repository(registry), foreign, limit=1000)
        assert not elsewhere.requests


def test_storage_gets_no_authorization() -> None:
    """A redirect to object storage is followed without the registry's token."""
    with Registry(script=lambda _: Answer(200, (), BLOB)) as storage:

        def script(request: Request) -> Outcome:
            if "/blobs/" not in request.path:
                return None
            away = (("Location", f"{storage.url}/bucket/x?X-Amz-Signature=s"),)
            return Alter(lambda answer: Answer(307, away) if answer.status == 200 else answer)

        with Registry(Options(auth=Bearer(USER, PASSWORD)), script=script) as registry:
            registry.put_blob("org/app", BLOB)
            assert store_on().blob(repository(registry), DESCRIPTOR, limit=1000) == BLOB
            assert registry.requests[-1].authorization == "bearer"
        assert [record.authorization for record in storage.requests] == ["none"]


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_refused_blob_is_not_a_missing_one(status: int) -> None:
    """Nor is a web page a blob."""
    with Registry(script=lambda _: Answer(status)) as registry, pytest.raises(RegistryError):
        store_on(retries=0).blob(repository(registry), DESCRIPTOR, limit=1000)


def test_a_blob_is_stored_with_two_requests() -> None:
    """POST, then PUT with the digest; no HEAD before."""
    with Registry() as registry:
        assert store_on().put_blob(repository(registry), BLOB) == Digest.of(BLOB)
        assert methods(registry) == ["POST", "PUT"]
        assert registry.store.blob("org/app", digest_of(BLOB)) == BLOB


def test_an_absolute_location_and_its_state_are_kept() -> None:
    """The upload's URL comes from the registry, its query included."""
    with Registry(Options(absolute_location=True)) as registry:
        store_on().put_blob(repository(registry), BLOB)
        assert registry.requests[1].query.startswith("_state=")
        assert registry.requests[1].status == 201


def test_what_is_known_to_be_there_is_not_sent() -> None:
    """What this process has put or read in a repository stays known, for that repository."""
    with Registry() as registry:
        store, where = store_on(), repository(registry)
        registry.put_blob("org/app", b"seen")
        store.blob(where, Descriptor.of(b"seen", "x"), limit=10)
        store.put_blob(where, BLOB)
        registry.clear()
        store.put_blob(where, b"seen")
        store.put_blob(where, BLOB)
        assert not registry.requests
        store.put_blob(repository(registry, "org/other"), BLOB)
        assert methods(registry) == ["POST", "PUT"]


def test_threads_send_a_blob_once() -> None:
    """The empty config of many signatures travels once."""
    with Registry(Options(latency=0.01)) as registry:
        store, where = store_on(), repository(registry)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: store.put_blob(where, b"{}"), range(8)))) == 1
        assert methods(registry) == ["POST", "PUT"]


def test_probing_saves_an_upload() -> None:
    """On request a HEAD comes first, and a blob that is there is not sent."""
    with Registry() as registry:
        registry.put_blob("org/app", BLOB)
        store_on().put_blob(repository(registry), BLOB, probe=True)
        assert methods(registry) == ["HEAD"]
        registry.clear()
        store_on().put_blob(repository(registry), b"new", probe=True)
        assert methods(registry) == ["HEAD", "POST", "PUT"]


def test_a_blob_is_mounted_from_another_repository() -> None:
    """One request and no content, with a token for both repositories."""
    with Registry(Options(auth=Bearer(USER, PASSWORD))) as registry:
        registry.put_blob("org/base", BLOB)
        source = repository(registry, "org/base")
        store_on().put_blob(repository(registry), BLOB, mount=source)
        assert methods(registry) == ["POST", "GET", "POST"]
        assert registry.requests[-1].query.startswith("mount=sha256:")
        assert registry.store.blob("org/app", digest_of(BLOB)) == BLOB


@pytest.mark.parametrize("status", [202, 401, 403, 405])
def test_where_mounting_is_not_possible_the_content_is_sent(status: int) -> None:
    """A registry that begins an upload, or refuses the mount, gets the blob."""

    def script(request: Request) -> Outcome:
        mounting = request.parameter("mount") is not None and status != 202
        return Answer(status) if mounting else None

    with Registry(script=script) as registry:
        source = repository(registry, "org/base")
        store_on().put_blob(repository(registry), BLOB, mount=source)
        assert registry.store.blob("org/app", digest_of(BLOB)) == BLOB


def test_an_upload_that_was_lost_is_begun_again() -> None:
    """The PUT never arrived, and the upload is gone by the time it is repeated."""
    lost: list[int] = []

    def script(request: Request) -> Outcome:
        if request.method != "PUT" or len(lost) > 1:
            return None
        lost.append(1)
        return Drop() if len(lost) == 1 else Answer(404)

    with Registry(script=script) as registry:
        store_on().put_blob(repository(registry), BLOB)
        assert methods(registry) == ["POST", "PUT", "PUT", "HEAD", "POST", "PUT"]
        assert registry.store.blob("org/app", digest_of(BLOB)) == BLOB


def test_an_upload_whose_answer_was_lost_is_found() -> None:
    """The PUT did arrive: the second finds no upload, the HEAD finds the blob."""
    lost: list[int] = []

    def script(request: Request) -> Outcome:
        if request.method == "PUT" and not lost:
            lost.append(1)
            return Drop(sent=0)
        return None

    with Registry(script=script) as registry:
        store_on().put_blob(repository(registry), BLOB)
        assert methods(registry) == ["POST", "PUT", "PUT", "HEAD"]


@pytest.mark.parametrize(
    "answer", [Answer(202), Answer(202, (("Location", "ftp://x/"),)), Answer(200)]
)
def test_an_upload_that_names_no_place_is_an_error(answer: Answer) -> None:
    """No Location, or one that is no URL, or a status that means nothing."""
    with Registry(script=lambda _: answer) as registry, pytest.raises(RegistryError):
        store_on().put_blob(repository(registry), BLOB)


def test_data_may_go_to_another_host_and_credentials_may_not() -> None:
    """`Location` elsewhere gets the content without Authorization."""
    bodies: list[bytes] = []

    def take(request: Request) -> Answer:
        bodies.append(request.read())
        return Answer(201)

    with Registry(script=take) as storage:

        def script(request: Request) -> Outcome:
            if request.method != "POST" or not request.header("Authorization"):
                return None
            return Answer(202, (("Location", f"{storage.url}/upload?sig=1"),))

        with Registry(Options(auth=Bearer(USER, PASSWORD)), script=script) as registry:
            store_on().put_blob(repository(registry), BLOB)
        assert bodies == [BLOB]
        assert storage.requests[0].authorization == "none"
        assert storage.requests[0].query.startswith("sig=1&digest=sha256")


def test_an_upload_is_not_sent_nearer_than_the_registry_is() -> None:
    """Not to the metadata service, whatever the registry says."""
    away = Answer(202, (("Location", "http://169.254.169.254/latest"),))
    with Registry(script=lambda _: away) as registry:
        with pytest.raises(RegistryError, match="nothing was sent"):
            store_on().put_blob(repository(registry), BLOB)
        assert methods(registry) == ["POST"]


def test_a_registry_that_stores_other_bytes_is_found_out() -> None:
    """The digest that comes with 201 has to be ours."""

    def script(request: Request) -> Outcome:
        if request.method != "PUT":
            return None
        return Alter(lambda answer: answer.with_headers(Docker_Content_Digest=digest_of(b"x")))

    with Registry(script=script) as registry, pytest.raises(IntegrityError):
        store_on().put_blob(repository(registry), BLOB)


def test_a_refused_upload_is_access_denied() -> None:
    """With the repository, the action, and who we are."""
    told = pytest.raises(AccessDenied, match=r"push to org/app.*POST .*403.*'octo'")
    with Registry(script=lambda _: Answer(403)) as registry, told:
        store_on().put_blob(repository(registry), BLOB)


@pytest.mark.parametrize(
    ("mode", "takes", "counts"),
    [
        ("off", True, [2, 2]),
        ("auto", True, [1, 1]),
        ("auto", False, [2, 2]),
        ("on", True, [1, 1]),
        ("on", False, [2, 2]),
    ],
)
def test_a_single_post_is_used_where_the_registry_takes_it(
    mode: Any, takes: bool, counts: list[int]
) -> None:
    """Where it does not, the first request is the beginning of an upload like any other."""
    with Registry(Options(single_post=takes)) as registry:
        store, where = store_on(single_post=mode), repository(registry)
        seen = []
        for content in (b"one", b"two"):
            store.put_blob(where, content)
            assert registry.store.blob("org/app", digest_of(content)) == content
            seen.append(len(registry.requests))
            registry.clear()
        assert seen == counts
        expected = None if mode == "off" else takes
        assert store.capabilities(registry.host).single_post is expected


def test_a_registry_that_dislikes_a_single_post_gets_two_requests() -> None:
    """400 for `?digest=` is followed by the ordinary way, and is not tried again."""

    def script(request: Request) -> Outcome:
        return Answer(400) if request.method == "POST" and request.parameter("digest") else None

    with Registry(script=script) as registry:
        store = store_on(single_post="auto")
        store.put_blob(repository(registry), b"one")
        assert methods(registry) == ["POST", "POST", "PUT"]
        registry.clear()
        store.put_blob(repository(registry), b"two")
        assert methods(registry) == ["POST", "PUT"]


def test_signing_cold_by_digest_takes_eight_requests() -> None:
    """401, token, tag, two uploads of two requests, manifest: nothing more."""
    with Registry(Options(auth=Bearer(USER, PASSWORD))) as registry:
        store, where = store_on(writes=True), repository(registry)
        assert store.manifest(where.at("sha256-x.sig")) is None
        for content in (b"layer", b"{}"):
            store.put_blob(where, content)
        store.put_manifest(where.at("sha256-x.sig"), sample(b"layer"))
        assert len(registry.requests) == 8
        assert registry.connections == 1
