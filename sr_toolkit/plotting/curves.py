"""What there is to draw: the figures of a run's log as curves over all its phases."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.errors import ConfigError, DataError
from sr_toolkit.runs import Run
from sr_toolkit.training.logs import Record, phase_ends, phase_offsets, read_log

Values = NDArray[np.float64]
POINTS_TO_SMOOTH = 24  # below that many in a phase, a smoothed curve would only hide them
WIDTH = 1 / 40  # of a phase's points: the deviation of the Gaussian that smooths


@dataclass(frozen=True)
class Curve:
    """One figure over the steps of all phases.

    Attributes:
        steps, values: the points, ascending; NaN where the figure was not finite, and where one
            phase ends and another begins.
        smooth: the values smoothed within each phase.
    """

    steps: Values
    values: Values
    smooth: Values

    @property
    def is_dense(self) -> bool:
        """Does the smoothed curve differ from the points?"""
        return not np.array_equal(self.values, self.smooth, equal_nan=True)


@dataclass(frozen=True)
class Span:
    """A phase's place among all steps."""

    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class History:
    """A run's log as curves.

    Attributes:
        label: what a legend calls it.
        spans: the phases that were begun, in order.
        steps: figures of training steps, by name.
        scores: those of validation, `bicubic_psnr` and its like among them.
    """

    label: str
    spans: tuple[Span, ...]
    steps: dict[str, Curve]
    scores: dict[str, Curve]

    def level_of_phases(self, name: str) -> dict[Span, float]:
        """Return a score that does not change in a phase, for each phase that has it."""
        found: dict[Span, float] = {}
        if name not in self.scores:
            return found
        curve = self.scores[name]
        for span in self.spans:
            inside = (curve.steps > span.begin) & (curve.steps <= span.end)
            values = curve.values[inside & np.isfinite(curve.values)]
            if len(values):
                found[span] = round(float(values[-1]), 6)
        return found


def read_history(run: Run, label: str) -> History:
    """Return the curves of a run.

    Raises:
        DataError: its log is absent or holds nothing to draw.
    """
    records = [r for r in read_log(run.log_file) if r.event in ("step", "validation")]
    if not records:
        raise DataError(
            f"'{run.log_file}' is absent or holds no figures, so there is nothing to plot; train "
            f"first, or name another run."
        )
    ends = phase_ends(records)
    phases = list(ends)
    with contextlib.suppress(ConfigError):  # without config.yaml, in the order of the log
        phases = [name for name in run.phases if name in ends] or phases
    offsets = phase_offsets(ends, phases)
    spans = tuple(Span(name, offsets[name], offsets[name] + ends[name]) for name in phases)
    return History(
        label,
        spans,
        _curves([r for r in records if r.event == "step"], offsets),
        _curves([r for r in records if r.event == "validation"], offsets),
    )


def labels(runs: Sequence[Run]) -> list[str]:
    """Return a name for each run: its folder's, with as many parents as tell them apart."""
    paths = [run.path.resolve() for run in runs]
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        names = [str(Path(*path.parts[-depth:])) for path in paths]
        if len(set(names)) == len(set(paths)):
            break
    return names


def _curves(records: Sequence[Record], offsets: dict[str, int]) -> dict[str, Curve]:
    # Of a step that was done twice, after a way back, the later figures count.
    points: dict[str, dict[str, dict[int, float]]] = {}
    for record in records:
        if record.phase in offsets:
            for name, value in record.figures.items():
                points.setdefault(name, {}).setdefault(record.phase, {})[record.step] = value
    curves = {}
    for name, by_phase in points.items():
        steps: list[float] = []
        values: list[float] = []
        smooth: list[float] = []
        for phase in sorted(by_phase, key=lambda phase: offsets[phase]):
            ordered = sorted(by_phase[phase].items())
            own = np.array([value if math.isfinite(value) else math.nan for _, value in ordered])
            if steps:  # no line from one phase into the next
                steps, values, smooth = (
                    [*steps, steps[-1]],
                    [*values, math.nan],
                    [*smooth, math.nan],
                )
            steps += [offsets[phase] + step for step, _ in ordered]
            values += own.tolist()
            smooth += smoothed(own).tolist()
        curves[name] = Curve(np.array(steps, float), np.array(values), np.array(smooth))
    return curves


def smoothed(values: Values) -> Values:
    """Return a Gaussian mean of the finite values around each point; few points stay as they are.

    At the ends the mean is over what there is, so nothing is invented beyond them.
    """
    if len(values) < POINTS_TO_SMOOTH:
        return values
    sigma = max(1.0, WIDTH * len(values))
    reach = min(math.ceil(3 * sigma), (len(values) - 1) // 2)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    finite = np.isfinite(values)
    sums = np.convolve(np.where(finite, values, 0.0), window, "same")
    weights = np.convolve(finite.astype(float), window, "same")
    return np.where(finite, sums / np.maximum(weights, 1e-300), np.nan)
