"""LPIPS 0.1 as a loss (Zhang et al., CVPR 2018)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sr_toolkit.features.lpips import MINIMUM, build_lpips
from sr_toolkit.features.vgg import as_rgb
from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import LPIPSConfig
from sr_toolkit.losses.pairs import check_pair

EPS = 1e-10  # of the package


class LPIPSLoss(Loss):
    """Mean LPIPS of SR and HR, RGB (N, 3, H, W) or gray, in [0, 1].

    The network is the `lpips` package's. Its distance is written out here: in float32 even where
    the backbone is in half precision, and never with the dropout that is for training the heads.

    Raises:
        WeightsError: the backbone's weights are not at hand.
    """

    def __init__(self, config: LPIPSConfig) -> None:
        super().__init__()
        self.net = config.net
        self.remark = (
            f"Trained on LPIPS ({config.net}): the metric LPIPS is no independent judge of this "
            f"model any more, whatever its network."
        )
        network = build_lpips(
            config.net, weights=config.weights, weights_root=config.weights_root, download=True
        )
        self.scaling, self.backbone = network.scaling_layer, network.net
        for number, head in enumerate(network.lins):
            weight = head.model[-1].weight.detach()  # (1, C, 1, 1); before it is a dropout
            self.register_buffer(f"head{number}", weight, persistent=False)

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return the mean over images of Σ over layers of the weighted squared distance.

        Raises:
            ImageError: the image is too small for the network, or the shapes differ.
        """
        check_pair("lpips", sr, hr, side=MINIMUM[self.net])
        with torch.no_grad():
            targets = self._features(hr)
        layers = []
        for number, (x, y) in enumerate(zip(self._features(sr), targets, strict=True)):
            head = self.get_buffer(f"head{number}")
            layers.append(((x - y).square() * head).sum(1).mean())
        return torch.stack(layers).sum()

    def _features(self, image: Tensor) -> list[Tensor]:
        maps = self.backbone(self.scaling(as_rgb(image) * 2 - 1))
        return [_unit(x.float()) for x in maps]


def _unit(x: Tensor) -> Tensor:
    """Return (N, C, H, W) with each place's features at length 1, or 0 where they are all 0."""
    # A length of 0 has no slope, but the ReLU before it lets none through there.
    length = x.square().sum(1, keepdim=True).sqrt()
    return x / (length + EPS)
