"""The network of LPIPS 0.1 (Zhang et al., CVPR 2018).

The `lpips` package gives the network and its linear heads; the ImageNet backbone, which it would
fetch by itself, is looked up like every other feature network of ours.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any, Literal

from sr_toolkit.pretrained import load_features

BACKBONES = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}
MINIMUM = {"alex": 32, "vgg": 16, "squeeze": 32}  # pixels a side that survive the poolings


def build_lpips(
    net: Literal["alex", "vgg", "squeeze"],
    *,
    weights: str = "",
    weights_root: str = "",
    download: bool = False,
) -> Any:
    """Return the `lpips` package's network with its real backbone, frozen.

    Raises:
        WeightsError: the backbone's weights are not at hand.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # lpips asks torchvision in a way it has deprecated
        import lpips

        network = lpips.LPIPS(net=net, version="0.1", pnet_rand=True, verbose=False)
    # A slice keeps torchvision's layer numbers: slice2.3.weight is features.3.weight.
    state = network.net.state_dict()
    names = {key: "features." + key.split(".", 1)[1] for key in state}
    tensors = load_features(
        BACKBONES[net],
        {names[key]: tuple(value.shape) for key, value in state.items()},
        path=Path(weights) if weights else None,
        root=Path(weights_root) if weights_root else None,
        download=download,
    )
    network.net.load_state_dict({key: tensors[name] for key, name in names.items()}, strict=True)
    return network.eval().requires_grad_(False)
