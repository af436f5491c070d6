"""boltseal and both cosigns on each other's attestations, of every type and in both forms."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from boltseal.core.names import Reference
from boltseal.core.oci import Descriptor
from boltseal.core.signature import Artifact, Form, Kind
from boltseal.stores import Shelf
from boltseal.stores.open import open_shelves
from boltseal.stores.registry.client import RegistryStore
from boltseal.stores.registry.settings import RegistrySettings, open_registry
from tests.cli.desk import Desk
from tests.interop.conftest import House
from tests.interop.parties import PASSWORD
from tests.interop.rows import REFUSED, TRUSTED, UNSIGNED
from tests.peers.cosign import KeyFiles
from tests.peers.images import push
from tests.support.predicates import GOOD
from tests.support.tables import Record, tell

pytestmark = pytest.mark.peers

TABLE = "attestations: writer, forms, type; what each reader says"
REFUSALS = "attestations that nobody may trust: writer, forms; what each reader says"
URI = "https://example.com/predicate/v1"
# boltseal's predicates keep to the types' rules; arrays and free text are not for every reader.
PREDICATES = {
    **GOOD,
    "custom": b"<any> & \xc3\xa9 text",
    "spdx": b'SPDXVersion: SPDX-2.3\nDocumentName: <demo> & "co"\n',
    URI: b'{"hello": "w<o>rld & co", "list": [3, 2, 1], "z": {"b": 1, "a": 2}}',
}
WRITERS = (
    ("boltseal", "classic"),
    ("boltseal", "bundle"),
    ("boltseal", "both"),
    ("2.5", "classic"),
    ("2.5", "bundle"),
    ("3.1", "classic"),
    ("3.1", "bundle"),
)
READERS = ("boltseal", "2.5", "3.1")
CASES = [(writer, form, name) for writer, form in WRITERS for name in PREDICATES]


@dataclass(frozen=True, slots=True)
class Bench:
    """Who writes and reads, with which key, in which folder."""

    house: House
    key: KeyFiles
    folder: Path

    def push(self, name: str) -> str:
        """Push a small image of its own and return it by digest."""
        registry = self.house.registry
        repository = f"attested/{name}"
        image = push(registry.url, repository, tag="v1", seed=f"{name} {self.folder}")
        return f"{registry.host}/{repository}@{image.digest}"

    def write(self, writer: str, form: str, image: str, *, kind: str) -> None:
        """Attest with any program, offline, or fail the test."""
        file = self.folder / "predicate"
        file.write_bytes(PREDICATES[kind])
        words = ["attest", "--key", str(self.key.private), "--type", kind, "--predicate", str(file)]
        if writer == "boltseal":
            ran = self.desk().run(*words, "--format", form, image)
            assert ran.code == 0, ran.err
            return
        flags = ["--yes", "--tlog-upload=false", f"--new-bundle-format={form == 'bundle'}".lower()]
        if writer == "3.1":
            flags.append("--use-signing-config=false")
        self.house.cosigns[writer].run([*words, *flags, image], password=PASSWORD).check()

    def read(self, reader: str, image: str, *, kind: str, key: KeyFiles | None = None) -> str:
        """Ask a program about an attestation of a type by a key; return one of the three words."""
        public = str((key or self.key).public)
        words = ["verify-attestation", "--key", public, "--type", kind, "--insecure-ignore-tlog"]
        if reader == "boltseal":
            ran = self.desk().run(*words, image)
            return {0: TRUSTED, 10: UNSIGNED, 12: REFUSED}[ran.code]
        ended = self.house.cosigns[reader].run([*words, image])
        if ended.returncode == 0:
            return TRUSTED
        if "no matching attestations: \n" in ended.stderr:
            return UNSIGNED
        refusals = (
            "no matching attestations",
            "none of the attestations matched",
            "could not parse predicate",
        )
        assert any(words in ended.stderr for words in refusals), ended.told()
        return REFUSED

    def desk(self) -> Desk:
        """Give a desk to type boltseal's commands at."""
        return Desk(self.folder, {"COSIGN_PASSWORD": PASSWORD})


@pytest.fixture
def bench(house: House, tmp_path: Path) -> Bench:
    """Give a bench with a key that every program reads."""
    return Bench(house, house.keys["P-256", "boltseal"], tmp_path)


def _expected(reader: str, form: str, kind: str) -> str:
    if reader == "2.5" and form == "bundle":
        return UNSIGNED
    # 3.1 cannot read a predicate that is text, its own included.
    return REFUSED if reader == "3.1" and kind == "spdx" else TRUSTED


def _name(*cells: str) -> str:
    return "-".join(cells).replace("https://example.com/predicate/", "uri-").replace(".", "")


@pytest.mark.parametrize(("writer", "form", "kind"), CASES)
def test_what_one_attests_the_others_read(
    bench: Bench, writer: str, form: str, kind: str, record_property: Record
) -> None:
    """Every reader trusts every writer's attestation, but for what a cosign cannot read."""
    image = bench.push(_name(writer, form, kind))
    bench.write(writer, form, image, kind=kind)
    said = {reader: bench.read(reader, image, kind=kind) for reader in READERS}
    tell(record_property, TABLE, writer, form, kind, *(f"{r}: {w}" for r, w in said.items()))
    assert said == {reader: _expected(reader, form, kind) for reader in READERS}


