"""Rows of runs that differ in their seed alone, and the row that is their mean."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.benching.result import Result, Row
from sr_toolkit.errors import SrtkError
from sr_toolkit.runs import Run


@dataclass(frozen=True)
class Trained:
    """How a row's weights came about: what runs share that differ in their seed alone.

    Attributes:
        recipe: all of config.yaml but the seed and the machine, and the phase.
        seed: the seed.
    """

    recipe: str
    seed: int


def trained_by(home: Path | None, phase_label: str) -> Trained | None:
    """Return how the phase of a run was trained; None for what is no run."""
    if home is None or not (home / "config.yaml").is_file():
        return None
    try:
        config = dict(Run.open(home).config)
    except SrtkError:
        return None
    seed = config.pop("seed", None)
    config.pop("hardware", None)  # the machine is no part of the recipe
    recipe = json.dumps([phase_label, config], sort_keys=True, default=str)
    return Trained(recipe, seed) if isinstance(seed, int) else None


def add_means(result: Result, trained: Sequence[Trained | None], names: Sequence[str]) -> None:
    """Put after the rows of one recipe's seeds the row of their mean.

    Args:
        result: changed in place.
        trained: of each row as `trained_by` says.
        names: of each row, what all seeds go by.
    """
    groups: dict[str, list[int]] = {}
    for place, how in enumerate(trained):
        if how is not None:
            groups.setdefault(how.recipe, []).append(place)
    after: dict[int, Row] = {}
    for places in groups.values():
        rows = [result.rows[place] for place in places]
        seeds = {how.seed for place in places if (how := trained[place]) is not None}
        if len(seeds) == len(places) > 1 and not any(row.failure or row.absent for row in rows):
            after[places[-1]] = _mean(result, rows, names[places[-1]])
    result.rows = [
        row
        for place, own in enumerate(result.rows)
        for row in ((own, after[place]) if place in after else (own,))
    ]


def _mean(result: Result, group: Sequence[Row], name: str) -> Row:
    first = group[0]
    row = Row(
        model=f"{name} (mean of {len(group)} seeds)",
        source=f"mean of {', '.join(one.model for one in group)}",
        kind="mean",
        parameters=first.parameters,
        model_name=first.model_name,
        distribution=first.distribution,
        version=first.version,
    )
    for column in result.columns:
        each = [one.scores.get(column.name, []) for one in group]
        if all(len(scores) == len(result.images) for scores in each):
            row.scores[column.name] = [_average(values) for values in zip(*each, strict=True)]
        over = [one.over_set[column.name] for one in group if column.name in one.over_set]
        if len(over) == len(group):
            row.over_set[column.name] = _average(over)
        means = [result.mean(one, column.name) for one in group]
        known = [value for value in means if value is not None]
        if len(known) == len(group):
            row.spread[column.name] = statistics.stdev(known)
    return row


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
