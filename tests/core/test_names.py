"""Names are parsed once, into what cosign would sign, or refused in a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.names import Digest, Reference, Repository
from boltseal.errors import UsageError
from tests.golden.cases import cases, content

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"

# as written: docker-reference, tag, digest
REFERENCES: dict[str, tuple[str, str | None, str | None]] = {
    f"reg.example.com:5000/a/b:tag@{DIGEST}": ("reg.example.com:5000/a/b", "tag", DIGEST),
    f"reg.example.com/a@{DIGEST}": ("reg.example.com/a", None, DIGEST),
    "reg.example.com/a": ("reg.example.com/a", "latest", None),
    "alpine": ("index.docker.io/library/alpine", "latest", None),
    "alpine:3.20": ("index.docker.io/library/alpine", "3.20", None),
    "docker.io/alpine": ("index.docker.io/library/alpine", "latest", None),
    "index.docker.io/alpine": ("index.docker.io/library/alpine", "latest", None),
    "docker.io/library/alpine": ("index.docker.io/library/alpine", "latest", None),
    "foo/bar": ("index.docker.io/foo/bar", "latest", None),
    "docker.io/foo/bar": ("index.docker.io/foo/bar", "latest", None),
    "localhost/x": ("index.docker.io/localhost/x", "latest", None),
    "localhost:5000/x": ("localhost:5000/x", "latest", None),
    "localhost:5000/x:y": ("localhost:5000/x", "y", None),
    "localhost:5000": ("index.docker.io/library/localhost", "5000", None),
    "INDEX.DOCKER.IO/x": ("INDEX.DOCKER.IO/x", "latest", None),
    "HOST:443/x": ("HOST:443/x", "latest", None),
    "127.0.0.1:5000/x": ("127.0.0.1:5000/x", "latest", None),
    "[::1]:5000/x:y": ("[::1]:5000/x", "y", None),
    "[2001:db8::1]/x": ("[2001:db8::1]/x", "latest", None),
    "a-b.c--d.example/e__f/g.h/i---j": ("a-b.c--d.example/e__f/g.h/i---j", "latest", None),
    "r.io/x:A_b.c-9": ("r.io/x", "A_b.c-9", None),
    "r.io/x:" + "t" * 128: ("r.io/x", "t" * 128, None),
    "r.io/" + "x" * 255: ("r.io/" + "x" * 255, "latest", None),
}


@pytest.mark.parametrize("text", REFERENCES, ids=lambda text: text[:60])
def test_a_reference_is_read_as_cosign_reads_it(text: str) -> None:
    """The repository's text is the docker-reference that cosign signs; tag and digest beside it."""
    name, tag, digest = REFERENCES[text]
    reference = Reference.parse(text)
    assert (str(reference.repository), reference.tag) == (name, tag)
    assert reference.digest == (Digest.parse(digest) if digest else None)
    assert reference.target == (digest or tag)


