"""Round trips are what signing and verifying cost: one more than there must be fails here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from boltseal.core.signature import Form
from boltseal.flows.sign import OnExisting, Workshop, sign
from boltseal.flows.verify import Bench, examine
from boltseal.signers.local import LocalSigner
from boltseal.stores import Shelf
from boltseal.stores.open import BOTH
from boltseal.stores.referrers import ReferrerShelf
from boltseal.stores.registry.settings import RegistrySettings, open_registry
from boltseal.stores.tags import TagShelf
from tests.support.making import NOON, Clock, demand, image_manifest, key, order
from tests.support.registry import Bearer, Options, Registry

CLASSIC = (Form.CLASSIC,)
BUNDLE = (Form.BUNDLE,)
AUTH = Bearer("robot", "secret of the test")


def _pushed(registry: Registry, text: str = "image", repository: str = "team/app") -> str:
    image = image_manifest(text)
    registry.put_blob(repository, f'{{"text":"{text}"}}'.encode())
    digest = registry.put_manifest(repository, image.raw, media_type=image.media_type)
    return f"{registry.host}/{repository}@{digest}"


class Runner:
    """A client of one registry that counts what it asks for."""

    def __init__(self, registry: Registry, forms: Sequence[Form], *, writes: bool) -> None:
        self.registry = registry
        settings = RegistrySettings(username="robot", password=AUTH.password, writes=writes)
        self.store = open_registry(settings)
        pace = Clock().pace()
        shelves: dict[Form, Shelf] = {
            Form.CLASSIC: TagShelf(self.store, pace=pace),
            Form.BUNDLE: ReferrerShelf(self.store, pace=pace),
        }
        self.shelves = [shelves[form] for form in forms]

    def counted(self, work: Callable[[], object]) -> tuple[int, int]:
        """Return how many requests work made up to its last write, and how many after it."""
        self.registry.clear()
        work()
        methods = [request.method for request in self.registry.requests]
        last = max((n for n, m in enumerate(methods, 1) if m in {"PUT", "POST"}), default=0)
        return (last, len(methods) - last) if last else (len(methods), 0)

    def sign(self, image: str, **more: object) -> tuple[int, int]:
        """Count the requests of signing."""
        workshop = Workshop(self.store, self.shelves, LocalSigner(key("counted")), now=lambda: NOON)

        def work() -> None:
            assert sign([image], order(**more), workshop=workshop).error is None

        return self.counted(work)

    def verify(self, image: str) -> int:
        """Count the requests of verifying."""

        def work() -> None:
            bench = Bench(self.store, self.shelves, parallel=1)
            assert examine([image], demand("counted"), bench=bench).error is None

        return sum(self.counted(work))


def test_signing_classic_takes_eight_requests_cold_and_six_further() -> None:
    """One classic signature costs 8 requests behind a token challenge and 1 to read it back."""
    with Registry(Options(auth=AUTH)) as registry:
        first, second = _pushed(registry), _pushed(registry, "two")
        runner = Runner(registry, CLASSIC, writes=True)
        assert runner.sign(first) == (8, 1)
        assert runner.sign(second) == (6, 1)


def test_verifying_classic_takes_four_requests_cold_and_two_further() -> None:
    """Verifying one classic signature by digest costs 4 requests cold, 2 for a further image."""
    with Registry(Options(auth=AUTH)) as registry:
        first, second = _pushed(registry), _pushed(registry, "two")
        writer = Runner(registry, CLASSIC, writes=True)
        writer.sign(first)
        writer.sign(second)
        reader = Runner(registry, CLASSIC, writes=False)
        assert reader.verify(first) == 4
        assert reader.verify(second) == 2


def test_verifying_a_bundle_takes_five_requests_cold_and_three_further() -> None:
    """Verifying one bundle by digest costs 3+2 requests cold and 1+2 for a further image."""
    with Registry(Options(auth=AUTH)) as registry:
        first, second = _pushed(registry), _pushed(registry, "two")
        writer = Runner(registry, BUNDLE, writes=True)
        writer.sign(first)
        writer.sign(second)
        reader = Runner(registry, BUNDLE, writes=False)
        assert reader.verify(first) == 5
        assert reader.verify(second) == 3


def test_signing_again_what_is_signed_writes_nothing() -> None:
    """A re-run over a signed image reads and writes nothing."""
    with Registry(Options(auth=AUTH)) as registry:
        image = _pushed(registry)
        Runner(registry, BOTH, writes=True).sign(image)
        runner = Runner(registry, BOTH, writes=True)
        runner.sign(image)
        assert not registry.count(method="PUT")
        assert not registry.count(method="POST")


@pytest.mark.parametrize("form", [CLASSIC, BUNDLE])
def test_one_token_serves_all_images_of_a_repository(form: tuple[Form, ...]) -> None:
    """Signing and appending to several images of a repository asks for one token."""
    with Registry(Options(auth=AUTH)) as registry:
        images = [_pushed(registry, str(number)) for number in range(3)]
        runner = Runner(registry, form, writes=True)
        registry.clear()
        workshop = Workshop(
            runner.store, runner.shelves, LocalSigner(key("counted")), now=lambda: NOON
        )
        done = sign(images, order(on_existing=OnExisting.APPEND), workshop=workshop)
        assert done.error is None
        assert registry.count(path=r"/token") == 1
