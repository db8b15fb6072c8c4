"""The network of DISTS (Ding, Ma, Wang, Simoncelli: Unifying Structure and Texture, 2020).

VGG16 whose poolings take the root of a blurred square (Hénaff, Simoncelli 2016), compared before
its first layer and after the last ReLU of each block. Two weights for each channel, learned by the
authors from human judgments, are published beside their code as `weights.pt`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from sr_toolkit.features.vgg import DEVIATION, MEAN
from sr_toolkit.pretrained import load_features

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions of VGG16
CHANNELS = (3, *(width for width, _ in BLOCKS))
CONSTANT = 1e-6


class DISTSNetwork(nn.Module):
    """DISTS with frozen weights.

    Args:
        weights_root: a folder searched before SRTK_WEIGHTS.
        download: may VGG16 be fetched? The authors' own file is published without a hash, and is
            never fetched.

    Raises:
        WeightsError: VGG16 or the channels' weights are not at hand.
    """

    mean: Tensor
    deviation: Tensor
    alpha: Tensor
    beta: Tensor

    def __init__(self, *, weights_root: str = "", download: bool = False) -> None:
        super().__init__()
        root = Path(weights_root) if weights_root else None
        shape = (1, sum(CHANNELS), 1, 1)
        channels = load_features("dists", {"alpha": shape, "beta": shape}, root=root)
        total = channels["alpha"].sum() + channels["beta"].sum()
        self.register_buffer("alpha", channels["alpha"].flatten() / total)
        self.register_buffer("beta", channels["beta"].flatten() / total)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1))
        self.blocks = nn.ModuleList()
        keys: dict[str, Tensor] = {}
        place, width = 0, 3
        for outputs, convolutions in BLOCKS:
            block: list[nn.Module] = []
            for _ in range(convolutions):
                convolution = nn.Conv2d(width, outputs, 3, padding=1)
                assert convolution.bias is not None
                keys[f"features.{place}.weight"] = convolution.weight
                keys[f"features.{place}.bias"] = convolution.bias
                block += [convolution, nn.ReLU(inplace=True)]
                place, width = place + 2, outputs
            self.blocks.append(nn.Sequential(*block))
            place += 1  # a pooling follows
        shapes = {key: tuple(value.shape) for key, value in keys.items()}
        loaded = load_features("vgg16", shapes, root=root, download=download)
        self.requires_grad_(False)
        for key, parameter in keys.items():
            parameter.copy_(loaded[key])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the distance (N,) of images (N, 3, H, W) in [0, 1]: 0 for equal ones."""
        similarity = self._compare(0, x, y)
        x, y = ((image - self.mean) / self.deviation for image in (x, y))
        for number, block in enumerate(self.blocks, start=1):
            if number > 1:
                x, y = _pool(x), _pool(y)
            x, y = block(x), block(y)
            similarity = similarity + self._compare(number, x, y)
        return 1 - similarity

    def _compare(self, layer: int, x: Tensor, y: Tensor) -> Tensor:
        """Return one layer's part of the similarity, (N,): texture by means, structure by moments.

        Both follow SSIM's form, over a whole map in place of a window.
        """
        start = sum(CHANNELS[:layer])
        own = slice(start, start + CHANNELS[layer])
        mean_x, mean_y = x.mean((2, 3), keepdim=True), y.mean((2, 3), keepdim=True)
        x, y = x - mean_x, y - mean_y
        variances = x.square().mean((2, 3)) + y.square().mean((2, 3))
        covariance = (x * y).mean((2, 3))
        mean_x, mean_y = mean_x[..., 0, 0], mean_y[..., 0, 0]
        texture = (2 * mean_x * mean_y + CONSTANT) / (mean_x**2 + mean_y**2 + CONSTANT)
        structure = (2 * covariance + CONSTANT) / (variances + CONSTANT)
        return texture @ self.alpha[own] + structure @ self.beta[own]


def _pool(x: Tensor) -> Tensor:
    """Halve (N, C, H, W) by the root of the squares blurred with a 3×3 Hann window."""
    hann = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = torch.outer(hann, hann).expand(x.shape[1], 1, 3, 3)
    blurred = functional.conv2d(x * x, kernel, stride=2, padding=1, groups=x.shape[1])
    return (blurred + 1e-12).sqrt()
