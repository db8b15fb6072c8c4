"""From outcomes of images to rows and tables, with what could not be scored, and the machine."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sr_toolkit import __version__
from sr_toolkit.benching.code import library_versions, loaded_packages, package_hash
from sr_toolkit.benching.enlarging import TILE_USED
from sr_toolkit.benching.judging import SHARED
from sr_toolkit.benching.pipeline import Outcome, Scored
from sr_toolkit.benching.result import Column, Result, Row
from sr_toolkit.hardware import Hardware, available_cores
from sr_toolkit.interfaces import Dataset, Metric, SetMetric
from sr_toolkit.metrics.protocol import Protocol

NO_PROTOCOL = "none"


def make_result(
    dataset: Dataset,
    scored: Sequence[Scored],
    rows: Sequence[Row],
    *,
    scale: int,
    protocol: Protocol | None,
    lr: str,
    lr_words: str,
    metrics: Mapping[str, Metric],
) -> Result:
    """Return one table.

    Args:
        dataset: the images.
        scored: what came of each of them, an outcome for each row; in order.
        rows: the models, without scores; copied.
        scale: the scale.
        protocol: the rule; None without HR.
        lr, lr_words: where LR came from, as a name and in words.
        metrics: by the name of their column.
    """
    good = [one for one in scored if not one.left_out]
    columns = _told_apart([_column(name, metric, good) for name, metric in metrics.items()])
    result = Result(
        dataset=dataset.name,
        dataset_fingerprint=dataset.fingerprint(),
        scale=scale,
        protocol=protocol.name if protocol else NO_PROTOCOL,
        protocol_text=protocol.describe(scale, lr_words) if protocol else lr_words,
        lr=lr,
        images=[one.facts for one in good if one.facts is not None],
        columns=columns,
        rows=[dataclasses.replace(row, scores={}, over_set={}, failed={}) for row in rows],
        left_out={one.label: one.left_out for one in scored if one.left_out},
    )
    for place, row in enumerate(result.rows):
        outcomes = [one.outcomes[place] for one in good]
        _fill(row, outcomes, result, protocol, metrics)
    for place, column in enumerate(columns):
        metric = metrics[column.name]
        if isinstance(metric, SetMetric) and not column.missing:
            columns[place] = _over_set(result, column, metric, good)
    return result


def _fill(
    row: Row,
    outcomes: Sequence[Outcome],
    result: Result,
    protocol: Protocol | None,
    metrics: Mapping[str, Metric],
) -> None:
    row.sr_sha256 = [one.sha256 for one in outcomes]
    row.seconds = [one.seconds for one in outcomes]
    row.cached = sum(one.cached for one in outcomes)
    for column in result.columns:
        if isinstance(metrics[column.name], SetMetric):
            continue
        shared = metrics[column.name].space != "luma"
        where = SHARED if shared or protocol is None else protocol.name
        row.scores[column.name] = [one.scores.get((where, column.name)) for one in outcomes]
    for label, one in zip(result.labels, outcomes, strict=True):
        if one.failed:
            row.failed[label] = one.failed
    if outcomes and not any(row.sr_sha256) and not row.absent and not row.failure:
        row.failure = f"no image could be enlarged, {outcomes[0].failed}"
        row.failed = {}


def _column(name: str, metric: Metric, good: Sequence[Scored]) -> Column:
    """Return a metric's column, with the images that it refuses.

    An image that cannot be scored for one model counts for none: means are over the same images.
    """
    refused = {}
    for one in good:
        reasons = [made.refused[name] for made in one.outcomes if name in made.refused]
        if reasons:
            refused[one.label] = reasons[0]
    missing = metric.unavailable()
    if refused and len(refused) == len(good):
        missing = next(iter(refused.values()))
    return Column(
        name=name,
        head=metric.name,
        higher_is_better=metric.higher_is_better,
        digits=metric.digits,
        tolerance=metric.tolerance,
        note=metric.describe(),
        missing=missing.rstrip("."),
        refused=refused,
    )


def _told_apart(columns: list[Column]) -> list[Column]:
    """Return the columns, those of one head with what was asked for behind it: LPIPS (vgg)."""
    heads = [column.head for column in columns]
    return [
        dataclasses.replace(one, head=f"{one.head} ({one.name.rpartition(':')[2]})")
        if heads.count(one.head) > 1
        else one
        for one in columns
    ]


def _over_set(result: Result, column: Column, metric: SetMetric, good: Sequence[Scored]) -> Column:
    missing = ""
    for place, row in enumerate(result.rows):
        ours = [one.outcomes[place].embedded.get(column.name) for one in good]
        theirs = [one.embedded.get(column.name) for one in good]
        known = [
            (a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None
        ]
        if not known or len(known) != len(good):
            continue
        try:
            sr, hr = (np.stack(arrays) for arrays in zip(*known, strict=True))
            row.over_set[column.name] = float(metric.distance(sr, hr))
        except ValueError as error:
            missing = str(error).rstrip(".")
    return dataclasses.replace(column, missing=missing)


def describe_environment(hardware: Hardware, packages: Sequence[str]) -> dict[str, Any]:
    """Return versions, code and machine that figures depend on.

    Args:
        hardware: that the models ran on.
        packages: of the plugins that took part.
    """
    return {
        "sr_toolkit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "hardware": hardware.describe(),
        "device": hardware.device,
        "precision": hardware.precision,
        "threads": hardware.threads,
        "cores": available_cores(),
        "backend": "torch",
        "tile": TILE_USED,
        "code": {name: package_hash(name) for name in loaded_packages(packages)},
        **library_versions(),
    }
