"""The embedded registry is real enough to be believed, and scriptable enough to be an attacker."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.registry import (
    Access,
    Alter,
    Answer,
    Basic,
    Bearer,
    Delay,
    Drop,
    Options,
    Outcome,
    Raw,
    Registry,
    Request,
    digest_of,
)

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = b"{}"
ABSENT = "sha256:" + "0" * 64


def image(**more: Any) -> bytes:
    """Write a manifest of one config and no layers."""
    config = {"mediaType": "application/x.config", "digest": digest_of(CONFIG), "size": 2}
    return json.dumps({"schemaVersion": 2, "config": config, "layers": [], **more}).encode()


def seed(registry: Registry, content: bytes = b"", *, tag: str | None = None) -> str:
    """Store an image in `a/b`, and return its digest."""
    registry.put_blob("a/b", CONFIG)
    return registry.put_manifest("a/b", content or image(), media_type=MANIFEST, tag=tag)


def call(registry: Registry, method: str, path: str, **more: Any) -> requests.Response:
    """Ask once, on a connection of its own; redirects are not followed."""
    headers = {"Accept": MANIFEST, **more.pop("headers", {})}
    url = path if path.startswith("http") else registry.url + path
    return requests.request(method, url, headers=headers, timeout=5, allow_redirects=False, **more)


def put(registry: Registry, reference: str, content: bytes, **headers: str) -> requests.Response:
    """Put a manifest into `a/b`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/v2/a/b/manifests/{reference}"
    return call(registry, "PUT", path, data=content, headers={"Content-Type": MANIFEST, **named})


def code(response: requests.Response) -> str:
    """Give the code of an error body in the spec's shape."""
    (error,) = response.json()["errors"]
    assert error.keys() == {"code", "message", "detail"}
    return str(error["code"])


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Run a plain registry."""
    with Registry() as running:
        yield running


def test_a_pushed_image_is_read_back_by_tag_and_by_digest(registry: Registry) -> None:
    """Uploading a config and a manifest makes both readable, with the digest of their bytes."""
    begun = call(registry, "POST", "/v2/a/b/blobs/uploads/")
    location = begun.headers["Location"]
    chunk = call(registry, "PATCH", location, data=iter([CONFIG[:1]]))
    done = call(
        registry,
        "PUT",
        f"{chunk.headers['Location']}&digest={digest_of(CONFIG)}",
        data=CONFIG[1:],
    )
    stored = put(registry, "v1", image())
    assert [begun.status_code, chunk.status_code, done.status_code] == [202, 202, 201]
    assert stored.headers["Docker-Content-Digest"] == digest_of(image())
    for reference in ("v1", digest_of(image())):
        read = call(registry, "GET", f"/v2/a/b/manifests/{reference}")
        head = call(registry, "HEAD", f"/v2/a/b/manifests/{reference}")
        assert (read.content, read.headers["Content-Type"]) == (image(), MANIFEST)
        assert read.headers["Docker-Content-Digest"] == digest_of(image())
        assert (head.content, head.headers["Content-Length"]) == (b"", str(len(image())))
    assert call(registry, "GET", f"/v2/a/b/blobs/{digest_of(CONFIG)}").content == CONFIG
    assert registry.store.repositories["a/b"].tags == {"v1": digest_of(image())}


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/v2/a/b/manifests/none", 404, "MANIFEST_UNKNOWN"),
        ("GET", f"/v2/a/b/manifests/{ABSENT}", 404, "MANIFEST_UNKNOWN"),
        ("GET", "/v2/a/b/manifests/sha256:12", 400, "DIGEST_INVALID"),
        ("GET", f"/v2/a/b/blobs/{ABSENT}", 404, "BLOB_UNKNOWN"),
        ("GET", "/v2/A/manifests/v1", 400, "NAME_INVALID"),
        ("GET", "/v2/a/b/tags/list", 404, "NAME_UNKNOWN"),
        ("PUT", "/v2/a/b/blobs/uploads/gone?digest=x", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("PUT", "/v2/a/b/tags/list", 405, "UNSUPPORTED"),
        ("GET", "/token", 404, "UNSUPPORTED"),
    ],
)
def test_a_refusal_has_the_specs_status_and_code(
    registry: Registry, method: str, path: str, status: int, expected: str
) -> None:
    """What is not there or not well named is refused in the spec's JSON shape."""
    response = call(registry, method, path)
    assert (response.status_code, code(response)) == (status, expected)


