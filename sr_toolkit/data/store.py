"""Decoded images in one flat array, so that a crop costs a gather and not a PNG decode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.errors import DataError
from sr_toolkit.images.io import as_rgb, to_uint8
from sr_toolkit.interfaces import Dataset, Pixels


@dataclass(frozen=True)
class PixelStore:
    """Images as rows of one uint8 tensor.

    Attributes:
        pixels: (P, C) uint8, all pixels of all images, row by row.
        offsets: (N,) int64, the first pixel of each image.
        heights: (N,) int64.
        widths: (N,) int64.
        skipped: labels of images left out as smaller than the crop.
    """

    pixels: Tensor
    offsets: Tensor
    heights: Tensor
    widths: Tensor
    skipped: tuple[str, ...] = ()

    @classmethod
    def build(
        cls,
        dataset: Dataset,
        *,
        channels: int = 3,
        crop: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> PixelStore:
        """Decode every image of `dataset`.

        Args:
            dataset: HR images; 16-bit ones are rounded to 8 bits.
            channels: what the generator takes; gray becomes RGB for 3, RGB its luma for 1.
            crop: HR side of a training crop; smaller images are left out and counted.
            progress: called with (done, total).

        Raises:
            DataError: an image has other channels, or none is as large as the crop.
        """
        parts: list[np.ndarray] = []
        sizes: list[tuple[int, int]] = []
        skipped: list[str] = []
        for index in range(len(dataset)):
            image = convert_channels(dataset.image(index), channels, dataset.label(index))
            if min(image.shape[:2]) < crop:
                skipped.append(dataset.label(index))
            else:
                parts.append(image.reshape(-1, channels))
                sizes.append((image.shape[0], image.shape[1]))
            if progress is not None:
                progress(index + 1, len(dataset))
        if not parts:
            raise DataError(
                f"None of the {len(dataset)} images of '{dataset.name}' is as large as the crop of "
                f"{crop}×{crop} pixels; set a smaller 'crop' or give --data larger images."
            )
        counts = torch.tensor([len(part) for part in parts])
        return cls(
            pixels=torch.from_numpy(np.concatenate(parts)),
            offsets=torch.cumsum(counts, 0) - counts,
            heights=torch.tensor([height for height, _ in sizes]),
            widths=torch.tensor([width for _, width in sizes]),
            skipped=tuple(skipped),
        )

    def __len__(self) -> int:
        """Return the number of images kept."""
        return len(self.offsets)

    def to(self, device: torch.device) -> PixelStore:
        """Return the store on another device."""
        return PixelStore(
            pixels=self.pixels.to(device),
            offsets=self.offsets.to(device),
            heights=self.heights.to(device),
            widths=self.widths.to(device),
            skipped=self.skipped,
        )


def convert_channels(image: Pixels, channels: int, label: str) -> np.ndarray:
    """Return `image` as uint8 (H, W, channels): gray to RGB, RGB to luma where one is wanted.

    Raises:
        DataError: any other pair of channel counts.
    """
    eight = to_uint8(image)
    have = eight.shape[2]
    if have == channels:
        return eight
    if (have, channels) == (1, 3):
        return as_rgb(eight)
    if (have, channels) == (3, 1):
        from sr_toolkit.images.color import luma_uint8

        return luma_uint8(eight)[..., None]
    raise DataError(
        f"The image '{label}' has {have} channels, but the generator takes {channels}; set "
        f"generator.channels={have} or give other data."
    )
