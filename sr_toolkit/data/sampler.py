"""Random training crops as one batched gather, their LR made with the context of the whole image.

A crop is gathered with a margin, degraded and trimmed, so that its LR equals the same place of the
degraded whole image, byte for byte; flips and rotations come after, since the resizer rounds its
two passes in a fixed order. The draw of step n depends on seed and n alone: a run resumes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.data.store import PixelStore
from sr_toolkit.images.resize_torch import resize_tensor

MARGIN = 2  # LR pixels that the antialiased cubic kernel sees beyond a crop


@dataclass(frozen=True)
class CropSampler:
    """Draws (LR, HR) batches from a store.

    Attributes:
        store: the decoded images, on the device that trains.
        crop: HR side of a crop, a multiple of `scale`.
        scale: the scale.
        batch: crops in a batch.
        seed: the run's seed and the phase's number; each step draws from a stream of its own.
        augment: apply one of the 8 flips and rotations to each crop?
    """

    store: PixelStore
    crop: int
    scale: int
    batch: int
    seed: tuple[int, ...]
    augment: bool = True

    def __post_init__(self) -> None:
        if self.crop % self.scale:
            raise ValueError(f"crop {self.crop} is no multiple of the scale {self.scale}")

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the batch of `step`: LR (B, C, crop/scale, crop/scale) and HR (B, C, crop, crop).

        Both are float32 in [0, 1].
        """
        rng = np.random.default_rng([*self.seed, step])
        device = self.store.pixels.device
        image = torch.from_numpy(rng.integers(0, len(self.store), self.batch)).to(device)
        heights = self.store.heights[image] // self.scale
        widths = self.store.widths[image] // self.scale
        side = self.crop // self.scale
        u, v = (torch.from_numpy(rng.random(self.batch)).to(device) for _ in range(2))
        top = (u * (heights - side + 1)).long() * self.scale
        left = (v * (widths - side + 1)).long() * self.scale
        wide = self._gather(image, top, left, heights * self.scale, widths * self.scale)
        margin = MARGIN * self.scale
        hr = wide[..., margin : margin + self.crop, margin : margin + self.crop]
        lr = resize_tensor(wide, scale=1 / self.scale, quantize=True)
        lr = lr[..., MARGIN : MARGIN + side, MARGIN : MARGIN + side]
        if self.augment:
            flags = torch.from_numpy(rng.integers(0, 2, (3, self.batch)).astype(bool)).to(device)
            lr, hr = _symmetry(lr, flags), _symmetry(hr, flags)
        return lr.contiguous(), hr.contiguous()

    def _gather(
        self, image: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor
    ) -> Tensor:
        """Return crops with their margin, (B, C, S, S) in [0, 1]; borders continue mirrored."""
        margin = MARGIN * self.scale
        span = torch.arange(-margin, self.crop + margin, device=image.device)
        rows = _mirror(top[:, None] + span, height[:, None])
        columns = _mirror(left[:, None] + span, width[:, None])
        start = self.store.offsets[image][:, None, None]
        stride = self.store.widths[image][:, None, None]
        index = start + rows[:, :, None] * stride + columns[:, None, :]
        pixels = self.store.pixels[index.reshape(-1)]
        shaped = pixels.view(*index.shape, -1).permute(0, 3, 1, 2)
        return shaped.to(torch.float32) / 255


def _mirror(index: Tensor, size: Tensor) -> Tensor:
    """Reflect indices about the border, the border pixel repeated, as MATLAB's resizer does."""
    period = 2 * size
    folded = index % period
    return torch.minimum(folded, period - 1 - folded)


def _symmetry(batch: Tensor, flags: Tensor) -> Tensor:
    """Apply to each image one of 8 symmetries: flags are (3, B) for transpose, rows, columns."""
    transpose, rows, columns = (flag[:, None, None, None] for flag in flags)
    batch = torch.where(transpose, batch.transpose(-1, -2), batch)
    batch = torch.where(rows, batch.flip(-2), batch)
    return torch.where(columns, batch.flip(-1), batch)