def test_a_manifest_that_does_not_hold_together_is_refused(registry: Registry) -> None:
    """Missing blobs, wrong digests, the wrong shape and 4 MiB are each refused on PUT."""
    assert code(put(registry, "v1", image())) == "MANIFEST_BLOB_UNKNOWN"
    registry.put_blob("a/b", CONFIG)
    assert code(put(registry, ABSENT, image())) == "DIGEST_INVALID"
    assert code(put(registry, "v1", b"[]")) == "MANIFEST_INVALID"
    assert code(put(registry, "v1", image(manifests=[]))) == "MANIFEST_INVALID"
    assert code(put(registry, "v1", image(mediaType=INDEX))) == "MANIFEST_INVALID"
    assert code(put(registry, "v1", image(), Content_Type="text/plain")) == "MANIFEST_INVALID"
    assert put(registry, "v1", image(pad="x" * 4 * 1024 * 1024)).status_code == 413
    assert registry.store.repositories["a/b"].manifests == {}


def test_unchecked_references_let_a_manifest_in_before_its_blobs() -> None:
    """With check_references off, a manifest of missing blobs is stored."""
    with Registry(Options(check_references=False)) as registry:
        assert put(registry, "v1", image()).status_code == 201


def test_an_oci_type_must_be_named_in_accept(registry: Registry) -> None:
    """As in distribution, an OCI manifest is unknown to a client that does not accept its type."""
    seed(registry, tag="v1")
    response = call(registry, "GET", "/v2/a/b/manifests/v1", headers={"Accept": f"{DOCKER}, */*"})
    assert (response.status_code, code(response)) == (404, "MANIFEST_UNKNOWN")


def test_an_old_client_gets_the_amd64_child_of_a_docker_list(registry: Registry) -> None:
    """As in distribution, a list is followed for a client that accepts single manifests only."""
    child = registry.put_manifest("a/b", image(), media_type=DOCKER)
    platform = {"os": "linux", "architecture": "amd64"}
    entries = [{"digest": child, "platform": platform}]
    content = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    listed = registry.put_manifest("a/b", content, media_type=DOCKER_LIST, tag="v1")
    path = "/v2/a/b/manifests/v1"
    old = call(registry, "HEAD", path, headers={"Accept": DOCKER})
    new = call(registry, "HEAD", path, headers={"Accept": f"{DOCKER_LIST};q=0.9, {DOCKER}"})
    assert old.headers["Docker-Content-Digest"] == child
    assert new.headers["Docker-Content-Digest"] == listed


def test_a_blob_of_another_digest_is_refused_and_not_stored(registry: Registry) -> None:
    """An upload whose bytes are not what the digest says ends there."""
    location = call(registry, "POST", "/v2/a/b/blobs/uploads/").headers["Location"]
    response = call(registry, "PUT", f"{location}&digest={ABSENT}", data=CONFIG)
    assert (response.status_code, code(response)) == (400, "DIGEST_INVALID")
    assert registry.store.repositories == {}


def test_only_the_latest_location_of_an_upload_is_good(registry: Registry) -> None:
    """A client that drops the Location's query, or keeps an old one, is refused."""
    location = call(registry, "POST", "/v2/a/b/blobs/uploads/").headers["Location"]
    bare = call(registry, "PATCH", location.partition("?")[0], data=CONFIG)
    call(registry, "PATCH", location, data=CONFIG)
    again = call(registry, "PATCH", location, data=CONFIG)
    assert [code(bare), code(again)] == ["BLOB_UPLOAD_INVALID"] * 2


