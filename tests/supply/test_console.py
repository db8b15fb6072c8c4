"""What people see of a fetch: nothing, lines, or bars."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from sr_toolkit.fetching.reporting import Silent
from sr_toolkit.supply.console import Bars, Lines, reporting


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(quiet=True) as reporter:
        assert isinstance(reporter, Silent)
        reporter.say("a line")
        reporter.amount("a.zip", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_there_are_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(quiet=False) as reporter:
        assert isinstance(reporter, Lines)
        reporter.say("a line [of 'x']")
        reporter.amount("a.zip", 1, 2)
    assert capsys.readouterr() == ("", "a line [of 'x']\n")


def test_a_terminal_has_a_bar_for_each_label() -> None:
    stream = io.StringIO()
    progress = Progress(console=Console(file=stream, force_terminal=True, width=80))
    with progress:
        bars = Bars(progress)
        bars.say("a line [of 'x']")
        bars.amount("a.zip", 1, 4)
        bars.amount("a.zip", 3, 4)
        bars.amount("parts", 5, None)
    assert [(task.description, task.completed, task.total) for task in progress.tasks] == [
        ("a.zip", 3, 4),
        ("parts", 5, None),
    ]
    assert "a line [of 'x']" in stream.getvalue()
