"""The network of FID: InceptionV3 as TensorFlow's release of 2015-12-05 computes it.

torchvision's layers, with three habits of that release: mean poolings leave the padding out of the
count, the last block takes a maximum in place of a mean, and images are resized to 299×299 without
centering or antialiasing. The weights are those that pytorch-fid and torch-fidelity publish.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d
from torchvision.models import inception

from sr_toolkit.pretrained import load_features

SIDE, LENGTH = 299, 2048


def _mean(x: Tensor) -> Tensor:
    return avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class _A(inception.InceptionA):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(_mean(x))]


class _C(inception.InceptionC):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(_mean(x))]


class _E(inception.InceptionE):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(_mean(x))]


class _Last(inception.InceptionE):  # type: ignore[misc]
    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(max_pool2d(x, 3, 1, 1))]


class FIDInception(nn.Module):
    """FID's features with frozen weights; layers are named as in the published file.

    Args:
        weights_root: a folder searched before SRTK_WEIGHTS.
        download: may the file be fetched?

    Raises:
        WeightsError: the weights are not at hand.
    """

    def __init__(self, *, weights_root: str = "", download: bool = False) -> None:
        super().__init__()
        basic = inception.BasicConv2d
        self.Conv2d_1a_3x3 = basic(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = basic(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = basic(32, 64, kernel_size=3, padding=1)
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = basic(64, 80, kernel_size=1)
        self.Conv2d_4a_3x3 = basic(80, 192, kernel_size=3)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = _A(192, pool_features=32)
        self.Mixed_5c = _A(256, pool_features=64)
        self.Mixed_5d = _A(288, pool_features=64)
        self.Mixed_6a = inception.InceptionB(288)
        self.Mixed_6b = _C(768, channels_7x7=128)
        self.Mixed_6c = _C(768, channels_7x7=160)
        self.Mixed_6d = _C(768, channels_7x7=160)
        self.Mixed_6e = _C(768, channels_7x7=192)
        self.Mixed_7a = inception.InceptionD(768)
        self.Mixed_7b = _E(1280)
        self.Mixed_7c = _Last(2048)
        own = self.state_dict()
        counters = {key for key in own if key.endswith("num_batches_tracked")}  # of training alone
        shapes = {key: tuple(value.shape) for key, value in own.items() if key not in counters}
        loaded = load_features(
            "fid-inception",
            shapes,
            root=Path(weights_root) if weights_root else None,
            download=download,
        )
        self.load_state_dict({**loaded, **{key: own[key] for key in counters}}, strict=True)
        self.requires_grad_(False).eval()

    def forward(self, image: Tensor) -> Tensor:
        """Return features (N, 2048) of images (N, 3, H, W) on the scale 0 to 255."""
        x = (resize_uncentered(image, SIDE) - 128) / 128
        for layer in self.children():
            x = layer(x)
        return x.mean((2, 3))


def resize_uncentered(image: Tensor, side: int) -> Tensor:
    """Resize (N, C, H, W) bilinearly as TensorFlow 1 does: output i lies at input i · H / side."""
    for axis in (2, 3):
        length = image.shape[axis]
        position = torch.arange(side, dtype=torch.float32, device=image.device) * (length / side)
        low = position.floor().long()
        high = (low + 1).clamp(max=length - 1)
        shape = [side if dimension == axis else 1 for dimension in range(4)]
        share = (position - low).to(image.dtype).view(shape)
        below, above = image.index_select(axis, low), image.index_select(axis, high)
        image = below + (above - below) * share
    return image
