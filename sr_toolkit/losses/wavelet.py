"""Distance of Haar wavelet coefficients (as in Huang et al.: Wavelet-SRNet, ICCV 2017)."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import WaveletConfig
from sr_toolkit.losses.pairs import check_pair, full_precision


class HaarWavelet(Loss):
    """Weighted L1 distance of the orthonormal Haar coefficients, summed over levels.

    With the defaults it looks at detail alone: put a pixel loss beside it, or give the
    `approximation` a weight, or the mean brightness is free. A side that is odd at some level is
    continued by its last pixel.
    """

    def __init__(self, config: WaveletConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return Σ over levels and bands of weight · mean |band of sr − band of hr|.

        Raises:
            ImageError: the image is smaller than 2^levels, or the shapes differ.
        """
        levels = self.config.levels
        advice = f", or fewer than {levels} levels" if levels > 1 else ""
        check_pair("wavelet", sr, hr, side=2**levels, advice=advice)
        coarse = full_precision(sr) - full_precision(hr)  # the transform is linear: one does
        loss = coarse.new_zeros(())
        for _ in range(levels):
            coarse, horizontal, vertical, diagonal = haar(coarse)
            loss = loss + self.config.horizontal * horizontal.abs().mean()
            loss = loss + self.config.vertical * vertical.abs().mean()
            loss = loss + self.config.diagonal * diagonal.abs().mean()
        return loss + self.config.approximation * coarse.abs().mean()


def haar(image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return one level's approximation, horizontal, vertical and diagonal detail.

    Args:
        image: (N, C, H, W).

    Returns:
        Four bands (N, C, ⌈H/2⌉, ⌈W/2⌉). Horizontal detail answers to horizontal edges, as in
        PyWavelets: it is the difference of rows.
    """
    height, width = image.shape[-2:]
    if height % 2 or width % 2:
        image = F.pad(image, (0, width % 2, 0, height % 2), mode="replicate")
    top, bottom = image[..., ::2, :], image[..., 1::2, :]
    low, high = top + bottom, top - bottom
    return (
        (low[..., ::2] + low[..., 1::2]) / 2,
        (high[..., ::2] + high[..., 1::2]) / 2,
        (low[..., ::2] - low[..., 1::2]) / 2,
        (high[..., ::2] - high[..., 1::2]) / 2,
    )
