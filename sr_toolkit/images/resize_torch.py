"""MATLAB's `imresize` for batches of tensors: any device, differentiable, no quadratic cost.

The weights are those of `sr_toolkit.images.resize`; see there for the method.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from sr_toolkit.errors import ImageError
from sr_toolkit.images.resize import TIE, Kernel, banded, plan


def resize_tensor(
    x: Tensor,
    *,
    scale: float | None = None,
    size: tuple[int, int] | None = None,
    antialias: bool = True,
    quantize: bool = False,
    kernel: Kernel = "bicubic",
) -> Tensor:
    """Resize a batch as MATLAB's `imresize` does.

    Args:
        x: (N, C, H, W) floats. float32 and float64 are computed as they are, smaller types in
            float32; autocast does not apply.
        scale: the factor for both axes; the output measures ceil(scale * H) by ceil(scale * W).
        size: (height, width) of the output instead; each axis gets its own factor.
        antialias: widen the kernel when shrinking.
        quantize: take `x`, in [0, 1], for uint8 levels k/255 and round to such levels after each
            pass, as `resize` does for uint8 arrays and with its exact result. Without gradient.
        kernel: as `resize` takes it.

    Returns:
        (N, C, h, w) of x's type, on x's device.

    Raises:
        ImageError: a shape, type, scale or size that cannot be resized.
    """
    if x.ndim != 4 or not x.is_floating_point():
        raise ImageError(
            f"resize_tensor takes floats of shape (N, C, H, W), not {x.dtype} of {tuple(x.shape)}."
        )
    if quantize:
        return _resize_levels(x, scale, size, antialias, kernel)
    out = x if x.dtype in (torch.float32, torch.float64) else x.float()
    return _resize(out, scale, size, antialias, kernel, quantize=False).to(x.dtype)


def _resize_levels(
    x: Tensor,
    scale: float | None,
    size: tuple[int, int] | None,
    antialias: bool,
    kernel: Kernel,
) -> Tensor:
    with torch.no_grad():
        # float64 as the numpy path; Apple's GPUs have none, so theirs is done on the CPU.
        device = torch.device("cpu") if x.device.type == "mps" else x.device
        levels = (x.to(device).double() * 255).round().clamp(0, 255)
        levels = _resize(levels, scale, size, antialias, kernel, quantize=True)
        return (levels / 255).to(x.dtype).to(x.device)


def _resize(
    x: Tensor,
    scale: float | None,
    size: tuple[int, int] | None,
    antialias: bool,
    kernel: Kernel,
    *,
    quantize: bool,
) -> Tensor:
    height, width = x.shape[-2:]
    out = x.contiguous()
    # Under autocast the products would silently run in half precision.
    with torch.autocast(x.device.type, enabled=False):
        for axis, bands in plan(height, width, scale, size, antialias, kernel):
            length = (height, width)[axis]
            indices, weights = _weights(
                length, bands.length, bands.scale, antialias, kernel, x.dtype, x.device
            )
            out = out if axis == 0 else out.transpose(-1, -2)
            out = _rows(out, indices, weights, bands.length)
            if quantize:
                out = (out + (0.5 + TIE)).floor().clamp(0, 255)
            out = out if axis == 0 else out.transpose(-1, -2)
    return out.contiguous()


@lru_cache(maxsize=64)
def _weights(
    length: int,
    out_length: int,
    scale: float,
    antialias: bool,
    kernel: Kernel,
    dtype: torch.dtype,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Return one pass's window positions (blocks * window,) and weights (blocks, out, window)."""
    bands = banded(length, out_length, scale, antialias, kernel)
    # A tensor made under inference_mode could not serve a later call that needs gradients.
    with torch.inference_mode(False):
        indices = torch.tensor(bands.indices.reshape(-1), device=device)
        # To the dtype first: not every device can hold float64.
        weights = torch.tensor(bands.weights, dtype=dtype).to(device)
    return indices, weights


def _rows(x: Tensor, indices: Tensor, weights: Tensor, length: int) -> Tensor:
    """Resize the height of (N, C, H, W) to `length`."""
    n, c, _, width = x.shape
    blocks, size, window = weights.shape
    windows = x.index_select(2, indices).view(n, c, blocks, window, width)
    out = torch.matmul(weights, windows)  # (N, C, blocks, size, W)
    return out.reshape(n, c, blocks * size, width)[:, :, :length]
