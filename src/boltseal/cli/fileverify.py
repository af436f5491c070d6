"""What `dockerfile verify` and `manifest verify` share: images out of a file, then `verify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from boltseal.cli import verify
from boltseal.cli.files import load
from boltseal.cli.flags import Flag, Given
from boltseal.core.names import LAYOUT
from boltseal.errors import Undecided, UsageError
from boltseal.scanners import Finding, Options
from boltseal.scanners.open import decode, scan
from boltseal.scanners.source import LARGEST

FLAGS: tuple[Flag, ...] = tuple(flag for flag in verify.VERB.flags if flag.name != "local-image")


def findings(given: Given, kind: str) -> tuple[str, tuple[Finding, ...]]:
    """Read the file and return its text and what it names.

    Variables of a Dockerfile are filled from the environment, as cosign fills them.
    """
    path = given.words[0]
    text = decode(path, load(path, limit=LARGEST))
    options = Options(build_args=given.around.environment)
    # A finding's place is relative to a repository; the file may be anywhere.
    name = PurePath(path).name
    return text, scan(name, text, kinds=[kind], options=options, claimed=True)


def judge(given: Given, found: Sequence[Finding]) -> int:
    """Verify every image that was found; what nobody can name leaves the run undecided."""
    images = [_word(one) for one in found if one.status == "image"]
    open_questions = [one for one in found if one.status == "unresolved"]
    for one in found:
        if one.status == "ignored" and one.text == "scratch":
            given.around.say("- scratch image ignored")
    if images:
        given.around.say(f"Extracted image(s): {', '.join(images)}")
    elif not open_questions:
        raise UsageError(f"no images found in {given.words[0]}; nothing was verified")
    code = verify.run(replace(given, words=tuple(images))) if images else 0
    for one in open_questions:
        error = Undecided(
            f"{given.words[0]}, line {one.place.line}: nobody can tell which image {one.text!r} "
            f"is: {one.why}"
        )
        given.around.say(f"Error: {error}")
        code = code or error.exit_code
    return code


def _word(one: Finding) -> str:
    # In a file, `oci:1.0` is an image of that name; only a user may name a folder.
    plain = one.status == "image" and not one.text.startswith(LAYOUT) and "$" not in one.text
    return one.text if plain else str(one.reference)
