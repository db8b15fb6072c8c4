"""From scores to a result: with the protocol, what could not be scored, and the machine."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from sr_toolkit import __version__
from sr_toolkit.benching.result import Column, Result, Row
from sr_toolkit.benching.scoring import TILE_USED
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Dataset, Metric
from sr_toolkit.metrics.protocol import Protocol


def assemble(
    dataset: Dataset,
    rows: list[Row],
    *,
    scale: int,
    protocol: Protocol,
    lr: str,
    metrics: Mapping[str, Metric],
    unscored: Mapping[str, dict[str, str]],
    hardware: Hardware,
) -> Result:
    """Return the result of rows that have been scored on every image of a dataset.

    Args:
        dataset: the images.
        rows: a model each, with its scores.
        scale, protocol, lr: what they were scored under.
        metrics: by name, in the order of the columns.
        unscored: for each metric the images that it could not score, and why.
        hardware: what it ran on.
    """
    return Result(
        dataset=dataset.name,
        dataset_fingerprint=dataset.fingerprint(),
        scale=scale,
        protocol=protocol.name,
        protocol_text=protocol.describe(scale),
        lr=lr,
        images=[dataset.label(index) for index in range(len(dataset))],
        columns=[_column(name, metric, unscored[name]) for name, metric in metrics.items()],
        rows=rows,
        environment=_environment(hardware),
    )


def _column(name: str, metric: Metric, unscored: dict[str, str]) -> Column:
    """Return a metric's column; `unscored` are the images that it could not score, and why."""
    missing = metric.unavailable()
    if unscored:
        label, reason = next(iter(unscored.items()))
        others = f" (and {len(unscored) - 1} more)" if len(unscored) > 1 else ""
        missing = f"image '{label}'{others}: {reason.partition(': ')[2]}"
    return Column(
        name=name,
        head=metric.name,
        higher_is_better=metric.higher_is_better,
        digits=metric.digits,
        note=metric.describe(),
        missing=missing,
    )


def _environment(hardware: Hardware) -> dict[str, Any]:
    """Return the versions and the machine that figures depend on."""
    libraries = ("torch", "torchvision", "numpy", "pillow", "scikit-image", "lpips")
    return {
        "sr_toolkit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "hardware": hardware.describe(),
        "device": hardware.device,
        "precision": hardware.precision,
        "threads": hardware.threads,
        "tile": TILE_USED,
        **{name: version(name) for name in libraries},
    }
