"""Axes: from figures to pixels, with ticks at round figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PADDING = 0.12  # of the range, beyond the outermost points
MOST = 7  # ticks
NONE_SHARE = 0.12  # of a logarithmic axis, where points without a figure stand


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: what it says.
        low, high: figures at its ends; logarithms on a logarithmic one.
        pixels: where the ends are.
        logarithmic: is it?
        zero: where a zero stands on a logarithmic axis, in pixels; None without one.
        ticks: pixels and text.
    """

    title: str
    low: float
    high: float
    pixels: tuple[float, float]
    logarithmic: bool = False
    zero: float | None = None
    ticks: tuple[tuple[float, str], ...] = ()

    def at(self, value: float) -> float:
        """Return where a figure stands."""
        if self.logarithmic:
            if value <= 0:
                return self.pixels[0] if self.zero is None else self.zero
            value = math.log10(value)
        first, last = self.pixels
        if self.zero is not None:
            first += NONE_SHARE * (last - first)
        return round(first + (value - self.low) / (self.high - self.low) * (last - first), 1)


def linear_axis(values: Sequence[float], pixels: tuple[float, float], title: str) -> Axis:
    """Return an axis over figures, at least one."""
    low, high = _padded(min(values), max(values))
    axis = Axis(title, low, high, pixels)
    step = _round_step((high - low) / MOST)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    count = math.floor(high / step) - math.ceil(low / step) + 1
    figures = [(math.ceil(low / step) + number) * step for number in range(count)]
    ticks = tuple((axis.at(value), f"{value:.{digits}f}".replace("-", "−")) for value in figures)
    return Axis(title, low, high, pixels, ticks=ticks)


def log_axis(values: Sequence[float], pixels: tuple[float, float], title: str) -> Axis:
    """Return a logarithmic axis over figures, one of them above zero; zeros have a place apart."""
    logs = [math.log10(value) for value in values if value > 0]
    low, high = _padded(min(logs), max(logs), least=0.6)
    zero = None
    if any(value <= 0 for value in values):
        zero = round(pixels[0] + NONE_SHARE / 2 * (pixels[1] - pixels[0]), 1)
    axis = Axis(title, low, high, pixels, True, zero)
    ticks: list[tuple[float, str]] = [] if zero is None else [(zero, "0")]
    for leading in ((1, 2, 5), (1,)):
        figures = [
            value
            for power in range(math.floor(low) - 1, math.ceil(high) + 1)
            for digit in leading
            if low <= math.log10(value := digit * 10.0**power) <= high
        ]
        if len(figures) <= MOST + 1:
            break
    ticks += [(axis.at(value), _short(value)) for value in figures]
    return Axis(title, low, high, pixels, True, zero, tuple(ticks))


def _padded(low: float, high: float, *, least: float = 0.0) -> tuple[float, float]:
    width = max(high - low, least, abs(high) * 1e-3, 1e-9)
    middle = (low + high) / 2
    half = width * (0.5 + PADDING)
    return middle - half, middle + half


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.999:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"
