"""LPIPS 0.1 (Zhang et al.: The Unreasonable Effectiveness of Deep Features, CVPR 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.errors import WeightsError
from sr_toolkit.features.hashing import module_hash
from sr_toolkit.features.lpips import MINIMUM, build_lpips
from sr_toolkit.features.lpips_tiles import tiled_distance
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import LPIPSConfig

WHOLE = 1 << 19  # pixels up to which an image goes through the network in one piece


class LPIPS(Metric):
    """LPIPS of the whole RGB image, no border crop; the network is built once.

    A large image is taken in tiles, which give the same value in bounded memory.
    """

    name = "LPIPS"
    higher_is_better = False
    space = "rgb"
    digits = 4
    tolerance = 1e-3

    def __init__(self, config: LPIPSConfig) -> None:
        self.config = config
        self._network: torch.nn.Module | None = None
        self._reason = ""
        try:
            network = build_lpips(
                config.net,
                weights=config.weights,
                weights_root=config.weights_root,
                download=config.download,
            )
            self._network = network.to(config.device)
        except WeightsError as error:
            self._reason = str(error)

    def describe(self) -> str:
        """Return the network's name: figures of different networks do not compare."""
        return f"net {self.config.net}"

    def fingerprint(self) -> str:
        """Return a hash of the network's weights."""
        return module_hash(self._network)

    def unavailable(self) -> str:
        """Return why there is no network, or ''."""
        return self._reason

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the distance of one image pair, uint8 RGB (H, W, 3) on the scale 0 to 255.

        Raises:
            WeightsError: the backbone is not at hand.
            ValueError: the image is too small for the network.
        """
        if self._network is None:
            raise WeightsError(self._reason)
        if min(sr.shape[:2]) < MINIMUM[self.config.net]:
            raise ValueError(
                f"LPIPS ({self.config.net}) needs at least {MINIMUM[self.config.net]} pixels a "
                f"side, received {sr.shape[1]}×{sr.shape[0]}"
            )
        with torch.inference_mode():
            if sr.shape[0] * sr.shape[1] > WHOLE:
                return tiled_distance(self._network, sr, hr, self._tensor)
            return float(self._network(self._tensor(sr), self._tensor(hr)).item())

    def _tensor(self, image: NDArray[Any]) -> torch.Tensor:
        scaled = image.astype(np.float32) / 127.5 - 1
        return torch.from_numpy(scaled).permute(2, 0, 1)[None].to(self.config.device)
