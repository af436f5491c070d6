"""The report for people at a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from hypothesis import given, settings

from boltseal.core.names import Reference
from boltseal.core.signature import Kind
from boltseal.core.verdict import Anchor, ImageReport, Report, Verdict
from boltseal.reports import text
from tests.reports.samples import (
    BUILT,
    RELEASE,
    bundle,
    classic,
    digest,
    failed,
    hostile,
    mixed,
    passed,
    refused,
    throttled,
    trusted,
    unsigned,
)
from tests.reports.test_escape import ATTACKS, invisible

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)


def test_a_trusted_image_says_by_which_key_and_what_was_signed() -> None:
    """One block tells verdict, reference, digest, forms, key, age and annotations."""
    assert text.render(Report((trusted(1),)), now=NOW) == (
        "✔ trusted      registry.example/team/app1:1.2.3\n"
        f"  digest     {digest(1)}\n"
        "  signed     classic, bundle by release.pub (9f86d081884c), 3 days ago\n"
        "               commit=0123456789abcdef0123456789abcdef01234567\n"
        "               ref=refs/tags/v1.2.3\n"
        "               timestamp=2026-03-01T10:00:00Z\n"
    )


def test_a_failed_image_says_why_and_what_to_do() -> None:
    """A failure tells its reason once, what to do, and where the refused signature stands."""
    assert text.render(Report((failed(2),))) == (
        "✘ not trusted  registry.example/team/db2:2\n"
        f"  digest     {digest(2)}\n"
        "  why        its signature may not be trusted: the given key did not make it; "
        f"tried sha256:{'ab' * 32}\n"
        "  to do      give the public key that belongs to the signer, or sign again with the "
        "right key\n"
        f"  refused    classic at registry.example/team/app:sha256-{digest(2).hex}.sig layer 1\n"
    )


def test_each_refused_signature_has_its_own_reason() -> None:
    """Where several signatures were refused, each is told with its reason."""
    of = digest(2)
    judged = (
        refused(classic(of), "made by another key"),
        refused(bundle(of, kind=Kind.ATTESTATION), "the annotation is wrong", "annotations"),
    )
    shown = text.render(Report((failed(2, judged=judged, reason="none of 2 may be trusted"),)))
    assert "layer 1: made by another key\n" in shown
    assert "  refused    bundle attestation at " in shown
    assert ": the annotation is wrong\n" in shown


def test_totals_stand_last_where_there_are_several_images() -> None:
    """Several images end in a count of verdicts, one image does not."""
    last = text.render(mixed()).splitlines()[-1]
    assert last == "4 images: 1 trusted, 2 not trusted, 1 undecided"
    assert "1 image:" not in text.render(Report((trusted(1),)))


def test_no_images_are_said_to_be_none() -> None:
    """An empty report does not look like success."""
    assert text.render(Report(())) == "\nno images\n"


def test_unsigned_and_undecided_are_told_apart() -> None:
    """'No signature' and 'could not be found out' have different words, symbols and advice."""
    shown = text.render(Report((unsigned(3), throttled(4))))
    assert "✘ not trusted  registry.example/team/db3:2" in shown
    assert "  why        no signature is stored for this digest\n" in shown
    assert "  left out   2 other attached artifacts, not taken for signatures" in shown
    assert "? undecided    registry.example/team/db4:2" in shown
    assert shown.count("429") == 1


def test_faults_of_a_trusted_image_are_told() -> None:
    """What could not be read beside a good signature is not hidden by it."""
    image = replace(trusted(1), faults=("layer 2 is no signature",))
    assert "  fault      layer 2 is no signature\n" in text.render(Report((image,)))


def test_long_lists_end_in_a_count() -> None:
    """Many annotations, refused signatures and faults are cut, and the rest is counted."""
    many = {f"name{n:02}": "x" for n in range(20)}
    of = digest(1)
    image = ImageReport(
        asked="a",
        verdict=Verdict.TRUSTED,
        judged=(passed(classic(of, many)), *(refused(classic(of), f"no {n}") for n in range(15))),
        faults=tuple(f"fault {n}" for n in range(12)),
    )
    shown = text.render(Report((image,)))
    assert "and 8 more annotations\n" in shown
    assert "and 5 more that were refused\n" in shown
    assert "and 2 more faults\n" in shown


def test_signatures_that_say_the_same_are_told_once() -> None:
    """Equal annotations by one key are one line; another key or text is another."""
    of, other = digest(1), Anchor("other.pub", "sha256:" + "cd" * 32)
    image = ImageReport(
        asked="a",
        verdict=Verdict.TRUSTED,
        resolved=Reference.parse(f"a@{of}"),
        judged=(
            passed(classic(of, BUILT)),
            passed(bundle(of, BUILT)),
            passed(classic(of, BUILT)),
            passed(classic(of, BUILT), other),
            passed(classic(of, {"commit": "f"})),
        ),
    )
    signed = [s.strip() for s in text.render(Report((image,))).splitlines() if "signed " in s]
    assert signed == [
        "signed     classic, bundle by release.pub (9f86d081884c), 3 times",
        "signed     classic by other.pub (cdcdcdcdcdcd)",
        "signed     classic by release.pub (9f86d081884c)",
    ]


def test_values_that_are_no_text_are_shown_as_json() -> None:
    """The number 1 and the text '1' do not look like one another's annotation of another type."""
    image = trusted(1, {"list": [1, "ä"], "none": None, "yes": True})
    shown = text.render(Report((image,)))
    assert 'list=[1, "ä"]\n' in shown
    assert "none=null\n" in shown
    assert "yes=true\n" in shown


