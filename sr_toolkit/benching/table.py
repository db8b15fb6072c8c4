"""The table that `srtk bench` prints."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sr_toolkit.benching.result import Column, Result, Row

BEST = "*"


def print_result(result: Result, console: Console) -> None:
    """Print table, protocol and sources."""
    console.print(_table(result))
    for line in _notes(result):
        console.print(escape(line), soft_wrap=True, highlight=False)


def render_text(result: Result) -> str:
    """Return what `print_result` prints, as plain text."""
    stream = io.StringIO()
    print_result(result, Console(file=stream, width=120, no_color=True))
    return stream.getvalue()


def _table(result: Result) -> Table:
    count = len(result.images)
    table = Table(title=f"{result.dataset}, {count} image{'s' * (count != 1)}, ×{result.scale}")
    table.add_column("model")
    for column in result.columns:
        arrow = "↑" if column.higher_is_better else "↓"
        table.add_column(f"{column.head} {arrow}", justify="right")
    table.add_column("parameters", justify="right")
    table.add_column("time/image", justify="right")
    for row in result.rows:
        cells = [_cell(result, row, column) for column in result.columns]
        parameters = f"{row.parameters:,}" if row.parameters else "–"
        table.add_row(escape(row.model), *cells, parameters, _seconds(row.median_seconds))
    return table


def _cell(result: Result, row: Row, column: Column) -> str:
    mean = row.mean(column.name)
    if mean is None:
        return "–"
    text = f"{mean:.{column.digits}f}"
    means = [value for r in result.rows if (value := r.mean(column.name)) is not None]
    choose: Callable[[list[float]], float] = max if column.higher_is_better else min
    if len(means) > 1 and mean == choose(means):
        return f"[bold]{text}{BEST}[/bold]"
    return f"{text} "


def _seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _notes(result: Result) -> list[str]:
    lines = [f"{result.protocol_text}; LR {result.lr}"]
    lines += [f"{c.head}: {c.note}" for c in result.columns if c.note and not c.missing]
    lines += [f"{c.head}: –, {c.missing}" for c in result.columns if c.missing]
    lines += [f"{row.model}: {row.source}" for row in result.rows]
    lines.append(f"{BEST} best of its column; time: {result.environment['hardware']}")
    return lines
