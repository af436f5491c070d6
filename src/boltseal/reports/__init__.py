"""How a report is told: text, json, summary and more; pure."""

from __future__ import annotations

from collections.abc import Callable

from boltseal.core.verdict import Report

Render = Callable[[Report], str]
"""Tell a report as text, to be written as UTF-8; `functools.partial` binds what else it takes."""
