"""Scatter plots as plain geometry, which the template draws as SVG: one point a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sr_toolkit.benching.choosing import BASELINE
from sr_toolkit.benching.result import Column, Result, Row
from sr_toolkit.reporting.lettering import Label, place_labels
from sr_toolkit.reporting.ticks import Axis, linear_axis, log_axis

WIDTH, HEIGHT = 460, 330
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 14, 50
UNITS = {"psnr": "dB", "lr-psnr": "dB"}
Value = Callable[[Row], float | None]


@dataclass(frozen=True)
class Dot:
    """One model in a plot: its place, and where its name stands."""

    x: float
    y: float
    label: Label
    title: str
    kind: str


@dataclass(frozen=True)
class Plot:
    """One plot, in the coordinates of an SVG of `WIDTH` by `HEIGHT`.

    Attributes:
        title: what it shows.
        across, up: its axes, with ticks at pixels.
        dots: its points.
        words: the same for those who cannot see it.
    """

    title: str
    across: Axis
    up: Axis
    dots: tuple[Dot, ...]
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def make_plots(result: Result) -> list[Plot]:
    """Return the plots that a table's figures allow."""
    columns = [column for column in result.columns if not column.missing]
    if not columns:
        return []
    first = columns[0]
    lpips = next((one for one in columns if one.name.startswith("lpips")), None)
    psnr = next((one for one in columns if one.name == "psnr"), None)
    plots = []
    if psnr is not None and lpips is not None:
        plots.append(_against(result, psnr, lpips))
    elif len(columns) > 1:
        plots.append(_against(result, first, columns[1]))
    plots.append(
        _plot(result, first, "time", "Time, s per megapixel of SR (log; lower is better)", _seconds)
    )
    plots.append(_plot(result, first, "size", "Parameters (log)", _parameters))
    return [plot for plot in plots if plot is not None]


def _against(result: Result, up: Column, across: Column) -> Plot | None:
    return _plot(
        result,
        up,
        across.head,
        axis_title(across),
        lambda row: result.mean(row, across.name),
        across,
    )


def axis_title(column: Column) -> str:
    """Return a metric with unit and direction."""
    unit = f", {UNITS[column.name]}" if column.name in UNITS else ""
    better = "higher" if column.higher_is_better else "lower"
    return f"{column.head}{unit} ({better} is better)"


def _seconds(row: Row) -> float | None:
    return row.cost.median if row.cost is not None and row.cost.seconds else None


def _parameters(row: Row) -> float | None:
    return float(row.parameters) if row.kind == "model" and not row.failure else None


def _plot(
    result: Result,
    column: Column,
    name: str,
    title: str,
    across: Value,
    metric: Column | None = None,
) -> Plot | None:
    """Return a plot, or None with fewer than two points, or nothing across to tell them apart."""
    found = []
    for row in result.rows:
        x, y = across(row), result.mean(row, column.name)
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y):
            found.append((row, x, y))
    if len(found) < 2 or (metric is None and not any(x for _, x, _ in found)):
        return None
    ends = (LEFT, WIDTH - RIGHT), (HEIGHT - BOTTOM, TOP)
    if metric is None:
        horizontal = log_axis([x for _, x, _ in found], ends[0], title)
    else:
        horizontal = linear_axis([x for _, x, _ in found], ends[0], title)
    vertical = linear_axis([y for _, _, y in found], ends[1], axis_title(column))
    places = [(horizontal.at(x), vertical.at(y)) for _, x, y in found]
    labels = place_labels(
        [row.model for row, _, _ in found], places, (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
    )
    dots = [
        Dot(
            px, py, label, f"{row.model}: {_say(x)}, {column.head} {y:.{column.digits}f}", kind(row)
        )
        for (row, x, y), (px, py), label in zip(found, places, labels, strict=True)
    ]
    return Plot(
        f"{column.head} against {name}",
        horizontal,
        vertical,
        tuple(dots),
        "; ".join(dot.title for dot in dots),
    )


def kind(row: Row) -> str:
    """Return how a row's point is drawn: model, published or baseline."""
    if row.kind == "published":
        return "published"
    return "baseline" if row.model_name == BASELINE else "model"


def _figure(column: Column, value: float) -> str:
    return f"{column.head} {value:.{column.digits}f}"


def _say(value: float) -> str:
    return f"{value:,.0f}" if value >= 1e4 else f"{value:.4g}"


def kinds(plots: Sequence[Plot]) -> list[str]:
    """Return the kinds of points that plots have, for the key."""
    return list(dict.fromkeys(dot.kind for plot in plots for dot in plot.dots))
