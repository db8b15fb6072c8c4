"""LPIPS 0.1 (Zhang et al.: The Unreasonable Effectiveness of Deep Features, CVPR 2018).

The `lpips` package gives the network and its linear heads; the ImageNet backbone, which it would
fetch by itself, is looked up like every other feature network of ours.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.errors import WeightsError
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.pretrained import load_features

BACKBONES = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}
MINIMUM = {"alex": 32, "vgg": 16, "squeeze": 32}  # pixels a side that survive the poolings


class LPIPS(Metric):
    """LPIPS on the whole RGB image, no border crop; the network is built once."""

    name = "LPIPS"
    higher_is_better = False
    space = "rgb"
    digits = 4

    def __init__(self, config: LPIPSConfig) -> None:
        self.config = config
        self._network: torch.nn.Module | None = None
        self._reason = ""
        try:
            self._network = build_network(config).to(config.device)
        except WeightsError as error:
            self._reason = str(error)

    def describe(self) -> str:
        """Return the network's name: figures of different networks do not compare."""
        return f"net {self.config.net}"

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
            return float(self._network(self._tensor(sr), self._tensor(hr)).item())

    def _tensor(self, image: NDArray[Any]) -> torch.Tensor:
        scaled = image.astype(np.float32) / 127.5 - 1
        return torch.from_numpy(scaled).permute(2, 0, 1)[None].to(self.config.device)


def build_network(config: LPIPSConfig) -> torch.nn.Module:
    """Return the `lpips` network with its real backbone.

    Raises:
        WeightsError: the backbone's weights are not at hand.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # lpips asks torchvision in a way it has deprecated
        import lpips

        network = lpips.LPIPS(net=config.net, version="0.1", pnet_rand=True, verbose=False)
    # A slice keeps torchvision's layer numbers: slice2.3.weight is features.3.weight.
    state = network.net.state_dict()
    names = {key: "features." + key.split(".", 1)[1] for key in state}
    tensors = load_features(
        BACKBONES[config.net],
        {names[key]: tuple(value.shape) for key, value in state.items()},
        path=Path(config.weights) if config.weights else None,
        root=Path(config.weights_root) if config.weights_root else None,
        download=config.download,
    )
    network.net.load_state_dict({key: tensors[name] for key, name in names.items()}, strict=True)
    ready: torch.nn.Module = network.eval().requires_grad_(False)
    return ready
