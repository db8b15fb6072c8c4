"""What the operations of a degradation have in common: they draw first, on the CPU, then apply.

What is drawn for a batch is arrays of leading dimension `count`, so that a process can take its
slice of them; no operation draws while it is applied, save noise, from seeds that were drawn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]
Rows = slice | npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one operation drew for a batch.

    Attributes:
        arrays: by name, one row for each image.
        shared: by name, one value for the batch.
        options: the draws of an operation's own lists of steps.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    shared: Mapping[str, float] = field(default_factory=dict)
    options: tuple[Draw, ...] = ()

    def __getitem__(self, rows: Rows) -> Drawn:
        return Drawn(
            {name: array[rows] for name, array in self.arrays.items()},
            self.shared,
            tuple(option[rows] for option in self.options),
        )


@dataclass(frozen=True, eq=False)
class Draw:
    """What a list of steps drew for a batch; `draw[i:j]` is that of images i to j.

    Attributes:
        count: the number of images.
        active: for each step (count,) bool: which images get it?
        steps: for each step what its operation drew.
    """

    count: int
    active: tuple[npt.NDArray[np.bool_], ...]
    steps: tuple[Drawn, ...]

    def __getitem__(self, rows: Rows) -> Draw:
        return Draw(
            len(np.arange(self.count)[rows]),
            tuple(active[rows] for active in self.active),
            tuple(step[rows] for step in self.steps),
        )


@dataclass(frozen=True)
class Frame:
    """What an operation is told besides its draw.

    Attributes:
        lr_size: (height, width) that the chain has to reach.
        exact: round for good; else roundings let gradients through.
    """

    lr_size: tuple[int, int]
    exact: bool


@dataclass(frozen=True)
class Span:
    """The range in which the size of an image may lie, in its pixels for each pixel of the LR."""

    low: float
    high: float


class Operation(ABC):
    """One operation on images (B, C, H, W) in [0, 1].

    Attributes:
        whole_batch: is the operation done for all images or for none?
    """

    whole_batch: ClassVar[bool] = False

    @abstractmethod
    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Draw for `count` images; how much is taken from `rng` depends on `count` alone."""

    @abstractmethod
    def apply(self, x: Tensor, drawn: Drawn, frame: Frame) -> Tensor:
        """Return the images (B, C, h, w) that `drawn`, of B images, makes of x."""

    def reach(self, span: Span) -> tuple[float, Span]:
        """Return how many LR pixels far a pixel looks, and the span of sizes that comes out."""
        return 0.0, span


def split_apply(
    x: Tensor, groups: Sequence[tuple[npt.NDArray[np.intp], Callable[[Tensor], Tensor]]]
) -> Tensor:
    """Return (B, C, h, w): each group of rows goes through its function, then all are put back.

    The groups hold every row once; their results have one size. Rows are only gathered where
    there is more than one group.
    """
    groups = [group for group in groups if len(group[0])]
    if len(groups) == 1:
        return groups[0][1](x)
    parts = [function(x[to_device(rows, x)]) for rows, function in groups]
    order = np.argsort(np.concatenate([rows for rows, _ in groups]), kind="stable")
    return torch.cat(parts)[to_device(order, x)]


def to_device(array: Array, like: Tensor) -> Tensor:
    """Return an array on a tensor's device; floats become float32."""
    wanted = np.float32 if np.issubdtype(array.dtype, np.floating) else array.dtype
    return torch.from_numpy(np.ascontiguousarray(array, wanted)).to(like.device)


def per_image(array: Array, like: Tensor) -> Tensor:
    """Return (B,) as (B, 1, 1, 1) on a tensor's device."""
    return to_device(array, like)[:, None, None, None]


def uniform(
    rng: np.random.Generator, bounds: tuple[float, float], count: int
) -> npt.NDArray[np.float64]:
    """Draw (count,) from the range `bounds`."""
    low, high = bounds
    return low + (high - low) * rng.random(count)


def pick(rng: np.random.Generator, weights: Sequence[float], count: int) -> npt.NDArray[np.intp]:
    """Draw (count,) indices, each as likely as its weight among all."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    picked: npt.NDArray[np.intp] = np.searchsorted(edges, rng.random(count) * edges[-1], "right")
    return picked
