"""The estimate of a password: low for what people choose, high for what chance made."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.passwords import estimate


@pytest.mark.parametrize(
    "text",
    ["a", "password", "P@ssw0rd", "Password123!", "Summer2024!", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "abcabcabcabc", "qwertyuiop123456", "1234567890123456789", "cosign", "geheim", "hunter2",
     "zyxwvutsrqponmlkjihgfedcba", "Katze2019", "cosign-cosign"],
)  # fmt: skip
def test_what_people_choose_is_weak(text: str) -> None:
    """Common passwords, words with digits, repeats and sequences are weak, and it is said why."""
    found = estimate(text.encode())
    assert found.weak
    assert found.reasons


@pytest.mark.parametrize("seed", [b"one", b"two", b"three", b"four"])
def test_what_chance_made_is_not(seed: bytes) -> None:
    """32 random bytes in base64 are far from weak, and half of that is enough."""
    text = base64.urlsafe_b64encode(hashlib.sha256(seed).digest()).rstrip(b"=")
    assert estimate(text).bits > 200
    assert not estimate(text[:16]).moderate


def test_words_with_spaces_count_by_the_word() -> None:
    """Four words are worth four words, however many letters they have; two are weak."""
    assert 50 < estimate(b"correct horse battery staple").bits < 56
    assert estimate(b"correct horse").weak
    assert estimate(b"horse horse horse horse").weak


def test_an_empty_password_is_worth_nothing() -> None:
    """No guess at all is needed."""
    assert estimate(b"").bits == 0
    assert estimate(b"").reasons == ("it is empty",)


@given(st.binary(max_size=300))
def test_any_bytes_are_estimated(password: bytes) -> None:
    """No bytes make the estimate fail, and none are worth more than their number."""
    found = estimate(password)
    assert 0 <= found.bits <= 8 * len(password) + 1


def test_a_long_password_is_estimated_soon() -> None:
    """A mebibyte of a password takes no longer than its beginning."""
    assert estimate(b"a" * 1_000_000).weak
    assert estimate(bytes(range(32, 127)) * 10_000).bits > 0
