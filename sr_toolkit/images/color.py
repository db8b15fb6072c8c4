"""BT.601: luma, the Y on which the field measures PSNR and SSIM, and chroma beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sr_toolkit.errors import ImageError

# ITU-R BT.601, studio range: RGB in [0, 1] gives Y in [16, 235], Cb and Cr in [16, 240].
RGB_TO_YCBCR = np.array(
    [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]
)
"""Rows Y, Cb, Cr: YCbCr on the scale of 0 to 255 is this matrix times RGB, plus the offset."""
YCBCR_OFFSET = np.array([16.0, 128.0, 128.0])
YCBCR_TO_RGB = np.linalg.inv(RGB_TO_YCBCR)
"""RGB in [0, 1] is this matrix times YCbCr less the offset."""


def luma(rgb: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return Y = 16 + (65.481 R + 128.553 G + 24.966 B), as MATLAB's `rgb2ycbcr` before rounding.

    Args:
        rgb: shape (..., 3); uint8 or uint16 levels, or floats with RGB in [0, 1].

    Returns:
        float64 of shape (...), in [16, 235] on the scale of 0 to 255.

    Raises:
        ImageError: the last axis is not of length 3, or the type is none of those above.
    """
    if rgb.ndim == 0 or rgb.shape[-1] != 3:
        raise ImageError(
            f"Luma needs an array of shape (..., 3), not {rgb.shape}; "
            "a gray picture goes through as_rgb first."
        )
    if np.issubdtype(rgb.dtype, np.floating):
        peak = 1.0
    elif rgb.dtype in (np.uint8, np.uint16):
        peak = float(np.iinfo(rgb.dtype).max)
    else:
        raise ImageError(
            f"Luma takes uint8, uint16 or floats in [0, 1], not {rgb.dtype}; convert it first."
        )
    y: npt.NDArray[np.float64] = rgb.astype(np.float64) @ (RGB_TO_YCBCR[0] / peak) + YCBCR_OFFSET[0]
    return y


def luma_uint8(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the luma of uint8 RGB, shape (..., 3), rounded to uint8 levels in 16 to 235.

    Raises:
        ImageError: as `luma`, or the type is not uint8.
    """
    if rgb.dtype != np.uint8:
        raise ImageError(f"luma_uint8 takes uint8 RGB, not {rgb.dtype}; use luma for other types.")
    # Y is never negative, so this rounds half away from zero, as MATLAB does.
    return np.floor(luma(rgb) + 0.5).astype(np.uint8)
