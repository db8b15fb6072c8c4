"""A table of the report: every figure as text, with what it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sr_toolkit.benching.cache import readable_size
from sr_toolkit.benching.result import Column, Cost, Result, Row
from sr_toolkit.benching.statistics import Interval, Paired
from sr_toolkit.benching.summaries import reference_rows, row_statistics

EMPTY = "–"


@dataclass(frozen=True)
class Head:
    """A column's head.

    Attributes:
        text: as it is shown.
        note: more, in smaller letters.
        descending: is the largest figure shown first, at the first click?
        words: does the column hold words?
    """

    text: str
    note: str = ""
    descending: bool = False
    words: bool = False


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes:
        text: as it is shown.
        value: what it is sorted by, '' where there is none.
        small: more, in smaller letters, a line each.
        best: the best of its column.
    """

    text: str
    value: str = ""
    small: tuple[str, ...] = ()
    best: bool = False


@dataclass(frozen=True)
class Line:
    """One model: its label, what to know of it, its figures."""

    model: str
    cells: tuple[Cell, ...]
    note: str = ""
    published: bool = False


@dataclass(frozen=True)
class Grid:
    """A table that can be sorted."""

    caption: str
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]


def scores_grid(result: Result) -> Grid:
    """Return the table of means, with 95 % intervals and costs."""
    shown = [column for column in result.columns if not column.missing]
    heads = [_head(column) for column in shown]
    heads += [
        Head("Parameters", "number"),
        Head("Multiply-adds", "10⁹, for one SR"),
        Head("Time", "s per megapixel"),
        Head("Memory", "beyond the model"),
    ]
    lines = [
        Line(
            row.model,
            tuple(_score_cell(result, row, column) for column in shown) + _cost_cells(row),
            note=_note(row),
            published=row.kind == "published",
        )
        for row in result.rows
    ]
    return Grid(
        "Mean over images, with its 95 % interval",
        (Head("Model", words=True), *heads),
        tuple(lines),
    )


def differences_grid(result: Result) -> Grid | None:
    """Return the paired differences from bicubic and the first model; None where there are none."""
    shown = [column for column in result.columns if not column.missing]
    lines = []
    for reference in reference_rows(result):
        for row in result.rows:
            found = [row_statistics(result, row, column) for column in shown]
            pairs = [one.against.get(reference.model) if one else None for one in found]
            if row is reference or not any(pairs):
                continue
            cells = [_paired_cell(pair, column) for pair, column in zip(pairs, shown, strict=True)]
            against = Cell(reference.model, reference.model)
            lines.append(Line(row.model, (against, *cells)))
    if not lines:
        return None
    heads = (
        Head("Model", words=True),
        Head("Compared with", words=True),
        *(_head(c) for c in shown),
    )
    return Grid(
        "Differences, paired by image: mean, 95 % interval, images won", heads, tuple(lines)
    )


def _head(column: Column) -> Head:
    better = "higher is better" if column.higher_is_better else "lower is better"
    return Head(
        f"{column.head} {'↑' if column.higher_is_better else '↓'}", better, column.higher_is_better
    )


def _note(row: Row) -> str:
    if row.kind == "published":
        return f"published, not measured here: {row.source}"
    if row.kind == "mean":
        return "mean over seeds, ± their deviation"
    if row.failure or row.absent:
        return "no figures, see below"
    return ""


def _score_cell(result: Result, row: Row, column: Column) -> Cell:
    mean = result.mean(row, column.name)
    if mean is None:
        return Cell(EMPTY)
    # Papers print two digits of decibels.
    digits = 2 if row.kind == "published" and mean > 2 else column.digits
    text = number(mean, digits)
    if column.name in row.spread:
        text += f" ±{number(row.spread[column.name], column.digits)}"
    statistics = row_statistics(result, row, column)
    small = _interval(statistics.summary.interval, column.digits) if statistics else ()
    return Cell(text, _value(mean), small, row.kind == "model" and _is_best(result, column, mean))


def _is_best(result: Result, column: Column, mean: float) -> bool:
    measured = [row for row in result.rows if row.kind == "model"]
    means = [m for row in measured if (m := result.mean(row, column.name)) is not None]
    choose: Callable[[list[float]], float] = max if column.higher_is_better else min
    return len(means) > 1 and mean == choose(means)


def _paired_cell(pair: Paired | None, column: Column) -> Cell:
    if pair is None:
        return Cell(EMPTY)
    return Cell(
        number(pair.difference, column.digits, signed=True),
        _value(pair.difference),
        (
            *_interval(pair.interval, column.digits, signed=True),
            f"won {pair.won} of {pair.count}",
        ),
    )


def _cost_cells(row: Row) -> tuple[Cell, ...]:
    parameters = Cell(EMPTY, "0" if row.kind == "model" else "")
    if row.parameters:
        parameters = Cell(f"{row.parameters:,}", str(row.parameters))
    cost = row.cost
    if cost is None:
        return (parameters, Cell(EMPTY), Cell(EMPTY), Cell(EMPTY))
    adds, memory = cost.multiply_adds, cost.peak_memory
    return (
        parameters,
        Cell(EMPTY) if adds is None else Cell(f"{adds / 1e9:.1f}", str(adds)),
        _time_cell(cost),
        Cell(EMPTY) if memory is None else Cell(_memory(memory), str(memory)),
    )


def _time_cell(cost: Cost) -> Cell:
    if not cost.seconds:
        return Cell(EMPTY)
    fastest, slowest = (_three(f(cost.per_megapixel)) for f in (min, max))
    return Cell(_three(cost.median), _value(cost.median), (f"{fastest} … {slowest}",))


def _three(value: float) -> str:
    """Return a figure in three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _memory(count: int) -> str:
    return readable_size(count) if count >= 1e6 else "< 1 MB"


def _interval(interval: Interval | None, digits: int, *, signed: bool = False) -> tuple[str, ...]:
    if interval is None:
        return ()
    return (" … ".join(number(bound, digits, signed=signed) for bound in interval),)


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a figure as text, with a true minus sign."""
    if math.isnan(value):
        return EMPTY
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def _value(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value)).replace("inf", "Infinity")
