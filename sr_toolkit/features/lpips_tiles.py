"""LPIPS of a large image by tiles, equal to that of the whole up to rounding.

LPIPS is the sum over layers of the mean of a distance map. Each tile is cut out with a margin of
the receptive field, at a multiple of the network's stride, and adds up only its own part of each
layer's map; the sums are divided by the maps' sizes in the end. True borders stay borders, with the
padding that the network gives them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

CORE = 768  # pixels a side that a tile adds up, at most


@dataclass(frozen=True)
class Reach:
    """What one place of a feature map sees: `size` pixels from `stride · index - before` on."""

    stride: int = 1
    size: int = 1
    before: int = 0

    def then(self, kernel: int, stride: int, padding: int) -> Reach:
        """Return the reach after one more convolution or pooling."""
        return Reach(
            self.stride * stride,
            self.size + (kernel - 1) * self.stride,
            self.before + padding * self.stride,
        )


def reaches(network: Any) -> list[Reach]:
    """Return the reach of each of the layers that an `lpips.LPIPS` compares."""
    reach, found = Reach(), []
    for part in slices(network):
        for module in part:
            reach = _after(reach, module)
        found.append(reach)
    return found


def slices(network: Any) -> list[nn.Sequential]:
    """Return the parts of the backbone, each of which ends in a layer that is compared."""
    return [getattr(network.net, f"slice{n}") for n in range(1, network.net.N_slices + 1)]


def _after(reach: Reach, module: nn.Module) -> Reach:
    if isinstance(module, nn.ReLU):
        return reach
    if isinstance(module, nn.Conv2d | nn.MaxPool2d):
        kernel, stride, padding = (_single(module, k) for k in ("kernel_size", "stride", "padding"))
        return reach.then(kernel, stride, padding)
    if type(module).__name__ == "Fire":  # its widest branch is a convolution of 3×3
        return reach.then(3, 1, 1)
    raise TypeError(f"LPIPS has a layer of unknown reach, {type(module).__name__}")


def _single(module: nn.Module, name: str) -> int:
    value = getattr(module, name)
    return int(value if isinstance(value, int) else value[0])


def tiled_distance(network: Any, sr: Any, hr: Any, prepare: Any, core: int = CORE) -> float:
    """Return the LPIPS of one image pair, (H, W, 3) arrays, computed in tiles.

    Args:
        network: an `lpips.LPIPS`.
        sr: the image.
        hr: the one it is held against.
        prepare: makes the network's input (1, 3, h, w) of a part of an image.
        core: pixels a side of a tile without its margin, at most.
    """
    found = reaches(network)
    step = max(reach.stride for reach in found)
    before = _up(max(reach.before for reach in found), step)
    after = _up(max(reach.size - reach.stride - reach.before for reach in found), step)
    sums, counts = [0.0] * len(found), [0] * len(found)
    for top, bottom in _cores(sr.shape[0], core, step):
        for left, right in _cores(sr.shape[1], core, step):
            y, x = max(top - before, 0), max(left - before, 0)
            window = (slice(y, bottom + after), slice(x, right + after))
            maps = _maps(network, prepare(sr[window]), prepare(hr[window]))
            for layer, (reach, values) in enumerate(zip(found, maps, strict=True)):
                rows = _own(reach.stride, y, top, bottom, sr.shape[0])
                columns = _own(reach.stride, x, left, right, sr.shape[1])
                own = values[0, 0, rows, columns]
                sums[layer] += float(own.sum(dtype=torch.float64))
                counts[layer] += own.numel()
    return math.fsum(total / count for total, count in zip(sums, counts, strict=True))


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _cores(length: int, core: int, step: int) -> list[tuple[int, int]]:
    """Return (start, end) of parts of about equal length that begin at multiples of `step`."""
    size = _up(-(-length // -(-length // core)), step)
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def _own(stride: int, offset: int, start: int, end: int, length: int) -> slice:
    """Return a tile's own places in its map; the last tile has all that remain."""
    first = (start - offset) // stride
    return slice(first, None if end == length else (end - offset) // stride)


def _maps(network: Any, sr: Tensor, hr: Tensor) -> Iterator[Tensor]:
    """Yield each layer's distance map, (1, 1, h, w); one layer's features are kept at a time."""
    import lpips

    sr, hr = network.scaling_layer(sr), network.scaling_layer(hr)
    for part, head in zip(slices(network), network.lins, strict=True):
        sr, hr = part(sr), part(hr)
        difference = lpips.normalize_tensor(sr)
        difference -= lpips.normalize_tensor(hr)
        yield head(difference.square_())
