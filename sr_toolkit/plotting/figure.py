"""Drawing: panels of curves as a PNG, PDF or SVG, in colors that the color-blind can tell apart.

Colors are those of Okabe and Ito (2008). pyplot and its global state are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sr_toolkit.errors import OutputError
from sr_toolkit.files import atomic_path
from sr_toolkit.plotting.axes import steps_axis, values_axis
from sr_toolkit.plotting.curves import Curve, History
from sr_toolkit.plotting.panels import NAMES, Panel

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
GRAY = "#666666"
BANDS = ("#f3f4f6", "#ffffff")  # behind odd and even phases
SUFFIXES = (".png", ".pdf", ".svg")
FEW = 40  # points of a curve up to which each has a dot
WIDTH, HEIGHT, DPI = 3.55, 2.05, 200  # inches of a panel; two abreast fill a page's text
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "ytick.minor.width": 0.4,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def draw(histories: Sequence[History], panels: Sequence[Panel], title: str = "") -> Any:
    """Return a matplotlib figure: a panel a figure, steps over all phases on every x axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    with rc_context(STYLE):
        figure = Figure(
            figsize=(WIDTH * columns, HEIGHT * rows + 0.5), dpi=DPI, layout="constrained"
        )
        if title:
            figure.suptitle(title, fontsize=9.5)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        last = max(span.end for one in histories for span in one.spans)
        for index, (ax, panel) in enumerate(zip(axes, panels, strict=False)):
            _panel(ax, panel, histories)
            steps_axis(ax, last, label=index >= len(panels) - columns)
        for ax in axes[len(panels) :]:
            ax.remove()
        if len(histories) > 1:
            _runs_legend(figure, histories)
    return figure


def save(figure: Any, target: Path, *, overwrite: bool = False) -> None:
    """Write a figure in the format of the target's suffix, atomically.

    Raises:
        OutputError: another suffix, or `target` exists and may not be replaced.
    """
    from matplotlib import rc_context

    if target.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"A plot is written as {', '.join(SUFFIXES)}, not as '{target.name}'; give --out "
            f"another suffix."
        )
    with atomic_path(target, overwrite=overwrite) as temporary, rc_context(STYLE):
        figure.savefig(temporary)


