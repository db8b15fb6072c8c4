"""Sheets on a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sr_toolkit.benching.result import Column, Results
from sr_toolkit.benching.sheets import Cell, Sheet, make_sheets
from sr_toolkit.benching.summaries import Statistics, reference_rows, row_statistics

BEST = "*"


def print_results(results: Results, console: Console) -> None:
    """Print tables, protocols and sources."""
    for number, sheet in enumerate(make_sheets(results)):
        if number:
            console.print()
        for table in _tables(sheet, console.width):
            console.print(table)
        for line in sheet.notes:
            console.print(escape(line), soft_wrap=True, highlight=False)


def render_text(results: Results, width: int = 120) -> str:
    """Return what `print_results` prints, as plain text."""
    stream = io.StringIO()
    print_results(results, Console(file=stream, width=width, no_color=True))
    return stream.getvalue()


def _tables(sheet: Sheet, width: int) -> Iterator[Table]:
    """Yield the sheet as one table, or where it is too wide one for each dataset."""
    spans, start = [], 0
    for name, count in sheet.groups:
        spans.append((name, range(start, start + count)))
        start += count
    costs = spans.pop()[1]
    whole = [place for _, places in spans for place in places] + list(costs)
    title = f"{spans[0][0]}, {sheet.title}"
    if len(spans) == 1:
        yield _table(sheet, title, whole, {})
        return
    names = {places[0]: name for name, places in spans}
    yielded = _table(sheet, sheet.title, whole, names)
    if Console(width=10_000).measure(yielded).minimum <= width:
        yield yielded
        return
    for number, (name, places) in enumerate(spans):
        last = number == len(spans) - 1
        yield _table(sheet, f"{name}, {sheet.title}", [*places, *(costs if last else ())], {})


def _table(sheet: Sheet, title: str, places: list[int], names: dict[int, str]) -> Table:
    table = Table(title=escape(title))
    table.add_column("model", no_wrap=True)
    for place in places:
        head = sheet.heads[place]
        above = f"{escape(names.get(place, ''))}\n" if names else ""
        table.add_column(f"{above}{escape(head)}", justify="right", no_wrap=True)
    for line in sheet.lines:
        table.add_row(escape(line.model), *(_shown(line.cells[place]) for place in places))
    return table


def _shown(cell: Cell) -> str:
    text = escape(cell.text)
    return f"[bold]{text}{BEST}[/bold]" if cell.best else f"{text} "


def print_statistics(results: Results, console: Console) -> None:
    """Print mean, median, spread and paired differences of every model and metric."""
    for result in results:
        console.print()
        references = [row.model for row in reference_rows(result)]
        table = Table(title=escape(f"{result.title}, protocol {result.protocol}"))
        for head in ("model", "metric", "mean", "95 % interval", "median", "deviation"):
            table.add_column(head, justify="left" if head in ("model", "metric") else "right")
        for name in references:
            table.add_column(f"less {escape(name)}", justify="right")
        for row in result.rows:
            for column in result.columns:
                facts = row_statistics(result, row, column)
                if facts is not None:
                    table.add_row(*_facts(row.model, column, facts, references))
        console.print(table)
    console.print(
        "intervals: 95 % percentile bootstrap over images; differences: mean, interval, images "
        "won of all",
        soft_wrap=True,
        highlight=False,
    )


def _facts(model: str, column: Column, facts: Statistics, references: Sequence[str]) -> list[str]:
    def figure(value: float) -> str:
        return f"{value:.{column.digits}f}"

    def interval(found: tuple[float, float] | None) -> str:
        return "–" if found is None else f"{figure(found[0])} … {figure(found[1])}"

    cells = [escape(model), column.head, figure(facts.summary.mean)]
    cells += [interval(facts.summary.interval), figure(facts.summary.median)]
    cells.append(figure(facts.summary.deviation))
    for name in references:
        paired = facts.against.get(name)
        cells.append(
            "–"
            if paired is None
            else f"{paired.difference:+.{column.digits}f} ({interval(paired.interval)}), "
            f"{paired.won}/{paired.count}"
        )
    return cells
