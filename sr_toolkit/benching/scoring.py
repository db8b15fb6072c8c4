"""One image, one model: its LR, its SR, the time it took, and its scores."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.benching.result import Row
from sr_toolkit.errors import DataError
from sr_toolkit.interfaces import Dataset, Metric
from sr_toolkit.metrics.protocol import Case, Protocol, round_half_up
from sr_toolkit.upscaling.upscaler import TILE, Upscaler

TILE_USED = 2 * TILE
"""Larger than for upscaling: test images then go whole, without the cost of overlaps."""


def make_case(dataset: Dataset, index: int, scale: int, lr: str) -> Case:
    """Return image `index` prepared, its LR `made` or `given`; raises DataError naming it."""
    given = dataset.lr(index, scale) if lr == "given" else None
    try:
        return Case.make(dataset.image(index), scale, given)
    except DataError as error:
        raise of_image(dataset, index, error) from None


def of_image(dataset: Dataset, index: int, error: DataError) -> DataError:
    """Return `error` with the image that it is about."""
    return DataError(f"Image '{dataset.label(index)}' of '{dataset.name}': {error}")


def score_image(
    case: Case, upscaler: Upscaler, row: Row, metrics: dict[str, Metric], protocol: Protocol
) -> tuple[NDArray[np.uint8], dict[str, str]]:
    """Score one image; return its SR, RGB uint8, and why which metrics could not score it."""
    sr, seconds = _enlarge(case, upscaler)
    row.seconds.append(seconds)
    if protocol.compared == "y_uint8" and upscaler.generator.channelwise:
        planes = case.luma_planes(_enlarge_luma(case, upscaler))
    else:
        planes = case.planes(sr, protocol)
    failed: dict[str, str] = {}
    for name, metric in metrics.items():
        value: float | None = None
        if not metric.unavailable():
            compared = planes if metric.space == "luma" else (sr, case.hr)
            try:
                value = metric.score(*compared)
            except ValueError as error:
                failed[name] = f"{metric.name}: {error}"
        row.scores.setdefault(name, []).append(value)
    return sr, failed


def _enlarge(case: Case, upscaler: Upscaler) -> tuple[NDArray[np.uint8], float]:
    """Return the SR and the seconds that the model took, conversions apart."""
    dtype = torch.float64 if upscaler.generator.channelwise else torch.float32
    lr = torch.from_numpy(np.array(case.lr)).to(dtype).div(255).permute(2, 0, 1)[None]
    lr = lr.to(upscaler.hardware.device)
    began = time.perf_counter()
    sr = upscaler.tensor(lr, scale=case.scale, tile=TILE_USED)
    if upscaler.hardware.kind == "cuda":
        torch.cuda.synchronize()
    seconds = time.perf_counter() - began
    values = sr[0].permute(1, 2, 0).cpu().numpy().astype(np.float64) * 255
    return round_half_up(values), seconds


def _enlarge_luma(case: Case, upscaler: Upscaler) -> NDArray[np.uint8]:
    lr = torch.from_numpy(case.lr_luma()).div(255)[None, None]  # generators work on [0, 1]
    sr = upscaler.tensor(lr, scale=case.scale, tile=TILE_USED)
    return round_half_up(sr[0, 0].numpy() * 255)
