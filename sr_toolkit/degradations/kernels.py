"""Blur kernels of the second-order degradation, for a batch at once, in numpy.

After BasicSR's `degradations.py`, the code of Real-ESRGAN (Wang et al., ICCVW 2021); the plateau
and generalized kernels are those of Liu et al., "Blind image super-resolution with spatially
variant degradations" (TOG 2019), the sinc kernels those of an ideal circular low-pass filter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[Any]


def gaussian_kernels(
    sizes: Array,
    sigma_x: Array,
    sigma_y: Array,
    angle: Array,
    beta: Array,
    plateau: npt.NDArray[np.bool_],
    *,
    side: int,
) -> npt.NDArray[np.float64]:
    """Return Gaussian-like kernels.

    With q = rᵀ Σ⁻¹ r and Σ = R diag(sigma_x², sigma_y²) Rᵀ, R the rotation by `angle`, a kernel is
    exp(−q^beta / 2), or 1 / (1 + q^beta) with a plateau; beta = 1 without plateau is a Gaussian.

    Args:
        sizes: (B,) odd sides; a kernel is zero beyond.
        sigma_x: (B,) deviations along the first axis, in pixels.
        sigma_y: (B,) deviations along the second.
        angle: (B,) radians, from x (to the right) to y (down).
        beta: (B,) exponents.
        plateau: (B,) which shape?
        side: K, odd, at least the largest size; were it taken from the batch, the last digits of
            a kernel would depend on the others.

    Returns:
        (B, K, K), centered; each sums to 1.
    """
    y, x, inside = _grid(sizes, side)
    cos, sin = (f(angle)[:, None, None] for f in (np.cos, np.sin))
    along, across = cos * x + sin * y, cos * y - sin * x
    q = (along / sigma_x[:, None, None]) ** 2 + (across / sigma_y[:, None, None]) ** 2
    power = q ** beta[:, None, None]
    kernels = np.where(plateau[:, None, None], 1 / (1 + power), np.exp(-0.5 * power))
    return _normalized(kernels * inside)


def sinc_kernels(sizes: Array, cutoff: Array, *, side: int) -> npt.NDArray[np.float64]:
    """Return ideal circular low-pass filters, cut off to a square.

    k(r) = ω J₁(ω r) / (2 π r), and ω² / (4 π) at r = 0, with J₁ the Bessel function.

    Args:
        sizes: (B,) odd sides; a kernel is zero beyond.
        cutoff: (B,) ω in radians for each pixel, up to π.
        side: K, odd, at least the largest size.

    Returns:
        (B, K, K), centered; each sums to 1.
    """
    y, x, inside = _grid(sizes, side)
    r, omega = np.hypot(x, y), cutoff[:, None, None]
    middle = r == 0
    safe = np.where(middle, 1.0, r)
    values = omega * special.j1(omega * safe) / (2 * np.pi * safe)
    return _normalized(np.where(middle, omega**2 / (4 * np.pi), values) * inside)


def _grid(sizes: Array, side: int) -> tuple[Array, Array, Array]:
    """Return y and x (K, K), 0 in the middle, and (B, K, K): is a place inside of each kernel?"""
    half = side // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float64)
    inside = np.maximum(abs(x), abs(y)) <= (sizes // 2)[:, None, None]
    return y, x, inside


def _normalized(kernels: Array) -> npt.NDArray[np.float64]:
    total: Array = kernels.sum(axis=(1, 2), keepdims=True)
    return np.asarray(kernels / total, dtype=np.float64)