def test_a_chunk_out_of_order_is_answered_with_where_the_upload_stands(registry: Registry) -> None:
    """A Content-Range that does not follow on is answered 416 with the Range so far."""
    location = call(registry, "POST", "/v2/a/b/blobs/uploads/").headers["Location"]
    headers = {"Content-Range": "7-8"}
    response = call(registry, "PATCH", location, data=CONFIG, headers=headers)
    assert (response.status_code, response.headers["Range"]) == (416, "0-0")


@pytest.mark.parametrize(("single_post", "status"), [(True, 201), (False, 202)])
def test_a_single_post_stores_the_blob_only_where_it_is_supported(
    single_post: bool, status: int
) -> None:
    """POST ?digest= with a body is a whole upload, or the beginning of one."""
    with Registry(Options(single_post=single_post)) as registry:
        path = f"/v2/a/b/blobs/uploads/?digest={digest_of(CONFIG)}"
        assert call(registry, "POST", path, data=CONFIG).status_code == status
        assert ("a/b" in registry.store.repositories) is single_post


def test_a_mount_takes_the_blob_from_another_repository(registry: Registry) -> None:
    """A mount of a blob that is there answers 201, of one that is not begins an upload."""
    digest = registry.put_blob("other", CONFIG)
    path = "/v2/a/b/blobs/uploads/?from=other&mount="
    assert call(registry, "POST", path + ABSENT).status_code == 202
    assert call(registry, "POST", path + digest).status_code == 201
    assert registry.store.repositories["a/b"].blobs == {digest: CONFIG}


def test_locations_are_absolute_where_that_is_asked_for() -> None:
    """With absolute_location, Location holds scheme and host."""
    with Registry(Options(absolute_location=True)) as registry:
        location = call(registry, "POST", "/v2/a/b/blobs/uploads/").headers["Location"]
        assert location.startswith(f"http://{registry.host}/v2/a/b/blobs/uploads/")


def test_deleting_a_tag_leaves_the_manifest_and_deleting_a_digest_takes_its_tags() -> None:
    """DELETE by tag unties, DELETE by digest removes; without `deletes` neither is allowed."""
    with Registry() as registry:
        digest = seed(registry, tag="v1")
        seed(registry, tag="v2")
        assert call(registry, "DELETE", "/v2/a/b/manifests/v1").status_code == 202
        assert registry.store.repositories["a/b"].tags == {"v2": digest}
        assert call(registry, "DELETE", f"/v2/a/b/manifests/{digest}").status_code == 202
        assert registry.store.repositories["a/b"].tags == {}
        assert call(registry, "DELETE", f"/v2/a/b/manifests/{digest}").status_code == 404
    with Registry(Options(deletes=False)) as registry:
        assert code(call(registry, "DELETE", f"/v2/a/b/manifests/{digest}")) == "UNSUPPORTED"


def pages(registry: Registry, path: str) -> list[Any]:
    """Follow Link until there is none, and give the bodies."""
    found = []
    while path:
        response = call(registry, "GET", path)
        found.append(response.json())
        path = response.links.get("next", {}).get("url", "")
    return found


def test_tags_come_in_pages() -> None:
    """A page holds at most page_size tags, and its Link leads to the next one."""
    with Registry(Options(page_size=2)) as registry:
        for tag in ("c", "a", "b"):
            seed(registry, tag=tag)
        assert [page["tags"] for page in pages(registry, "/v2/a/b/tags/list")] == [
            ["a", "b"],
            ["c"],
        ]
        assert call(registry, "GET", "/v2/a/b/tags/list?n=1&last=a").json()["tags"] == ["b"]


