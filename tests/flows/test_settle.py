"""What was just signed is looked at again with a reader's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from boltseal.core.names import Reference
from boltseal.core.oci import Descriptor
from boltseal.core.signature import Artifact, Form
from boltseal.errors import NotStored, NotTrusted, RegistryError
from boltseal.flows.settle import settle
from boltseal.flows.sign import sign
from boltseal.flows.verify import Bench
from boltseal.stores import Found, Placed, Shelf
from tests.support.making import House, demand, house, order


@dataclass
class Late:
    """A shelf that shows nothing, or fails, the first times that it is asked."""

    shelf: Shelf
    times: int
    broken: bool = False

    @property
    def form(self) -> Form:
        return self.shelf.form

    def find(self, subject: Reference, *, only: Sequence[bytes] | None = None) -> Found:
        self.times -= 1
        if self.times >= 0 and self.broken:
            raise RegistryError("the registry answered 503")
        return Found() if self.times >= 0 else self.shelf.find(subject, only=only)

    def place(
        self,
        artifact: Artifact,
        subject: Reference,
        described: Descriptor | None,
        *,
        seen: Found | None = None,
    ) -> Placed:
        return self.shelf.place(artifact, subject, described, seen=seen)

    def confirm(self, placed: Placed) -> Placed:
        return self.shelf.confirm(placed)

    def remove(self, artifacts: Sequence[Artifact], subject: Reference) -> tuple[str, ...]:
        return self.shelf.remove(artifacts, subject)


def _settled(home: House, *shelves: Shelf, signer: str = "release") -> tuple[int, list[float]]:
    report = sign([home.image], order(), workshop=home.workshop(signer))
    waited: list[float] = []
    bench = Bench(home.store, shelves or home.shelves)
    seen = settle(report, demand(), bench=bench, pause=waited.append)
    return len(seen), waited


def test_each_form_is_verified_for_itself() -> None:
    """Both forms are looked at, once each, and nobody waits where all is there."""
    assert _settled(house()) == (2, [])


def test_one_form_does_not_answer_for_the_other() -> None:
    """A bundle that is not there is an error though the classic signature is."""
    home = house()
    with pytest.raises(NotStored, match="bundle form"):
        _settled(home, home.shelves[0], Late(home.shelves[1], times=100))


@pytest.mark.parametrize("broken", [False, True])
def test_a_registry_that_settles_is_waited_for(broken: bool) -> None:
    """A signature that shows only after a while, or after errors, is found in the end."""
    home = house()
    seen, waited = _settled(home, Late(home.shelves[0], times=2, broken=broken))
    assert (seen, waited) == (1, [1.0, 2.0])


def test_a_registry_that_stays_broken_leaves_it_undecided() -> None:
    """Where the registry never answers, the failure says so and not that nothing is there."""
    home = house()
    with pytest.raises(RegistryError, match="503"):
        _settled(home, Late(home.shelves[0], times=100, broken=True))


def test_a_signature_by_another_key_does_not_pass() -> None:
    """What verifies must be by the key that signed just now."""
    with pytest.raises(NotTrusted):
        _settled(house(), signer="other")
