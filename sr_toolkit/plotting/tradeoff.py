"""Distortion against perception: PSNR over LPIPS, a point for each interpolation.

Blau and Michaeli: The Perception-Distortion Tradeoff, CVPR 2018: past a point, no network gains in
the one without loss in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
        size = 4 if len(points) <= LABELS else 2.6
        ax.plot(across, levels, color=COLORS[0], marker="o", markersize=size, zorder=2)
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
    """Write α at the points, of many at some and at both ends."""
    every = -(-len(points) // LABELS)
    sides = _beside(across, levels)
    for index, point in enumerate(points):
        last = index == len(points) - 1
        if not last and (index % every or len(points) - 1 - index < every):
            continue
        ax.annotate(
            f"α {point.alpha:g}" if index == 0 or last else f"{point.alpha:g}",
            (across[index], levels[index]),
            xytext=sides[index],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7,
            color=GRAY,
        )


def _beside(across: Sequence[float], levels: Sequence[float]) -> list[tuple[float, float]]:
    """Return where to write beside each point, above the curve and at a right angle to it."""
    if len(across) < 2:
        return [(0.0, 8.0)] * len(across)
    x, y = (np.array(values, float) for values in (across, levels))
    dx = np.gradient(x) / (np.ptp(x) or 1) * WIDTH
    dy = np.gradient(y) / (np.ptp(y) or 1) * HEIGHT
    turned = np.where(dx < 0, -1, 1)  # the angle that points upward
    length = np.hypot(dx, dy)
    length[length == 0] = 1
    right, up = -dy * turned / length, dx * turned / length
    return [(11 * float(r), 8 * float(u)) for r, u in zip(right, up, strict=True)]
