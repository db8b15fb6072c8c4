"""LPIPS 0.1 (Zhang et al.: The Unreasonable Effectiveness of Deep Features, CVPR 2018)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.features.lpips import MINIMUM, build_lpips
from sr_toolkit.features.lpips_tiles import tiled_distance
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.metrics.network import NetworkDistance

WHOLE = 1 << 19  # pixels up to which an image goes through the network in one piece


class LPIPS(NetworkDistance):
    """LPIPS of the whole RGB image, no border crop; the network is built once.

    A large image is taken in tiles, which give the same value in bounded memory.
    """

    name = "LPIPS"

    def __init__(self, config: LPIPSConfig) -> None:
        self.config = config
        self.smallest = MINIMUM[config.net]
        build = partial(
            build_lpips,
            config.net,
            weights=config.weights,
            weights_root=config.weights_root,
            download=config.download,
        )
        super().__init__(build, config.device)

    def describe(self) -> str:
        """Return the network's name: figures of different networks do not compare."""
        return f"net {self.config.net}"

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.name} ({self.config.net})"

    def between(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the distance of two images that are large enough."""
        if sr.shape[0] * sr.shape[1] > WHOLE:
            return tiled_distance(self.network, sr, hr, self.tensor)
        return super().between(sr, hr)

    def tensor(self, image: NDArray[Any]) -> torch.Tensor:
        """Return an image (H, W, 3) as (1, 3, H, W) in [-1, 1]."""
        scaled = image.astype(np.float32) / 127.5 - 1
        return torch.from_numpy(scaled).permute(2, 0, 1)[None].to(self.config.device)
