"""The job summary: Markdown that GitHub shows whole."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone

from hypothesis import given, settings
from markdown_it import MarkdownIt

from boltseal.core.verdict import Anchor, Report
from boltseal.reports import summary
from tests.reports.samples import (
    HOSTILE,
    RELEASE,
    classic,
    digest,
    failed,
    hostile,
    mixed,
    passed,
    refused,
    trusted,
    unsigned,
)
from tests.reports.test_escape import ATTACKS, invisible, tags

LIMIT = 900 * 1024
NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)


def rows(markdown: str) -> list[str]:
    """Give the rows of the table, without its head."""
    return [line for line in markdown.splitlines() if line.startswith("| ")][2:]


def test_totals_on_top_and_one_row_an_image() -> None:
    """The heading counts the verdicts; every image has its row, the failed ones first."""
    shown = summary.render(mixed(), now=NOW)
    assert shown.startswith(
        "## ❌ Signatures of 4 images: 1 trusted, 2 not trusted, 1 undecided\n\n"
    )
    assert rows(shown) == [
        f"| ❌ not trusted | `registry.example/team/db2:2` | `{digest(2).short}` | — | — | — | — |",
        "| ❌ not trusted (no signature) | `registry.example/team/db3:2` "
        f"| `{digest(3).short}` | — | — | — | — |",
        f"| ⚠️ undecided | `registry.example/team/db4:2` | `{digest(4).short}` | — | — | — | — |",
        f"| ✅ trusted | `registry.example/team/app1:1.2.3` | `{digest(1).short}` "
        "| classic, bundle | `release.pub` `9f86d081884c` | `0123456789ab` "
        "| `2026-03-01T10:00:00Z` (3 days ago) |",
    ]


def test_failures_are_told_below_with_what_to_do() -> None:
    """Each failure has a part with its reason, what to do, the digest and each signature."""
    shown = summary.render(Report((failed(2), unsigned(3))))
    assert "<details open>\n<summary>❌ <code>registry.example/team/db2:2</code>: not" in shown
    assert "**Why:** its signature may not be trusted: the given key did not make it" in shown
    assert "**What to do:** sign it in the workflow that pushed it" in shown
    assert f"**Digest:** `registry.example/team/db3@{digest(3)}`" in shown
    assert "- classic signature at `registry.example/team/app:sha256-" in shown


def test_many_failures_are_folded() -> None:
    """Up to three failures stand open, more are folded so that the page stays short."""
    few = Report(tuple(failed(n) for n in range(3)))
    many = Report(tuple(failed(n) for n in range(4)))
    assert summary.render(few).count("<details open>") == 3
    assert summary.render(many).count("<details>") == 4


def test_trusted_images_are_detailed_where_they_are_few() -> None:
    """A short report tells all annotations; a long one only what failed or could not be read."""
    few = summary.render(Report((trusted(1),)))
    assert "  - `ref=refs/tags/v1.2.3`\n" in few
    many = [trusted(n) for n in range(50)]
    many[7] = replace(many[7], faults=("layer 2 is no signature",))
    shown = summary.render(Report(tuple(many)))
    assert shown.count("<details") == 1
    assert "trusted, 1 fault passed over</summary>" in shown
    assert "- layer 2 is no signature" in shown


def test_two_thousand_images_are_all_there() -> None:
    """2,000 images, every tenth failed, keep their rows and details below the limit."""
    images = tuple(failed(n) if n % 10 == 0 else trusted(n) for n in range(2000))
    shown = summary.render(Report(images), now=NOW)
    assert len(shown.encode("utf-8")) <= LIMIT
    assert len(rows(shown)) == 2000
    assert shown.count("<details>") == 200
    assert "more image" not in shown


def test_what_does_not_fit_is_counted() -> None:
    """Beyond the limit whole rows and parts are left out, the failed ones last, and counted."""
    images = tuple(failed(n) if n % 2 else trusted(n) for n in range(6000))
    shown = summary.render(Report(images), now=NOW)
    assert len(shown.encode("utf-8")) <= LIMIT
    kept = rows(shown)
    assert sum("not trusted" in row for row in kept) == 3000
    assert f"*and {6000 - len(kept)} more images*" in shown
    left = 3000 - shown.count("<details>")
    assert f"*and {left} more images, whose details did not fit*" in shown
    assert shown.count("<details>") == shown.count("</details>")


def test_hundreds_of_attackers_do_not_break_the_limit() -> None:
    """Text that grows when it is escaped is cut before the summary grows too large."""
    shown = summary.render(Report(tuple(hostile(n) for n in range(400))))
    assert len(shown.encode("utf-8")) <= LIMIT
    assert "more image" in shown


def test_one_image_with_everything_too_long_keeps_its_reason() -> None:
    """Signatures, annotations and faults without end do not crowd out why an image failed."""
    invisible_text = "\U000e0100" * 5000
    said = {f"{n}{invisible_text}": invisible_text for n in range(300)}
    one = refused(classic(digest(1), said, payload=b""), invisible_text)
    image = failed(1, judged=(one,) * 64, faults=(invisible_text,) * 100, reason="it was refused")
    shown = summary.render(Report((image,)))
    assert len(shown.encode("utf-8")) <= LIMIT
    assert "**Why:** it was refused" in shown


def test_nothing_verified_is_said() -> None:
    """An empty report has a heading that does not look like success."""
    assert summary.render(Report(())) == "## ⚠️ Nothing was verified\n\n"


@given(ATTACKS)
@settings(max_examples=100, deadline=None)
def test_no_text_leaves_its_place(attack: str) -> None:
    """Whatever an image is called or says, rows, cells and parts are as many as without it."""
    evil = replace(
        failed(2, reason=attack, advice=attack, asked=attack, judged=()),
        judged=(
            passed(
                classic(
                    digest(2), {attack: attack, "commit": attack, "created": attack}, payload=b""
                ),
                Anchor(attack, RELEASE.fingerprint),
            ),
            refused(classic(digest(2), origin=attack), attack),
        ),
        faults=(attack,),
        platform=attack,
    )
    shown = summary.render(Report((trusted(1), evil, unsigned(3))))
    seen = tags(shown)
    assert (seen.count("tr"), seen.count("td")) == (4, 21)
    allowed = {"table", "thead", "tbody", "tr", "th", "td", "code", "p", "strong", "h2"}
    assert set(seen) <= allowed | {"ul", "li", "details", "summary"}
    assert seen.count("details") == 3
    assert not invisible(shown.replace("\n", "").replace("\ufe0f", ""))


def test_mentions_and_links_are_defused() -> None:
    """Outside of code there is no mention, link, HTML or formula of anyone else's."""
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(
        summary.render(Report((hostile(),)))
    )
    bare = re.sub(r"<code>.*?</code>", " ", rendered, flags=re.DOTALL)
    assert HOSTILE.split()[0] not in rendered
    assert not re.search(r"@|://|www\.|<img|<script|<a |\$", bare)
