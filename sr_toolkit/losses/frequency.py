"""Focal frequency loss (Jiang, Dai, Wu, Loy: Focal Frequency Loss, ICCV 2021).

Distance of the spectra, each frequency weighted by how wrong it is at the moment.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sr_toolkit.errors import ImageError
from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import FocalFrequencyConfig
from sr_toolkit.losses.pairs import check_pair, full_precision


class FocalFrequency(Loss):
    """Mean of w · |F(sr) − F(hr)|² over frequencies; w = |F(sr) − F(hr)|^alpha, its largest 1.

    F is the orthonormal 2-D DFT of each channel; w has no gradient, and is scaled for each image,
    channel and patch alone.
    """

    def __init__(self, config: FocalFrequencyConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return the loss of images (N, C, H, W); `patch_factor` must divide H and W.

        Raises:
            ImageError: it does not, or the shapes differ.
        """
        check_pair("focal-frequency", sr, hr)
        factor, (height, width) = self.config.patch_factor, sr.shape[-2:]
        if height % factor or width % factor:
            raise ImageError(
                f"The loss 'focal-frequency' cuts images into {factor}×{factor} patches, which "
                f"{width}×{height} cannot be cut into; set another patch_factor."
            )
        difference = full_precision(sr) - full_precision(hr)  # the transform is linear: one does
        cut = (*sr.shape[:2], factor, height // factor, factor, width // factor)
        patches = difference.reshape(cut)  # (N, C, f, H/f, f, W/f)
        spectrum = torch.fft.fft2(patches, dim=(-3, -1), norm="ortho")
        if self.config.ave_spectrum:
            spectrum = spectrum.mean(0, keepdim=True)
        power = spectrum.real.square() + spectrum.imag.square()
        loss: Tensor = (self._weights(power.detach()) * power).mean()
        return loss

    def _weights(self, power: Tensor) -> Tensor:
        weights = power ** (self.config.alpha / 2)
        if self.config.log_matrix:
            weights = (weights + 1).log()
        largest = weights.amax((-3, -1), keepdim=True)
        return weights / largest.clamp(min=torch.finfo(weights.dtype).tiny)
