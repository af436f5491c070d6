"""What this run pushed is what gets signed, or nothing is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.errors import Moved, Undecided
from boltseal.flows import Progress
from boltseal.flows.pushed import pin
from tests.support.making import House, house, image_manifest

TAG = Reference.parse("registry.example.com/team/app:v1")


@dataclass
class Known:
    """An engine that has pushed these digests, or cannot be asked."""

    digests: tuple[Digest, ...] = ()
    reason: str = ""

    def pushed(self, reference: Reference) -> tuple[Digest, ...]:
        if self.reason:
            raise Undecided(self.reason)
        return self.digests


@dataclass
class Listening:
    """A progress that keeps the notices."""

    notices: list[str] = field(default_factory=list)

    def started(self, total: int) -> None:
        """Do nothing."""

    def finished(self, image: str, outcome: str) -> None:
        """Do nothing."""

    def notice(self, text: str) -> None:
        """Keep it."""
        self.notices.append(text)


def _pin(home: House, engine: Known, *references: Reference, progress: Progress) -> list[str]:
    found = pin(references or (TAG,), engine=engine, store=home.store, progress=progress)
    return [str(reference) for reference in found]


def _digest(home: House) -> Digest:
    assert home.image.digest is not None
    return home.image.digest


def test_the_engines_digest_is_taken_without_a_word() -> None:
    """Where the registry's tag still names what was pushed, the digest is known for certain."""
    home, heard = house(), Listening()
    found = _pin(home, Known((_digest(home),)), progress=heard)
    assert found == [str(home.image)]
    assert not heard.notices


def test_a_tag_that_moved_stops_everything_and_names_both_digests() -> None:
    """A tag that names another digest than the one pushed is an error with both in it."""
    home, pushed = house(), image_manifest("pushed from here").digest
    with pytest.raises(Moved, match="Nothing was") as moved:
        _pin(home, Known((pushed,)), progress=Listening())
    assert str(pushed) in str(moved.value)
    assert str(_digest(home)) in str(moved.value)


def test_of_an_index_and_its_platform_the_one_that_the_tag_names_is_meant() -> None:
    """An engine may know two digests of one repository; the registry's tag decides between them."""
    home = house()
    two = (image_manifest("the platform's").digest, _digest(home))
    assert _pin(home, Known(two), progress=Listening()) == [str(home.image)]


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (Known(), "did not push it"),
        (Known(reason="the local Docker engine cannot be asked"), "cannot be asked"),
    ],
)
def test_without_the_engines_word_the_tag_is_resolved_with_a_notice(
    engine: Known, reason: str
) -> None:
    """An image that the engine did not push is signed by what its tag names, and that is said."""
    home, heard = house(), Listening()
    assert _pin(home, engine, progress=heard) == [str(home.image)]
    assert len(heard.notices) == 1
    assert reason in heard.notices[0]
    assert str(_digest(home)) in heard.notices[0]


def test_a_digest_is_never_asked_about() -> None:
    """A reference with a digest stays as it is, whatever the engine would say."""
    home, heard = house(), Listening()
    assert _pin(home, Known(reason="no"), home.image, progress=heard) == [str(home.image)]
    assert not heard.notices


def test_what_is_not_there_is_left_for_the_signing_to_report() -> None:
    """An image that cannot be resolved does not keep the others from being signed."""
    absent = Reference.parse("registry.example.com/team/absent:v1")
    home = house()
    found = _pin(home, Known(), absent, TAG, progress=Listening())
    assert found == [str(absent), str(home.image)]
