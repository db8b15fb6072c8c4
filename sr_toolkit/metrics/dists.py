"""DISTS (Ding et al.: Unifying Structure and Texture Similarity, IEEE TPAMI 2020)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.errors import WeightsError
from sr_toolkit.features.dists import DISTSNetwork
from sr_toolkit.features.hashing import module_hash
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import DISTSConfig

SMALLEST = 16  # pixels a side that survive four poolings


class DISTS(Metric):
    """DISTS of the whole RGB image at its own size, no border crop; the network is built once."""

    name = "DISTS"
    higher_is_better = False
    space = "rgb"
    digits = 4
    tolerance = 1e-3

    def __init__(self, config: DISTSConfig) -> None:
        self.config = config
        self._network: DISTSNetwork | None = None
        self._reason = ""
        try:
            network = DISTSNetwork(weights_root=config.weights_root, download=config.download)
            self._network = network.to(config.device).eval()
        except WeightsError as error:
            self._reason = str(error)

    def describe(self) -> str:
        """Return what other programs may do differently: some shrink the image to 256 first."""
        return "at the image's own size"

    def fingerprint(self) -> str:
        """Return a hash of the network's weights."""
        return module_hash(self._network)

    def unavailable(self) -> str:
        """Return why there is no network, or ''."""
        return self._reason

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the distance of one image pair, uint8 RGB (H, W, 3) on the scale 0 to 255.

        Raises:
            WeightsError: the weights are not at hand.
            ValueError: the image is too small for the network.
        """
        if self._network is None:
            raise WeightsError(self._reason)
        if min(sr.shape[:2]) < SMALLEST:
            raise ValueError(
                f"DISTS needs at least {SMALLEST} pixels a side, received "
                f"{sr.shape[1]}×{sr.shape[0]}"
            )
        with torch.inference_mode():
            return float(self._network(self._tensor(sr), self._tensor(hr)).item())

    def _tensor(self, image: NDArray[Any]) -> torch.Tensor:
        scaled = np.moveaxis(image, 2, 0)[None].astype(np.float32) / 255
        return torch.from_numpy(scaled).to(self.config.device)
