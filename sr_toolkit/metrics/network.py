"""What metrics that run a network share: it is built once, or there is a reason why not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from sr_toolkit.errors import WeightsError
from sr_toolkit.features.hashing import module_hash
from sr_toolkit.interfaces import Metric


class NetworkMetric(Metric):
    """A metric of whole RGB images by a network, with gradients off.

    Args:
        build: makes the network; what it raises for want of weights is kept as the reason.
        device: that runs it.
    """

    space = "rgb"
    higher_is_better = False
    digits = 4
    tolerance = 1e-3

    def __init__(self, build: Callable[[], nn.Module], device: str) -> None:
        self._network: nn.Module | None = None
        self._reason = ""
        try:
            self._network = build().to(device).eval()
        except WeightsError as error:
            self._reason = str(error)

    def fingerprint(self) -> str:
        """Return a hash of the network's weights."""
        return module_hash(self._network)

    def unavailable(self) -> str:
        """Return why there is no network, or ''."""
        return self._reason

    @property
    def network(self) -> nn.Module:
        """The network.

        Raises:
            WeightsError: its weights are not at hand.
        """
        if self._network is None:
            raise WeightsError(self._reason)
        return self._network


class NetworkDistance(NetworkMetric):
    """A distance between two images by a network that takes both."""

    smallest: int
    """Pixels a side that the network takes at least."""

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the distance of one image pair, uint8 RGB (H, W, 3) on the scale 0 to 255.

        Raises:
            WeightsError: the weights are not at hand.
            ValueError: the image is too small for the network.
        """
        if min(sr.shape[:2]) < self.smallest:
            raise ValueError(
                f"{self.label} needs at least {self.smallest} pixels a side, received "
                f"{sr.shape[1]}×{sr.shape[0]}"
            )
        with torch.inference_mode():
            return self.between(sr, hr)

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name

    def between(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the distance of two images that are large enough."""
        return float(self.network(self.tensor(sr), self.tensor(hr)).item())

    @abstractmethod
    def tensor(self, image: NDArray[Any]) -> torch.Tensor:
        """Return an image (H, W, 3) as the network takes it, (1, 3, H, W) on its device."""