# text: words of the error
REFUSED = {
    "": "empty",
    " ": "malformed",
    "a" * 4097: "too long",
    ":tag": "variable is empty",
    f"@{DIGEST}": "variable is empty",
    "reg.example.com/": "no repository path",
    "reg.example.com//a": "malformed",
    "reg.example.com/a/": "malformed",
    "/a": "malformed",
    "r.io/" + "x" * 256: "no repository path of 1 to 255",
    "r.io/App": "capitals are not allowed",
    "App": "capitals are not allowed",
    "ALPINE": "capitals are not allowed",
    "r.io/a b": "malformed",
    "r.io/a\n": "malformed",
    "r.io/ä": "malformed",
    "r.io/-a": "malformed",
    "r.io/a-": "malformed",
    "r.io/a..b": "malformed",
    "r.io/a___b": "malformed",
    "r.io/a._b": "malformed",
    "r.io/../etc": "malformed",
    "r.io/a?b=c": "malformed",
    "r.io/a#b": "malformed",
    "r.io/a%2fb": "malformed",
    "https://r.io/a": "registry's host name",
    "user@r.io/a": "not a digest",
    "user:pass@r.io/a": "not a digest",
    "-r.io/a": "registry's host name",
    "r_x.io/a": "registry's host name",
    "r..io/a": "registry's host name",
    ".io/a": "registry's host name",
    "r.io./a": "registry's host name",
    "r.io:/a": "registry's host name",
    "r.io:0/a": "registry's host name",
    "r.io:65536/a": "registry's host name",
    "r.io:5000x/a": "registry's host name",
    "r.io:٣/a": "registry's host name",
    "[::1/a": "registry's host name",
    "[::1]x/a": "registry's host name",
    "räksmörgås.example/a": "registry's host name",
    "r.io/a:": "a tag that no registry takes",
    "r.io/a:.x": "a tag that no registry takes",
    "r.io/a:-x": "a tag that no registry takes",
    "r.io/a:x y": "a tag that no registry takes",
    "r.io/a:x\n": "a tag that no registry takes",
    "r.io/a:ü": "a tag that no registry takes",
    "r.io/a:" + "t" * 129: "a tag that no registry takes",
    "r.io/a:x:y": "malformed",
    "r.io/a@": "not a digest",
    f"r.io/a@{HEX}": "not a digest",
    f"r.io/a@sha256:{HEX[:-1]}": "not a digest",
    f"r.io/a@sha256:{HEX}0": "not a digest",
    f"r.io/a@sha256:{HEX.upper()}": "not a digest",
    f"r.io/a@SHA256:{HEX}": "not a digest",
    f"r.io/a@sha512:{HEX}{HEX}": "not a digest",
    f"r.io/a@md5:{HEX[:32]}": "not a digest",
    f"r.io/a@sha256: {HEX}": "not a digest",
    f"r.io/a@{DIGEST}\n": "not a digest",
    f"r.io/a@{DIGEST}@{DIGEST}": "not a digest",
    f"r.io/a@{DIGEST}:tag": "not a digest",
    "r.io/a@sha256:../../../../etc/passwd": "not a digest",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:60]))
def test_what_is_no_reference_is_refused_with_the_part_that_is_wrong(text: str) -> None:
    """Nothing else than the grammar gets into a path, a host or a tag."""
    with pytest.raises(UsageError) as caught:
        Reference.parse(text)
    assert REFUSED[text] in str(caught.value)
    assert len(str(caught.value)) < 4400


@pytest.mark.parametrize(
    ("text", "read", "noticed"),
    [
        ("ghcr.io/Owner/Repo:V1.0-RC", "ghcr.io/owner/repo:V1.0-RC", True),
        (f"GHCR.io/Owner/Repo@{DIGEST}", f"GHCR.io/owner/repo@{DIGEST}", True),
        ("Owner/Repo", "index.docker.io/owner/repo:latest", True),
        ("ghcr.io/owner/repo:V1", "ghcr.io/owner/repo:V1", False),
        ("Reg.Example:5000/a", "Reg.Example:5000/a:latest", False),
    ],
)
def test_capitals_of_a_repository_are_lowered_with_a_notice(
    text: str, read: str, noticed: bool
) -> None:
    """GitHub's owner names may have capitals, registries may not; a tag is never touched."""
    reference, notice = Reference.lowered(text)
    assert str(reference) == read
    assert (notice is not None) is noticed
    assert notice is None or "lower case" in notice


def test_a_digest_decides_where_a_tag_stands_beside_it() -> None:
    """With both, the text and the target are the digest's; pinning drops the tag."""
    reference = Reference.parse(f"r.io/a:v1@{DIGEST}")
    assert str(reference) == f"r.io/a@{DIGEST}"
    assert Reference.parse("r.io/a:v1").pinned(Digest(HEX)) == Reference.parse(f"r.io/a@{DIGEST}")


def test_a_repository_gives_references_of_its_own() -> None:
    """`at` takes a digest or a tag, and no tag that a registry would refuse."""
    repository = Repository.parse("r.io/a")
    assert str(repository.at(Digest(HEX))) == f"r.io/a@{DIGEST}"
    assert str(repository.at(f"sha256-{HEX}.sig")) == f"r.io/a:sha256-{HEX}.sig"
    with pytest.raises(UsageError, match="a tag that no registry takes"):
        repository.at("../x")


