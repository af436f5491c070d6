"""`tree` and `triangulate`: what stands beside an image, and where."""

from __future__ import annotations

import pytest

from boltseal.core.attached import Attached, Spot, Tree
from boltseal.core.names import Digest, Reference
from boltseal.errors import RegistryError
from boltseal.flows.sign import sign
from boltseal.flows.tree import Grove, tree
from boltseal.reports.tree import render
from tests.cli.desk import Desk, push
from tests.peers.cosign import cosign
from tests.support.making import house, order
from tests.support.memory import MemoryStore
from tests.support.registry import Registry


def test_both_forms_are_listed(desk: Desk, registry: Registry) -> None:
    """The classic tag and the referrer of a signed image are listed in cosign's words."""
    image = push(registry, "team/app:v1")
    tag = f"{registry.host}/team/app:v1"
    assert desk.run("sign", "--key", desk.path("release.key"), image).code == 0
    lines = desk.run("tree", tag).out.decode().splitlines()
    hexa = image.rpartition(":")[2]
    assert lines[0] == f"📦 Supply Chain Security Related artifacts for an image: {tag}"
    assert lines[1] == (
        f"└── 🔐 Signatures for an image tag: {registry.host}/team/app:sha256-{hexa}.sig"
    )
    assert lines[2].startswith("   └── 🍒 sha256:")
    assert lines[3].startswith("└── 🔗 https://sigstore.dev/cosign/sign/v1 artifacts via OCI")
    assert lines[4].startswith("   └── 🍒 sha256:")


def test_an_image_with_nothing_beside_it_says_so(desk: Desk, registry: Registry) -> None:
    """Where there is nothing the listing ends in cosign's sentence, and the run is no failure."""
    image = push(registry, "team/app")
    ran = desk.run("tree", image)
    assert ran.code == 0
    assert f"No Supply Chain Security Related Artifacts found for image {image},\n" in (
        ran.out.decode()
    )
    assert desk.run("tree", f"{registry.host}/team/app:no").code == 11


@pytest.mark.peers
def test_a_tree_is_the_real_cosigns(desk: Desk, registry: Registry) -> None:
    """For an image signed in both forms, cosign 3.1 prints the very same tree."""
    image = push(registry, "team/app")
    assert desk.run("sign", "--key", desk.path("release.key"), image).code == 0
    theirs = cosign("3.1", home=desk.folder / "home").run(["tree", image]).check()
    assert desk.run("tree", image).out.decode() == theirs.stdout


def test_the_fallback_tag_is_looked_at_too() -> None:
    """On a registry without the referrers API the bundle is found by the fallback tag."""
    home = house(MemoryStore(api=False))
    sign([home.image], order(), workshop=home.workshop())
    found = tree(str(home.image), grove=Grove(home.store))
    assert [one.spot for one in found.attached] == [Spot.SIGNATURES, Spot.REFERRER]


def test_what_could_not_be_read_is_no_empty_tree() -> None:
    """A place that cannot be read ends the listing, since an empty one would say 'unsigned'."""
    home = house(MemoryStore(broken=lambda line: line.startswith("GET")))
    with pytest.raises(RegistryError):
        tree(str(home.image), grove=Grove(home.store))


def test_a_type_from_outside_is_shown_and_not_obeyed() -> None:
    """Control characters in an artifact's type come out as escapes."""
    where = Reference.parse("registry.example.com/team/app@sha256:" + "a" * 64)
    one = Attached(Spot.REFERRER, where, (Digest("b" * 64),), "x\x1b[2J\n")
    told = render(Tree(str(where), where, (one,)))
    assert "\x1b" not in told
    assert "x\\x1b[2J\\n artifacts" in told


@pytest.mark.parametrize(
    ("flags", "end"),
    [
        ((), ".sig"),
        (("--type", "attestation"), ".att"),
        (("--type=sbom",), ".sbom"),
        (("--attachment-tag-prefix", "pre-"), ".sig"),
    ],
)
def test_triangulate_prints_the_tag(desk: Desk, flags: tuple[str, ...], end: str) -> None:
    """By digest nothing is asked of the registry, so that one that is not there does no harm."""
    image = "registry.example.com/team/app@sha256:" + "a" * 64
    prefix = "pre-" if "pre-" in flags else ""
    ran = desk.run("triangulate", *flags, image)
    wanted = f"registry.example.com/team/app:{prefix}sha256-{'a' * 64}{end}\n"
    assert (ran.code, ran.out.decode()) == (0, wanted)


def test_triangulate_pins_a_tag(desk: Desk, registry: Registry) -> None:
    """--type digest resolves a tag and prints the reference by digest."""
    image = push(registry, "team/app:v1")
    tag = f"{registry.host}/team/app:v1"
    assert desk.run("triangulate", "--type", "digest", tag).out.decode() == f"{image}\n"
    assert desk.run("triangulate", "--type", "other", tag).code == 2
