"""What people at a terminal see of a fetch: lines on stderr, a bar where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sr_toolkit.fetching.reporting import Reporter, Silent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextlib.contextmanager
def reporting(quiet: bool) -> Iterator[Reporter]:
    """Yield a reporter; `quiet`: one that shows nothing."""
    if quiet:
        yield Silent()
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        yield Bars(bar)


class Lines:
    """Plain lines on stderr."""

    def say(self, text: str) -> None:
        """Print the line."""
        print(text, file=sys.stderr, flush=True)

    def amount(self, label: str, done: int, total: int | None) -> None:
        """Show nothing: a log is no place for a bar."""


class Bars:
    """Lines, and a bar for each label."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """Print the line above the bars."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def amount(self, label: str, done: int, total: int | None) -> None:
        """Move the label's bar."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=total)
        self._progress.update(self._tasks[label], completed=done, total=total)