@pytest.mark.parametrize(
    ("registry", "host"),
    [("r.io:5000", "r.io"), ("r.io", "r.io"), ("[::1]:5000", "[::1]"), ("[::1]", "[::1]")],
)
def test_the_host_of_a_registry_is_without_its_port(registry: str, host: str) -> None:
    """Brackets of an IPv6 address stay."""
    assert Repository.parse(f"{registry}/a").host == host


def test_every_golden_image_has_the_name_that_cosign_signed() -> None:
    """The docker-reference in cosign's payloads is the text of the parsed repository."""
    seen = 0
    for one in cases():
        flags = [word.partition("=")[0] for step in one.steps for word in step.words]
        if "--sign-container-identity" in flags or {step.verb for step in one.steps} != {"sign"}:
            continue
        for held in one.registry:
            for digest in held["blobs"]:
                if content(digest).startswith(b'{"critical"'):
                    identity = json.loads(content(digest))["critical"]["identity"]
                    assert identity["docker-reference"] == str(one.reference.repository)
                    seen += 1
    assert seen > 25


WORD = st.text("abcxyz019", min_size=1, max_size=6)
COMPONENT = st.tuples(WORD, st.sampled_from(["", ".", "_", "__", "-", "---"]), WORD).map("".join)
PATH = st.lists(COMPONENT, min_size=1, max_size=4).map("/".join)
PORT = st.just("") | st.integers(1, 65535).map(lambda number: f":{number}")
HOST = st.tuples(st.text("aZ09", min_size=1), st.sampled_from([".b", "-c.d"]), PORT).map("".join)
TAG = st.tuples(st.sampled_from("aZ9_"), st.text("aZ09_.-", max_size=127)).map("".join)
HEXES = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(HOST, PATH, TAG)
def test_a_reference_by_tag_reads_back_from_its_text(host: str, path: str, tag: str) -> None:
    """`str` gives the text, `parse` the value, and no part moves into another."""
    reference = Reference.parse(f"{host}/{path}:{tag}")
    assert (reference.repository, reference.tag) == (Repository(host, path), tag)
    assert Reference.parse(str(reference)) == reference


@given(HOST, PATH, HEXES)
def test_a_reference_by_digest_reads_back_from_its_text(host: str, path: str, hexes: str) -> None:
    """The same by digest, and for the repository alone."""
    reference = Reference.parse(f"{host}/{path}@sha256:{hexes}")
    assert Reference.parse(str(reference)) == reference
    assert Repository.parse(str(reference.repository)) == reference.repository


@given(PATH)
def test_a_name_on_docker_hub_reads_back_from_its_full_text(path: str) -> None:
    """What was filled in is not filled in twice."""
    try:
        reference = Reference.parse(path)
    except UsageError:
        assert "." in path.partition("/")[0]  # read as a host, which need not be one
        return
    assert Reference.parse(str(reference)) == reference


@given(st.text(max_size=60) | st.text(alphabet="a.:/@[]-_A0 sh26\n", max_size=30))
def test_no_text_raises_anything_but_wrong_use(text: str) -> None:
    """Whatever is accepted reads back from its own text, the rest is wrong use."""
    try:
        reference = Reference.parse(text)
    except UsageError:
        return
    assert Reference.parse(str(reference)).repository == reference.repository
    assert all(char.isascii() and char.isprintable() for char in str(reference))


@given(st.binary())
def test_a_digest_reads_back_from_its_text(data: bytes) -> None:
    """Text, raw bytes and short form agree."""
    digest = Digest.of(data)
    assert Digest.parse(str(digest)) == digest
    assert digest.raw.hex() == digest.hex
    assert digest.hex.startswith(digest.short)


@pytest.mark.parametrize("text", [":v1", "@sha256:" + "0" * 64, ":v1@sha256:" + "0" * 64])
def test_a_tag_or_digest_without_a_name_is_told_with_the_likely_cause(text: str) -> None:
    """What an empty variable leaves of a reference is quoted, and the cause is named."""
    with pytest.raises(UsageError, match="variable is empty") as refused:
        Reference.parse(text)
    assert text in str(refused.value)
