"""The report of a sign run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from boltseal.core.names import Reference
from boltseal.core.signature import Form
from boltseal.core.signing import Action, Outcome, SignedImage, SignReport
from boltseal.errors import NotStored
from boltseal.reports import signing as reports
from tests.reports.samples import digest, signing
from tests.reports.test_escape import ATTACKS, invisible, tags

ONE = Reference.parse("registry.example/a:1")


def image(*actions: Action, **more: object) -> SignedImage:
    """Give an image of which each form had something done."""
    outcomes = tuple(Outcome(form, action) for form, action in zip(Form, actions, strict=False))
    return replace(SignedImage("a:1", ONE, digest(1), outcomes=outcomes), **more)  # type: ignore[arg-type]


def test_text_says_what_stands_where() -> None:
    """Each form tells what was done and where the signature stands; failures tell why."""
    shown = reports.text(signing())
    assert "✔ signed     registry.example/team/app1:1.2.3\n" in shown
    assert f"  classic    signed: registry.example/team/app1:sha256-{digest(1).hex}.sig\n" in shown
    assert "  classic    was there already: registry.example/team/app2" in shown
    assert "✘ failed     registry.example/team/db3:2 (linux/arm64)\n" in shown
    assert "  why        registry.example does not let this run push to team/db3 (401); " in shown
    assert "  note       repository names are lower case" in shown
    assert shown.endswith("\n3 images: 1 failed, 2 signed\n")


def test_the_word_for_an_image_is_the_most_that_was_done() -> None:
    """Signed beats replaced, planned and skipped; an error beats all."""
    assert reports.result(image(Action.SKIPPED, Action.SIGNED)) == "signed"
    assert reports.result(image(Action.SKIPPED, Action.REPLACED)) == "replaced"
    assert reports.result(image(Action.SKIPPED, Action.PLANNED)) == "planned"
    assert reports.result(image(Action.SKIPPED, Action.SKIPPED)) == "skipped"
    assert reports.result(image()) == "untouched"
    assert reports.result(image(Action.SIGNED, error=NotStored("gone"))) == "failed"


def test_a_dry_run_looks_like_one() -> None:
    """What would be signed is not told as signed."""
    shown = reports.text(SignReport((image(Action.PLANNED, Action.PLANNED),)))
    assert "· planned    a:1\n" in shown
    assert "  bundle     would be signed\n" in shown


def test_a_fallback_tag_is_named() -> None:
    """Where a bundle is found by a tag, that tag is told."""
    outcome = Outcome(Form.BUNDLE, Action.SIGNED, ONE.pinned(digest(2)), "sha256-ab")
    shown = reports.text(SignReport((replace(image(), outcomes=(outcome,)),)))
    assert f"  bundle     signed: registry.example/a@{digest(2)} (tag sha256-ab)\n" in shown


def test_colour_only_when_asked() -> None:
    """Without colour there is no escape byte."""
    assert "\x1b" not in reports.text(signing())
    assert "\x1b[31m✘ failed   \x1b[0m  registry" in reports.text(signing(), colour=True)


def test_summary_has_totals_rows_and_reasons() -> None:
    """The heading counts, failed images come first, and their reason stands open below."""
    shown = reports.summary(signing())
    assert shown.startswith("## ❌ Signing 3 images: 1 failed, 2 signed\n\n")
    lines = [line for line in shown.splitlines() if line.startswith("| ")]
    assert lines[2].startswith("| ❌ failed | `registry.example/team/db3:2` `linux/arm64` |")
    assert lines[4] == (
        "| ✅ signed | `registry.example/team/app2:1.2.3` "
        f"| `{digest(2).short}` | skipped | signed |"
    )
    assert "<details open>\n<summary>❌ <code>registry.example/team/db3:2</code>" in shown
    assert "give the job `packages: write`, or log in with docker/login-action" in shown


def test_summary_of_many_images_stays_small() -> None:
    """2,000 failed images stay below the limit, and what is left out is counted."""
    images = tuple(replace(signing().images[2], asked=f"a{n}:1") for n in range(2000))
    shown = reports.summary(SignReport(images))
    assert len(shown.encode("utf-8")) <= 900 * 1024
    assert sum(line.startswith("| ❌") for line in shown.splitlines()) == 2000


def test_commands_tell_failures_up_to_ten() -> None:
    """Ten failures are told one by one, of more nine and the others together."""
    (only,) = reports.commands(signing())
    assert str(only).startswith("::error title=not signed%3A access denied::registry.example/")
    broken = tuple(image(error=NotStored(f"lost {n}")) for n in range(25))
    told = reports.commands(SignReport(broken))
    assert len(told) == 10
    assert told[-1].message.startswith("16 more images could not be signed")
    assert len(reports.commands(SignReport(broken[:10]))) == 10
    assert reports.commands(SignReport((image(Action.SIGNED),))) == ()


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_no_text_leaves_its_place(attack: str) -> None:
    """Whatever stands in names, errors and notices, nothing of it acts."""
    evil = replace(image(error=NotStored(attack)), asked=attack, platform=attack, notices=(attack,))
    report = SignReport((evil, image(Action.SIGNED)))
    shown = reports.text(report) + "".join(map(str, reports.commands(report)))
    assert not invisible(shown.replace("\n", ""))
    seen = tags(reports.summary(report))
    assert (seen.count("tr"), seen.count("td"), seen.count("details")) == (3, 10, 1)
    assert not {"a", "img", "script", "em"} & set(seen)
