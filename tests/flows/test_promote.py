"""Public tags name an image once it is signed, byte for byte what was signed."""

from __future__ import annotations

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Descriptor
from boltseal.errors import ImageNotFound, NotStored, UsageError
from boltseal.flows.promote import plan, promote
from tests.support.making import house, image_manifest
from tests.support.memory import MemoryStore

ONE, OTHER = Digest("1" * 64), Digest("2" * 64)


def _image(name: str, digest: Digest = ONE) -> Reference:
    return Reference.parse(f"{name}:v1").pinned(digest)


def _planned(tags: list[str], *images: Reference) -> list[str]:
    return [f"{one.tag} {one.digest.short}" for one in plan(tags, images)]


def test_a_bare_tag_is_meant_for_every_repository() -> None:
    """`latest` goes to each image's repository; a whole reference to its own alone."""
    images = (_image("a.example/x"), _image("b.example/y", OTHER))
    assert _planned(["latest"], *images) == [
        f"a.example/x:latest {ONE.short}",
        f"b.example/y:latest {OTHER.short}",
    ]
    assert _planned(["b.example/Y:1.2"], *images) == [f"b.example/y:1.2 {OTHER.short}"]


def test_many_names_of_one_digest_are_one_promotion() -> None:
    """Two tags of one digest in one repository ask for one promotion."""
    images = (_image("a.example/x"), _image("a.example/x"))
    assert _planned(["latest", "a.example/x:latest"], *images) == [
        f"a.example/x:latest {ONE.short}"
    ]


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("c.example/z:latest", "no image of that repository"),
        ("a.example/x@sha256:" + "1" * 64, "names a digest"),
        ("-bad", "no registry takes"),
        ("latest", "several digests"),
    ],
)
def test_a_tag_that_could_mean_anything_is_refused_before_anything_is_signed(
    tag: str, reason: str
) -> None:
    """Another repository, a digest, no tag at all or two candidates are wrong use."""
    with pytest.raises(UsageError, match=reason):
        plan([tag], (_image("a.example/x"), _image("a.example/x", OTHER)))


def test_the_tag_comes_to_name_the_very_bytes() -> None:
    """After a promotion the tag resolves to the digest that was signed; other tags stay."""
    home = house()
    promotions = plan(["latest", "1.2"], (home.image,))
    promote(promotions, store=home.store, pause=lambda _: None)
    for tag in ("latest", "1.2", "v1"):
        found = home.store.resolve(home.image.repository.at(tag))
        assert found is not None
        assert found.digest == home.image.digest


def test_an_image_that_is_gone_is_not_promoted() -> None:
    """Promoting what the registry no longer has is an error, and no tag appears."""
    gone = _image("registry.example.com/team/app")
    with pytest.raises(ImageNotFound):
        promote(plan(["latest"], (gone,)), store=house().store, pause=lambda _: None)


class Stubborn(MemoryStore):
    """A store that answers 201 and lets no tag move, or shows it late."""

    shows_after = 0

    def resolve(self, reference: Reference) -> Descriptor | None:
        if reference.tag == "latest" and self.shows_after > 0:
            self.shows_after -= 1
            return image_manifest("older").descriptor()
        return super().resolve(reference)


def test_a_registry_that_lags_is_waited_for_and_one_that_refuses_is_named() -> None:
    """A tag that shows after a while is fine; one that never does is not stored."""
    store, waited = Stubborn(), list[float]()
    home = house(store)
    store.shows_after = 2
    promote(plan(["latest"], (home.image,)), store=store, pause=waited.append)
    assert len(waited) == 2
    store.shows_after = 100
    with pytest.raises(NotStored, match="immutable tags"):
        promote(plan(["latest"], (home.image,)), store=store, pause=waited.append)
