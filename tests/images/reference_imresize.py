"""A slow transcription of MATLAB's imresize from its definition, one output value at a time.

It shares nothing with the product: the kernel is a scalar function, weights are summed over every
input within reach, and borders are mirrored by walking back in.
"""

from __future__ import annotations

import math

import numpy as np


def kernel(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return (1.5 * x - 2.5) * x * x + 1
    if x < 2:
        return ((-0.5 * x + 2.5) * x - 4) * x + 2
    return 0.0


def mirror(position: int, length: int) -> int:
    while not 0 <= position < length:
        position = -1 - position if position < 0 else 2 * length - 1 - position
    return position


def matrix(length: int, out_length: int, scale: float, antialias: bool) -> np.ndarray:
    dense = np.zeros((out_length, length))
    shrink = min(scale, 1.0) if antialias else 1.0
    for j in range(out_length):
        center = (j + 0.5) / scale - 0.5
        reach = math.ceil(2 / shrink) + 1
        for i in range(math.floor(center) - reach, math.ceil(center) + reach + 1):
            dense[j, mirror(i, length)] += shrink * kernel(shrink * (center - i))
        dense[j] /= dense[j].sum()
    return dense


def imresize(image: np.ndarray, scale=None, size=None, antialias=True) -> np.ndarray:
    """(H, W, C) floats to floats."""
    h, w = image.shape[:2]
    sh, sw = (scale, scale) if size is None else (size[0] / h, size[1] / w)
    size = size or (math.ceil(h * scale), math.ceil(w * scale))
    rows, columns = matrix(h, size[0], sh, antialias), matrix(w, size[1], sw, antialias)
    return np.einsum("ah,hwc,bw->abc", rows, image, columns)
