"""What boltseal copies, saves and loads both cosigns verify, and the other way round."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.interop.conftest import House
from tests.interop.parties import PASSWORD
from tests.peers.cosign import KeyFiles
from tests.peers.images import PushedImage, build, build_index, push
from tests.peers.registry import Registry, crane_registry
from tests.support.tables import Record, tell

pytestmark = pytest.mark.peers

COPIES = "multi-platform image copied between real registries: what each reader says there"
SAVED = "saved by one and loaded by another: what each reader says of the loaded image"
BY_HAND = "downloaded by one and attached by another: what all three readers say"
PROGRAMS = ("boltseal", "2.5", "3.1")
URI = "https://example.com/predicate/v1"


@dataclass(frozen=True, slots=True)
class Bench:
    """Who carries and who reads, with which key, in which folder."""

    house: House
    key: KeyFiles
    folder: Path

    @property
    def desk(self) -> Desk:
        """Where boltseal's command lines are typed."""
        return Desk(self.folder, {"COSIGN_PASSWORD": PASSWORD})

    def run(self, program: str, *words: str) -> int:
        """Run the same words by one of the programs."""
        if program == "boltseal":
            return self.desk.run(*words).code
        return self.house.cosigns[program].run(list(words), password=PASSWORD).returncode

    def told(self, program: str, *words: str) -> bytes:
        """Return what the same words print by one of the programs."""
        if program == "boltseal":
            ran = self.desk.run(*words)
            assert ran.code == 0, ran.err
            return ran.out
        return self.house.cosigns[program].run(list(words)).check().stdout.encode()

    def sign(self, program: str, form: str, image: str, *more: str) -> None:
        """Sign an image by a program in one form."""
        key = self.key.private
        if program == "boltseal":
            ran = self.desk.run("sign", "--key", str(key), "--format", form, *more, image)
            assert ran.code == 0, ran.err
            return
        peer = self.house.cosigns[program]
        chosen: Callable[..., object] = peer.sign(
            image,
            key=key,
            password=PASSWORD,
            form="bundle" if form == "bundle" else "classic",
            options=more,
        ).check
        chosen()

    def attest(self, program: str, image: str, *more: str) -> None:
        """Attest something about an image by a program, in the form that it chooses."""
        predicate = self.folder / "predicate.json"
        predicate.write_bytes(b'{"hello":"world"}')
        line = ["attest", "--key", str(self.key.private), "--type", URI, "--yes"]
        line += ["--predicate", str(predicate), "--tlog-upload=false", *more, image]
        assert self.run(program, *line) == 0

    def verifies(self, program: str, image: str, *more: str) -> bool:
        """Whether a program trusts an image."""
        line = ["verify", "--key", str(self.key.public), "--insecure-ignore-tlog", *more, image]
        return self.run(program, *line) == 0

    def attested(self, program: str, image: str) -> bool:
        """Whether a program trusts what was attested about an image."""
        line = ["verify-attestation", "--key", str(self.key.public), "--type", URI]
        return self.run(program, *line, "--insecure-ignore-tlog", image) == 0


@pytest.fixture
def bench(house: House, tmp_path: Path) -> Bench:
    """Give the programs a key and a folder."""
    return Bench(house, house.keys["P-256", "boltseal"], tmp_path)


