"""How hard a password is to guess, estimated without asking anybody.

The estimate is what an attacker pays who knows how people choose: common passwords, words with
digits behind, repeats, sequences and rows of a keyboard first. It errs on the low side for what
looks like words and knows no dictionary, so that a good value is no proof.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# Below the first an offline attacker on rented machines is done within days, in spite of scrypt;
# below the second within the life of a key.
WEAK, MODERATE = 35.0, 50.0

_LISTED = """
    123456 password qwerty 123456789 12345678 111111 abc123 letmein welcome monkey dragon iloveyou
    admin login master hello sunshine princess football baseball shadow superman trustno1 starwars
    freedom whatever passw0rd secret changeme default test guest root toor cosign sigstore docker
    container kubernetes github gitlab jenkins deploy release signing production staging key ci
    company summer winter spring autumn monday friday january december access batman mustang
    michael jordan harley hunter ranger soccer killer pepper cheese computer internet service
    qwertyuiop qwerty123 password1 password123 pass pw pwd temp temporary user username example
    foobar foo bar baz asdf asdfgh zxcvbn q1w2e3r4 1q2w3e4r 1qaz2wsx p@ssw0rd p@ssword letmein1
"""
_COMMON = tuple(_LISTED.split())
_RANKS = {word: rank for rank, word in reversed(list(enumerate(_COMMON, 1)))}
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
)
_LEET = str.maketrans("013457@$!", "oleastasi")
# The list of diceware has 7776 words: what each word of a passphrase is worth at most.
_WORD_BITS = math.log2(7776)
_LONGEST_WORD = 12
# How most people make one: a word, perhaps with a capital, then digits, then a mark.
_CHOSEN = re.compile(r"([A-Za-z][a-z]{2,9})([0-9]{0,4})([^A-Za-z0-9]{0,2})")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_VOWELS = frozenset("aeiouyAEIOUY")
_MOST_READ = 1024


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many guesses a password takes, as their logarithm to base 2, and what makes it weak."""

    bits: float
    reasons: tuple[str, ...] = ()

    @property
    def weak(self) -> bool:
        """Whether it would be found by whoever has the key file and a little money."""
        return self.bits < WEAK

    @property
    def moderate(self) -> bool:
        """Whether it is no better than that for long."""
        return self.bits < MODERATE


def estimate(password: bytes) -> Estimate:
    """Estimate a password; bytes that are not UTF-8 count as any other character.

    Only the first 1024 characters are looked at. The reasons name kinds of weakness and no part
    of the password.
    """
    text = password.decode("utf-8", "surrogateescape")[:_MOST_READ]
    if not text:
        return Estimate(0.0, ("it is empty",))
    pieces = _pieces(text)
    found = [reason for _, reason in pieces if reason]
    bits = sum(worth for worth, _ in pieces)
    chosen = _chosen(text)
    if chosen is not None and chosen < bits:
        found.append("it is like one word with something behind it")
    bits = min(worth for worth in (bits, chosen, _phrase(text)) if worth is not None)
    if len(text) < 8:
        found.append(f"it has {len(text)} characters")
    if len(set(text)) < 5 <= len(text):
        found.append(f"it has {len(set(text))} different characters")
    if bits < MODERATE and _classes(text) < 36:
        found.append("it is of one kind of characters")
    return Estimate(round(bits, 1), tuple(dict.fromkeys(found)))


def _pieces(text: str) -> list[tuple[float, str]]:
    """Cut the text, from the left, into what is guessed at one go; give each one's bits."""
    each = math.log2(_classes(text))
    pieces: list[tuple[float, str]] = []
    place = 0
    while place < len(text):
        length, worth, reason = max(
            (
                _word(text, place),
                _repeat(text, place, each),
                _sequence(text, place),
                _year(text, place),
            ),
            key=lambda found: found[0] * each - found[1],
        )
        if length < 3 or worth >= length * each:
            length, worth, reason = 1, each, ""
        pieces.append((worth, reason))
        place += length
    return pieces


def _word(text: str, place: int) -> tuple[int, float, str]:
    """Find the longest common password here, in any letter case or with digits for letters."""
    for length in range(min(_LONGEST_WORD, len(text) - place), 2, -1):
        piece = text[place : place + length]
        plain = piece.casefold()
        rank = _RANKS.get(plain) or _RANKS.get(plain.translate(_LEET))
        if rank is not None:
            disguise = (piece != plain) + (plain not in _RANKS)
            return length, math.log2(rank) + 1 + disguise, "a common password is in it"
    return 0, 0.0, ""


def _repeat(text: str, place: int, each: float) -> tuple[int, float, str]:
    """Find a piece of up to eight characters that stands here at least three times, or twice."""
    best = (0, 0.0, "")
    for size in range(1, 9):
        piece = text[place : place + size]
        times = 1
        while text.startswith(piece, place + times * size):
            times += 1
        length = times * size
        enough = times >= 3 or (times == 2 and size >= 3)
        if len(piece) == size and enough and length > best[0]:
            best = (length, size * each + math.log2(times), "it repeats itself")
    return best


def _sequence(text: str, place: int) -> tuple[int, float, str]:
    """Find the longest run along the alphabet, the digits or a keyboard, forwards or back."""
    plain = text[place : place + 40].casefold()
    best = 0
    for line in _ROWS:
        for row in (line, line[::-1]):
            length = 3
            while length <= len(plain) and plain[:length] in row:
                best = max(best, length)
                length += 1
    return best, math.log2(len(_ROWS) * 2 * 26) + math.log2(max(best, 1)), "it holds a sequence"


def _year(text: str, place: int) -> tuple[int, float, str]:
    return (4, math.log2(200), "a year is in it") if _YEAR.match(text, place) else (0, 0.0, "")


def _chosen(text: str) -> float | None:
    """Return what a word with digits and a mark behind it is worth, None for what is none."""
    found = _CHOSEN.fullmatch(text)
    if found is None or not _VOWELS.intersection(found[1]):
        return None
    return 17 + math.log2(10) * len(found[2]) + 5 * len(found[3])


def _phrase(text: str) -> float | None:
    """Return what words with separators between them are worth, None for what is no phrase."""
    for separator in (" ", "-", "_", "."):
        words = text.split(separator)
        if len(words) > 1 and all(word.isalpha() and len(word) <= _LONGEST_WORD for word in words):
            return len(set(words)) * _WORD_BITS + 2
    return None


def _classes(text: str) -> int:
    """Return how many characters there are in the kinds that the text uses."""
    kinds = (
        (26, any("a" <= char <= "z" for char in text)),
        (26, any("A" <= char <= "Z" for char in text)),
        (10, any("0" <= char <= "9" for char in text)),
        (33, any(char.isascii() and not char.isalnum() for char in text)),
        (100, not text.isascii()),
    )
    return sum(size for size, used in kinds if used)
