"""Real-shaped files of every kind: which images they name, where, and what stays open."""

from __future__ import annotations

import pytest

from boltseal.scanners.open import KINDS, choose, scan
from tests.scanners.cases import Case, cases, ordered, told

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_names_the_images_written_down_for_it(case: Case) -> None:
    """A file names exactly the images, unresolved and ignored texts that people found in it."""
    assert told(scan(case.path, case.text, options=case.options)) == ordered(case.expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_place_covers_the_text_of_its_finding(case: Case) -> None:
    """Where a finding's end is known, the characters in the file there are its text."""
    lines = case.text.removeprefix("\ufeff").split("\n")
    for finding in scan(case.path, case.text, options=case.options):
        place = finding.place
        assert place.path == case.path
        if place.end_column is not None and finding.status == "image":
            covered = lines[place.line - 1][place.column - 1 : place.end_column - 1]
            assert finding.text == covered or _composed(finding.text, covered)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_line_ends_change_nothing(case: Case) -> None:
    """A file with Windows line ends names the same images at the same places."""
    unix = case.text.replace("\r\n", "\n")
    windows = unix.replace("\n", "\r\n")
    found = [scan(case.path, text, options=case.options) for text in (unix, windows)]
    assert found[0] == found[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_undecided_text_says_why(case: Case) -> None:
    """A finding has a reference exactly if it is an image, and a reason exactly if it is none."""
    for finding in scan(case.path, case.text, options=case.options):
        assert (finding.status == "image") == (finding.reference is not None)
        assert (finding.status == "image") == (not finding.why)


def test_the_corpus_is_large_and_of_all_kinds() -> None:
    """The corpus has at least 60 files, and at least three that each scanner claims."""
    assert len(CASES) >= 60
    claimed = [one.name for case in CASES for one in choose(case.path, case.text)]
    assert {kind for kind in KINDS if claimed.count(kind) >= 3} == set(KINDS)


def _composed(text: str, covered: str) -> bool:
    """Tell whether the file gives a name's parts apart, of which the place covers one."""
    return bool(covered) and covered in text and len(covered) < len(text)