@pytest.fixture(scope="module")
def crane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Run the other implementation of a registry."""
    with crane_registry(tmp_path_factory.mktemp("crane")) as running:
        yield running


def _pushed(registry: Registry, seed: str) -> PushedImage:
    index = build_index(seed, attestations=True)
    return push(registry.url, f"carrying/{seed}", tag="v1", image=index)


def _dressed(bench: Bench, image: PushedImage, forms: str) -> None:
    """Sign an index and its children by everybody, and attest about it."""
    for program in PROGRAMS:
        for form in forms.split("+"):
            if (program, form) != ("2.5", "bundle"):
                bench.sign(program, form, image.pinned, "--recursive")
    for program in ("2.5", "boltseal"):
        bench.attest(program, image.pinned)


@pytest.mark.parametrize("forms", ["classic", "bundle", "classic+bundle"])
@pytest.mark.parametrize("way", ["distribution to crane", "crane to distribution"])
def test_a_copy_verifies_at_its_destination(
    bench: Bench, crane: Registry, way: str, forms: str, record_property: Record
) -> None:
    """An index with BuildKit's attestations, signed by all three, is trusted where it was copied.

    Read by the tag, and each platform image by its digest.
    """
    here, there = bench.house.registry, crane
    if way == "crane to distribution":
        here, there = there, here
    seed = f"{way} {forms}".replace(" ", "-").replace("+", "-")
    image = _pushed(here, seed)
    _dressed(bench, image, forms)
    target = f"{there.host}/copied/{seed}"
    copied = bench.desk.run("copy", image.tagged, f"{target}:v1")
    assert copied.code == 0, copied.err
    again = bench.desk.run("copy", image.tagged, f"{target}:v1")
    assert "there already" in again.err
    said: dict[str, tuple[bool, ...]] = {}
    for reader in PROGRAMS:
        names = [f"{target}:v1", *(f"{target}@{d}" for d in image.child_digests[::2])]
        signed = all(bench.verifies(reader, name) for name in names)
        said[reader] = (signed, bench.attested(reader, f"{target}:v1"))
        tell(record_property, COPIES, way, forms, reader, *_words(said[reader]))
    old_sees = "classic" in forms
    assert said == {"boltseal": (True, True), "2.5": (old_sees, True), "3.1": (True, True)}


def _words(pair: tuple[bool, ...]) -> list[str]:
    return [
        f"{what} {'trusted' if good else 'not seen'}"
        for what, good in zip(("signatures", "attestations"), pair, strict=True)
    ]


@pytest.mark.parametrize(("saver", "loader"), list(product(PROGRAMS, PROGRAMS)))
def test_what_one_saves_another_loads(
    bench: Bench, saver: str, loader: str, record_property: Record
) -> None:
    """Classic signatures survive every pair; bundles those whose loader is boltseal.

    2.5 knows no bundles. 3.1 saves them, byte for byte as boltseal does, and cannot load any, its
    own included: it pushes the referrer's manifest before its blob, which registries refuse.
    """
    registry = bench.house.registry
    name = f"{saver}-{loader}".replace(".", "-")
    for form in ("classic", "bundle"):
        image = push(registry.url, f"saved/{name}-{form}", tag="v1", image=build(f"{name} {form}"))
        bench.sign("boltseal", form, image.pinned)
        saved = str(bench.folder / f"saved-{form}")
        assert bench.run(saver, "save", "--dir", saved, image.tagged) == 0
        target = f"{registry.host}/loaded/{name}-{form}:v1"
        fails = (loader, form) == ("3.1", "bundle") and saver != "2.5"
        assert bench.run(loader, "load", "--dir", saved, target) == fails
        seen = {reader: bench.verifies(reader, target) for reader in PROGRAMS}
        local = {reader: bench.verifies(reader, saved, "--local-image") for reader in PROGRAMS}
        words = [f"{reader} {'trusts' if seen[reader] else 'sees none'}" for reader in PROGRAMS]
        tell(record_property, SAVED, f"{saver} saves", f"{loader} loads", form, *words)
        new = form == "classic" or (loader == "boltseal" and saver != "2.5")
        assert seen == {"boltseal": new, "2.5": form == "classic", "3.1": new}
        there = form == "classic" or saver != "2.5"
        assert local == {"boltseal": there, "2.5": form == "classic", "3.1": there}


def test_an_index_that_boltseal_saved_is_loaded_by_both(bench: Bench) -> None:
    """Signatures of platform images in the folder do not keep cosign from those of the index."""
    image = _pushed(bench.house.registry, "saved-index")
    bench.sign("boltseal", "classic", image.pinned, "--recursive")
    bench.attest("2.5", image.pinned)
    saved = str(bench.folder / "saved")
    assert bench.run("boltseal", "save", "--dir", saved, image.tagged) == 0
    for loader in PROGRAMS:
        name = loader.replace(".", "-")
        target = f"{bench.house.registry.host}/loaded/index-{name}:v1"
        assert bench.run(loader, "load", "--dir", saved, target) == 0
        assert all(bench.verifies(reader, target) for reader in PROGRAMS)
        assert all(bench.attested(reader, target) for reader in PROGRAMS)


@pytest.mark.parametrize(("giver", "taker"), list(product(PROGRAMS, PROGRAMS)))
def test_what_one_downloads_another_attaches(
    bench: Bench, giver: str, taker: str, record_property: Record
) -> None:
    """A signature and an attestation, downloaded by one program, verify where another put them."""
    registry = bench.house.registry
    name = f"{giver}-{taker}".replace(".", "-")
    content = build(f"by hand {name}")
    image = push(registry.url, f"hand/{name}", tag="v1", image=content)
    bench.sign("boltseal", "classic", image.pinned)
    bench.attest("2.5", image.pinned)
    line = json.loads(bench.told(giver, "download", "signature", image.pinned))
    files = {
        "payload": base64.b64decode(line["Payload"]),
        "signature": line["Base64Signature"].encode(),
        "attestation": bench.told(giver, "download", "attestation", image.pinned),
    }
    for kind, data in files.items():
        (bench.folder / kind).write_bytes(data)
    there = push(registry.url, f"hand/{name}-there", tag="v1", image=content)
    words = [f"--{kind}={bench.folder / kind}" for kind in ("payload", "signature")]
    assert bench.run(taker, "attach", "signature", *words, there.pinned) == 0
    words = ["--attestation", str(bench.folder / "attestation")]
    assert bench.run(taker, "attach", "attestation", *words, there.pinned) == 0
    for reader in PROGRAMS:
        said = (bench.verifies(reader, there.pinned), bench.attested(reader, there.pinned))
        tell(record_property, BY_HAND, f"{giver} downloads", f"{taker} attaches", *_words(said))
        assert said == (True, True)


@pytest.mark.parametrize("program", ["2.5", "3.1"])
def test_generated_payloads_are_the_same(bench: Bench, program: str) -> None:
    """All programs print the same bytes to sign."""
    image = push(bench.house.registry.url, "hand/generated", tag="v1")
    words = ("generate", "-a", "a=<b>", "-a", "c=d", image.pinned)
    assert bench.told("boltseal", *words) == bench.told(program, *words)


def test_what_boltseal_cleans_is_gone_for_both(bench: Bench) -> None:
    """After clean neither cosign finds anything, and what another key signed stays."""
    registry = bench.house.registry
    image = push(registry.url, "hand/cleaned", tag="v1")
    for form in ("classic", "bundle"):
        bench.sign("boltseal", form, image.pinned)
    assert all(bench.verifies(reader, image.pinned) for reader in PROGRAMS)
    stranger = str(bench.house.stranger.public)
    assert bench.run("boltseal", "clean", "-f", "--key", stranger, image.pinned) == 0
    assert all(bench.verifies(reader, image.pinned) for reader in PROGRAMS)
    assert bench.run("boltseal", "clean", "-f", image.pinned) == 0
    assert not any(bench.verifies(reader, image.pinned) for reader in PROGRAMS)


def test_a_large_layer_crosses_between_real_registries(bench: Bench, crane: Registry) -> None:
    """Ranges and chunks are understood by both registries, there and back again."""
    large = bench.folder / "large"
    large.write_bytes(bytes(range(256)) * (80 * 1024))  # 20 MiB
    first = f"{bench.house.registry.host}/large/app:v1"
    there, back = f"{crane.host}/large/app:v1", f"{bench.house.registry.host}/large/back:v1"
    digest = bench.told("boltseal", "upload", "blob", "-f", str(large), first).rpartition(b"@")[2]
    assert bench.run("boltseal", "copy", first, there) == 0
    assert bench.run("boltseal", "copy", there, back) == 0
    pinned = bench.told("boltseal", "triangulate", "--type", "digest", back)
    assert pinned.rpartition(b"@")[2] == digest
