"""Style loss: distance of the Gram matrices of VGG19 features.

Gatys, Ecker, Bethge: Image Style Transfer, CVPR 2016; for super-resolution as the texture loss of
EnhanceNet (Sajjadi, Schölkopf, Hirsch, ICCV 2017), whose layers are the default here. Departure:
matrices of the whole image instead of 16×16 patches.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.features.vgg import VGG19Features
from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import GramConfig
from sr_toolkit.losses.pairs import check_pair


class GramLoss(Loss):
    """Weighted distance of Gram matrices of SR and HR, RGB (N, 3, H, W) or gray, in [0, 1].

    Raises:
        ConfigError: a layer that VGG19 has not.
        WeightsError: the weights, as deep as the layers ask for, are not at hand.
    """

    def __init__(self, config: GramConfig) -> None:
        super().__init__()
        self.weights = dict(config.layers)
        self.distance = F.l1_loss if config.criterion == "l1" else F.mse_loss
        self.features = VGG19Features(
            config.layers,
            activation=config.activation,
            weights=config.weights,
            weights_root=config.weights_root,
        )

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return Σ weight · distance(G(φ(sr)), G(φ(hr))) over the layers."""
        check_pair("gram", sr, hr)
        with torch.no_grad():
            targets = {name: gram_matrix(maps) for name, maps in self.features(hr).items()}
        features = self.features(sr)
        terms = [
            weight * self.distance(gram_matrix(features[name]), targets[name])
            for name, weight in self.weights.items()
        ]
        return torch.stack(terms).sum()


def gram_matrix(maps: Tensor) -> Tensor:
    """Return G = φ φᵀ / (C · H · W), (N, C, C) in float32, of features (N, C, H, W)."""
    with torch.autocast(maps.device.type, enabled=False):
        flat = maps.float().flatten(2)
        return flat @ flat.mT / flat[0].numel()