def _panel(ax: Any, panel: Panel, histories: Sequence[History]) -> None:
    several = len(histories) > 1
    _phases(ax, histories)
    drawn: list[Any] = []
    for number, history in enumerate(histories):
        found = history.scores if panel.validated else history.steps
        for place, name in enumerate(panel.figures):
            if name not in found:
                continue
            color = COLORS[number % len(COLORS)] if several else _color(name, place)
            dash = DASHES[(place if several else 0) % len(DASHES)]
            if several and len(panel.figures) == 1:
                dash = DASHES[number // len(COLORS) % len(DASHES)]
            label = NAMES.get(name, name) if not several or number == 0 else None
            _curve(
                ax,
                found[name],
                color,
                dash,
                label,
                dots=panel.validated,
                smooth=panel.smooth,
            )
            drawn.append(found[name].values)
    _bicubic(ax, panel, histories)
    if panel.chance is not None:
        ax.axhline(panel.chance, color=GRAY, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    ax.set_title(panel.title, loc="left", pad=13 if _shared(histories) else 6)
    ax.set_ylabel(panel.unit)
    values_axis(ax, panel, np.concatenate(drawn) if drawn else np.zeros(0))
    if len(panel.figures) > 1:
        _legend(ax, several)


def _curve(
    ax: Any,
    curve: Curve,
    color: str,
    dash: Any,
    label: str | None,
    *,
    dots: bool,
    smooth: bool,
) -> None:
    if dots:
        ax.plot(
            curve.steps,
            curve.values,
            color=color,
            linestyle=dash,
            marker="o" if len(curve.steps) <= FEW else None,
            markersize=2.6,
            label=label,
        )
        return
    if smooth and curve.is_dense:
        ax.plot(curve.steps, curve.values, color=color, linewidth=0.5, alpha=0.25, zorder=1.5)
    shown = curve.smooth if smooth else curve.values
    dot = "." if len(curve.steps) <= FEW else None  # a line of one point would not be seen
    ax.plot(curve.steps, shown, color=color, linestyle=dash, label=label, marker=dot)


def _bicubic(ax: Any, panel: Panel, histories: Sequence[History]) -> None:
    """Draw bicubic's score, in gray where all runs have the same.

    Of a run that grows from scale to scale each phase has its own, drawn over that phase alone.
    """
    if not panel.validated:
        return
    name = f"bicubic_{panel.figures[0]}"
    dashes = {"linewidth": 1.0, "linestyle": (0, (4, 2)), "zorder": 1}
    levels: dict[float, str] = {}
    for number, one in enumerate(histories):
        own = COLORS[number % len(COLORS)]
        by_span = one.level_of_phases(name)
        if len(set(by_span.values())) == 1:
            levels.setdefault(next(iter(by_span.values())), own)
            continue
        color = GRAY if len(histories) == 1 else own
        for span, level in by_span.items():
            ax.hlines(level, span.begin, span.end, color=color, **dashes)
        if by_span:
            _name_bicubic(ax, [*by_span.values()][-1], color)
    for level, own in levels.items():
        color = GRAY if len(levels) == 1 else own
        ax.axhline(level, color=color, **dashes)
        _name_bicubic(ax, level, color)


def _name_bicubic(ax: Any, level: float, color: str) -> None:
    ax.annotate(
        "bicubic",
        (1, level),
        xycoords=("axes fraction", "data"),
        xytext=(-2, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=7,
        color=color,
    )


def _phases(ax: Any, histories: Sequence[History]) -> None:
    """Shade the phases and name them; where runs differ, mark each one's borders instead."""
    if not _shared(histories):
        for number, one in enumerate(histories):
            for span in one.spans[1:]:
                color = COLORS[number % len(COLORS)]
                ax.axvline(span.begin, color=color, linewidth=0.8, linestyle=":", zorder=1)
        return
    for index, span in enumerate(histories[0].spans):
        end = max(one.spans[index].end for one in histories)
        ax.axvspan(span.begin, end, color=BANDS[index % 2], linewidth=0, zorder=0)
        if index:
            ax.axvline(span.begin, color=GRAY, linewidth=0.6, zorder=1)
        ax.annotate(
            span.name,
            ((span.begin + end) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7,
            color=GRAY,
        )


def _shared(histories: Sequence[History]) -> bool:
    """Have all runs the same phases, beginning at the same steps?"""
    places = [[(span.name, span.begin) for span in one.spans] for one in histories]
    return all(one == places[0] for one in places)


def _color(name: str, place: int) -> str:
    if name == "loss":
        return "#000000"
    fixed = {"d_real": 0, "d_fake": 1, "g_norm": 0, "d_norm": 1, "d_loss": 1, "adversarial": 0}
    return COLORS[fixed.get(name, max(place - 1, 0)) % (len(COLORS) - 1)]


def _legend(ax: Any, several: bool) -> None:
    handles, names = ax.get_legend_handles_labels()
    if len(names) < 2:
        return
    legend = ax.legend(handles, names, loc="best", ncols=1 if len(names) < 4 else 2)
    if several:  # the colors are those of the runs; here the dashes tell
        for handle in legend.legend_handles:
            handle.set_color(GRAY)


def _runs_legend(figure: Any, histories: Sequence[History]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=COLORS[number % len(COLORS)],
            linestyle=DASHES[number // len(COLORS) % len(DASHES)],
            label=one.label,
        )
        for number, one in enumerate(histories)
    ]
    columns = min(4, len(handles)) if max(len(one.label) for one in histories) < 24 else 2
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
