"""A verb that fails in the way that its argument names, for tests of the seam."""

from __future__ import annotations

from boltseal import errors
from boltseal.cli.flags import Arguments, Given, Verb

SECRET = "the very secret"


def run(given: Given) -> int:
    """Raise what the word names: a class of errors, or one of Python's own."""
    word = given.words[0]
    if word == "BrokenPipe":
        raise BrokenPipeError
    if word == "Keyboard":
        raise KeyboardInterrupt
    if word == "bug":
        local = SECRET
        raise ValueError(local)
    raise getattr(errors, word)(f"{word} \x1b[31mhappened\n::error::to the image")


VERB = Verb("raise", "Fail.", "", (), run, arguments=Arguments("HOW", 1, 1))
VERBS = {"raise": ("tests.cli.raising", "Fail.")}