def test_referrers_are_listed_in_pages_and_filtered_by_type() -> None:
    """The list describes what refers to a digest, by artifactType or else the config's type."""
    with Registry(Options(page_size=1)) as registry:
        subject = seed(registry, tag="v1")
        to = {"subject": {"digest": subject}}
        answered = put(registry, "s", image(artifactType="application/x.sig", **to))
        seed(registry, image(annotations={"k": "v"}, **to))
        seed(registry, image(artifactType="application/x.sig", pad=1, **to))
        path = f"/v2/a/b/referrers/{subject}"
        listed = [page["manifests"][0] for page in pages(registry, path)]
        types = [entry["artifactType"] for entry in listed]
        filtered = call(registry, "GET", f"{path}?artifactType=application/x.sig")
        assert answered.headers["OCI-Subject"] == subject
        assert types == ["application/x.sig", "application/x.config", "application/x.sig"]
        assert listed[1]["annotations"] == {"k": "v"}
        assert filtered.headers["OCI-Filters-Applied"] == "artifactType"
        assert len(pages(registry, f"{path}?artifactType=application/x.sig")) == 2
        unknown = call(registry, "GET", f"/v2/none/referrers/{subject}")
        assert (unknown.headers["Content-Type"], unknown.json()["manifests"]) == (INDEX, [])


def test_without_the_referrers_api_there_is_no_sign_of_it() -> None:
    """With referrers off the list is 404 and a PUT with a subject has no OCI-Subject header."""
    with Registry(Options(referrers=False)) as registry:
        subject = seed(registry)
        stored = put(registry, "s", image(subject={"digest": subject}))
        assert (stored.status_code, "OCI-Subject" in stored.headers) == (201, False)
        assert call(registry, "GET", f"/v2/a/b/referrers/{subject}").status_code == 404


def test_a_conditional_put_loses_to_another_writer_only_where_that_is_supported() -> None:
    """If-Match guards a tag with compare_and_swap on, and is ignored with it off."""
    for supported, status in ((True, 412), (False, 201)):
        with Registry(Options(compare_and_swap=supported)) as registry:
            first = seed(registry, tag="v1")
            assert put(registry, "v1", image(), If_None_Match="*").status_code == status
            second = image(annotations={"second": "1"})
            assert put(registry, "v1", second, If_Match=f'"{first}"').status_code == 201
            assert put(registry, "v1", image(), If_Match=f'"{first}"').status_code == status


def test_what_was_put_is_seen_only_after_the_lag() -> None:
    """A moved tag reads as before, and the new manifest is unknown, until the lag is over."""
    now = [100.0]
    with Registry(Options(lag=3), clock=lambda: now[0]) as registry:
        old = seed(registry, tag="v1")
        new = put(registry, "v1", image(annotations={"new": "1"}))
        digest = new.headers["Docker-Content-Digest"]
        path = "/v2/a/b/manifests/"
        assert call(registry, "HEAD", f"{path}v1").headers["Docker-Content-Digest"] == old
        assert call(registry, "GET", path + digest).status_code == 404
        assert registry.store.repositories["a/b"].tags == {"v1": digest}
        now[0] += 3
        assert call(registry, "HEAD", f"{path}v1").headers["Docker-Content-Digest"] == digest


def test_basic_authentication_lets_in_who_knows_the_password() -> None:
    """Every path is challenged, but pulls where anonymous ones are allowed."""
    with Registry(Options(auth=Basic("u", "p", anonymous_pull=True))) as registry:
        seed(registry, tag="v1")
        path = "/v2/a/b/manifests/v1"
        refused = call(registry, "GET", "/v2/")
        assert (refused.status_code, code(refused)) == (401, "UNAUTHORIZED")
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="registry"'
        assert call(registry, "GET", "/v2/", auth=("u", "p")).status_code == 200
        assert call(registry, "GET", path).status_code == 200
        assert call(registry, "GET", path, auth=("u", "wrong")).status_code == 401
        assert call(registry, "PUT", path).status_code == 401


