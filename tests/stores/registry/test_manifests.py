"""Manifests: what is there, what is not, and what cannot be said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boltseal.core.names import Digest
from boltseal.core.oci import OCI_INDEX, OCI_MANIFEST, Index
from boltseal.errors import (
    AccessDenied,
    IntegrityError,
    Malformed,
    RegistryError,
    Unready,
    UsageError,
)
from tests.support.registry import Alter, Answer, Drop, Options, Outcome, Registry, Request

from .world import planted, repository, sample, store_on, tagged

Script = Callable[[Request], Outcome]


def on(method: str, outcome: Outcome, *, times: int = 1_000_000) -> Script:
    """Play an outcome for the first requests of a method, and be honest otherwise."""
    left = [times]

    def script(request: Request) -> Outcome:
        if request.method != method or not left[0]:
            return None
        left[0] -= 1
        return outcome

    return script


def errors(code: str, message: str = "") -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def headers(**changes: str | None) -> Alter:
    return Alter(lambda answer: answer.with_headers(**changes))


def test_a_tag_is_resolved_by_one_head() -> None:
    """Type, size and digest come from the headers; registries do not count a HEAD."""
    with Registry() as registry:
        manifest = planted(registry)
        found = store_on().resolve(tagged(registry))
        assert found == manifest.descriptor()
        assert [record.method for record in registry.requests] == ["HEAD"]
        assert registry.requests[0].accept.count("application/vnd.") == 4


@pytest.mark.parametrize(
    "outcome",
    [
        headers(Docker_Content_Digest=None),
        headers(Docker_Content_Digest="md5:abc"),
        headers(Docker_Content_Digest="sha256:../../x"),
        Alter(lambda answer: Answer(200, answer.headers, iter([b""]))),
        headers(Content_Type="application/octet-stream"),
        Answer(405),
        Answer(400),
        Answer(501),
        Answer(404, (("Content-Type", "text/html"),)),
    ],
)
def test_where_head_does_not_tell_get_does(outcome: Outcome) -> None:
    """HEAD refused, or without digest, length or type: the bytes are read instead."""
    with Registry(script=on("HEAD", outcome)) as registry:
        manifest = planted(registry)
        assert store_on().resolve(tagged(registry)) == manifest.descriptor()
        assert [record.method for record in registry.requests] == ["HEAD", "GET"]


def test_what_is_not_there_is_none() -> None:
    """For a tag and for a digest, in an empty registry and in a known repository."""
    with Registry() as registry:
        store = store_on()
        assert store.resolve(tagged(registry)) is None
        assert store.manifest(tagged(registry)) is None
        planted(registry)
        assert store.manifest(repository(registry).at(Digest.of(b"x"))) is None
        assert store.resolve(repository(registry).at(Digest.of(b"x"))) is None


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", errors("MANIFEST_UNKNOWN")),
        ("application/json", errors("NAME_UNKNOWN")),
        ("application/json", errors("NOT_FOUND")),
        ("text/plain", b"404 page not found\n"),
        ("application/json", b""),
    ],
)
def test_404_of_a_registry_is_not_there(media_type: str, body: bytes) -> None:
    """Registries say it in several ways."""
    answer = Answer(404, (("Content-Type", media_type),), body)
    with Registry(script=lambda _: answer) as registry:
        assert store_on().manifest(tagged(registry)) is None


@pytest.mark.parametrize("status", [200, 404, 403, 503])
def test_a_web_page_is_not_a_registrys_answer(status: int) -> None:
    """A captive portal does not make an image unsigned."""
    page = Answer(status, (("Content-Type", "text/html; charset=utf-8"),), b"<html>login</html>")
    with Registry(script=lambda _: page) as registry:
        for ask in (store_on().manifest, store_on().resolve):
            with pytest.raises(RegistryError, match="web page"):
                ask(tagged(registry))


@pytest.mark.parametrize("code", ["UNAUTHORIZED", "DENIED", "TOOMANYREQUESTS"])
def test_404_with_a_code_of_another_kind_is_not_missing(code: str) -> None:
    """Some put a refusal behind 404; it is no statement about the image."""
    answer = Answer(404, (("Content-Type", "application/json"),), errors(code))
    with Registry(script=lambda _: answer) as registry, pytest.raises(RegistryError):
        store_on().manifest(tagged(registry))


@pytest.mark.parametrize("status", [400, 401, 403, 418, 429, 500, 502, 503, 504])
def test_a_refusal_is_never_not_there(status: int) -> None:
    """Limits, permissions and failures are undecided, for HEAD and for GET."""
    with Registry(script=lambda _: Answer(status)) as registry:
        for ask in (store_on(retries=0).manifest, store_on(retries=0).resolve):
            with pytest.raises(RegistryError) as told:
                ask(tagged(registry))
            assert isinstance(told.value, AccessDenied) == (status in (401, 403))
            assert str(status) in str(told.value)
            assert registry.host in str(told.value)


def test_a_refused_head_is_explained_by_a_get() -> None:
    """HEAD has no body: the reason is asked for, since it is what the user needs."""
    reason = Answer(
        403, (("Content-Type", "application/json"),), errors("DENIED", "no pull for you")
    )
    with (
        Registry(script=lambda _: reason) as registry,
        pytest.raises(AccessDenied, match="DENIED: no pull for you"),
    ):
        store_on().resolve(tagged(registry))


def test_limits_are_told_with_their_numbers() -> None:
    """429 names what the registry says of its limit."""
    answer = Answer(
        429, (("Retry-After", "600"), ("RateLimit-Limit", "100;w=21600")), errors("TOOMANYREQUESTS")
    )
    with Registry(script=lambda _: answer) as registry:
        with pytest.raises(RegistryError, match=r"limits requests.*Retry-After: 600.*100;w=21600"):
            store_on().manifest(tagged(registry))
        assert len(registry.requests) == 1


def test_403_is_missing_only_where_that_is_configured() -> None:
    """Artifactory's habit is opted into by registry, and reported."""
    with Registry(script=lambda _: Answer(403)) as registry:
        quirky = store_on(forbidden_means_missing=(registry.host,))
        assert quirky.manifest(tagged(registry)) is None
        assert quirky.notices()
        strict = store_on(forbidden_means_missing=("other.test",))
        with pytest.raises(AccessDenied):
            strict.manifest(tagged(registry))
        assert not strict.notices()


