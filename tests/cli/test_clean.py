"""`clean`: what stands beside an image goes, by type, by key, or all but the newest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.desk import Desk, push
from tests.support.registry import Answer, Options, Outcome, Registry, Request

URI = "https://example.com/x"


@pytest.fixture(params=[True, False], ids=["referrers API", "fallback tag"])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """Serve a registry with the referrers API, and one without."""
    with Registry(options=Options(referrers=request.param)) as running:
        yield running


def _dressed(desk: Desk, registry: Registry, *keys: str) -> str:
    """Push an image, signed in both forms and attested in both by each key, with an SBOM."""
    image = push(registry, "team/app")
    predicate = desk.write("predicate.json", b"{}")
    for key in keys or ("release",):
        private, _ = desk.keys(key)
        assert desk.run("sign", "--key", private, image).code == 0
        line = ("attest", "--key", private, "--predicate", predicate, "--type", URI)
        assert desk.run(*line, image).code == 0
    assert desk.run("attach", "sbom", "--sbom", predicate, image).code == 0
    return image


def _there(desk: Desk, image: str, key: str = "release") -> dict[str, bool]:
    """Say what is still there by a key."""
    public = desk.keys(key)[1]
    found = {"sbom": desk.run("download", "sbom", image).code == 0}
    for form in ("classic", "bundle"):
        line = ("--key", public, "--format", form)
        found[f"{form} sig"] = desk.run("verify", *line, image).code == 0
        attested = desk.run("verify-attestation", *line, "--type", URI, image)
        found[f"{form} att"] = attested.code == 0
    return found


ALL = {"sbom", "classic sig", "classic att", "bundle sig", "bundle att"}


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("all", ALL),
        ("signature", {"classic sig"}),
        ("attestation", {"classic att"}),
        ("sbom", {"sbom"}),
        ("referrer", {"bundle sig", "bundle att"}),
    ],
)
def test_everything_of_a_type_goes(
    desk: Desk, registry: Registry, kind: str, gone: set[str]
) -> None:
    """What cosign's type names is gone, each named in cosign's words; all else stays."""
    image = _dressed(desk, registry)
    ran = desk.run("clean", "-f", "--type", kind, image)
    assert ran.code == 0, ran.err
    assert {name for name, there in _there(desk, image).items() if not there} == gone
    assert ran.err.count("Removed ") == len(gone)
    hexa = image.rpartition(":")[2]
    if kind == "signature":
        where = f"{registry.host}/team/app:sha256-{hexa}.sig"
        assert ran.err == f"Removed {where} from {image}\n"
    again = desk.run("clean", "-f", "--type", kind, image)
    assert (again.code, again.err) == (0, "")


def test_what_one_key_made_goes(desk: Desk, registry: Registry) -> None:
    """--key takes away that key's signatures and attestations in both forms, and no other's."""
    image = _dressed(desk, registry, "release", "lost")
    ran = desk.run("clean", "-f", "--key", desk.path("lost.pub"), image)
    assert ran.code == 0, ran.err
    assert not any(there for name, there in _there(desk, image, "lost").items() if name != "sbom")
    assert all(_there(desk, image).values())


def test_the_newest_stay(desk: Desk, registry: Registry) -> None:
    """--keep 1 leaves the last signature of each form, whoever made it."""
    image = _dressed(desk, registry, "first", "second")
    line = ("clean", "-f", "--type", "signature", "--keep", "1", image)
    ran = desk.run(*line)
    assert ran.code == 0, ran.err
    assert not _there(desk, image, "first")["classic sig"]
    assert _there(desk, image, "second")["classic sig"]
    assert ran.err.count("Removed ") == 2
    bundles = [_there(desk, image, key)["bundle sig"] for key in ("first", "second")]
    assert sorted(bundles) == [False, True]
    assert all(_there(desk, image, key)["classic att"] for key in ("first", "second"))
    assert desk.run(*line).err == ""


@pytest.mark.parametrize(
    ("answer", "code", "gone"),
    [(b"y\n", 0, True), (b"n\n", 0, False), (b"", 0, False), (b"maybe\n", 2, False)],
)
def test_nobody_loses_anything_unasked(
    desk: Desk, registry: Registry, answer: bytes, code: int, gone: bool
) -> None:
    """Without -f the run asks, in cosign's words, and takes silence for a no."""
    image = _dressed(desk, registry)
    ran = desk.run("clean", image, stdin=answer)
    assert ran.code == code
    told = "WARNING: this will remove all signatures, SBOMs and attestations from the image\n"
    assert ran.err.startswith(told)
    assert _there(desk, image)["classic sig"] is not gone


def test_a_registry_that_deletes_no_tags_is_asked_by_digest(desk: Desk) -> None:
    """Where a tag cannot be deleted its manifest is; where nothing can, the run says so."""

    def script(request: Request) -> Outcome:
        refused = request.method == "DELETE" and request.path.endswith(".sig")
        return Answer(400) if refused else None

    with Registry(script=script) as registry:
        image = _dressed(desk, registry)
        assert desk.run("clean", "-f", "--type", "signature", image).code == 0
        assert not _there(desk, image)["classic sig"]
    with Registry(options=Options(deletes=False)) as registry:
        image = _dressed(desk, registry)
        ran = desk.run("clean", "-f", "--type", "signature", image)
        assert ran.code == 3
        assert _there(desk, image)["classic sig"]


def test_wrong_wishes_are_wrong_use(desk: Desk) -> None:
    """A negative number and an SBOM of a key are refused before anything is asked."""
    assert desk.run("clean", "-f", "--keep=-1", "a/b:v1").code == 2
    line = ("clean", "-f", "--type", "sbom", "--key", desk.path("release.pub"), "a/b:v1")
    assert desk.run(*line).code == 2
