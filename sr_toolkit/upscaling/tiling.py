"""Tiles that join without a seam.

Each tile is computed from a window that reaches the receptive field beyond it and ends at the
true image border, and its SR is cut out hard: every SR pixel sees what it sees in the whole image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in LR pixels: core [start, stop) inside window [low, high)."""

    start: int
    stop: int
    low: int
    high: int


@dataclass(frozen=True)
class Tile:
    """One tile of an image."""

    rows: Span
    columns: Span


def spans(length: int, size: int, radius: int, multiple: int = 1) -> Iterator[Span]:
    """Cut an axis of `length` LR pixels into cores of at most `size`.

    Args:
        length: the axis; a multiple of `multiple`.
        size: largest core.
        radius: how far a window reaches beyond its core.
        multiple: windows begin and end at multiples of this.
    """
    size = max(multiple, size - size % multiple)
    reach = -(-radius // multiple) * multiple
    for start in range(0, length, size):
        stop = min(start + size, length)
        yield Span(start, stop, max(0, start - reach), min(length, stop + reach))


def tiles(height: int, width: int, size: int, radius: int, multiple: int = 1) -> list[Tile]:
    """Return the tiles of an image, row by row; one tile where it fits into `size`."""
    return [
        Tile(rows, columns)
        for rows in spans(height, size, radius, multiple)
        for columns in spans(width, size, radius, multiple)
    ]
