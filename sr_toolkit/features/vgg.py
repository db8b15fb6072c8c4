"""VGG19's convolutional features (Simonyan, Zisserman, ICLR 2015), of any of its 16 layers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from sr_toolkit.errors import ConfigError, ImageError, suggest
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


def build_layers(last: int) -> nn.ModuleList:
    """Return VGG19's layers 0 to `last`, randomly initialized, in torchvision's numbering."""
    layers: list[nn.Module] = []
    channels = 3
    for width, convolutions in BLOCKS:
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.ModuleList(layers[: last + 1])


def as_rgb(image: Tensor) -> Tensor:
    """Return (N, 3, H, W) of RGB or gray images.

    Raises:
        ImageError: neither 1 nor 3 channels.
    """
    if image.shape[1] not in (1, 3):
        raise ImageError(
            f"A feature network takes RGB or gray images, received {image.shape[1]} channels."
        )
    return image.expand(-1, 3, -1, -1)


class VGG19Features(nn.Module):
    """VGG19 with frozen weights, as deep as the deepest layer asked for.

    Args:
        layers: names, conv1_1 to conv5_4.
        activation: the layers' outputs before or after their ReLU.
        weights: a file with the weights; empty: look it up.
        weights_root: a folder searched before SRTK_WEIGHTS.

    Raises:
        ConfigError: no layer, or one that VGG19 has not.
        WeightsError: the weights, as deep as the layers ask for, are not at hand.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        layers: Iterable[str],
        *,
        activation: Literal["before", "after"],
        weights: str = "",
        weights_root: str = "",
    ) -> None:
        super().__init__()
        names, indices = tuple(layers), layer_indices()
        for name in names:
            if name not in indices:
                raise ConfigError(f"VGG19 has no layer '{name}'.{suggest(name, indices)}")
        if not names:
            raise ConfigError("A loss on VGG19 needs at least one layer, such as conv3_4.")
        offset = 1 if activation == "after" else 0
        self.taps = {indices[name] + offset: name for name in names}
        self.minimum = max(2 ** (int(name[4]) - 1) for name in names)  # a pooling after each block
        self.layers = build_layers(max(self.taps))
        self.layers.load_state_dict(_weights(self.layers, weights, weights_root), strict=True)
        self.requires_grad_(False)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return layer name to features (N, C, h, w) in float32, of images (N, 1 or 3, H, W).

        Raises:
            ImageError: the image is smaller than the poolings, or not RGB or gray.
        """
        if min(image.shape[-2:]) < self.minimum:
            raise ImageError(
                f"VGG19's {', '.join(self.taps.values())} need at least {self.minimum} pixels a "
                f"side, received {image.shape[-1]}×{image.shape[-2]}; take shallower layers or a "
                f"larger crop."
            )
        x = (as_rgb(image) - self.mean) / self.deviation
        kept = {}
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in self.taps:
                kept[self.taps[index]] = x.float()
        return kept


def _weights(layers: nn.ModuleList, weights: str, root: str) -> dict[str, Tensor]:
    shapes = {f"features.{key}": tuple(value.shape) for key, value in layers.state_dict().items()}
    tensors = load_features(
        "vgg19",
        shapes,
        path=Path(weights) if weights else None,
        root=Path(root) if root else None,
        download=True,
    )
    return {key.removeprefix("features."): value for key, value in tensors.items()}
