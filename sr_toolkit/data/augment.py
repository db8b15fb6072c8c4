"""Augmentation of what a discriminator judges: the same transform for real, fake and LR.

Zhao, Liu, Lin, Zhu, Han: Differentiable Augmentation for Data-Efficient GAN Training, NeurIPS 2020:
`color`, `translation`, `cutout`; gradients pass. `cutblur` takes the idea of Yoo, Ahn, Sohn (CVPR
2020) to this side of the game: a box of real and fake alike, or all but the box, becomes the
upsampled LR, so that only the detail elsewhere tells them apart. (Their own form feeds a generator
whose input has HR size; ours takes LR.)

Departures: our images are in [0, 1], so that brightness moves by at most a quarter and cut places
become .5, the paper's 0 in [−1, 1]; translations are whole LR pixels, so that an LR that a
conditional discriminator sees moves along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sr_toolkit.data.boxes import box_mask, draw_boxes
from sr_toolkit.errors import ConfigError, suggest
from sr_toolkit.images.resize_torch import resize_tensor

NAMES = ("color", "translation", "cutout", "cutblur")
BLANK = 0.5
REACH = 1 / 8  # of the side, for a translation
CUTOUT_AREA = 1 / 4


@dataclass(frozen=True)
class PairedAugment:
    """One transform for each image of a batch; rows belong to images, boxes are shares of the side.

    Attributes:
        names: the transforms in use.
        brightness: (n,) what is added, −.25 to .25.
        saturation: (n,) factor of the distance from gray, 0 to 2.
        contrast: (n,) factor of the distance from the image's mean, .5 to 1.5.
        shift: (n, 2) down and right, as shares of height and width.
        cutout: (n, 4) top, left, bottom, right.
        cutblur: (n, 4) likewise.
        inside: (n,) is the box blurred, or all but the box?
    """

    names: tuple[str, ...]
    brightness: NDArray[np.float64]
    saturation: NDArray[np.float64]
    contrast: NDArray[np.float64]
    shift: NDArray[np.float64]
    cutout: NDArray[np.float64]
    cutblur: NDArray[np.float64]
    inside: NDArray[np.bool_]

    def part(self, start: int, stop: int) -> PairedAugment:
        """Return the rows of one process's part of the batch."""
        arrays = [f.name for f in fields(self) if f.name != "names"]
        return replace(self, **{name: getattr(self, name)[start:stop] for name in arrays})

    def apply(self, images: Sequence[Tensor], lr: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return the images and their LR, all transformed alike; gradients pass.

        Args:
            images: each (N, C, s·h, s·w) in [0, 1], such as real and fake.
            lr: (N, C, h, w), given back for a discriminator that is conditional.

        Raises:
            ValueError: the batch is not as large as the draw, or an image is no multiple of LR.
        """
        height, width = lr.shape[-2:]
        for x in images:
            scale = x.shape[-2] // height
            whole = (len(self.shift), lr.shape[1], scale * height, scale * width)
            if tuple(x.shape) != whole or len(lr) != len(self.shift):
                raise ValueError(
                    f"drawn for {len(self.shift)} images of a whole scale, received "
                    f"{tuple(x.shape)} with LR {tuple(lr.shape)}"
                )
        if "cutblur" in self.names:
            images = [self._blurred(x, lr) for x in images]
        return tuple(self._moved(x, lr) for x in images), self._moved(lr, lr)

    def _blurred(self, x: Tensor, lr: Tensor) -> Tensor:
        blurred = resize_tensor(lr, size=(x.shape[-2], x.shape[-1])).to(x.dtype)
        chosen = self._mask(self.cutblur, x, lr)
        inside = torch.from_numpy(self.inside).to(x.device)[:, None, None, None]
        return torch.where(chosen == inside, blurred, x)

    def _moved(self, x: Tensor, lr: Tensor) -> Tensor:
        if "color" in self.names:
            x = x + _column(self.brightness, x)
            gray = x.mean(1, keepdim=True)
            x = (x - gray) * _column(self.saturation, x) + gray
            mean = x.mean((1, 2, 3), keepdim=True)
            x = (x - mean) * _column(self.contrast, x) + mean
        if "translation" in self.names:
            x = self._translated(x, lr)
        if "cutout" in self.names:
            x = torch.where(self._mask(self.cutout, x, lr), torch.full_like(x, BLANK), x)
        return x

    def _translated(self, x: Tensor, lr: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        steps = (self.shift * lr.shape[-2:]).round().astype(np.int64) * (height // lr.shape[-2])
        down, right = torch.from_numpy(steps).to(x.device).T[..., None]  # (n, 1) each
        rows = torch.arange(height, device=x.device) - down  # (n, height): where each comes from
        columns = torch.arange(width, device=x.device) - right
        known = ((rows >= 0) & (rows < height))[:, None, :, None] & (
            (columns >= 0) & (columns < width)
        )[:, None, None, :]
        sample = torch.arange(len(x), device=x.device)[:, None, None, None]
        channel = torch.arange(x.shape[1], device=x.device)[:, None, None]
        rows = rows.clamp(0, height - 1)[:, None, :, None]
        columns = columns.clamp(0, width - 1)[:, None, None, :]
        return torch.where(known, x[sample, channel, rows, columns], torch.full_like(x, BLANK))

    def _mask(self, boxes: NDArray[np.float64], x: Tensor, lr: Tensor) -> Tensor:
        """Return (n, 1, H, W), true inside the boxes, which are aligned to LR pixels."""
        (h, w), scale = lr.shape[-2:], x.shape[-2] // lr.shape[-2]
        corners = (boxes * (h, w, h, w)).round().astype(np.int64) * scale
        return box_mask(corners, x.shape[-2], x.shape[-1], x.device)


def draw_augment(names: Sequence[str], rng: np.random.Generator, count: int) -> PairedAugment:
    """Draw the transforms of each image of a batch.

    The draws are the same whatever the names: processes that share a batch each draw for the whole
    of it and take their `part`.

    Args:
        names: some of `color`, `translation`, `cutout`, `cutblur`.
        rng: the step's own stream.
        count: images in the whole batch.

    Raises:
        ConfigError: an unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise ConfigError(f"Unknown augmentation '{name}'.{suggest(name, NAMES)}")
    brightness, saturation, contrast = rng.random((3, count))
    shift = rng.uniform(-REACH, REACH, (count, 2))
    cutout = np.concatenate(draw_boxes(rng, np.full(count, CUTOUT_AREA)), axis=1)
    cutblur = np.concatenate(draw_boxes(rng, rng.random(count)), axis=1)
    return PairedAugment(
        names=tuple(names),
        brightness=(brightness - 0.5) / 2,
        saturation=saturation * 2,
        contrast=contrast + 0.5,
        shift=shift,
        cutout=cutout,
        cutblur=cutblur,
        inside=rng.random(count) < 0.5,
    )


def _column(values: NDArray[np.float64], x: Tensor) -> Tensor:
    return torch.from_numpy(values).to(x.device, x.dtype)[:, None, None, None]
