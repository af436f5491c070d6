"""What is no signature, or could be two, is refused with its reason."""

from __future__ import annotations

import pytest

from boltseal.core.signature import Kind
from boltseal.errors import Malformed, Unsupported
from boltseal.formats.open import open_artifact
from tests.formats.broken import ALL
from tests.formats.shapes import DIGEST, bundled, classic, stating

FAMILY = "application/vnd.dev.sigstore.bundle"


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_signature_is_refused_with_its_reason(name: str) -> None:
    """Malformed, never Unsupported, naming where it was found and what is wrong, in a few words."""
    artifact, words = ALL[name]
    with pytest.raises(Malformed) as caught:
        open_artifact(artifact, kind=Kind.SIGNATURE)
    assert not isinstance(caught.value, Unsupported)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(artifact.origin))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "media_type",
    [
        f"{FAMILY}+json;version=0.1",
        f"{FAMILY}+json;version=0.2",
        f"{FAMILY}.v0.2+json",
        f"{FAMILY}.v0.4+json",
        f"{FAMILY}.v1+json",
        f"{FAMILY}.v0.3+json ",
        "text/plain",
        "",
        "x" * 100_000,
    ],
    ids=lambda text: text[-30:],
)
def test_another_version_of_the_bundle_is_unsupported(media_type: str) -> None:
    """A version that is not read might be sound: that is said, and is no proof of anything."""
    with pytest.raises(Unsupported, match=r"version 0\.3 of the Sigstore bundle") as caught:
        open_artifact(bundled(mediaType=media_type), kind=Kind.SIGNATURE)
    assert len(str(caught.value)) < 300


def test_the_unchanged_documents_are_sound() -> None:
    """What the table changes opens without a change, so each row is refused for its change."""
    for artifact in (classic(), bundled(), stating()):
        (signature,) = open_artifact(artifact, kind=Kind.SIGNATURE)
        assert signature.subject(DIGEST) is not None
