"""NIQE (Mittal, Soundararajan, Bovik: Making a Completely Blind Image Quality Analyzer, 2013).

The statistics of an image's normalized luma, in blocks of 96×96 at two scales, are held against
those of pristine photographs. The pristine model is the authors' own
(`niqe_pristine.LICENSE.txt`).

As in the programs of the super-resolution literature the luma is BT.601's, 16 to 235, rounded to
whole numbers; the authors' first release took MATLAB's `rgb2gray`. No border is cropped beyond the
part that fills no block.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.special import gamma

from sr_toolkit.images.color import luma
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import NIQEConfig

BLOCK = 96
RADIUS, SIGMA = 3, 7 / 6  # of the window that the local mean and deviation are taken over
# Where an image is flat the values are 0, and belong to neither side. The rounding of a sum must
# not make them fall on one by chance: whole blocks of saturated pixels would.
NOTHING = 1e-6
NEIGHBORS = ((0, 1), (1, 0), (1, 1), (1, -1))  # whose products are looked at
Array = NDArray[np.float64]


def niqe(plane: NDArray[Any]) -> float:
    """Return NIQE of a luma plane; lower is better, pristine photographs lie at about 3.

    Args:
        plane: (H, W) on the scale 0 to 255; the part that fills no block of 96×96 is left out.

    Raises:
        ValueError: there are not two blocks, or fewer than two that are not flat.
    """
    rows, columns = (side // BLOCK for side in plane.shape)
    if rows * columns < 2:
        raise ValueError(
            f"NIQE needs at least two blocks of {BLOCK}×{BLOCK} pixels, such as an image of "
            f"{2 * BLOCK}×{BLOCK}, received {plane.shape[1]}×{plane.shape[0]}"
        )
    image = plane[: rows * BLOCK, : columns * BLOCK].astype(np.float64)
    scales = [image, resize(image, scale=0.5)]
    found = np.hstack([_features(_normalized(scale), rows, columns) for scale in scales])
    whole = found[~np.isnan(found).any(axis=1)]
    if len(whole) < 2:
        raise ValueError(
            f"NIQE needs at least two blocks of {BLOCK}×{BLOCK} pixels that are not flat, "
            f"received {len(whole)}"
        )
    mean, covariance = _pristine()
    distance = mean - np.nanmean(found, axis=0)
    pooled = (covariance + np.cov(whole, rowvar=False)) / 2
    return float(np.sqrt(distance @ np.linalg.pinv(pooled) @ distance))


def _normalized(image: Array) -> Array:
    """Subtract the local mean and divide by the local deviation plus 1."""
    offsets = np.arange(-RADIUS, RADIUS + 1)
    window = np.exp(-(offsets**2) / (2 * SIGMA**2))
    window /= window.sum()

    def blurred(plane: Array) -> Array:
        rows: Array = correlate1d(plane, window, axis=0, mode="nearest")
        both: Array = correlate1d(rows, window, axis=1, mode="nearest")
        return both

    mean = blurred(image)
    deviation = np.sqrt(np.abs(blurred(image * image) - mean * mean))
    difference = image - mean
    difference[np.abs(difference) < NOTHING] = 0
    normalized: Array = difference / (deviation + 1)
    return normalized


def _features(image: Array, rows: int, columns: int) -> Array:
    """Return (blocks, 18) features of an image cut into rows × columns equal blocks.

    Of the values: shape and mean spread. Of their products with each of four neighbors, wrapping
    around within a block: shape, mean, left and right spread.
    """
    height, width = image.shape[0] // rows, image.shape[1] // columns
    blocks = image.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)
    shape, left, right = _fit(blocks)
    found = [shape, (left + right) / 2]
    for neighbor in NEIGHBORS:
        shape, left, right = _fit(blocks * np.roll(blocks, neighbor, axis=(1, 2)))
        mean = (right - left) * gamma(2 / shape) / gamma(1 / shape)
        found += [shape, mean, left, right]
    return np.stack(found, axis=1)


def _fit(blocks: Array) -> tuple[Array, Array, Array]:
    """Fit asymmetric generalized Gaussians to (blocks, h, w) by their moments.

    Returns:
        The shape, from 0.2 to 10 in steps of 0.001, and the left and the right spread, (blocks,)
        each. The spreads of a block without values on one side are NaN.
    """
    values = blocks.reshape(len(blocks), -1)
    squares = values * values
    total, below = squares.sum(axis=1), np.where(values < 0, squares, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt(below / (values < 0).sum(axis=1))
        right = np.sqrt((total - below) / (values > 0).sum(axis=1))
        ratio = left / right
        moments = np.abs(values).mean(axis=1) ** 2 / (total / values.shape[1])
        target = moments * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shapes, known = _shapes()
    # The nearest of the table, which rises; of a block that is flat the first, as others do.
    after = np.clip(np.searchsorted(known, target), 1, len(known) - 1)
    nearer = np.abs(known[after - 1] - target) <= np.abs(known[after] - target)
    shape = shapes[np.where(np.isnan(target), 0, after - nearer)]
    spread = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * spread, right * spread


@lru_cache(maxsize=1)
def _shapes() -> tuple[Array, Array]:
    shapes = np.arange(0.2, 10.001, 0.001)
    known: Array = gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
    return shapes, known


@lru_cache(maxsize=1)
def _pristine() -> tuple[Array, Array]:
    """Return the pristine model's mean (36,) and covariance (36, 36)."""
    with files(__package__).joinpath("niqe_pristine.npz").open("rb") as file:
        model = np.load(file, allow_pickle=False)
        return model["mean"], model["covariance"]


class NIQE(Metric):
    """NIQE of the whole image's luma, which needs no HR; no border crop."""

    name = "NIQE"
    higher_is_better = False
    needs_hr = False
    space = "rgb"
    digits = 3
    tolerance = 1e-3
    concurrent = True

    def __init__(self, config: NIQEConfig) -> None:
        self.config = config

    def describe(self) -> str:
        """Return what figures of other programs may do differently."""
        return "BT.601 Y rounded, no border crop"

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the NIQE of `sr`, uint8 RGB (H, W, 3); `hr` is not looked at."""
        return niqe(np.round(luma(sr)))
