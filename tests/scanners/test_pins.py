"""Pinning writes a digest behind a tag and leaves every other byte of the file alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from boltseal.core.names import Digest, Reference
from boltseal.scanners import Finding
from boltseal.scanners.open import scan
from boltseal.scanners.pins import Pins, pin
from tests.scanners.cases import Case, cases

CASES = cases()


def digests(findings: tuple[Finding, ...]) -> dict[Reference, Digest]:
    """Give every image of some findings a digest of its own."""
    references = {f.reference for f in findings if f.reference and not f.reference.digest}
    return {reference: Digest.of(str(reference).encode()) for reference in references}


def pinned(case: Case) -> tuple[tuple[Finding, ...], Pins]:
    """Pin all that can be pinned in a file of the corpus."""
    findings = scan(case.path, case.text, options=case.options)
    return findings, pin(case.path, case.text, findings=findings, digests=digests(findings))


def one(path: str, text: str) -> Pins:
    """Pin all that can be pinned in a text."""
    findings = scan(path, text)
    return pin(path, text, findings=findings, digests=digests(findings))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pinned_file_differs_by_its_digests_alone(case: Case) -> None:
    """Taking the digests out of a pinned file gives the file as it was, byte by byte."""
    findings, pins = pinned(case)
    text = pins.text
    for digest in digests(findings).values():
        text = text.replace(f"@{digest}", "")
    assert text == case.text
    assert bool(pins.pinned) == bool(pins.patch) == (pins.text != case.text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pinned_file_names_the_verified_digests(case: Case) -> None:
    """A pinned file, scanned again, names each pinned image by the digest that was verified."""
    findings, pins = pinned(case)
    again = scan(case.path, pins.text, options=case.options)
    found = {(f.place.line, f.reference) for f in again}
    for finding in pins.pinned:
        assert finding.reference is not None
        wanted = digests(findings)[finding.reference]
        at = Reference(finding.reference.repository, None, wanted)
        assert any(
            line == finding.place.line and ref is not None and ref.digest == at.digest
            for line, ref in found
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_verified_image_is_pinned_or_left_with_a_reason(case: Case) -> None:
    """No verified tag is passed over: it is pinned, or it is listed with the reason."""
    findings, pins = pinned(case)
    tagged = [f for f in findings if f.reference and f.reference.digest is None]
    places = {f.place for f in pins.pinned} | {f.place for f, why in pins.left if why}
    assert {f.place for f in tagged} == places


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_git_applies_the_patch(case: Case, tmp_path: Path) -> None:
    """`git apply` makes the pinned text out of the file, whatever its line ends are."""
    _, pins = pinned(case)
    file = tmp_path / case.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case.text.encode())
    if pins.patch:
        apply = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(apply, cwd=tmp_path, input=pins.patch.encode(), check=True)
    assert file.read_bytes().decode() == pins.text


@pytest.mark.parametrize(
    "path",
    ["with space/Dockerfile", "ä/Dockerfile", 'quo"te/Dockerfile', "tab\tname/Dockerfile"],
)
@pytest.mark.parametrize("text", ["FROM a:1", "FROM a:1\n", "\n" * 9 + "FROM a:1\n" + "\n" * 9])
def test_git_applies_patches_of_oddly_named_files(path: str, text: str, tmp_path: Path) -> None:
    """A patch carries any file name in git's own spelling, and a last line without an end."""
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode())
    pins = one(path, text)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=pins.patch.encode(), check=True)
    assert file.read_text("utf-8") == pins.text == text.replace("a:1", f"a:1@{Digest.of(HUB)}")


HUB = b"index.docker.io/library/a:1"


def test_far_lines_make_hunks_of_their_own() -> None:
    """Changes far apart stand in two hunks, near ones in one."""
    far = "FROM a:1 AS x\n" + "RUN y\n" * 20 + "FROM a:1\n"
    near = "FROM a:1 AS x\n" + "RUN y\n" * 4 + "FROM a:1\n"
    assert one("Dockerfile", far).patch.count("@@ -") == 2
    assert one("Dockerfile", near).patch.count("@@ -") == 1


def test_what_has_no_verified_digest_stays() -> None:
    """An image whose digest nobody verified, or that has one already, is not touched."""
    text = f"FROM a:1\nFROM b:1@{Digest.of(b'b')}\n"
    findings = scan("Dockerfile", text)
    pins = pin("Dockerfile", text, findings=findings, digests={})
    assert (pins.text, pins.patch, pins.left) == (text, "", ())


def test_a_finding_of_another_text_changes_nothing() -> None:
    """A finding whose place holds another text by now is left, with the reason."""
    findings = scan("Dockerfile", "FROM a:1\n")
    moved = pin("Dockerfile", "FROM b:1\n", findings=findings, digests=digests(findings))
    gone = pin("Dockerfile", "", findings=findings, digests=digests(findings))
    assert moved.patch == gone.patch == ""
    assert len(moved.left) == len(gone.left) == 1


def test_names_made_with_variables_are_left() -> None:
    """A name that a variable completes is not pinned at the place where it is used."""
    pins = one("Dockerfile", "ARG V=1\nFROM a:${V}\n")
    assert pins.patch == ""
    assert "variables" in pins.left[0][1]
