"""Content loss on VGG19 features.

Johnson, Alahi, Fei-Fei: Perceptual Losses, ECCV 2016; in SRGAN (Ledig et al., CVPR 2017) after the
activation with MSE, features multiplied by 1/12.75; in ESRGAN (Wang et al., ECCVW 2018) before the
activation with L1. VGG19: Simonyan, Zisserman, ICLR 2015.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.interfaces import Loss
from sr_toolkit.losses.config import VGGConfig
from sr_toolkit.pretrained import load_features

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels, convolutions of VGG19
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


def layer_indices() -> dict[str, int]:
    """Return the place of every convolution in torchvision's `features`: conv3_4 is 16."""
    indices, place = {}, 0
    for block, (_, convolutions) in enumerate(BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            indices[f"conv{block}_{number}"] = place
            place += 2  # a ReLU follows
        place += 1  # a pooling follows
    return indices


def build_features(last: int) -> nn.ModuleList:
    """Return VGG19's layers 0 to `last`, randomly initialized, in torchvision's numbering."""
    layers: list[nn.Module] = []
    channels = 3
    for width, convolutions in BLOCKS:
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.ModuleList(layers[: last + 1])


class VGGLoss(Loss):
    """Weighted distance of VGG19 features of SR and HR, RGB (N, 3, H, W) in [0, 1].

    Raises:
        ConfigError: a layer that VGG19 has not.
        WeightsError: the weights, as deep as the layers ask for, are not at hand.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        indices = layer_indices()
        for layer in config.layers:
            if layer not in indices:
                raise ConfigError(f"VGG19 has no layer '{layer}'.{suggest(layer, indices)}")
        if not config.layers:
            raise ConfigError("The VGG loss needs at least one layer, such as conv3_4.")
        offset = 1 if config.activation == "after" else 0
        self.taps = {indices[layer] + offset: w for layer, w in config.layers.items()}
        self.distance = F.l1_loss if config.criterion == "l1" else F.mse_loss
        self.factor = 1 / 12.75 if config.rescale == "1/12.75" else 1.0
        self.features = build_features(max(self.taps))
        self.features.load_state_dict(_weights(config, self.features), strict=True)
        self.requires_grad_(False)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def forward(self, sr: Tensor, hr: Tensor, **extra: Any) -> Tensor:
        """Return the weighted sum of the layers' distances."""
        with torch.no_grad():
            targets = self._activations(hr)
        activations = self._activations(sr)
        terms = [
            weight * self.distance(activations[tap].float(), targets[tap].float())
            for tap, weight in self.taps.items()
        ]
        return torch.stack(terms).sum()

    def _activations(self, image: Tensor) -> dict[int, Tensor]:
        if image.shape[1] == 1:
            image = image.expand(-1, 3, -1, -1)
        x = (image - self.mean) / self.deviation
        kept = {}
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                kept[index] = x * self.factor
        return kept


def _weights(config: VGGConfig, features: nn.ModuleList) -> dict[str, Tensor]:
    shapes = {f"features.{key}": tuple(value.shape) for key, value in features.state_dict().items()}
    tensors = load_features(
        "vgg19",
        shapes,
        path=Path(config.weights) if config.weights else None,
        root=Path(config.weights_root) if config.weights_root else None,
        download=True,
    )
    return {key.removeprefix("features."): value for key, value in tensors.items()}
