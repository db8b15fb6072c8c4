"""Distortion against perception: PSNR over LPIPS, a point for each interpolation.

Blau and Michaeli: The Perception-Distortion Tradeoff, CVPR 2018: past a point, no network gains in
the one without loss in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sr_toolkit.plotting.figure import COLORS, DPI, GRAY, STYLE

WIDTH, HEIGHT = 4.4, 3.3  # inches
LABELS = 12  # points up to which each has its α


@dataclass(frozen=True)
class Point:
    """The mean scores of one interpolation; `lpips` is None where it could not be computed."""

    alpha: float
    psnr: float
    lpips: float | None


def draw_tradeoff(points: Sequence[Point], ends: tuple[str, str], title: str = "") -> Any:
    """Return a matplotlib figure: PSNR over LPIPS, or over α where a point has no LPIPS.

    Args:
        points: by rising α.
        ends: what α = 0 and α = 1 are.
        title: above the axes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    perceived = [point.lpips for point in points if point.lpips is not None]
    both = len(perceived) == len(points)
    across = perceived if both else [point.alpha for point in points]
    levels = [point.psnr for point in points]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        ax = figure.subplots()
        ax.plot(across, levels, color=COLORS[0], marker="o", markersize=4, zorder=2)
        ax.grid(color="#e2e2e2", linewidth=0.5)
        ax.set_axisbelow(True)
        ax.margins(x=0.12, y=0.14)
        ax.ticklabel_format(useOffset=False, style="plain")
        ax.set_xlabel("LPIPS (lower is better)" if both else "α")
        ax.set_ylabel("PSNR, dB (higher is better)")
        if both:
            _alphas(ax, points, across, levels)
        figure.supxlabel(f"α 0: {ends[0]}\nα 1: {ends[1]}", fontsize=7, color=GRAY)
        if title:
            ax.set_title(title, loc="left")
    return figure


def _alphas(
    ax: Any, points: Sequence[Point], across: Sequence[float], levels: Sequence[float]
) -> None:
    """Write α at the points, of many at every other one and at both ends."""
    every = -(-len(points) // LABELS)
    for index, point in enumerate(points):
        last = index == len(points) - 1
        if index % every and not last:
            continue
        ax.annotate(
            f"α {point.alpha:g}" if index == 0 or last else f"{point.alpha:g}",
            (across[index], levels[index]),
            xytext=(-5, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=7,
            color=GRAY,
        )