def bearer(registry: Registry, scope: str, **more: Any) -> dict[str, str]:
    """Fetch a token, and give the header that carries it."""
    answer = call(registry, "GET", "/token", params={"scope": scope}, **more).json()
    assert answer["token"] == answer["access_token"]
    return {"Authorization": f"Bearer {answer['token']}"}


def test_a_token_opens_what_its_scope_names_and_nothing_else() -> None:
    """The challenge names realm, service and scope; a token too narrow is insufficient_scope."""
    with Registry(Options(auth=Bearer("u", "p", service="s"))) as registry:
        seed(registry, tag="v1")
        path = "/v2/a/b/manifests/v1"
        challenge = call(registry, "GET", path).headers["WWW-Authenticate"]
        realm = f'Bearer realm="http://{registry.host}/token",service="s"'
        assert challenge == f'{realm},scope="repository:a/b:pull"'
        headers = bearer(registry, "repository:a/b:pull", auth=("u", "p"))
        assert call(registry, "GET", path, headers=headers).status_code == 200
        narrow = call(registry, "PUT", path, headers=headers).headers["WWW-Authenticate"]
        assert narrow == f'{realm},scope="repository:a/b:pull,push",error="insufficient_scope"'
        assert call(registry, "GET", "/token", auth=("u", "wrong")).status_code == 401
        assert call(registry, "GET", "/token").status_code == 401
        kinds = [record.authorization for record in registry.requests]
        assert kinds == ["none", "basic", "bearer", "bearer", "basic", "none"]


def test_an_identity_token_is_exchanged_in_a_form() -> None:
    """POST with grant_type=refresh_token gives a token; a wrong one is refused."""
    with Registry(Options(auth=Bearer("u", "p", identity_token="id"))) as registry:
        form = {"grant_type": "refresh_token", "scope": "repository:a/b:pull", "service": "s"}
        good = call(registry, "POST", "/token", data={**form, "refresh_token": "id"}).json()
        headers = {"Authorization": f"Bearer {good['access_token']}"}
        assert good["refresh_token"] == "id"
        assert call(registry, "GET", "/v2/", headers=headers).status_code == 200
        wrong = call(registry, "POST", "/token", data={**form, "refresh_token": "no"})
        assert wrong.status_code == 401


def test_a_token_expires() -> None:
    """A token is invalid_token after expires_in."""
    now = [100.0]
    auth = Bearer("u", "p", expires_in=60)
    with Registry(Options(auth=auth), clock=lambda: now[0]) as registry:
        headers = bearer(registry, "repository:a/b:pull", auth=("u", "p"))
        now[0] += 59
        assert call(registry, "GET", "/v2/", headers=headers).status_code == 200
        now[0] += 1
        answer = call(registry, "GET", "/v2/", headers=headers)
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_grants_narrow_what_a_token_holds() -> None:
    """A grants callable sees the user and what was asked for, and decides what is given."""
    asked = []

    def grants(user: str, wanted: frozenset[Access]) -> frozenset[Access]:
        asked.append((user, wanted))
        return frozenset()

    with Registry(Options(auth=Bearer("u", "p", anonymous_pull=True, grants=grants))) as registry:
        headers = bearer(registry, "repository:a/b:pull,push")
        assert call(registry, "GET", "/v2/a/b/tags/list", headers=headers).status_code == 401
        assert asked == [("", frozenset({Access("a/b", "pull")}))]


