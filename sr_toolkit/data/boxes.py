"""Random boxes in a batch of images, one an image."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def draw_boxes(
    rng: np.random.Generator, area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return top-left and bottom-right corners, (n, 2) each, as shares of height and width.

    The center is anywhere, so that a box at the border is cut (Yun et al.: CutMix, ICCV 2019).

    Args:
        rng: two draws for each box.
        area: (n,) shares of the image's area before the cut, 0 to 1.
    """
    half = np.sqrt(area)[:, None] / 2
    center = rng.random((len(area), 2))
    return (center - half).clip(0, 1), (center + half).clip(0, 1)


def box_mask(corners: NDArray[np.int64], height: int, width: int, device: torch.device) -> Tensor:
    """Return (n, 1, height, width), true inside the boxes.

    Args:
        corners: (n, 4) top, left, bottom, right in pixels; bottom and right are outside.
        height: of the images.
        width: of the images.
        device: of the mask.
    """
    top, left, bottom, right = torch.from_numpy(corners).to(device).T[..., None]  # (n, 1) each
    rows = torch.arange(height, device=device)
    columns = torch.arange(width, device=device)
    in_rows = (rows >= top) & (rows < bottom)  # (n, height)
    in_columns = (columns >= left) & (columns < right)
    mask: Tensor = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    return mask
