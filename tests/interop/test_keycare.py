"""Keys that boltseal looks after stay keys that both cosigns use, and what they sign verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import PASSWORD, Desk
from tests.cli.desk import desk as make_desk
from tests.interop.conftest import House
from tests.peers.cosign import Form
from tests.peers.images import push

pytestmark = [pytest.mark.peers, pytest.mark.xdist_group("interop")]
NEW = "Zy1lJH8uT0u1mGq8gA2s1w3Yd8qfV3o0"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a desk with the key pair `release`."""
    return make_desk(tmp_path, BOLTSEAL_NEW_PASSWORD=NEW)


@pytest.mark.parametrize("maker", ["2.5", "3.1"])
def test_a_key_of_either_cosign_gets_another_password(house: House, desk: Desk, maker: str) -> None:
    """Both cosigns open the file with the new password, and neither does with the old one."""
    made = house.cosigns[maker].generate_key_pair(f"reencrypt-{maker}", password=PASSWORD)
    assert desk.run("key", "reencrypt", str(made.private)).code == 0
    for reader in house.cosigns.values():
        line = ["public-key", "--key", str(made.private)]
        assert reader.run(line, password=NEW).check().stdout == made.public.read_text()
        assert reader.run(line, password=PASSWORD).returncode != 0


@pytest.mark.parametrize(("maker", "form"), [("2.5", "classic"), ("3.1", "bundle")])
def test_what_cosign_signed_is_signed_with_the_next_key(
    house: House, desk: Desk, maker: str, form: Form
) -> None:
    """After a rotation the cosign that signed verifies under either key, annotations and all."""
    image = push(house.registry.url, f"rotate/by-{maker}", tag="v1").pinned
    program = house.cosigns[maker]
    notes = {"commit": "abc", "ref": "refs/heads/main"}
    key = Path(desk.path("release.key"))
    program.sign(image, key=key, password=PASSWORD, form=form, annotations=notes).check()
    prefix = desk.path("next")
    line = ("key", "rotate", "--key", desk.path("release.pub"), "--output-key-prefix", prefix)
    ran = desk.run(*line, image)
    assert ran.code == 0, ran.err
    for public in ("release.pub", "next.pub"):
        program.verify(image, key=Path(desk.path(public)), annotations=notes).check()
    assert program.verify(image, key=house.stranger.public).returncode != 0
