"""The axes of a panel: their range, their marks and how these are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from sr_toolkit.plotting.panels import Panel


def values_axis(ax: Any, panel: Panel, values: Any) -> None:
    """Scale a y axis and mark it by round numbers, enough of them on a logarithmic one too."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

    ax.grid(axis="y", color="#e2e2e2", linewidth=0.5)
    ax.set_axisbelow(True)
    finite = values[np.isfinite(values)]
    if panel.bounds is not None:
        low, high = panel.bounds
        margin = 0.04 * (high - low)
        ax.set_ylim(low - margin, high + margin)
    elif panel.log and finite.size and finite.min() > 0:
        ax.set_yscale("log")
        if finite.max() / finite.min() < 50:  # powers of ten would be too few
            ax.yaxis.set_major_locator(LogLocator(subs=_ticks(finite.max() / finite.min())))
            ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
        return
    else:
        ax.margins(y=0.14)  # room for a name below bicubic's line
        ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.ticklabel_format(axis="y", useOffset=False, style="plain")


def _ticks(ratio: float) -> tuple[float, ...]:
    """Return the multiples of powers of ten that a logarithmic axis of this ratio is marked at."""
    if ratio > 10:
        return (1, 2, 5)
    return (1, 2, 3, 5) if ratio > 3 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8)


def steps_axis(ax: Any, last: int, *, label: bool) -> None:
    """Let an x axis go over all steps; only those at the bottom are labeled."""
    from matplotlib.ticker import EngFormatter, MaxNLocator

    ax.set_xlim(0, 1.015 * max(last, 1))  # a dot at the end stays whole
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if last >= 10_000:
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    if label:
        ax.set_xlabel("step")