def test_an_image_of_an_index_names_its_platform() -> None:
    """Children of an index are told apart by their platform."""
    shown = text.render(Report((replace(trusted(1), platform="linux/arm64"),)))
    assert shown.startswith("✔ trusted      registry.example/team/app1:1.2.3 (linux/arm64)\n")


def test_colour_only_when_asked() -> None:
    """Without colour there is no escape byte; with it, taking ours away leaves the same text."""
    plain, coloured = text.render(mixed()), text.render(mixed(), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31m✘ not trusted\x1b[0m  registry" in coloured
    for sequence in ("\x1b[0m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"):
        coloured = coloured.replace(sequence, "")
    assert coloured == plain


def test_times_that_are_none_have_no_age() -> None:
    """Only RFC 3339 times get an age; one that lies ahead is said to."""
    for said, age in [
        ("2026-03-04T11:59:30Z", ", just now"),
        ("2026-03-04T11:59:00+01:00", ", 1 hour ago"),
        ("2026-03-04t11:30:00.123456789z", ", 30 minutes ago"),
        ("2026-03-05T00:00:00Z", ", in the future"),
        ("2026-03-04T12:00:00", ""),
        ("2026-13-04T12:00:00Z", ""),
        ("0001-01-01T00:00:00+23:59", ""),
        ("yesterday", ""),
    ]:
        shown = text.render(Report((trusted(1, {"created": said}),)), now=NOW)
        assert f"(9f86d081884c){age}\n" in shown, said


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_no_text_escapes_its_line(attack: str) -> None:
    """Whatever stands in references, names and annotations, lines stay lines and start nothing."""
    image = replace(
        failed(2, reason=attack, advice=attack, asked=attack, judged=()),
        judged=(
            passed(
                classic(digest(2), {attack: attack}, payload=b""),
                Anchor(attack, RELEASE.fingerprint),
            ),
            refused(classic(digest(2), origin=attack), attack),
        ),
        faults=(attack,),
        platform=attack,
    )
    shown = text.render(Report((image,)))
    assert len(shown.splitlines()) <= 9
    assert not invisible(shown.replace("\n", ""))
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert "##[" not in shown


def test_a_hostile_report_has_no_escape_bytes() -> None:
    """The sample attack in every member at once stays inert."""
    assert not invisible(text.render(Report((hostile(),))).replace("\n", ""))
