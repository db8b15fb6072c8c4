"""One whole image degraded, as benchmarks need it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.degrader import build_degrader
from sr_toolkit.errors import ImageError


def degrade_image(
    hr: npt.NDArray[np.uint8], settings: Degradation, scale: int, seed: int = 0
) -> npt.NDArray[np.uint8]:
    """Degrade an image on the CPU; the same arguments give the same bytes.

    Args:
        hr: (H, W, C), sides multiples of the scale.
        settings: the degradation.
        scale: ratio between the sides of HR and LR.
        seed: of all that is drawn.

    Returns:
        LR (H/scale, W/scale, C).

    Raises:
        SrtkError: an image that does not fit, or settings that do not.
    """
    if hr.ndim != 3 or hr.dtype != np.uint8:
        raise ImageError(f"degrade_image takes uint8 (H, W, C), not {hr.dtype} of {hr.shape}.")
    degrader = build_degrader(settings, scale, hr.shape[2])
    draw = degrader.draw(np.random.default_rng(seed), 1)
    batch = torch.from_numpy(hr.transpose(2, 0, 1).copy())[None].float() / 255
    lr = (degrader.apply(batch, draw)[0] * 255).round().byte()
    return np.ascontiguousarray(lr.permute(1, 2, 0).numpy())
