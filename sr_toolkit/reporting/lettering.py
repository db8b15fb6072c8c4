"""Names beside points, each where it covers least of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LETTER, LINE = 6.3, 13.0  # pixels, of letters of 11.5 pixels
LONGEST = 24
REACH = 7.0  # from a point to its name
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """A name in a plot.

    Attributes:
        text: the name, cut if it is long.
        anchor: start, middle or end: the side of it that keeps its place in other letters.
        x, y: where that is, on the baseline.
        line: from where to its point, if it stands far from it.
    """

    text: str
    anchor: str
    x: float
    y: float
    line: tuple[float, float] | None = None


def place_labels(
    names: Sequence[str], points: Sequence[tuple[float, float]], frame: Box
) -> list[Label]:
    """Return where names stand, in order.

    Args:
        names: of the points; long ones are cut.
        points: in pixels.
        frame: left, top, right, bottom, which names should not leave.
    """
    taken: list[Box] = [(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    labels = []
    for number, (name, point) in enumerate(zip(names, points, strict=True)):
        text = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        width = LETTER * len(text)
        others = [box for place, box in enumerate(taken) if place != number]
        candidates = _candidates(point, width)
        costs = [
            sum(_overlap(box, other) for other in others) + 4 * _outside(box, frame) + far
            for box, far, _ in candidates
        ]
        box, _, distant = candidates[costs.index(min(costs))]
        taken.append(box)
        line = None
        if distant:
            line = (min(max(point[0], box[0]), box[2]), box[1] if box[1] > point[1] else box[3])
        anchor, x = _anchor(point, box)
        labels.append(Label(text, anchor, round(x, 1), round(box[3] - 3, 1), line))
    return labels


def _candidates(point: tuple[float, float], width: float) -> list[tuple[Box, float, bool]]:
    """Return boxes around a point, what each costs by its distance, and whether it is far."""
    x, y = point
    found = []
    for ring in range(4):
        reach = REACH + ring * LINE * 1.15
        sides = [
            (x - width / 2, y - reach - LINE),
            (x - width / 2, y + reach),
            (x + REACH, y - reach - LINE),
            (x + REACH, y + reach),
            (x - REACH - width, y - reach - LINE),
            (x - REACH - width, y + reach),
        ]
        if not ring:
            sides = [
                (x + REACH, y - LINE / 2),
                (x - REACH - width, y - LINE / 2),
                *sides,
            ]
        for number, (left, top) in enumerate(sides):
            found.append(
                ((left, top, left + width, top + LINE), 12.0 * ring + number * 0.5, ring > 0)
            )
    return found


def _anchor(point: tuple[float, float], box: Box) -> tuple[str, float]:
    if box[0] >= point[0]:
        return "start", box[0]
    if box[2] <= point[0]:
        return "end", box[2]
    return "middle", (box[0] + box[2]) / 2


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _outside(box: Box, frame: Box) -> float:
    inside = _overlap(box, frame)
    return (box[2] - box[0]) * (box[3] - box[1]) - inside
