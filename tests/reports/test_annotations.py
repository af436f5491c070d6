"""Failures as workflow commands: what GitHub keeps of them, and what it does not obey."""

from __future__ import annotations

import re

from hypothesis import given, settings

from boltseal.core.places import Place
from boltseal.core.verdict import Report
from boltseal.errors import NotTrusted
from boltseal.reports.annotations import Command, Level, commands
from tests.reports.samples import failed, hostile, mixed, throttled, trusted, unsigned
from tests.reports.test_escape import ATTACKS, invisible


def unescaped(command: str) -> str:
    """Give the message of a command as the runner reads it."""
    message = command.split("::", 2)[2]
    return message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_each_failure_is_told_with_what_to_do() -> None:
    """A failed image is one command: the kind as title, image, reason and what to do."""
    first, second, third = map(str, commands(mixed()))
    assert first.startswith("::error title=not trusted::registry.example/team/db2:2: its sig")
    assert "%0AWhat to do: give the public key that belongs to the signer" in first
    assert second.startswith("::error title=no signature::registry.example/team/db3:2: no sig")
    assert third.startswith("::error title=undecided::registry.example/team/db4:2: could not")


def test_trusted_images_are_not_told() -> None:
    """A run that trusts everything annotates nothing."""
    assert commands(Report((trusted(1), trusted(2)))) == ()


def test_a_place_becomes_file_line_and_column() -> None:
    """An image that files name is told at each place, the path escaped as a property."""
    asked = failed(2).asked
    places = {asked: [Place("deploy/a,b:c.yaml", 7, 3), Place("x.yaml", 2)]}
    first, second = commands(Report((failed(2), trusted(1))), places=places, level=Level.WARNING)
    assert str(first).startswith(
        "::warning title=not trusted,file=deploy/a%2Cb%3Ac.yaml,line=7,col=3::"
    )
    assert ",file=x.yaml,line=2,col=1::" in str(second)


def test_ten_are_told_one_by_one() -> None:
    """Up to ten failures, which is what GitHub keeps, are told each on its own."""
    assert len(commands(Report(tuple(failed(n) for n in range(10))))) == 10


def test_more_are_told_by_kind() -> None:
    """Eleven failures of two kinds are two commands, which list the images."""
    images = (*(failed(n) for n in range(8)), *(unsigned(n) for n in range(20, 60)))
    first, second = commands(Report((trusted(1), *images, trusted(2))))
    assert first.message.startswith("8 images: not trusted\nWhat to do: give the public key")
    assert "\n- registry.example/team/db7:2" in first.message
    assert second.title == "no signature"
    assert second.message.count("\n- ") == 40


def test_very_many_are_cut_within_the_limit() -> None:
    """A group that is too long for one annotation ends in a count."""
    (only,) = commands(Report(tuple(failed(n) for n in range(3000))))
    listed = only.message.count("\n- ")
    assert f"\nand {3000 - listed} more: see the job summary" in only.message
    assert len(unescaped(str(only))) <= 4096


def test_kinds_beyond_nine_are_told_together() -> None:
    """However many kinds there are, ten commands tell of all of them."""
    images = [failed(n, advice=f"do {n // 2}") for n in range(30)]
    told = commands(Report((*images, throttled(40))))
    assert len(told) == 10
    assert told[-1].title == "several failures"
    assert told[-1].message.startswith("13 images: not trusted, undecided\n- ")


def test_with_places_nine_stand_in_their_files() -> None:
    """Of many failures in files, nine are told where they are and the others together."""
    images = tuple(failed(n) for n in range(25))
    places = {image.asked: [Place("deploy.yaml", n + 1)] for n, image in enumerate(images)}
    told = commands(Report(images), places=places)
    assert [t.place.line for t in told if t.place] == [*range(1, 10), 10]
    assert told[-1].message.startswith("16 images: not trusted")
    assert "- registry.example/team/db9:2 (deploy.yaml:10:1)" in told[-1].message


def test_messages_are_cut_at_what_github_keeps() -> None:
    """A message over 4,096 characters ends in an ellipsis there."""
    line = str(Command(Level.NOTICE, "t" * 300, "%" * 9000))
    title, message = re.fullmatch(r"::notice title=(t+…)::(.*)", line).groups()  # type: ignore[union-attr]
    assert len(title) == 200
    assert message == "%25" * 4095 + "…"


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_no_text_makes_another_command(attack: str) -> None:
    """Whatever an image is called, its command is one line with our title and level."""
    image = failed(2, reason=attack, advice=attack, asked=attack, error=NotTrusted(attack))
    (command,) = map(str, commands(Report((image,))))
    assert not invisible(command)
    assert re.fullmatch(r"::error title=not trusted::.*", command)
    assert "##[" not in command
    # A line break of the attacker's is no line of the message.
    assert unescaped(command).count("\n") <= 1


def test_hostile_titles_and_files_stay_properties() -> None:
    """Colons, commas and line breaks in titles and paths end nothing."""
    line = str(Command(Level.ERROR, "a,b::c\n", "m", Place("a\n,file=b::x", 1)))
    assert line == ("::error title=a%2Cb%3A%3Ac\\n,file=a\\n%2Cfile=b%3A%3Ax,line=1,col=1::m")


def test_a_hostile_report_is_inert() -> None:
    """The sample attack in every member gives commands without escape bytes."""
    images = tuple(hostile(n) for n in range(12))
    assert not any(invisible(str(command)) for command in commands(Report(images)))
