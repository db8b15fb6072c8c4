"""MATLAB's `imresize`: its kernels, antialiased when shrinking, symmetric borders.

The low-resolution images of the field's test sets were made with it, down to its habit of rounding
uint8 images after each of the two passes; `resize` gives the same bytes.

Each pass is a banded matrix product. Outputs are taken in blocks of neighbors, which read one
window of neighboring inputs, so a pass is a row of small dense products: no quadratic cost, no
loop per row, and float64 throughout. (Two other ways were measured: sparse rows take twice as long;
float32 with exact integer weights takes a third off a pass, but holds only for some ratios.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sr_toolkit.errors import ImageError

# At ratios such as 1/2 exact ties are common, and at 1/3 float noise decides them: it is of the
# order 1e-10, true distances from a tie are above 1e-6 up to ratios of 1/15. A push between the
# two makes every summation order, here and in torch, round a tie the same way.
TIE = 1e-8
Kernel = Literal["bicubic", "bilinear", "lanczos3", "nearest"]
_COLUMNS = 2048  # the fastest measured, of powers of two


@dataclass(frozen=True, eq=False)
class Bands:
    """One pass as blocks: block k of outputs is `weights[k] @ inputs[indices[k]]`.

    Attributes:
        indices: (blocks, window) input positions, mirrored at the borders.
        weights: (blocks, outputs, window) float64; each used row sums to 1.
        length: the number of outputs; the last block may be padded with rows of zeros.
        scale: the factor that the weights were made for.
    """

    indices: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64]
    length: int
    scale: float


def resize(
    image: npt.NDArray[Any],
    *,
    scale: float | None = None,
    size: tuple[int, int] | None = None,
    antialias: bool = True,
    kernel: Kernel = "bicubic",
) -> npt.NDArray[Any]:
    """Resize as MATLAB's `imresize(image, scale)` or `imresize(image, size)`.

    Args:
        image: (H, W) or (H, W, C). uint8 and uint16 are rounded, half away from zero, and clipped
            after each pass; floats of any range are neither rounded nor clipped.
        scale: the factor for both axes; the output measures ceil(scale * H) by ceil(scale * W).
        size: (height, width) of the output instead; each axis gets its own factor.
        antialias: widen the kernel when shrinking; MATLAB never does for `nearest`.
        kernel: `bicubic`, `bilinear`, `lanczos3` or `nearest`, as MATLAB calls them.

    Returns:
        An array of the input's integer type, or float64 for floats.

    Raises:
        ImageError: a shape, type, scale or size that cannot be resized.
    """
    quantized = image.dtype in (np.uint8, np.uint16)
    if not quantized and not np.issubdtype(image.dtype, np.floating):
        raise ImageError(
            f"Cannot resize an array of {image.dtype}; convert it to uint8, uint16 or float."
        )
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ImageError(f"Cannot resize shape {image.shape}; give (H, W) or (H, W, C), not empty.")
    out = image if quantized else image.astype(np.float64)
    for axis, bands in plan(image.shape[0], image.shape[1], scale, size, antialias, kernel):
        height, width, rest = out.shape[0], out.shape[1], image.shape[2:]
        if axis == 0:
            out = _rows(out.reshape(height, -1), bands, quantized).reshape(-1, width, *rest)
        else:
            # (H, W * C) is turned as a whole: far faster than moving channels three at a time.
            turned = np.ascontiguousarray(out.reshape(height, -1).T).reshape(width, -1)
            resized = _rows(turned, bands, quantized).reshape(-1, height)
            out = np.ascontiguousarray(resized.T).reshape(height, -1, *rest)
    # A caller may write into the result, so it never shares memory with the input.
    return out.copy() if out is image else np.ascontiguousarray(out)


def plan(
    height: int,
    width: int,
    scale: float | None,
    size: tuple[int, int] | None,
    antialias: bool,
    kernel: Kernel = "bicubic",
) -> list[tuple[int, Bands]]:
    """Return the passes as (axis, bands) in MATLAB's order: smaller factor first, else height.

    Raises:
        ImageError: not exactly one of scale and size, or values that are not positive and finite.
    """
    if (scale is None) == (size is None):
        raise ImageError(f"Resizing takes either scale or size, not scale={scale} and size={size}.")
    if height < 1 or width < 1:
        raise ImageError(f"Cannot resize an empty image of {height}×{width}; give one with pixels.")
    if scale is not None:
        if not (math.isfinite(scale) and scale > 0):
            raise ImageError(f"The scale must be a positive number, not {scale}.")
        targets = (math.ceil(scale * height), math.ceil(scale * width))
        factors = (float(scale), float(scale))
    else:
        assert size is not None
        if len(size) != 2 or min(size) < 1:
            raise ImageError(f"The size must be (height, width), both at least 1, not {size}.")
        targets = (int(size[0]), int(size[1]))
        factors = (targets[0] / height, targets[1] / width)
    order = sorted((0, 1), key=lambda axis: factors[axis])  # a stable sort: height on a tie
    return [
        (axis, banded((height, width)[axis], targets[axis], factors[axis], antialias, kernel))
        for axis in order
        if factors[axis] != 1
    ]


@lru_cache(maxsize=64)
def banded(
    length: int, out_length: int, scale: float, antialias: bool, kernel: Kernel = "bicubic"
) -> Bands:
    """Return the weights of one pass, after `contributions` in MATLAB's imresize.m.

    Output j, counted from 0, sits at input position (j + 0.5) / scale - 0.5.
    """
    stretch = scale if antialias and scale < 1 and kernel != "nearest" else 1.0
    weigh, width = _KERNELS[kernel]
    support = width / stretch
    taps = math.ceil(support) + 2
    # Counted from 1, in MATLAB's order of operations, to share its rounding as well.
    center = np.arange(1, out_length + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(center - support / 2)
    weights = stretch * weigh(stretch * (center[:, None] - left[:, None] - np.arange(taps)))
    weights /= weights.sum(axis=1, keepdims=True)
    used = np.flatnonzero(weights.any(axis=0))
    weights = weights[:, used[0] : used[-1] + 1]
    left = left.astype(np.intp) - 1 + used[0]

    # Blocks trade the zeros of their dense weights against the number of products.
    size = min(out_length, 8 * max(1, math.floor(scale)))
    blocks = math.ceil(out_length / size)
    start = left[::size]
    block, row = np.divmod(np.arange(out_length), size)
    column = (left - start[block])[:, None] + np.arange(weights.shape[1])
    window = int(column.max()) + 1
    dense = np.zeros((blocks, size, window))
    dense[block[:, None], row[:, None], column] = weights
    position = (start[:, None] + np.arange(window)) % (2 * length)
    indices = np.where(position < length, position, 2 * length - 1 - position)
    dense.flags.writeable = indices.flags.writeable = False  # shared by every caller
    return Bands(indices, dense, out_length, scale)


def _cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -0.5 (IEEE Trans. ASSP 29(6), 1981)."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights: npt.NDArray[np.float64] = np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
    return weights


def _triangle(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights: npt.NDArray[np.float64] = np.maximum(0.0, 1 - np.abs(x))
    return weights


def _lanczos3(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lobes: npt.NDArray[np.float64] = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return lobes


def _box(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    weights: npt.NDArray[np.float64] = np.where((x >= -0.5) & (x < 0.5), 1.0, 0.0)
    return weights


_KERNELS: dict[Kernel, tuple[Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]], float]]
_KERNELS = {
    "bicubic": (_cubic, 4.0),
    "bilinear": (_triangle, 2.0),
    "lanczos3": (_lanczos3, 6.0),
    "nearest": (_box, 1.0),
}
"""Kernel to its function and its width."""


def _rows(image: npt.NDArray[Any], bands: Bands, quantized: bool) -> npt.NDArray[Any]:
    """Resize (N, K) to (bands.length, K), in the image's type."""
    out = np.empty((bands.length, image.shape[1]), image.dtype)
    peak = np.iinfo(image.dtype).max if quantized else 0
    size = bands.weights.shape[1]
    # Only a piece of a block's window becomes float: the cache holds it, a float image it would
    # not.
    for start in range(0, image.shape[1], _COLUMNS):
        piece = image[:, start : start + _COLUMNS]
        for block, (indices, weights) in enumerate(zip(bands.indices, bands.weights, strict=True)):
            rows = out[block * size : (block + 1) * size, start : start + _COLUMNS]
            values = weights[: len(rows)] @ piece[indices].astype(np.float64, copy=False)
            if quantized:
                values += 0.5 + TIE
                np.clip(values, 0, peak, out=values)  # and the conversion below is then a floor
            rows[...] = values
    return out
