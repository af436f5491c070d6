"""Globs over names and values, with GitHub's meaning of the stars; everything else is literal."""

from __future__ import annotations

import re

_TOKENS = re.compile(r"\*\*|\*|\?|[^*?]+")
_MEANING = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob to be used with `fullmatch`.

    `*` stands for any text without a slash, `**` for any text, `?` for one character that is no
    slash. Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
    (filter patterns), without its `+`, `[]` and `!`, whose text may stand in a name.
    """
    # Runs of stars are one, so that no pattern makes the matching go back and forth for long.
    calm = re.sub(r"\*{2,}", "**", pattern)
    parts = (_MEANING.get(token) or re.escape(token) for token in _TOKENS.findall(calm))
    return re.compile("".join(parts), re.DOTALL)
