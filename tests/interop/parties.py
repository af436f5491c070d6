"""boltseal and both cosigns behind the same two verbs, each with its own words for the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from boltseal.core.annotations import Annotations
from boltseal.core.keyfile import open_key
from boltseal.core.names import Reference
from boltseal.core.signature import Form
from boltseal.errors import NoSignature, NotTrusted
from boltseal.flows.sign import Order, Workshop, sign
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.signers.local import LocalSigner
from boltseal.stores import Shelf
from boltseal.stores.open import BOTH, open_shelves
from boltseal.stores.registry.client import RegistryStore
from boltseal.stores.registry.settings import RegistrySettings, open_registry
from boltseal.trust.open import open_trust
from boltseal.trust.policy import Requirement
from tests.interop.rows import REFUSED, TRUSTED, UNSIGNED
from tests.peers.cosign import Cosign, KeyFiles

PASSWORD = "pässwörd of the matrix"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said: one of the three words, and all that it printed."""

    word: str
    told: str


class Party(Protocol):
    """A program that signs and verifies images."""

    def sign(
        self,
        image: str,
        *,
        key: KeyFiles,
        forms: Sequence[str],
        notes: Mapping[str, str],
        recursive: bool,
    ) -> None:
        """Sign an image, or fail the test."""

    def verify(self, image: str, *, key: KeyFiles, notes: Mapping[str, str]) -> Answer:
        """Judge an image by one key and the annotations demanded."""


@dataclass(frozen=True, slots=True)
class Boltseal:
    """The flows of this library, as the command line and the actions call them."""

    recursive: bool = False

    def sign(
        self,
        image: str,
        *,
        key: KeyFiles,
        forms: Sequence[str],
        notes: Mapping[str, str],
        recursive: bool,
    ) -> None:
        """Sign an image, or fail the test."""
        store = open_registry(RegistrySettings(writes=True))
        private = open_key(key.private.read_bytes(), password=PASSWORD.encode(), what="the key")
        shelves = open_shelves(store, [Form(form) for form in forms])
        workshop = Workshop(store, shelves, LocalSigner(private), now=_now)
        order = Order(annotations=Annotations.of(notes), recursive=recursive)
        report = sign([image], order, workshop=workshop)
        store.close()
        assert report.error is None, report.error

    def verify(self, image: str, *, key: KeyFiles, notes: Mapping[str, str]) -> Answer:
        """Judge an image by one key and the annotations demanded, in every form there is."""
        store = open_registry(RegistrySettings())
        trust = open_trust([("key", key.public.read_bytes())])
        demand = Demand(
            trust,
            Requirement.parse("any", known=trust.anchors),
            annotations=Annotations.of(notes),
            recursive=self.recursive,
        )
        report = examine([image], demand, bench=Bench(store, open_shelves(store, BOTH)))
        store.close()
        words = {NotTrusted: REFUSED, NoSignature: UNSIGNED, type(None): TRUSTED}
        return Answer(words[type(report.error)], str(report.error))


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class RealCosign:
    """A real cosign with the flags that keep it off every service but the registry."""

    program: Cosign

    def sign(
        self,
        image: str,
        *,
        key: KeyFiles,
        forms: Sequence[str],
        notes: Mapping[str, str],
        recursive: bool,
    ) -> None:
        """Sign an image, or fail the test.

        A bundle is signed without any trusted root: with one, 3.1 checks its own bundle and
        refuses to sign with an Ed25519 key, because it verifies another algorithm than it signs.
        """
        (form,) = forms
        args = ["sign", "--yes", "--key", str(key.private), "--tlog-upload=false"]
        if self.program.generation == "3.1":
            args += ["--use-signing-config=false", f"--new-bundle-format={_flag(form == 'bundle')}"]
        args += ["--recursive"] if recursive else []
        self.program.run([*args, *demanded(notes), image], password=PASSWORD).check()

    def verify(self, image: str, *, key: KeyFiles, notes: Mapping[str, str]) -> Answer:
        """Judge an image by one key, without a log, all other flags at their defaults."""
        ended = self.program.verify(image, key=key.public, options=demanded(notes))
        if ended.returncode == 0:
            return Answer(TRUSTED, ended.told())
        if ended.returncode == 10 and "no signatures found" in ended.stderr:
            return Answer(UNSIGNED, ended.told())
        assert "no matching" in ended.stderr, ended.told()
        return Answer(REFUSED, ended.told())


def _flag(value: bool) -> str:
    return str(value).lower()


def demanded(notes: Mapping[str, str]) -> list[str]:
    """Write annotations as cosign's `-a` reads them: one CSV record each, quoted where needed."""
    return [word for name, value in notes.items() for word in ("-a", in_csv(f"{name}={value}"))]


def in_csv(text: str) -> str:
    """Write one field of CSV as Go's reader takes it, in quotes whether it needs them or not."""
    return '"' + text.replace('"', '""') + '"'


def shelf_of(form: Form) -> tuple[RegistryStore, Shelf]:
    """Open a store and the shelf of a form, to do what a bad registry would."""
    store = open_registry(RegistrySettings(writes=True))
    (shelf,) = open_shelves(store, [form])
    return store, shelf


def pinned(text: str) -> Reference:
    """Read a reference by digest."""
    reference = Reference.parse(text)
    assert reference.digest is not None
    return reference