def test_bytes_of_another_digest_are_refused() -> None:
    """By digest, the hash of the bytes decides, whatever the header says."""
    other = sample(b"other").raw

    def lie(answer: Answer) -> Answer:
        return Answer(200, answer.headers, other)

    with Registry(script=on("GET", Alter(lie))) as registry:
        manifest = planted(registry)
        with pytest.raises(IntegrityError, match="digest"):
            store_on().manifest(repository(registry).at(manifest.digest))


def test_the_digest_header_is_not_believed_over_the_bytes() -> None:
    """By tag, the digest is computed; a header that differs changes nothing."""
    script = on("GET", headers(Docker_Content_Digest=str(Digest.of(b"lie"))))
    with Registry(script=script) as registry:
        manifest = planted(registry)
        found = store_on().manifest(tagged(registry))
        assert found is not None
        assert found.digest == manifest.digest


def test_a_head_by_digest_that_names_another_is_refused() -> None:
    """The registry contradicts the question."""
    script = on("HEAD", headers(Docker_Content_Digest=str(Digest.of(b"lie"))))
    with Registry(script=script) as registry:
        manifest = planted(registry)
        with pytest.raises(IntegrityError):
            store_on().resolve(repository(registry).at(manifest.digest))


def test_a_manifest_without_end_is_left() -> None:
    """4 MiB are read and no more."""
    endless = (b"x" * 65536 for _ in range(10_000))
    answer = Answer(200, (("Content-Type", OCI_MANIFEST),), endless)
    with Registry(script=lambda _: answer) as registry:
        with pytest.raises(Malformed, match="larger than"):
            store_on().manifest(tagged(registry))
        assert registry.sent < 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("media_type", "value"),
    [
        (OCI_MANIFEST, {"schemaVersion": 2, "manifests": [], "layers": [], "config": {}}),
        (OCI_MANIFEST, {"schemaVersion": 2, "manifests": []}),
        (OCI_INDEX, {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": []}),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", {"schemaVersion": 1}),
        (OCI_MANIFEST, b'{"schemaVersion":2,"schemaVersion":2}'),
        (OCI_MANIFEST, b"\xef\xbb\xbf{}"),
        (OCI_MANIFEST, b"[" * 100_000),
    ],
)
def test_what_is_no_plain_manifest_is_malformed(media_type: str, value: Any) -> None:
    """Ambiguous, contradictory, old or broken documents are errors, never 'unsigned'."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer = Answer(200, (("Content-Type", media_type),), body)
    with Registry(script=lambda _: answer) as registry, pytest.raises(Malformed):
        store_on().manifest(tagged(registry))


def test_a_manifest_is_stored_by_digest_and_by_tag() -> None:
    """And read back as the same bytes, an index too."""
    with Registry() as registry:
        store, where = store_on(), repository(registry)
        manifest = sample(b"layer")
        store.put_blob(where, b"{}")
        store.put_blob(where, b"layer")
        store.put_manifest(where.at(manifest.digest), manifest)
        index = Index.build((manifest.descriptor(),))
        store.put_manifest(where.at("multi"), index)
        assert store.manifest(where.at(manifest.digest)) == manifest
        found = store.manifest(where.at("multi"))
        assert isinstance(found, Index)
        assert found.raw == index.raw
        assert store.tags(where) == ("multi",)


def test_a_manifest_is_not_stored_under_a_digest_that_is_not_its_own() -> None:
    """A mistake of the caller is found before anything is sent."""
    with Registry() as registry:
        with pytest.raises(UsageError):
            store_on().put_manifest(repository(registry).at(Digest.of(b"x")), sample())
        assert not registry.requests


def test_a_registry_that_stores_other_bytes_is_found_out() -> None:
    """The digest that comes with 201 has to be ours."""
    script = on("PUT", headers(Docker_Content_Digest=str(Digest.of(b"other"))))
    with (
        Registry(Options(check_references=False), script=script) as registry,
        pytest.raises(IntegrityError, match="another digest"),
    ):
        store_on().put_manifest(tagged(registry), sample())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, errors("TAG_INVALID", "tag is immutable")),
        (412, errors("PRECONDITION", "immutable")),
        (409, errors("CONFLICT", "exists")),
        (403, errors("DENIED", "cannot overwrite immutable tag")),
    ],
)
def test_an_immutable_tag_is_diagnosed(status: int, body: bytes) -> None:
    """The cause and three ways out are told, whichever way the registry says it."""
    answer = Answer(status, (("Content-Type", "application/json"),), body)
    with (
        Registry(Options(check_references=False), script=on("PUT", answer)) as registry,
        pytest.raises(AccessDenied, match=r"immutable.*IMMUTABLE_WITH_EXCLUSION.*bundles"),
    ):
        store_on().put_manifest(tagged(registry), sample())


def test_missing_blobs_are_unready_and_no_longer_taken_for_known() -> None:
    """A registry that lost what was just sent gets it again at the next attempt."""
    unknown = Answer(400, (("Content-Type", "application/json"),), errors("MANIFEST_BLOB_UNKNOWN"))

    def script(request: Request) -> Outcome:
        return unknown if request.method == "PUT" and "/manifests/" in request.path else None

    with Registry(script=script) as registry:
        store, where = store_on(), repository(registry)
        store.put_blob(where, b"{}")
        with pytest.raises(Unready):
            store.put_manifest(where.at("x"), sample())
        registry.clear()
        store.put_blob(where, b"{}")
        assert registry.count(method="PUT") == 1


def test_a_write_whose_answer_was_lost_is_looked_for_before_it_is_repeated() -> None:
    """The tag names our manifest already: it is not written twice."""
    with Registry(
        Options(check_references=False), script=on("PUT", Drop(sent=0), times=1)
    ) as registry:
        store_on().put_manifest(tagged(registry), sample())
        assert [record.method for record in registry.requests] == ["PUT", "HEAD"]


def test_a_write_that_did_not_arrive_is_repeated() -> None:
    """The tag is as it was when it was read: the write is sent again."""
    with Registry(Options(check_references=False), script=on("PUT", Drop(), times=1)) as registry:
        store = store_on()
        assert store.manifest(tagged(registry)) is None
        store.put_manifest(tagged(registry), sample())
        assert [record.method for record in registry.requests] == ["GET", "PUT", "HEAD", "PUT"]


def test_a_write_that_was_overtaken_is_not_repeated() -> None:
    """Another signer wrote between our lost write and the repetition: his work stays."""
    other = sample(annotations={"by": "another"})
    registries: list[Registry] = []

    def script(request: Request) -> Outcome:
        if request.method != "PUT" or not registries:
            return None
        rival = registries.pop()
        rival.put_manifest("org/app", other.raw, media_type=OCI_MANIFEST, tag="latest")
        return Drop()

    with Registry(Options(check_references=False), script=script) as registry:
        registries.append(registry)
        store = store_on()
        assert store.manifest(tagged(registry)) is None
        with pytest.raises(Unready, match="another writer"):
            store.put_manifest(tagged(registry), sample())
        found = store.manifest(tagged(registry))
        assert found is not None
        assert found.digest == other.digest


def test_a_manifest_by_digest_is_simply_sent_again() -> None:
    """Content has one address, so repeating harms nobody."""
    manifest = sample()
    with Registry(
        Options(check_references=False), script=on("PUT", Drop(sent=0), times=1)
    ) as registry:
        store_on().put_manifest(repository(registry).at(manifest.digest), manifest)
        assert [record.method for record in registry.requests] == ["PUT", "PUT"]


def test_what_is_deleted_is_gone() -> None:
    """By tag and by digest; twice is no error."""
    with Registry() as registry:
        manifest = planted(registry)
        store = store_on()
        assert store.delete(tagged(registry))
        assert not store.delete(tagged(registry))
        assert store.delete(repository(registry).at(manifest.digest))
        assert store.manifest(repository(registry).at(manifest.digest)) is None


def test_a_registry_that_does_not_delete_says_so() -> None:
    """GHCR and Docker Hub answer 405: the error names the way out."""
    with Registry(Options(deletes=False)) as registry:
        planted(registry)
        with pytest.raises(RegistryError, match="registry's own tools"):
            store_on().delete(tagged(registry))
