"""Large blobs are read by ranges and sent by chunks; each of them may fail and is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from boltseal.core.names import Digest
from boltseal.core.oci import Descriptor
from boltseal.errors import IntegrityError, RegistryError
from boltseal.stores.pieces import PIECE, checked, regrouped
from tests.stores.registry.world import repository, store_on
from tests.support.registry import Alter, Answer, Drop, Options, Outcome, Registry, Request

LARGE = bytes(range(256)) * (PIECE // 256) + b"and a bit more"
WHAT = Descriptor.of(LARGE, "application/octet-stream")


def _once(matches: Callable[[Request], bool], outcome: Outcome) -> Callable[[Request], Outcome]:
    """Script one outcome for the first request that matches."""
    left = [outcome]
    return lambda request: left.pop() if left and matches(request) else None


def test_a_large_blob_is_read_by_ranges() -> None:
    """Each piece is a request of its own, and together they are the blob."""
    with Registry() as registry:
        registry.put_blob("org/app", LARGE)
        pieces = list(store_on(registry).pieces(repository(registry), WHAT))
        assert [len(piece) for piece in pieces] == [PIECE, len(LARGE) - PIECE]
        assert b"".join(pieces) == LARGE
        assert registry.count(method="GET", path="/blobs/", status=206) == 2


def test_a_piece_that_is_cut_is_asked_for_again() -> None:
    """A connection that breaks in a piece costs that piece, not the blob."""
    script = _once(lambda r: "bytes=8388608-" in r.header("Range"), Drop(sent=300))
    with Registry(script=script) as registry:
        registry.put_blob("org/app", LARGE)
        assert b"".join(store_on(registry).pieces(repository(registry), WHAT)) == LARGE
        assert registry.count(method="GET", path="/blobs/") == 3


def test_a_registry_without_ranges_is_read_whole() -> None:
    """An answer 200 to a range is taken for what it is, up to a limit."""
    with Registry(options=Options(ranges=False)) as registry:
        registry.put_blob("org/app", LARGE)
        assert b"".join(store_on(registry).pieces(repository(registry), WHAT)) == LARGE
        huge = Descriptor(WHAT.media_type, 1 << 33, WHAT.digest)
        with pytest.raises(RegistryError, match="does not serve parts"):
            list(store_on(registry).pieces(repository(registry), huge))


def test_a_changed_blob_is_found_out_at_its_end() -> None:
    """Ranges of another blob of the same length are refused."""
    with Registry() as registry:
        registry.put_blob("org/app", LARGE)
        other = Descriptor(WHAT.media_type, WHAT.size, Digest("0" * 64))

        def lie(request: Request) -> Outcome:
            first = "bytes=0-" in request.header("Range")
            start, end = (0, PIECE) if first else (PIECE, len(LARGE))
            told = ("Content-Range", f"bytes {start}-{end - 1}/{len(LARGE)}")
            return Answer(206, (told,), LARGE[start:end])

        with Registry(script=lie) as liar, pytest.raises(IntegrityError, match="digest"):
            list(store_on(liar).pieces(repository(liar), other))


@pytest.mark.parametrize("absolute", [False, True])
def test_a_large_blob_is_sent_in_chunks(absolute: bool) -> None:
    """POST, a PATCH a piece with its range, and PUT with the digest."""
    ranges: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            ranges.append(request.header("Content-Range"))

    with Registry(options=Options(absolute_location=absolute), script=note) as registry:
        store = store_on(registry)
        store.put_pieces(repository(registry), WHAT, lambda: iter([LARGE[:100], LARGE[100:]]))
        assert registry.store.blob("org/app", str(WHAT.digest)) == LARGE
        assert ranges == [f"0-{PIECE - 1}", f"{PIECE}-{len(LARGE) - 1}"]
        assert store.has_blob(repository(registry), WHAT)
        assert registry.count(method="HEAD") == 0


def test_a_chunk_may_be_taken_in_other_words() -> None:
    """go-containerregistry's registry answers a chunk with 204 where the specification has 202."""

    def script(request: Request) -> Outcome:
        changed = Alter(lambda answer: Answer(204, answer.headers, b""))
        return changed if request.method == "PATCH" else None

    with Registry(script=script) as registry:
        store_on(registry).put_pieces(repository(registry), WHAT, lambda: iter([LARGE]))
        assert registry.store.blob("org/app", str(WHAT.digest)) == LARGE


@pytest.mark.parametrize("outcome", [Drop(sent=0), Drop(received=1000), Answer(503)])
def test_a_chunk_whose_answer_is_lost_is_asked_after(outcome: Outcome) -> None:
    """Whether the chunk had arrived or not, it is in the blob exactly once."""
    script = _once(lambda r: r.method == "PATCH", outcome)
    with Registry(script=script) as registry:
        store_on(registry).put_pieces(repository(registry), WHAT, lambda: iter([LARGE]))
        assert registry.store.blob("org/app", str(WHAT.digest)) == LARGE


def test_an_upload_that_is_gone_is_begun_anew() -> None:
    """A registry that swept the upload away gets the blob from its beginning."""
    script = _once(
        lambda r: r.method == "PATCH" and r.header("Content-Range").startswith("8388608-"),
        Answer(404),
    )
    begun: list[int] = []

    def pieces() -> Iterator[bytes]:
        begun.append(1)
        return iter([LARGE])

    with Registry(script=script) as registry:
        store_on(registry).put_pieces(repository(registry), WHAT, pieces)
        assert registry.store.blob("org/app", str(WHAT.digest)) == LARGE
    assert len(begun) == 2


def test_a_source_that_lies_leaves_nothing_behind() -> None:
    """An upload is not finished with bytes that are not the blob's."""
    with Registry() as registry:
        wrong = b"x" + LARGE[1:]
        store = store_on(registry)
        with pytest.raises(IntegrityError):
            store.put_pieces(repository(registry), WHAT, lambda: iter([wrong]))
        assert registry.count(method="PUT") == 0


def test_a_blob_is_mounted_within_a_registry_only() -> None:
    """Another repository of the registry gives its blob; another registry does not."""
    with Registry() as registry, Registry() as other:
        registry.put_blob("org/app", LARGE)
        store = store_on(registry)
        here, there = repository(registry), repository(registry, "org/copy")
        assert store.mount_blob(there, WHAT, source=here)
        assert registry.store.blob("org/copy", str(WHAT.digest)) == LARGE
        assert not store.mount_blob(repository(other), WHAT, source=here)
        missing = Descriptor("x", 3, Digest.of(b"no!"))
        assert not store.mount_blob(there, missing, source=here)


def test_pieces_are_checked_and_regrouped() -> None:
    """More or fewer bytes than announced are refused; chunks come in the size asked for."""
    assert list(regrouped(iter([b"abc", b"d", b"efgh"]), size=3)) == [b"abc", b"def", b"gh"]
    three = Descriptor.of(b"abc", "x")
    assert b"".join(checked(iter([b"a", b"bc"]), three, what="it")) == b"abc"
    for wrong in ([b"ab"], [b"abcd"], [b"abd"]):
        with pytest.raises(IntegrityError):
            list(checked(iter(wrong), three, what="it"))
