"""Go's spellings of a command line, and flags from the environment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltseal.cli.flags import Flag, Kind, parse_duration, parse_size
from boltseal.cli.goflags import Grammar, canonical, from_environment
from boltseal.errors import UsageError
from tests.cli.desk import Desk, push
from tests.support.registry import Registry

FLAGS = (
    Flag("key", "", short="k"),
    Flag("annotations", "", short="a", many=True, lines=True),
    Flag("recursive", "", Kind.BOOL, short="r"),
    Flag("format", "", alias="formats"),
)
GRAMMAR = Grammar.of(FLAGS)


@pytest.mark.parametrize(
    ("line", "flags", "words"),
    [
        ("--recursive image", ["--recursive=true"], ["image"]),
        ("--recursive=False image", ["--recursive=false"], ["image"]),
        ("-r image", ["--recursive=true"], ["image"]),
        ("-r=0 image", ["--recursive=false"], ["image"]),
        ("image --key k -a x=y", ["--key=k", "--annotations=x=y"], ["image"]),
        ("-key k image", ["--key=k"], ["image"]),
        ("-key=k image", ["--key=k"], ["image"]),
        ("--k k image", ["--key=k"], ["image"]),
        ("-a=x=y", ["--annotations=x=y"], []),
        ("-a -key image", ["--annotations=-key"], ["image"]),
        ("--formats both", ["--format=both"], []),
        ("--key= -- --recursive -", ["--key="], ["--recursive", "-"]),
        ("- --nope x", ["--nope"], ["-", "x"]),
    ],
)
def test_every_spelling_comes_to_one(line: str, flags: list[str], words: list[str]) -> None:
    """Flags in any of cosign's spellings become `--name=value`, in their order, words apart."""
    read = canonical(line.split(), GRAMMAR)
    assert (list(read.flags), list(read.words)) == (flags, words)


@pytest.mark.parametrize("line", ["--recursive=maybe", "--key", "-a", "-r=yes"])
def test_a_value_that_is_missing_or_no_boolean_is_wrong_use(line: str) -> None:
    """A flag without its value, or a boolean with another one, is refused."""
    with pytest.raises(UsageError, match="--"):
        canonical(line.split(), GRAMMAR)


@pytest.mark.parametrize("line", ["-key x", "--k x", "-recursive"])
def test_old_spellings_are_warned_of(line: str) -> None:
    """Single dashes before words and double ones before letters work, with a warning."""
    assert canonical(line.split(), GRAMMAR).warnings


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_no_line_raises_anything_but_wrong_use(line: list[str]) -> None:
    """Whatever is typed is read or refused, and a word is never lost."""
    try:
        read = canonical(line, GRAMMAR)
    except UsageError:
        return
    assert len(read.flags) + len(read.words) <= len(line)


def test_flags_come_from_the_environment() -> None:
    """BOLTSEAL_<FLAG> comes before COSIGN_<FLAG>; a given flag and an empty variable count less."""
    environment = {
        "COSIGN_KEY": "cosign",
        "BOLTSEAL_KEY": "boltseal",
        "COSIGN_RECURSIVE": "1",
        "COSIGN_FORMAT": "",
        "COSIGN_ANNOTATIONS": "a=1,2\nb=3\n",
    }
    tokens, sources = from_environment(FLAGS, environment, given=frozenset())
    assert tokens == [
        "--key=boltseal",
        "--annotations=a=1,2",
        "--annotations=b=3",
        "--recursive=true",
    ]
    assert sources["key"] == "BOLTSEAL_KEY"
    assert from_environment(FLAGS, environment, given=frozenset({"key"}))[0][0] != "--key=boltseal"


def test_a_whole_run_is_steered_by_the_environment(desk: Desk, registry: Registry) -> None:
    """Signing and verifying take their flags from variables, as cosign takes them."""
    image = push(registry, "team/app")
    signed = desk.run("sign", image, COSIGN_KEY=desk.path("release.key"), COSIGN_YES="true")
    assert signed.code == 0
    line = ("verify", image, "-d=false")
    assert desk.run(*line, BOLTSEAL_KEY=desk.path("release.pub")).code == 0
    refused = desk.run("sign", image, COSIGN_REKOR_URL="https://rekor.example.com")
    assert refused.code == 2
    assert "COSIGN_REKOR_URL" in refused.err


def test_global_flags_may_stand_before_the_verb(desk: Desk) -> None:
    """Flags that every verb has are understood in front of it too."""
    assert desk.run("-t", "5m", "--verbose", "version", "--json").document["gitVersion"]
    assert desk.run("version", "--timeout=5m").code == 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("3m0s", 180), ("1h30m", 5400), ("90", 90), ("1.5s", 1.5), ("500ms", 0.5)]
)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    """Hours, minutes, seconds and milliseconds add up; a bare number is seconds."""
    assert parse_duration(text, name="timeout") == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-1s", "soon", "1d", "s", "1s1", "9" * 50])
def test_what_is_no_length_of_time_is_wrong_use(text: str) -> None:
    """Nothing, nought, negative and unknown units are refused."""
    with pytest.raises(UsageError, match="length of time"):
        parse_duration(text, name="timeout")


@pytest.mark.parametrize(
    ("text", "size"),
    [("20K", 20_000), ("45MiB", 45 * 1024**2), ("1.5 kb", 1500), ("7", 7), ("2GB", 2 * 10**9)],
)
def test_sizes_are_read_as_cosign_reads_them(text: str, size: int) -> None:
    """Decimal and binary units, in any letter case, with or without a space."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "1iB", "1 2"])
def test_what_is_no_size_is_none(text: str) -> None:
    """An unreadable size leaves the limits as they are."""
    assert parse_size(text) is None