def test_requests_are_recorded_without_their_secrets(registry: Registry) -> None:
    """A record tells what was asked, how it was answered and over which connection."""
    with requests.Session() as session:
        session.auth = ("u", "secret")
        session.headers["User-Agent"] = "boltseal/1"
        for query in ("?n=1", ""):
            session.get(f"{registry.url}/v2/a/b/tags/list{query}", timeout=5)
    call(registry, "GET", "/v2/")
    first, second, third = registry.requests
    assert (first.method, first.path, first.query) == ("GET", "/v2/a/b/tags/list", "n=1")
    assert (first.status, first.user_agent, first.authorization) == (404, "boltseal/1", "basic")
    assert first.connection == second.connection != third.connection
    assert registry.connections == 2
    assert sum(record.received for record in registry.requests) == registry.received
    assert sum(record.sent for record in registry.requests) == registry.sent
    assert registry.count(method="GET", path="/tags/", status=404) == 2
    assert registry.count(lambda record: record.user_agent != "boltseal/1") == 1
    assert "secret" not in repr(registry.requests)
    registry.clear()
    assert registry.requests == ()


def test_many_threads_lose_nothing() -> None:
    """Thirty-two writers on connections of their own leave thirty-two tags and records."""
    with Registry(Options(latency=lambda: 0.01)) as registry:
        seed(registry)
        writers = [
            threading.Thread(target=put, args=(registry, f"v{number}", image()))
            for number in range(32)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert len(registry.store.repositories["a/b"].tags) == 32
        assert registry.count(status=201) == registry.connections == 32


def test_latency_delays_every_answer() -> None:
    """An answer takes at least the latency."""
    with Registry(Options(latency=0.1)) as registry:
        begun = time.monotonic()
        call(registry, "GET", "/v2/")
        assert time.monotonic() - begun >= 0.1


def test_a_script_answers_in_the_registrys_place() -> None:
    """A scripted answer is sent as it is, and nothing is carried out."""

    def script(request: Request) -> Outcome:
        if request.method == "PUT":
            assert request.read() == image()
            return Answer(201, (("Docker-Content-Digest", digest_of(request.read())),))
        if request.path == "/v2/":
            return Delay(0.05, then=Answer(429, (("Retry-After", "7"),), b"slow down"))
        return None

    with Registry(script=script) as registry:
        limited = call(registry, "GET", "/v2/")
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
        assert put(registry, "v1", image()).status_code == 201
        assert call(registry, "GET", "/v2/a/b/manifests/v1").status_code == 404
        assert [record.status for record in registry.requests] == [429, 201, 404]


def test_a_script_alters_an_honest_answer() -> None:
    """An altered answer is made from what the registry really did."""

    def lie(answer: Answer) -> Answer:
        return answer.with_headers(Docker_Content_Digest=ABSENT, ETag=None)

    with Registry(script=lambda _: Alter(lie)) as registry:
        seed(registry, tag="v1")
        answer = call(registry, "GET", "/v2/a/b/manifests/v1")
        assert (answer.content, answer.headers["Docker-Content-Digest"]) == (image(), ABSENT)
        assert "ETag" not in answer.headers


def endless() -> Iterator[bytes]:
    """Give pieces without end."""
    while True:
        yield b"x" * 1000


def scripted(answer: Answer | Raw) -> Registry:
    """Make a registry that knows one answer."""
    return Registry(script=lambda _: answer)


def test_an_endless_body_goes_on_until_the_client_leaves() -> None:
    """A body without end is chunked, whatever length a header could have promised."""
    with (
        scripted(Answer(200, (), endless())) as registry,
        requests.get(registry.url, stream=True, timeout=5) as response,
    ):
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert len(response.raw.read(100_000)) == 100_000


@pytest.mark.parametrize("promised", ["3", "9"])
def test_a_lying_length_is_sent_as_it_is(promised: str) -> None:
    """A Content-Length of the script's own stands, and the connection ends after the body."""
    with scripted(Answer(200, (("Content-Length", promised),), b"12345")) as registry:
        connection = http.client.HTTPConnection(registry.host, timeout=5)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.headers["Content-Length"] == promised
        if promised == "9":
            with pytest.raises(http.client.IncompleteRead):
                response.read()
        else:
            assert response.read() == b"123"
        connection.close()


def test_a_stream_with_connection_close_ends_with_the_connection() -> None:
    """A body without any framing is what comes before the close."""
    with scripted(Answer(200, (("Connection", "close"),), iter([b"1", b"2"]))) as registry:
        response = call(registry, "GET", "/")
        assert (response.content, "Transfer-Encoding" in response.headers) == (b"12", False)


def test_raw_bytes_need_not_be_http() -> None:
    """Raw pieces are all that the client sees."""
    with scripted(Raw([b"no ", b"http\r\n\r\n"])) as registry:
        connection = http.client.HTTPConnection(registry.host, timeout=5)
        connection.request("GET", "/")
        with pytest.raises(http.client.BadStatusLine):
            connection.getresponse()
        connection.close()


@pytest.mark.parametrize(
    ("drop", "stored"), [(Drop(), 0), (Drop(received=9), 0), (Drop(sent=20), 1)]
)
def test_a_drop_resets_before_or_after_the_request_is_carried_out(drop: Drop, stored: int) -> None:
    """A reset in the request leaves nothing behind; one in the answer comes after the fact."""
    with Registry(script=lambda request: drop if request.method == "PUT" else None) as registry:
        registry.put_blob("a/b", CONFIG)
        with pytest.raises(requests.ConnectionError):
            put(registry, "v1", image())
        assert len(registry.store.repositories["a/b"].tags) == stored


def test_every_byte_of_an_exchange_can_be_the_last() -> None:
    """Cut anywhere, on either way, the client fails, and the next exchange succeeds."""
    with Registry() as registry:
        registry.put_blob("a/b", CONFIG)
        put(registry, "v1", image())
        received, sent = registry.received, registry.sent
        for count in range(0, received, 16):
            registry.cut_after(received=count)
            with pytest.raises(requests.ConnectionError):
                put(registry, "cut", image())
        assert "cut" not in registry.store.repositories["a/b"].tags
        for count in range(0, sent, 16):
            registry.cut_after(sent=count)
            with pytest.raises(requests.ConnectionError):
                put(registry, "cut", image())
        assert "cut" in registry.store.repositories["a/b"].tags
        assert put(registry, "v1", image()).status_code == 201


def test_what_a_script_raises_is_raised_when_the_registry_stops() -> None:
    """A failed assertion in a script reaches the test, and the client gets a 500."""

    def script(_: Request) -> Outcome:
        raise LookupError("wrong turn")

    with pytest.raises(LookupError, match="wrong turn"), Registry(script=script) as registry:
        assert call(registry, "GET", "/v2/").status_code == 500


def test_stopping_ends_idle_slow_and_endless_connections_at_once() -> None:
    """Leaving the block does not wait for clients, and the port is closed afterwards."""

    def script(request: Request) -> Outcome:
        return Delay(60) if request.path == "/slow" else Answer(200, (), endless())

    with Registry(script=script) as registry:
        connections = [http.client.HTTPConnection(registry.host, timeout=5) for _ in range(3)]
        connections[0].connect()
        for connection, path in zip(connections[1:], ("/slow", "/endless"), strict=True):
            connection.request("GET", path)
        while len(registry.requests) < 2:
            time.sleep(0.005)
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    with pytest.raises(requests.ConnectionError):
        call(registry, "GET", "/v2/")
    for connection in connections:
        connection.close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1, and write it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).add_extension(names, critical=False)
    made = builder.sign(key, hashes.SHA256())
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_tls_is_served_and_a_refused_handshake_does_no_harm(tmp_path: Path) -> None:
    """A client that trusts the certificate is answered over https; one that does not can leave."""
    tls = certificate(tmp_path)
    with Registry(Options(auth=Bearer("u", "p")), tls=tls) as registry:
        url = registry.url.replace("127.0.0.1", "localhost")
        with pytest.raises(requests.exceptions.SSLError):
            call(registry, "GET", f"{url}/v2/")
        answer = call(registry, "GET", f"{url}/v2/", verify=str(tls[0]))
        assert f'realm="{registry.url}/token"' in answer.headers["WWW-Authenticate"]
