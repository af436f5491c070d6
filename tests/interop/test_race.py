"""Eight signers of one digest at the same moment, against a real registry."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from boltseal.core.keys import PrivateKey
from boltseal.core.names import Reference
from boltseal.core.oci import Index, Manifest
from boltseal.flows.sign import Order, Workshop, sign
from boltseal.flows.verify import Bench, Demand, examine
from boltseal.signers.local import LocalSigner
from boltseal.stores.open import BOTH, open_shelves
from boltseal.stores.registry.settings import RegistrySettings, open_registry
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement
from tests.peers.images import push
from tests.peers.registry import distribution
from tests.support.making import NOON

ROUNDS = 20
SIGNERS = 8


def _signer(
    number: int, images: list[str], start: Barrier, failures: multiprocessing.Queue[str]
) -> None:
    key = PrivateKey.parse_pkcs8(_keys()[number], what="the key of the test")
    store = open_registry(RegistrySettings(writes=True))
    workshop = Workshop(store, open_shelves(store, BOTH), LocalSigner(key), now=lambda: NOON)
    for image in images:
        start.wait(60)
        report = sign([image], Order(), workshop=workshop)
        if report.error is not None:
            failures.put(f"{image}: {report.error}")


_KEYS: list[bytes] = []


def _keys() -> list[bytes]:
    return _KEYS


def _start(number: int, keys: list[bytes], *rest: object) -> None:
    _KEYS.extend(keys)
    _signer(number, *rest)  # type: ignore[arg-type]


@pytest.mark.peers
def test_eight_processes_leave_eight_signatures_twenty_times(tmp_path: Path) -> None:
    """Whatever the order of their writes, every signer's signature stands, in both forms."""
    keys = [PrivateKey.generate() for _ in range(SIGNERS)]
    with distribution(tmp_path) as registry:
        images = [
            f"{registry.host}/race@{push(registry.url, 'race', tag=f'v{n}', seed=str(n)).digest}"
            for n in range(ROUNDS)
        ]
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(SIGNERS)
        failures = context.Queue()
        rest = ([key.pkcs8 for key in keys], images, barrier, failures)
        workers = [context.Process(target=_start, args=(n, *rest)) for n in range(SIGNERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(300)
            assert worker.exitcode == 0
        assert failures.empty(), failures.get()
        lost = [image for image in images if not _all_stand(image, keys)]
        print(f"{ROUNDS - len(lost)} of {ROUNDS} rounds left {SIGNERS} signatures in each form")
        assert not lost


def _all_stand(image: str, keys: list[PrivateKey]) -> bool:
    store = open_registry(RegistrySettings())
    trust = KeyTrust.of([(str(n), key.public_key) for n, key in enumerate(keys)])
    demand = Demand(trust, Requirement.parse("all", known=trust.anchors))
    report = examine([image], demand, bench=Bench(store, open_shelves(store, BOTH)))
    digest = Reference.parse(image).digest
    assert digest is not None
    repository = Reference.parse(image).repository
    classic = store.manifest(repository.at(f"sha256-{digest.hex}.sig"))
    listed = store.manifest(repository.at(f"sha256-{digest.hex}"))
    assert isinstance(classic, Manifest)
    assert isinstance(listed, Index)
    counted = (len(classic.layers), len(listed.manifests), len(report.images[0].trusted))
    return report.error is None and counted == (SIGNERS, SIGNERS, 2 * SIGNERS)
