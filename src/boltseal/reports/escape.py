"""Untrusted text is shown and never obeyed, be it by a terminal, a log or a browser.

Everything that comes from a registry, a payload, a file or a caller passes through one of these
functions before it becomes part of a report for people: `terminal` for terminals and logs,
`code` and `prose` for Markdown, `html` for raw HTML in Markdown, `command_data` and
`command_property` for GitHub's workflow commands.
"""

from __future__ import annotations

import re

ELLIPSIS = "…"
LONGEST = 1000
NOTHING = "—"

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Characters that Unicode calls printable, and that show nothing: fillers, the grapheme joiner,
# variation selectors. Everything else that is invisible is not `str.isprintable`.
_INVISIBLE = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# GitHub's runner still obeys `##[command]` anywhere in a line, Azure's `##vso[`, TeamCity's
# `##teamcity[`; `::command::` only at a line's start, white space before it ignored.
_OLD_COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")
_COMMAND = re.compile(r"\A(\s*):(?=:)")
# Not by the library's html, whose table of entities every start would load.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def capped(text: str, limit: int) -> str:
    """Return `text`, its end replaced by an ellipsis where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + ELLIPSIS


def terminal(text: str, *, limit: int = LONGEST) -> str:
    r"""Return `text` as one line that moves no cursor, reorders nothing and starts no command.

    Control, format (bidirectional, zero-width) and other invisible characters become `\n`,
    `\x1b`, `\u202e` and so on; a backslash stays as it is. `limit` counts characters of the
    original text. What a CI runner would take for a command is broken by an escape.
    """
    text = capped(text, limit)
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, text))
    text = _OLD_COMMAND.sub(r"\\x23#", text)
    return _COMMAND.sub(r"\1\\x3a", text)


def _shown(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if char.isprintable() and not _INVISIBLE.match(char):
        return char
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def code(text: str, *, limit: int = LONGEST) -> str:
    """Return `text` as a Markdown code span that can stand in a table's cell.

    In a code span nothing is markup, mention or link. A backtick would end the span and a pipe
    the cell (tables are cut before spans are read, GFM 4.10), so both are shown as escapes.
    """
    shown = terminal(text, limit=limit).replace("|", "\\x7c").replace("`", "\\x60")
    return f"`{shown}`" if shown.strip() else NOTHING


def html(text: str, *, limit: int = LONGEST) -> str:
    """Return `text` for HTML, in a `<code>` element, where GitHub looks for no mentions."""
    return f"<code>{terminal(text, limit=limit).translate(_ENTITIES)}</code>"


# A word that Markdown, GitHub's mentions, links, emoji and formulas all leave alone.
_PLAIN = re.compile(r"[^\W_]*(?:[.,;'\"()/!?%=+—–…-][^\W_]*)*:?")
_WRAPPED = re.compile(r"""([("'“‘]*)(.*?)([)"'”’.,;:!?]*)""", re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")


def prose(text: str, *, limit: int = LONGEST) -> str:
    """Return a sentence for Markdown in which only words that can mean nothing stay bare.

    Every other word (references, digests, flags, paths, anything with markup in it) becomes a
    code span, and so does what the sentence itself puts between backticks.
    """
    pieces = _SPAN.split(capped(text, limit))
    shown = [code(p) if index % 2 else _words(p) for index, p in enumerate(pieces)]
    return "".join(shown).strip()


def _words(text: str) -> str:
    parts = re.split(r"( +)", text)
    return "".join(part if part[0] == " " else _word(part) for part in parts if part)


def _word(word: str) -> str:
    if _PLAIN.fullmatch(word) and not word.startswith("--") and "www." not in word.lower():
        return terminal(word)
    match = _WRAPPED.fullmatch(word)
    before, core, after = match.groups() if match else ("", word, "")
    return f"{before}{code(core)}{after}" if core else code(word)


def command_data(text: str) -> str:
    """Escape the message of a workflow command; line breaks survive as `%0A`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Escape a property (title, file) of a workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")
