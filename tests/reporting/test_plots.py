"""Plots: points where they belong, round ticks, names that keep apart."""

from __future__ import annotations

import math

import pytest
from many import made_up

from sr_toolkit.benching.result import Row
from sr_toolkit.reporting.lettering import LETTER, LINE, Label, place_labels
from sr_toolkit.reporting.plots import HEIGHT, WIDTH, make_plots
from sr_toolkit.reporting.ticks import linear_axis, log_axis

FRAME = (60.0, 14.0, 444.0, 280.0)


def box(label: Label) -> tuple[float, float, float, float]:
    width = LETTER * len(label.text)
    left = label.x - {"start": 0, "middle": 0.5, "end": 1}[label.anchor] * width
    return (left, label.y - LINE, left + width, label.y)


def overlap(labels: list[Label]) -> float:
    boxes = [box(one) for one in labels]
    total = 0.0
    for number, a in enumerate(boxes):
        for b in boxes[:number]:
            wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            total += max(0.0, wide) * max(0.0, high)
    return total


def test_names_of_points_that_lie_close_keep_apart() -> None:
    points = [(200.0 + 6 * i, 150.0 + 4 * (i % 3)) for i in range(8)]
    labels = place_labels([f"model-{i}" for i in range(8)], points, FRAME)
    assert overlap(labels) == 0
    assert any(label.line for label in labels)


def test_names_stay_inside() -> None:
    corners = [(62.0, 16.0), (442.0, 16.0), (62.0, 278.0), (442.0, 278.0)]
    for label in place_labels(["a-long-name"] * 4, corners, FRAME):
        left, _, right, bottom = box(label)
        assert FRAME[0] <= left + 0.1
        assert right - 0.1 <= FRAME[2]
        assert FRAME[1] <= bottom <= FRAME[3]


def test_long_names_are_cut() -> None:
    (label,) = place_labels(["x" * 60], [(200.0, 100.0)], FRAME)
    assert len(label.text) < 30
    assert label.text.endswith("…")


@pytest.mark.parametrize("values", [(28.1, 28.4), (0.0, 0.0), (5.0,), (-3.0, 1e6), (0.34, 0.3401)])
def test_linear_ticks_are_few_and_inside(values: tuple[float, ...]) -> None:
    axis = linear_axis(values, (0.0, 100.0), "")
    assert 2 <= len(axis.ticks) <= 9
    assert all(0 <= place <= 100 for place, _ in axis.ticks)
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize("values", [(0.001, 30.0), (5.0, 5.1), (0.0, 734e3, 16.7e6), (1e-9, 1e9)])
def test_logarithmic_ticks_are_few_and_inside(values: tuple[float, ...]) -> None:
    axis = log_axis(values, (0.0, 100.0), "")
    assert all(0 <= place <= 100 for place, _ in axis.ticks)
    assert len({text for _, text in axis.ticks}) == len(axis.ticks) >= 1
    if 0.0 in values:
        assert axis.ticks[0][1] == "0"
        assert axis.at(0.0) < axis.at(min(v for v in values if v))


def test_points_lie_where_their_figures_are() -> None:
    result = made_up()[0]
    plots = make_plots(result)
    assert [plot.title for plot in plots] == [
        "PSNR against LPIPS",
        "PSNR against time",
        "PSNR against size",
    ]
    for plot in plots:
        for dot, row in zip(plot.dots, result.rows, strict=True):
            assert 0 < dot.x < WIDTH
            assert 0 < dot.y < HEIGHT
            assert dot.title.startswith(row.model)
        order = sorted(plot.dots, key=lambda dot: dot.y)  # the best PSNR on top
        best = sorted(result.rows, key=lambda row: -(result.mean(row, "psnr") or 0))
        assert [dot.label.text for dot in order] == [row.model for row in best]
    assert {dot.kind for dot in plots[0].dots} == {"baseline", "model"}


def test_what_has_no_finite_figure_has_no_point() -> None:
    result = made_up()[0]
    result.rows[0].scores["psnr"][0] = math.inf
    result.rows[1].cost = None
    titles = {plot.title: len(plot.dots) for plot in make_plots(result)}
    assert titles == {"PSNR against LPIPS": 2, "PSNR against size": 2}


def test_published_rows_have_a_point_where_both_figures_are_known() -> None:
    result = made_up()[0]
    means = {"psnr": 30.0, "lpips": 0.3}
    result.rows.append(Row(model="paper", source="", kind="published", over_set=dict(means)))
    first, second, _ = make_plots(result)
    assert first.dots[-1].kind == "published"
    assert len(second.dots) == 3