@pytest.mark.parametrize("form", ["classic", "bundle"])
def test_a_list_as_a_predicate_is_not_for_every_reader(
    bench: Bench, form: str, record_property: Record
) -> None:
    """A whole statement may hold a list; 3.1 cannot read it, whoever wrote it."""
    image = bench.push(_name("list", form))
    subject = {"name": "list", "digest": {"sha256": image.partition("@sha256:")[2]}}
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": URI,
        "subject": [subject],
        "predicate": [1, 2],
    }
    file = bench.folder / "statement"
    file.write_text(json.dumps(statement), "utf-8")
    words = ("attest", "--key", str(bench.key.private), "--statement", str(file), "--format", form)
    assert bench.desk().run(*words, image).code == 0
    said = {reader: bench.read(reader, image, kind=URI) for reader in READERS}
    told = (f"{reader}: {word}" for reader, word in said.items())
    tell(record_property, TABLE, "boltseal", form, "a list", *told)
    old = TRUSTED if form == "classic" else UNSIGNED
    assert said == {"boltseal": TRUSTED, "2.5": old, "3.1": REFUSED}


def _shelf(form: str) -> tuple[RegistryStore, Shelf]:
    store = open_registry(RegistrySettings(writes=True))
    (shelf,) = open_shelves(store, [Form(form)], kind=Kind.ATTESTATION)
    return store, shelf


def _taken(shelf: Shelf, image: str) -> Artifact:
    (artifact,) = shelf.find(Reference.parse(image)).artifacts
    return artifact


def _put(store: RegistryStore, shelf: Shelf, image: str, artifact: Artifact) -> None:
    reference = Reference.parse(image)
    found = store.resolve(reference)
    assert found is not None
    described = Descriptor(found.media_type, found.size, found.digest)
    shelf.confirm(shelf.place(artifact, reference, described))


def _changed(artifact: Artifact) -> Artifact:
    """Change one member of the predicate inside the signed envelope."""
    document = json.loads(artifact.content)
    envelope = document.get("dsseEnvelope", document)
    payload = base64.b64decode(envelope["payload"])
    assert b"hello" in payload
    envelope["payload"] = base64.b64encode(payload.replace(b"hello", b"jello")).decode()
    return replace(artifact, content=json.dumps(document, separators=(",", ":")).encode())


def _refusals(bench: Bench, writer: str, form: str) -> Iterator[tuple[str, dict[str, str]]]:
    first = bench.push(_name(writer, form, "refused", "a"))
    second = bench.push(_name(writer, form, "refused", "b"))
    bench.write(writer, form, first, kind=URI)
    yield "other type", {r: bench.read(r, first, kind="vuln") for r in READERS}
    stranger = bench.house.stranger
    yield "other key", {r: bench.read(r, first, kind=URI, key=stranger) for r in READERS}
    store, shelf = _shelf(form)
    artifact = _taken(shelf, first)
    _put(store, shelf, second, artifact)
    yield "other digest", {r: bench.read(r, second, kind=URI) for r in READERS}
    shelf.remove([artifact], Reference.parse(first))
    _put(store, shelf, first, _changed(artifact))
    yield "changed predicate", {r: bench.read(r, first, kind=URI) for r in READERS}
    store.close()


@pytest.mark.parametrize(("writer", "form"), [pair for pair in WRITERS if pair[1] != "both"])
def test_what_is_not_so_is_refused_by_all(
    bench: Bench, writer: str, form: str, record_property: Record
) -> None:
    """Another type, key or digest, or a changed predicate: every reader that looks says no."""
    for what, said in _refusals(bench, writer, form):
        words = (f"{reader}: {word}" for reader, word in said.items())
        tell(record_property, REFUSALS, writer, form, what, *words)
        blind = UNSIGNED if form == "bundle" else REFUSED
        assert said == {"boltseal": REFUSED, "2.5": blind, "3.1": REFUSED}, what


def test_an_attestation_is_not_taken_for_a_signature(bench: Bench, record_property: Record) -> None:
    """cosign 3.1 takes a bundle that attests something for a signature; boltseal does not."""
    for form in ("classic", "bundle"):
        image = bench.push(_name("unsigned", form))
        bench.write("boltseal", form, image, kind=URI)
        ran = bench.desk().run("verify", "--key", str(bench.key.public), image)
        assert ran.code == 10
        words = {
            g: c.verify(image, key=bench.key.public).returncode
            for g, c in bench.house.cosigns.items()
        }
        table = "attestations taken for signatures: form, exit codes of verify"
        tell(record_property, table, form, f"boltseal {ran.code}", *map(str, words.items()))
        assert words == {"2.5": 10, "3.1": 10 if form == "classic" else 0}
