"""A batch of training crops, and how its LR was made, so that SR can be degraded the same way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.degrader import Degrader, build_degrader
from sr_toolkit.degradations.operation import Draw
from sr_toolkit.hardware import Hardware


@dataclass(frozen=True, eq=False)
class Again:
    """Degrades other crops just as those of a batch were: same kernels, noise and sizes.

    Attributes:
        degrader: made the LR.
        drawn: with this.
        wide: the crops with their surroundings before flips, (B, C, S, S), or None: crops are then
            continued mirrored.
        flags: (3, B), which flips and rotations came after, or None.
    """

    degrader: Degrader
    drawn: Draw
    wide: Tensor | None = None
    flags: Tensor | None = None

    def __call__(self, sr: Tensor, *, quantize: bool = False) -> Tensor:
        """Degrade `sr` (B, C, H, W) in [0, 1], which lies as the batch's HR; keeps gradients.

        With `quantize` the result is on 8-bit levels, as the LR is; gradients pass the rounding.

        Returns:
            (B, C, H/scale, W/scale), what the LR would be before its final rounding.
        """
        flags = None if self.flags is None else self.flags.to(sr.device)
        if flags is not None:
            sr = symmetry_undone(sr, flags)
        margin = self.degrader.margin
        border = margin * self.degrader.scale
        if self.wide is None:
            side = sr.shape[-1]
            span = mirrored(torch.arange(-border, side + border, device=sr.device), side)
            wide = sr[..., span[:, None], span]
        else:
            end = self.wide.shape[-1] - border
            expected = (*self.wide.shape[:2], end - border, end - border)
            if tuple(sr.shape) != expected:
                raise ValueError(f"degrading again takes {expected}, not {tuple(sr.shape)}")
            wide = self.wide.to(sr.device, sr.dtype, copy=True)
            wide[..., border:end, border:end] = sr
        lr = trimmed(self.degrader.again(wide, self.drawn, quantize=quantize), margin)
        return (lr if flags is None else symmetry(lr, flags)).contiguous()

    def __getitem__(self, rows: slice) -> Again:
        return Again(
            self.degrader,
            self.drawn[rows],
            None if self.wide is None else self.wide[rows],
            None if self.flags is None else self.flags[:, rows],
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops for one step.

    Attributes:
        lr: (B, C, crop/scale, crop/scale) float in [0, 1].
        hr: (B, C, crop, crop) float in [0, 1]; in unpaired training, of other images.
        again: degrades SR as `lr` was made.
    """

    lr: Tensor
    hr: Tensor
    again: Again

    @classmethod
    def of(cls, lr: Tensor, hr: Tensor, *, scale: int) -> Batch:
        """Return a batch of given crops, whose LR counts as made by MATLAB's bicubic."""
        degrader = build_degrader(Degradation(), scale, hr.shape[1])
        return cls(lr, hr, Again(degrader, Draw(len(hr), (), ())))

    def __len__(self) -> int:
        """Return the number of crops."""
        return len(self.lr)

    def split(self, pieces: int) -> list[Batch]:
        """Return `pieces` equal parts, in order."""
        if pieces == 1:
            return [self]
        size = len(self) // pieces
        rows = [slice(size * number, size * (number + 1)) for number in range(pieces)]
        return [Batch(self.lr[r], self.hr[r], self.again[r]) for r in rows]

    def to(self, hardware: Hardware) -> Batch:
        """Return the batch on the device that trains, in its type and layout."""
        # A copy to a GPU runs beside the computation only from memory that cannot be paged out.
        copied = hardware.kind == "cuda"
        lr, hr = (
            (x.pin_memory() if copied and x.device.type == "cpu" else x)
            .to(hardware.device, hardware.dtype, non_blocking=True)
            .contiguous(memory_format=hardware.memory_format)
            for x in (self.lr, self.hr)
        )
        return Batch(lr, hr, self.again)


def symmetry(batch: Tensor, flags: Tensor) -> Tensor:
    """Apply to each image one of 8 symmetries: flags are (3, B) for transpose, rows, columns."""
    transpose, rows, columns = (flag[:, None, None, None] for flag in flags)
    batch = torch.where(transpose, batch.transpose(-1, -2), batch)
    batch = torch.where(rows, batch.flip(-2), batch)
    return torch.where(columns, batch.flip(-1), batch)


def symmetry_undone(batch: Tensor, flags: Tensor) -> Tensor:
    """Undo `symmetry` of the same flags."""
    transpose, rows, columns = (flag[:, None, None, None] for flag in flags)
    batch = torch.where(columns, batch.flip(-1), batch)
    batch = torch.where(rows, batch.flip(-2), batch)
    return torch.where(transpose, batch.transpose(-1, -2), batch)


def mirrored(index: Tensor, size: Tensor | int) -> Tensor:
    """Reflect indices about the border, the border pixel repeated, as MATLAB's resizer does."""
    period = 2 * size
    folded = index % period
    return torch.minimum(folded, period - 1 - folded)


def trimmed(batch: Tensor, border: int) -> Tensor:
    """Return (B, C, H, W) without its borders."""
    height, width = batch.shape[-2:]
    return batch[..., border : height - border, border : width - border]
