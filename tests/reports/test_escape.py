"""Untrusted text in terminals, logs, Markdown and workflow commands."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from boltseal.reports.escape import (
    capped,
    code,
    command_data,
    command_property,
    html,
    prose,
    terminal,
)
from tests.reports.samples import HOSTILE

_SPELLED = (
    "\x1b[2J \x9b :: ::error:: ##[group] ##vso[ | \\ ` `` ``` * _ <b> </details> <!-- @me #1 "
    "https://a.b www.a.b me@a.b [a](b) ![ :x: $a$ ~~ \u202e \u200d \ufe0f \u2028 %0A &lt; - 1. "
    "\ud800 \u3164 0 a ( ) ."
)

# Text with much of what matters in it, and every other character too.
ATTACKS = st.lists(
    st.one_of(
        st.sampled_from([*_SPELLED.split(" "), "\n", "\r", "\r\n", "\t", " "]), st.text(max_size=4)
    ),
    max_size=30,
).map("".join)


def invisible(text: str) -> list[str]:
    """List the characters of a text that show nothing or act on a terminal."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve café 日本 🔑", "naïve café 日本 🔑"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x7f\x9b2J", "\\x7f\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("filler\u3164\ufe0f", "filler\\u3164\\ufe0f"),
        ("tag\U000e0041\U000e0100", "tag\\U000e0041\\U000e0100"),
        ("half \ud800", "half \\ud800"),
        ("line\u2028break", "line\\u2028break"),
        ("no\u00a0break", "no\\xa0break"),
        (r"C:\dir", r"C:\dir"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a ##[add-mask]b ##vso[x]", "a \\x23#[add-mask]b \\x23#vso[x]"),
        ("sha256:ab ## heading", "sha256:ab ## heading"),
    ],
)
def test_terminal_shows_what_would_act(text: str, shown: str) -> None:
    """A terminal gets what is visible as it is, and everything else as an escape."""
    assert terminal(text) == shown


@given(ATTACKS)
@settings(deadline=None)
def test_terminal_is_one_harmless_line(text: str) -> None:
    """Whatever the text is, it stays one line without escape bytes that starts no command."""
    shown = terminal(text)
    assert not invisible(shown)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    assert "##vso[" not in shown
    assert terminal(shown) == shown


def test_long_text_is_cut() -> None:
    """Text over its limit ends in an ellipsis at the limit; text at the limit stays whole."""
    assert capped("a" * 10, 10) == "a" * 10
    assert capped("a" * 11, 10) == "a" * 9 + "…"
    assert len(terminal("a" * 70_000)) == 1000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ghcr.io/a/b:1", "`ghcr.io/a/b:1`"),
        ("a|b", "`a\\x7cb`"),
        ("a`b", "`a\\x60b`"),
        ("@octocat", "`@octocat`"),
        ("", "—"),
        ("  ", "—"),
    ],
)
def test_code_spans(text: str, shown: str) -> None:
    """A code span holds the text, and neither its own end nor the end of a table's cell."""
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no signature is stored for this digest", "no signature is stored for this digest"),
        ("sign ghcr.io/a/b:1, then (again) wait.", "sign `ghcr.io/a/b:1`, then (again) wait."),
        ("tried sha256:abcd; stop", "tried `sha256:abcd`; stop"),
        ("use --key: it helps", "use `--key`: it helps"),
        ("give `packages: write`, or", "give `packages: write`, or"),
        ("ask @octocat about #1", "ask `@octocat` about `#1`"),
        ("see https://evil.example and www.evil.example", None),
    ],
)
def test_prose_keeps_sentences_readable(text: str, shown: str | None) -> None:
    """A sentence stays a sentence; words that Markdown or GitHub would take up become code."""
    expected = "see `https://evil.example` and `www.evil.example`" if shown is None else shown
    assert prose(text) == expected


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def tags(markdown: str) -> list[str]:
    """Give the HTML elements that a GitHub-like Markdown makes of a text."""
    parser = _Tags()
    parser.feed(MarkdownIt("gfm-like", {"linkify": False}).render(markdown))
    return parser.seen


def outside_of_code(markdown: str) -> str:
    """Give the text outside of code spans, where GitHub looks for mentions and links."""
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(markdown)
    return re.sub(r"<code>.*?</code>", " ", rendered, flags=re.DOTALL)


@given(ATTACKS)
@settings(deadline=None)
def test_prose_makes_no_markup(text: str) -> None:
    """No sentence makes an element other than paragraphs and code, a mention or a link."""
    shown = f"Why: {prose(text)}"
    assert set(tags(shown)) <= {"p", "code"}
    assert not re.search(r"[@#$~*]|://|www\.", outside_of_code(shown))
    assert not invisible(shown)


@given(ATTACKS, ATTACKS)
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_a_row(first: str, second: str) -> None:
    """A table's row has as many cells as it was given, whatever stands in them."""
    table = f"| a | b | c |\n| --- | --- | --- |\n| {code(first)} | {prose(second)} | end |\n"
    seen = tags(table)
    assert seen.count("td") == 3
    assert set(seen) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert "<td>end</td>" in MarkdownIt("gfm-like", {"linkify": False}).render(table)


@given(ATTACKS)
@settings(deadline=None)
def test_html_stays_text(text: str) -> None:
    """HTML made of untrusted text has the one element that we made, in one line."""
    shown = html(text)
    parser = _Tags()
    parser.feed(shown)
    assert parser.seen == ["code"]
    assert "\n" not in shown


def test_html_escapes_quotes_and_brackets() -> None:
    """What HTML would take for markup becomes entities."""
    assert html("<a href='x'>&\"") == "<code>&lt;a href=&#x27;x&#x27;&gt;&amp;&quot;</code>"


def test_commands_escape_as_the_runner_reads() -> None:
    """Messages escape percent signs and line breaks, properties colons and commas too."""
    assert command_data("50%\r\na:b,c") == "50%25%0D%0Aa:b,c"
    assert command_property("50%\r\na:b,c") == "50%25%0D%0Aa%3Ab%2Cc"


def test_the_sample_attack_is_harmless_everywhere() -> None:
    """The attack that the other tests put into reports leaves nothing that acts."""
    assert not invisible(terminal(HOSTILE) + prose(HOSTILE) + code(HOSTILE) + html(HOSTILE))
    assert set(tags(f"x {prose(HOSTILE)} {code(HOSTILE)}")) <= {"p", "code"}
