"""DISTS (Ding et al.: Unifying Structure and Texture Similarity, IEEE TPAMI 2020)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.features.dists import DISTSNetwork
from sr_toolkit.metrics.config import DISTSConfig
from sr_toolkit.metrics.network import NetworkDistance


class DISTS(NetworkDistance):
    """DISTS of the whole RGB image at its own size, no border crop; the network is built once."""

    name = "DISTS"
    smallest = 16  # survives four poolings

    def __init__(self, config: DISTSConfig) -> None:
        self.config = config
        build = partial(DISTSNetwork, weights_root=config.weights_root, download=config.download)
        super().__init__(build, config.device)

    def describe(self) -> str:
        """Return what other programs may do differently: some shrink the image to 256 first."""
        return "at the image's own size"

    def tensor(self, image: NDArray[Any]) -> torch.Tensor:
        """Return an image (H, W, 3) as (1, 3, H, W) in [0, 1]."""
        scaled = np.moveaxis(image, 2, 0)[None].astype(np.float32) / 255
        return torch.from_numpy(scaled).to(self.config.device)
