"""Sheets on a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sr_toolkit.benching.result import Results
from sr_toolkit.benching.sheets import BEST, Cell, Sheet, make_sheets
from sr_toolkit.benching.statistics import Interval, Paired, Summary
from sr_toolkit.benching.summaries import row_statistics

MARK = "*"


def print_results(results: Results, console: Console) -> None:
    """Print tables, protocols and sources."""
    sheets = make_sheets(results)
    for number, sheet in enumerate(sheets):
        if number:
            console.print()
        for table in _tables(sheet, console.width):
            console.print(table)
        starred = any(cell.best for line in sheet.lines for cell in line.cells)
        for line in (*sheet.notes, *((f"{MARK} {BEST}",) if starred else ())):
            console.print(escape(line), soft_wrap=True, highlight=False)


def render_text(results: Results, width: int = 120) -> str:
    """Return what `print_results` prints, as plain text."""
    stream = io.StringIO()
    print_results(results, Console(file=stream, width=width, no_color=True))
    return stream.getvalue()


def _tables(sheet: Sheet, width: int) -> Iterator[Table]:
    """Yield the sheet as one table, or where it is too wide one for each dataset and the cost."""
    spans, start = [], 0
    for name, count in sheet.groups:
        spans.append((name, list(range(start, start + count))))
        start += count
    *datasets, cost = spans
    whole = [place for _, places in spans for place in places]
    title = f"{datasets[0][0]}, {sheet.title}" if len(datasets) == 1 else sheet.title
    names = {places[0]: name for name, places in datasets} if len(datasets) > 1 else {}
    table = _table(sheet, title, whole, names)
    if Console(width=10_000).measure(table).maximum <= width:
        yield table
        return
    for name, places in (*datasets, cost):
        yield _table(sheet, f"{name}, {sheet.title}", places, {})


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
    return f"[bold]{text}{MARK}[/bold]" if cell.best else f"{text} "


def print_statistics(results: Results, console: Console) -> None:
    """Print mean, median, spread and paired differences of every model and metric."""
    for result in results:
        own, paired = _columns("model", "metric"), _columns("model", "metric", "compared with")
        for head in ("mean", "95 % interval", "median", "deviation"):
            own.add_column(head, justify="right", no_wrap=True)
        for head in ("difference", "95 % interval", "won"):
            paired.add_column(head, justify="right", no_wrap=True)
        for row in result.rows:
            for column in result.columns:
                facts = row_statistics(result, row, column)
                if facts is None:
                    continue
                name = escape(row.model)
                own.add_row(name, column.head, *_own(facts.summary, column.digits))
                for reference, one in facts.against.items():
                    cells = _difference(one, column.digits)
                    paired.add_row(name, column.head, escape(reference), *cells)
        own.title = escape(f"{result.title}, protocol {result.protocol}")
        console.print()
        console.print(own)
        if paired.row_count:
            console.print(paired)
    console.print(
        "intervals: 95 % percentile bootstrap over images; differences: paired, from bicubic and "
        "from the first other model, their mean; won: images of all",
        soft_wrap=True,
        highlight=False,
    )


def _columns(*heads: str) -> Table:
    table = Table()
    for head in heads:
        table.add_column(head, no_wrap=True)
    return table


def _own(summary: Summary, digits: int) -> list[str]:
    return [
        f"{summary.mean:.{digits}f}",
        _interval(summary.interval, digits),
        f"{summary.median:.{digits}f}",
        f"{summary.deviation:.{digits}f}",
    ]


def _difference(paired: Paired, digits: int) -> list[str]:
    interval = _interval(paired.interval, digits, sign="+")
    return [f"{paired.difference:+.{digits}f}", interval, f"{paired.won}/{paired.count}"]


def _interval(found: Interval | None, digits: int, sign: str = "") -> str:
    if found is None:
        return "–"
    return f"{found[0]:{sign}.{digits}f} … {found[1]:{sign}.{digits}f}"
