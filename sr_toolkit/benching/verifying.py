"""A recorded result run again, each score held to its stated tolerance."""

from __future__ import annotations

import dataclasses
import math
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
    return checks


def _refuse_other_data(old: Result, new: Result) -> None:
    was, now = ({image.label: image for image in result.images} for result in (old, new))
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
        ours, theirs = row.scores.get(column.name, []), other.scores.get(column.name, [])
        images = zip(old.labels, ours, theirs, strict=True) if ours and theirs else ()
        differences = [
            (0.0 if one == two else abs(one - two), label)
            for label, one, two in (*images, ("the whole set", recorded, found))
            if one is not None and two is not None
        ]
        worst, image = max(differences)
        if not math.isfinite(worst) or worst > column.tolerance:
            problem = problem or "beyond the tolerance"
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


def _still_there(folder: Path | None) -> Path | None:
    return folder if folder is not None and folder.is_dir() else None
