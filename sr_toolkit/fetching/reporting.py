"""How long work tells what it does."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Takes lines for people, and how far something is."""

    def say(self, text: str) -> None:
        """Show a line."""

    def amount(self, label: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` bytes of `label` are there."""


class Silent:
    """Shows nothing."""

    def say(self, text: str) -> None:
        """Drop the line."""

    def amount(self, label: str, done: int, total: int | None) -> None:
        """Drop it."""


def bytes_text(count: int) -> str:
    """Return a size for people: '250 MB'; decimal, as servers and disks are sold."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5 or unit == "GB":
            digits = 1 if unit != "B" and size < 9.95 else 0
            return f"{size:.{digits}f} {unit}"
        size /= 1000
    raise AssertionError
