"""Random training crops as one batched gather, their LR made with the context of the whole image.

A crop is gathered with a margin, degraded and trimmed, so that its LR equals the same place of the
degraded whole image, byte for byte where the degradation is a resizer; flips and rotations come
after, since MATLAB's resizer rounds its two passes in a fixed order. The draw of step n depends on
seed and n alone: a run resumes anywhere. It is made for the whole batch, of which each process
takes its share: any number of processes train on the same crops.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sr_toolkit.data.batch import Again, Batch, mirrored, symmetry, trimmed
from sr_toolkit.data.store import PixelStore
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.degrader import Degrader, build_degrader


@dataclass(frozen=True)
class CropSampler:
    """Draws batches of LR and HR crops from a store.

    Attributes:
        store: the decoded images, on the device that trains, or a stream of them.
        crop: HR side of a crop, a multiple of `scale`.
        scale: the scale.
        batch: crops in a batch, over all processes.
        seed: the run's seed and the phase's number; each step draws from a stream of its own.
        augment: apply one of the 8 flips and rotations to each crop?
        odds: (N,) how often each image of the store is drawn, in relation to the others; None: all
            alike. A stream has taken its images by its own odds.
        degradation: makes the LR; None: MATLAB's bicubic.
        rank: the number of this process, from 0.
        world: the number of processes; each gets an equal, contiguous share of the batch.
    """

    store: PixelStore | StreamedStore
    crop: int
    scale: int
    batch: int
    seed: tuple[int, ...]
    augment: bool = True
    odds: tuple[float, ...] | None = None
    degradation: Degrader | None = None
    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        if self.odds is not None and len(self.odds) != len(self.store):
            raise ValueError(f"{len(self.odds)} odds for {len(self.store)} images")
        if self.odds is not None and isinstance(self.store, StreamedStore):
            raise ValueError("a stream takes images by its own odds; give them to `paced`")
        if self.crop % self.scale:
            raise ValueError(f"crop {self.crop} is no multiple of the scale {self.scale}")
        if self.world < 1 or not 0 <= self.rank < self.world:
            raise ValueError(f"rank {self.rank} is none of {self.world} processes, counted from 0")
        if self.batch % self.world:
            raise ValueError(
                f"a batch of {self.batch} cannot be shared equally by {self.world} processes; "
                f"make it a multiple of {self.world}"
            )
        if self.degrader.scale != self.scale:
            raise ValueError(
                f"the degradation was built for scale {self.degrader.scale}, not {self.scale}"
            )

    @cached_property
    def degrader(self) -> Degrader:
        """What makes the LR."""
        if self.degradation is not None:
            return self.degradation
        return build_degrader(Degradation(), self.scale, self.store.channels)

    def draw(self, step: int, turn: int = 0) -> Batch:
        """Return this process's share of the batch of `step`; turns are further ones of a step."""
        rng, wide = self._drawn(step, turn)
        # A stream of its own: the crops of a seed are the same under every degradation.
        draw = self.degrader.draw(rng.spawn(1)[0], self.batch)[self._mine]
        margin = self.degrader.margin
        hr = trimmed(wide, margin * self.scale)
        lr = trimmed(self.degrader.apply(wide, draw), margin)
        flags = self._flags(rng, wide.device)
        if flags is not None:
            lr, hr = symmetry(lr, flags), symmetry(hr, flags)
        again = Again(self.degrader, draw, wide, flags)
        return Batch(lr.contiguous(), hr.contiguous(), again)

    def crops(self, step: int, turn: int = 0) -> Tensor:
        """Return the HR that `draw` returns, (B, C, crop, crop), without making its LR."""
        rng, wide = self._drawn(step, turn)
        hr = trimmed(wide, self.degrader.margin * self.scale)
        flags = self._flags(rng, wide.device)
        return (hr if flags is None else symmetry(hr, flags)).contiguous()

    @property
    def _mine(self) -> slice:
        share = self.batch // self.world
        return slice(self.rank * share, (self.rank + 1) * share)

    def _drawn(self, step: int, turn: int) -> tuple[np.random.Generator, Tensor]:
        """Return the step's stream after its places, and the crops there with their margin."""
        rng = np.random.default_rng([*self.seed, step, *([turn] if turn else [])])
        store = self.store.at(step)
        device, mine = store.pixels.device, self._mine
        image = torch.from_numpy(self._chosen(rng, len(store))[mine]).to(device)
        heights = store.heights[image] // self.scale
        widths = store.widths[image] // self.scale
        side = self.crop // self.scale
        u, v = (torch.from_numpy(rng.random(self.batch)[mine]).to(device) for _ in range(2))
        top = (u * (heights - side + 1)).long() * self.scale
        left = (v * (widths - side + 1)).long() * self.scale
        return rng, self._gather(store, image, top, left, heights * self.scale, widths * self.scale)

    def _flags(self, rng: np.random.Generator, device: torch.device) -> Tensor | None:
        if not self.augment:
            return None
        drawn = rng.integers(0, 2, (3, self.batch)).astype(bool)[:, self._mine]
        return torch.from_numpy(drawn).to(device)

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        """The share of the images up to each one, (N,), the last exactly 1."""
        total: NDArray[np.float64] = np.cumsum(np.asarray(self.odds, dtype=np.float64))
        total /= total[-1]
        return total

    def _chosen(self, rng: np.random.Generator, images: int) -> NDArray[np.int64]:
        """Draw the image of each crop."""
        if self.odds is None:
            return rng.integers(0, images, self.batch)
        places: NDArray[np.int64] = np.searchsorted(
            self._bounds, rng.random(self.batch), side="right"
        )
        return places

    def _gather(
        self,
        store: PixelStore,
        image: Tensor,
        top: Tensor,
        left: Tensor,
        height: Tensor,
        width: Tensor,
    ) -> Tensor:
        """Return crops with their margin, (B, C, S, S) in [0, 1]; borders continue mirrored."""
        margin = self.degrader.margin * self.scale
        span = torch.arange(-margin, self.crop + margin, device=image.device)
        rows = mirrored(top[:, None] + span, height[:, None])
        columns = mirrored(left[:, None] + span, width[:, None])
        start = store.offsets[image][:, None, None]
        stride = store.widths[image][:, None, None]
        index = start + rows[:, :, None] * stride + columns[:, None, :]
        pixels = store.pixels[index.reshape(-1)]
        shaped = pixels.view(*index.shape, -1).permute(0, 3, 1, 2)
        return shaped.to(torch.float32) / 255
