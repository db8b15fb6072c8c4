"""What checks of networks share: inputs, runs, and a copy whose every path is alive."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from sr_toolkit.interfaces import Generator
from sr_toolkit.testing.check import NotHere, expect

if TYPE_CHECKING:
    from sr_toolkit.testing.part import Part

TOLERANCE = 1e-4
"""Largest difference of two computations of one thing in float32, of values around 1."""

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def every_generator(part: Part) -> Iterator[tuple[Generator, int, str]]:
    """Yield each generator with each of its scales, and what to call the two."""
    for specimen in part.specimens:
        generator = specimen.build()
        for scale in generator.scales:
            yield generator, scale, specimen.at(scale)


def noise(channels: int, height: int, width: int, *, batch: int = 1, seed: int = 0) -> Tensor:
    """Return images of noise, (N, C, H, W) in [0, 1]; the global RNG is left alone."""
    drawn = torch.Generator().manual_seed(seed)
    return torch.rand(batch, channels, height, width, generator=drawn)


def usual(generator: Generator, *, batch: int = 1, seed: int = 0) -> Tensor:
    """Return an LR of a size that every generator should take."""
    multiple = generator.size_multiple
    height, width = (math.ceil(side / multiple) * multiple for side in (12, 16))
    return noise(generator.channels[0], height, width, batch=batch, seed=seed)


def run(generator: Generator, lr: Tensor, scale: int, *, seed: int = 0) -> Tensor:
    """Return the SR without gradient; a model that draws random numbers gets a seed."""
    with torch.inference_mode():
        return trained_run(generator, lr, scale, seed=seed)


def trained_run(generator: Generator, lr: Tensor, scale: int, *, seed: int = 0) -> Tensor:
    """Return the SR with gradient."""
    sr: Tensor = generator(lr, scale, **({} if generator.deterministic else {"seed": seed}))
    return sr


def lively(module: ModuleT, seed: int = 0) -> ModuleT:
    """Return a copy with noise on every parameter, so that no path starts at zero."""
    try:
        other = copy.deepcopy(module)
    except Exception:
        raise NotHere("the network cannot be copied; see can_be_copied") from None
    drawn = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in other.parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 9
            added = torch.randn(parameter.shape, generator=drawn) * (0.3 / math.sqrt(fan_in))
            parameter.add_(added.to(parameter))
    return other


def difference(one: Tensor, other: Tensor) -> float:
    """Return the largest difference, of values around 1; NaN counts as infinite."""
    if one.shape != other.shape:
        return math.inf
    largest = float((one.double() - other.double()).abs().max())
    size = max(1.0, float(other.double().abs().max()))
    return largest / size if math.isfinite(largest) else math.inf


def expect_same(one: Tensor, other: Tensor, expected: str) -> None:
    """Raise `Unmet` where two results differ by more than float32's rounding."""
    found = difference(one, other)
    expect(found <= TOLERANCE, expected, f"a largest difference of {found:.2g}")


@contextmanager
def plain_convolutions() -> Iterator[None]:
    """Compute convolutions as sums of products, in which a zero stays exactly zero."""
    with warnings.catch_warnings():
        # Some builds of torch speak of TF32 on Intel's GPUs whenever these flags are set.
        warnings.filterwarnings("ignore", message="TF32 acceleration", category=UserWarning)
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def along(generator: Generator, length: int, axis: int, seed: int = 0) -> Tensor:
    """Return a narrow LR that is `length` long along rows (axis 2) or columns (axis 3)."""
    multiple = generator.size_multiple
    narrow = math.ceil(4 / multiple) * multiple
    long = math.ceil(length / multiple) * multiple
    shape = (long, narrow) if axis == 2 else (narrow, long)
    return noise(generator.channels[0], *shape, seed=seed)
