"""Sentences: one verb a file, joining the rooms through their protocols."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """How a flow tells how far it is; each front end has its own way to show it."""

    def started(self, total: int) -> None:
        """Tell how many images there will be."""

    def finished(self, image: str, outcome: str) -> None:
        """Tell that one image is done, and how, in a word."""

    def notice(self, text: str) -> None:
        """Tell something that the user should know and that stops nothing."""


class Quiet:
    """A progress that nobody watches."""

    def started(self, total: int) -> None:
        """Do nothing."""

    def finished(self, image: str, outcome: str) -> None:
        """Do nothing."""

    def notice(self, text: str) -> None:
        """Do nothing."""
