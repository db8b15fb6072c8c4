"""A recorded result run again, each score held to its stated tolerance."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.benching.cache import Cache
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Column, Result, Results, Row, read_results
from sr_toolkit.benching.runner import run
from sr_toolkit.errors import DataError


@dataclass(frozen=True)
class Check:
    """One model under one metric in one table.

    Attributes:
        table, model, metric: which; the metric by its head.
        digits: of its figures.
        recorded, found: means; None where there is none.
        worst: the largest difference of an image's score; None where none can be told.
        image: where that is.
        tolerance: what was stated.
        problem: why it does not hold, '' where it does.
    """

    table: str
    model: str
    metric: str
    digits: int
    recorded: float | None
    found: float | None
    worst: float | None
    image: str
    tolerance: float
    problem: str


def verify(
    path: Path,
    *,
    device: str = "",
    data_root: Path | None = None,
    weights_root: Path | None = None,
    quiet: bool = False,
) -> list[Check]:
    """Run again what results.json records, from nothing, and hold it to what it says.

    Args:
        path: results.json, or its folder.
        device: another device than the recorded one.
        data_root, weights_root: where data and networks are here.
        quiet: show nothing.

    Returns:
        A check for each model and metric.

    Raises:
        DataError: the file is damaged, or the data here are not those that it was made with.
        SrtkError: what it was made with is not here.
    """
    recorded = read_results(path)
    asked = Request.from_plain(recorded.request)
    metrics = [c.name for result in recorded for c in result.columns if not c.missing]
    request = dataclasses.replace(
        asked,
        metrics=tuple(dict.fromkeys(metrics)),
        device=device or asked.device,
        data_root=data_root or _still_there(asked.data_root),
        weights_root=weights_root or _still_there(asked.weights_root),
        out=None,
        overwrite=False,
        save_images=False,
        published=False,
        pull=False,
        cache=False,
        cost=False,
        download=False,
        quiet=quiet,
    )
    return compare_runs(recorded, run(request, Cache(None)))


def compare_runs(recorded: Results, found: Results) -> list[Check]:
    """Return a check for each recorded row and column.

    Raises:
        DataError: a table is missing, or its images are others.
    """
    tables = {result.key: result for result in found}
    checks: list[Check] = []
    for old in recorded:
        new = tables.get(old.key)
        if new is None:
            raise DataError(f"'{old.title}' was not scored again; its results.json is damaged.")
        _refuse_other_data(old, new)
        measured = [row for row in old.rows if row.kind == "model"]
        again = [row for row in new.rows if row.kind == "model"]
        if len(measured) != len(again):
            raise DataError(
                f"'{old.title}' had {len(measured)} models and has {len(again)} now; its "
                f"results.json is damaged."
            )
        for row, other in zip(measured, again, strict=True):
            checks += [_check(old, new, row, other, c) for c in old.columns if not c.missing]
    if not any(check.recorded is not None for check in checks):
        raise DataError("Nothing in this result was scored, so there is nothing to verify.")
    return checks


def _refuse_other_data(old: Result, new: Result) -> None:
    was, now = ({image.label: image for image in result.images} for result in (old, new))
    for label in now:
        if label not in was:
            raise DataError(
                f"'{old.title}': the image '{label}' was not scored before; put the set back to "
                f"what it was, or bench again."
            )
    for label, image in was.items():
        if label not in now:
            raise DataError(f"'{old.title}': the image '{label}' is not in the set any more.")
        for what, ours, theirs in (
            ("image", image.hr_sha256, now[label].hr_sha256),
            ("LR of the image", image.lr_sha256, now[label].lr_sha256),
        ):
            if ours != theirs:
                raise DataError(
                    f"'{old.title}': the {what} '{label}' here is not the one that was scored "
                    f"(SHA-256 of its pixels {theirs[:12]}…, recorded {ours[:12]}…)."
                )


def _check(old: Result, new: Result, row: Row, other: Row, column: Column) -> Check:
    recorded, found = old.mean(row, column.name), None
    problem, worst, image = "", None, ""
    if row.weights_sha256 != other.weights_sha256:
        problem = "the weights are others"
    if column.name in {c.name for c in new.columns}:
        found = new.mean(other, column.name)
    if (recorded is None) != (found is None):
        problem = problem or ("not scored here" if found is None else "was not scored before")
    elif recorded is not None and found is not None:
        worst, image = max([*_differences(old, new, row, other, column.name), (0.0, "")])
        if worst > column.tolerance:
            problem = problem or "beyond the tolerance"
    if recorded is None and found is None:
        scored = [row.scores.get(column.name, []), other.scores.get(column.name, [])]
        known = [[value is not None for value in scores] for scores in scored]
        if known[0] != known[1]:
            problem = problem or "other images could be scored before"
    return Check(
        f"{old.title}, protocol {old.protocol}",
        row.model,
        column.head,
        column.digits,
        recorded,
        found,
        worst,
        image,
        column.tolerance,
        problem,
    )


def _differences(
    old: Result, new: Result, row: Row, other: Row, metric: str
) -> Iterator[tuple[float, str]]:
    """Yield how far each score lies from the one before, with its image; infinity where one is."""
    # Not strict: a row that failed as a whole has no scores at all.
    again = dict(zip(new.labels, other.scores.get(metric, []), strict=False))
    for label, one in zip(old.labels, row.scores.get(metric, []), strict=False):
        yield _distance(one, again.get(label)), label
    yield _distance(old.mean(row, metric), new.mean(other, metric)), "the whole set"


def _distance(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else math.inf
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    return math.inf if math.isnan(one - other) else abs(one - other)


def _still_there(folder: Path | None) -> Path | None:
    return folder if folder is not None and folder.is_dir() else None
