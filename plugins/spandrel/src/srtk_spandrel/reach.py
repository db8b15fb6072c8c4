"""How far an SR pixel sees, found out by trying.

A NaN is put into the LR, and every SR pixel that it reaches becomes one: sums, products, norms and
poolings all hand it on, whatever the weights are, so that the radius is never found too small.
Then the LR is cut by one pixel, and the rest of the SR must stay as it was: a network with windows
or strides sees as far, but from another grid, and cannot be cut anywhere.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from srtk_spandrel.facts import Facts

LENGTHS = (64, 256, 512)
"""Of the strips that are tried, in LR pixels; a radius beyond the last one counts as none."""

THICK = 4
"""Of the strips, in LR pixels."""

TOLERANCE = 1e-5
"""Between the two SRs, relative to the largest value; rounding stays below it."""

_WHOLE = (
    *("_softmax", "scaled_dot_product", "native_group_norm", "grid_sampler", "topk", "sort"),
    *("argmax", "argmin", "gather", "_fft", "adaptive", "_adaptive", "cumsum"),
)
"""Operations that look at an image's whole, or that lead by values where a NaN leads nowhere."""


def reach(generator: nn.Module, facts: Facts) -> int | None:
    """Return the radius in LR pixels, or None: the image must stay whole."""
    sizes = facts.sizes
    if not facts.tiled or not generator.deterministic or sizes.square or sizes.multiple_of > 1:
        return None
    probe = copy.deepcopy(generator).cpu().float().eval()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            radius = _radius(probe, facts)
            if radius is None or not _free_of_grid(probe, facts, radius):
                return None
    except (RuntimeError, ValueError, AssertionError):  # what does not run so, is not cut
        return None
    # A window that ends at the image's border must not be smaller than what the network pads.
    return max(radius, sizes.minimum)


def _radius(probe: nn.Module, facts: Facts) -> int | None:
    for length in LENGTHS:
        watch = _Watch()
        with watch:
            found = max(_spread(probe, facts, length, axis) for axis in (2, 3))
        if watch.whole:
            return None
        if found < length - 1:
            return found
    return None


def _spread(probe: nn.Module, facts: Facts, length: int, axis: int) -> int:
    """Return how far a NaN at either end of a strip gets, in LR pixels."""
    furthest = 0
    for end in (0, length - 1):
        strip = _strip(facts, length, axis)
        strip.select(axis, end).fill_(float("nan"))
        other = [one for one in range(4) if one != axis]
        hit = torch.isnan(probe(strip)).amax(other).nonzero().flatten() // facts.scale
        if len(hit):
            furthest = max(furthest, int((hit - end).abs().max()))
    return furthest


def _free_of_grid(probe: nn.Module, facts: Facts, radius: int) -> bool:
    """Is the SR the same where the LR begins a pixel later, out of that border's reach?"""
    for axis in (2, 3):
        length = max(radius, facts.sizes.minimum) + 40
        strip = _strip(facts, length, axis)
        whole = probe(strip)
        later = probe(strip.narrow(axis, 1, length - 1))
        start, rest = (radius + 1) * facts.scale, (length - 1 - radius) * facts.scale
        one = whole.narrow(axis, start, rest)
        two = later.narrow(axis, start - facts.scale, rest)
        if not torch.isfinite(one).all() or (one - two).abs().max() > TOLERANCE * one.abs().max():
            return False
    return True


def _strip(facts: Facts, length: int, axis: int) -> Tensor:
    thick = max(THICK, facts.sizes.minimum)
    shape = [1, facts.channels[0], thick, thick]
    shape[axis] = max(length, facts.sizes.minimum)
    return torch.rand(shape)


class _Watch(TorchDispatchMode):
    """Notes whether an operation ran that no radius describes."""

    whole = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        pools = name in ("mean", "sum", "var", "std") and _over_places(args)
        self.whole = self.whole or pools or name.startswith(_WHOLE)
        return func(*args, **(kwargs or {}))


def _over_places(args: Any) -> bool:
    """Does a reduction of an image (N, C, H, W) reach over its height or width?"""
    value = args[0]
    if value.ndim != 4 or not value.isnan().any():  # weights are reduced too, and see no image
        return False
    axes = args[1] if len(args) > 1 else None
    if not isinstance(axes, (list, tuple)) or not axes:
        return True
    return any(axis % 4 >= 2 for axis in axes)
