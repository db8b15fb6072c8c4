"""Content loss on VGG19 features.

Johnson, Alahi, Fei-Fei: Perceptual Losses, ECCV 2016; in SRGAN (Ledig et al., CVPR 2017) after the
activation with MSE, features multiplied by 1/12.75; in ESRGAN (Wang et al., ECCVW 2018) before the
activation with L1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.features.vgg import VGG19Features
from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import VGGConfig
from sr_toolkit.losses.pairs import check_pair


class VGGLoss(Loss):
    """Weighted distance of VGG19 features of SR and HR, RGB (N, 3, H, W) or gray, in [0, 1].

    Raises:
        ConfigError: a layer that VGG19 has not.
        WeightsError: the weights, as deep as the layers ask for, are not at hand.
    """

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        self.weights = dict(config.layers)
        self.distance = F.l1_loss if config.criterion == "l1" else F.mse_loss
        self.factor = 1 / 12.75 if config.rescale == "1/12.75" else 1.0
        self.features = VGG19Features(
            config.layers,
            activation=config.activation,
            weights=config.weights,
            weights_root=config.weights_root,
        )

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return Σ weight · distance(factor · φ(sr), factor · φ(hr)) over the layers."""
        check_pair("vgg", sr, hr)
        with torch.no_grad():
            targets = self.features(hr)
        features = self.features(sr)
        terms = [
            weight * self.distance(features[name] * self.factor, targets[name] * self.factor)
            for name, weight in self.weights.items()
        ]
        return torch.stack(terms).sum()
