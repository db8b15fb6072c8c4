"""What a training shows: a progress bar on a terminal, plain lines elsewhere, and log.jsonl."""

from __future__ import annotations

import html
import importlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sr_toolkit.files import write_text

PLAIN_EVERY = 10.0  # seconds between plain lines
NOTEBOOK_EVERY = 0.5  # seconds between changes of a notebook's line


class Reporter:
    """Speaks to the user of a training.

    Args:
        quiet: say nothing but errors.
        log: file that takes one JSON object a line; None: none.
    """

    def __init__(self, *, quiet: bool = False, log: Path | None = None) -> None:
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True, highlight=False)
        self.log = log
        self.listeners: list[Callable[[Mapping[str, Any]], None]] = []
        self._refused = False
        self._bar: Progress | None = None
        self._line: NotebookLine | None = None
        self._task: Any = None
        self._phase, self._total, self._first = "", 0, 0
        self._began = self._last_line = 0.0
        self._validation = ""

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(escape(text))

    def record(self, event: str, values: Mapping[str, Any]) -> None:
        """Append an event to log.jsonl; where the disk refuses, that is said once."""
        record = {"event": event, "time": round(time.time(), 2), **values}
        for listener in self.listeners:
            listener(record)
        if self.log is None:
            return
        try:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record) + "\n")
        except OSError as error:
            if not self._refused:
                cause = error.strerror or str(error)
                self.say(f"Warning: cannot write '{self.log}': {cause}. The training goes on.")
            self._refused = True

    def trim(self, phases: Sequence[str], phase: str, step: int) -> None:
        """Take out of log.jsonl what lies after a step: it will be done, and logged, again."""
        if self.log is None or not self.log.is_file():
            return
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        place = (phases.index(phase), step)
        kept = [line for line in lines if _place(line, phases) <= place]
        if len(kept) < len(lines):
            write_text(self.log, "".join(kept))

    def begin(self, label: str, total: int, done: int = 0) -> None:
        """Start counting towards `total`."""
        self._phase, self._total, self._first = label, total, done
        self._began = self._last_line = time.perf_counter()
        self._validation = ""
        if self.console.is_terminal and not self.console.quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.fields[status]}"),
                console=self.console,
            )
            self._bar.start()
            self._task = self._bar.add_task(label, total=total, completed=done, status="")
        elif self.console.is_jupyter and not self.console.quiet:
            self._line = NotebookLine(f"{label} {done}/{total}")

    def advance(self, done: int, status: str = "") -> None:
        """Tell how far it is; `status` is what to show beside, such as the loss."""
        now = time.perf_counter()
        rate = (done - self._first) / max(now - self._began, 1e-9)
        left = (self._total - done) / rate if rate > 0 else 0.0
        parts = [status, f"{rate:.2f} it/s", f"{duration(left)} left", self._validation]
        line = " · ".join(part for part in parts if part)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, status=escape(line))
        elif self._line is not None:
            if now - self._last_line >= NOTEBOOK_EVERY or done == self._total:
                self._last_line = now
                self._line.update(f"{self._phase} {done}/{self._total} · {line}")
        elif now - self._last_line >= PLAIN_EVERY or done == self._total:
            self._last_line = now
            self.say(f"{self._phase} {done}/{self._total} · {line}")

    def validated(self, text: str) -> None:
        """Keep the last validation in view."""
        self._validation = text

    def end(self) -> None:
        """Stop counting; the bar stays as it is."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._line = None


class NotebookLine:
    """A line below a notebook's cell that is written anew, so that a training is one line long."""

    def __init__(self, text: str) -> None:
        display: Any = importlib.import_module("IPython.display").display
        self._handle = display(_Shown(text), display_id=True)

    def update(self, text: str) -> None:
        """Show another text in its place."""
        self._handle.update(_Shown(text))


class _Shown:
    """A text as a notebook shows it, and as its file keeps it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


def _place(line: str, phases: Sequence[str]) -> tuple[float, float]:
    """Return where in a training a log line belongs; one cut off by a kill is after everything."""
    try:
        record = json.loads(line)
        return phases.index(record["phase"]), float(record["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf"), 0.0


def duration(seconds: float) -> str:
    """Return a time as people say it: `45 s`, `3 min 20 s`, `5 h 10 min`, `3.5 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    if seconds < 2 * 86400:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{seconds / 86400:.1f} days"
