"""Baseline JPEG (ITU-T T.81) without its entropy code, which loses nothing: as libjpeg-turbo does.

Color is JFIF's YCbCr, the tables are those of T.81's annex K, scaled by quality as libjpeg does;
chroma is averaged over 2×2 pixels and comes back by the triangle filter ("fancy upsampling").
Everything is rounded to 8 bits where the library does so. Its transforms have fixed-point
arithmetic, ours float, so decoded pixels differ here and there by a level or two.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.degradations.levels import passed, round_away, soft_round
from sr_toolkit.degradations.operation import Array, to_device

Rounding = Literal["exact", "straight-through", "soft"]
# fmt: off
LUMA = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
])
CHROMA = np.array([
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
])
# fmt: on


def code(x: Tensor, quality: Array, *, halved: bool = True, rounding: Rounding = "exact") -> Tensor:
    """Code and decode a batch.

    Args:
        x: (B, C, H, W) in [0, 1], clipped to it; three channels are RGB, each of any other number
            is coded as a gray image.
        quality: (B,) whole numbers, 1 to 100.
        halved: chroma at half the height and width (4:2:0).
        rounding: `exact`; or with a gradient, either `straight-through`, to which each rounding
            is a slope of 1, or `soft`: coefficients go through the cubic of `soft_round` and
            nothing else is rounded, for its slope is 0 at whole numbers, which pixels mostly are.

    Returns:
        (B, C, H, W) in [0, 1]; 8-bit levels unless rounding is soft.
    """
    levels = _rounded(x.clamp(0, 1) * 255, rounding)
    if x.shape[1] != 3:
        out = _through(levels, quality_table(quality, LUMA), rounding)
    else:
        ycc = _rounded(_to_ycc(levels), rounding)
        chroma = _halve(ycc[:, 1:], rounding) if halved else ycc[:, 1:]
        luma = _through(ycc[:, :1], quality_table(quality, LUMA), rounding)
        chroma = _through(chroma, quality_table(quality, CHROMA), rounding)
        if halved:
            size = [2 * side for side in chroma.shape[-2:]]
            chroma = F.interpolate(chroma, size, mode="bilinear", align_corners=False)
            chroma = _rounded(chroma[..., : x.shape[2], : x.shape[3]], rounding)
        out = _rounded(_to_rgb(luma, chroma), rounding)
    return out.clamp(0, 255) / 255


def quality_table(quality: Array, table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return (B, 64) quantization steps: `table` scaled as libjpeg's `jpeg_quality_scaling` does.

    s = 5000 / q below 50, else 200 − 2 q, in percent; steps lie in 1 to 255.
    """
    q = np.clip(quality.astype(np.int64), 1, 100)
    percent = np.where(q < 50, 5000 // q, 200 - 2 * q)
    return np.clip((table * percent[:, None] + 50) // 100, 1, 255)


def _through(x: Tensor, steps: npt.NDArray[np.int64], rounding: Rounding) -> Tensor:
    """Return levels (B, C, H, W) after transform, quantization and back; borders are repeated."""
    batch, channels, height, width = x.shape
    down, right = -height % 8, -width % 8
    padded = F.pad(x, (0, right, 0, down), mode="replicate") if down or right else x
    high, wide = (height + down) // 8, (width + right) // 8
    blocks = padded.reshape(batch, channels, high, 8, wide, 8).transpose(3, 4)
    dct = _dct(x.device)
    step = to_device(steps.astype(np.float32), x)[:, None, None, :]
    coefficients = (blocks.reshape(batch, channels, high * wide, 64) - 128) @ dct.T
    scaled = coefficients / step
    coefficients = (soft_round(scaled) if rounding == "soft" else _rounded(scaled, rounding)) * step
    back = (coefficients @ dct + 128).view(batch, channels, high, wide, 8, 8).transpose(3, 4)
    out = back.reshape(batch, channels, high * 8, wide * 8)[..., :height, :width]
    return _rounded(out, rounding).clamp(0, 255)


@lru_cache(maxsize=8)
def _dct(device: torch.device) -> Tensor:
    """Return (64, 64), the orthonormal cosine transform of a block, rows of it flattened."""
    frequency, place = np.mgrid[0:8, 0:8]
    one = np.cos((2 * place + 1) * frequency * np.pi / 16) / 2
    one[0] /= np.sqrt(2)
    with torch.inference_mode(False):
        return torch.tensor(np.kron(one, one), dtype=torch.float32, device=device)


def _halve(x: Tensor, rounding: Rounding) -> Tensor:
    """Average 2×2 pixels as libjpeg does: halves go up in odd columns and down in even ones."""
    height, width = x.shape[-2:]
    if height % 2 or width % 2:
        x = F.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
    total = x[..., ::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, ::2] + x[..., 1::2, 1::2]
    mean = total / 4
    if rounding == "soft":
        return mean
    bias = 1 + torch.arange(total.shape[-1], device=x.device) % 2
    return passed(mean, ((total.detach() + bias) / 4).floor(), exact=rounding == "exact")


def _rounded(x: Tensor, rounding: Rounding) -> Tensor:
    if rounding == "soft":
        return x
    return passed(x, round_away(x.detach()), exact=rounding == "exact")


def _to_ycc(x: Tensor) -> Tensor:
    red, green, blue = x.unbind(1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    cb = -0.168735892 * red - 0.331264108 * green + 0.5 * blue + 128
    cr = 0.5 * red - 0.418687589 * green - 0.081312411 * blue + 128
    return torch.stack((luma, cb, cr), 1)


def _to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    y, cb, cr = luma[:, 0], chroma[:, 0] - 128, chroma[:, 1] - 128
    green = y - 0.344136286 * cb - 0.714136286 * cr
    return torch.stack((y + 1.402 * cr, green, y + 1.772 * cb), 1)
