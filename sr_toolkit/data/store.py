"""Decoded images in one flat array, so that a crop costs a gather and not a PNG decode."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.data.decoding import convert_channels, decoded, in_order, pixel_hash
from sr_toolkit.errors import DataError
from sr_toolkit.interfaces import Dataset

__all__ = ["Kept", "PixelStore", "convert_channels"]


@dataclass(frozen=True)
class Kept:
    """Which images of a dataset are at least as large as the crop.

    Attributes:
        images: (N,) their numbers in the dataset.
        labels: (N,) their labels.
        skipped: labels of the others.
    """

    images: tuple[int, ...]
    labels: tuple[str, ...]
    skipped: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, heights: Sequence[int], widths: Sequence[int], crop: int) -> Kept:
        """Sort the images of `dataset` by their sizes in pixels.

        Raises:
            DataError: none is as large as the crop.
        """
        sides = [min(pair) for pair in zip(heights, widths, strict=True)]
        images = tuple(index for index, side in enumerate(sides) if side >= crop)
        if not images:
            raise DataError(
                f"None of the {len(dataset)} images of '{dataset.name}' is as large as the crop of "
                f"{crop}×{crop} pixels; set a smaller 'crop' or give --data larger images."
            )
        skipped = tuple(dataset.label(index) for index, side in enumerate(sides) if side < crop)
        return cls(images, tuple(dataset.label(index) for index in images), skipped)


@dataclass(frozen=True)
class PixelStore:
    """Images as rows of one uint8 tensor, in memory or mapped from a file.

    A mapped tensor must not be written to: the system ends a process that tries.

    Attributes:
        pixels: (P, C) uint8, all pixels of all images, row by row.
        offsets: (N,) int64, the first pixel of each image.
        heights: (N,) int64.
        widths: (N,) int64.
        skipped: labels of images left out as smaller than the crop.
        hashes: (N,) SHA-256 of each decoded image; empty where nobody asked.
        labels: (N,) of the images; empty where nobody asked.
        images: (N,) numbers of the images in the dataset; empty where nobody asked.
    """

    pixels: Tensor
    offsets: Tensor
    heights: Tensor
    widths: Tensor
    skipped: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    images: tuple[int, ...] = ()

    @classmethod
    def build(
        cls,
        dataset: Dataset,
        *,
        channels: int = 3,
        crop: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> PixelStore:
        """Decode every image of `dataset` into memory.

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
        work = in_order(lambda index: decoded(dataset, index, channels), range(len(dataset)))
        for done, image in enumerate(work, 1):
            sizes.append((image.shape[0], image.shape[1]))
            if min(sizes[-1]) >= crop:
                parts.append(image)
            if progress is not None:
                progress(done, len(dataset))
        kept = Kept.of(dataset, [size[0] for size in sizes], [size[1] for size in sizes], crop)
        counts = torch.tensor([part.shape[0] * part.shape[1] for part in parts])
        return cls(
            pixels=torch.from_numpy(np.concatenate([p.reshape(-1, channels) for p in parts])),
            offsets=torch.cumsum(counts, 0) - counts,
            heights=torch.tensor([part.shape[0] for part in parts]),
            widths=torch.tensor([part.shape[1] for part in parts]),
            skipped=kept.skipped,
            hashes=tuple(pixel_hash(part) for part in parts),
            labels=kept.labels,
            images=kept.images,
        )

    def __len__(self) -> int:
        """Return the number of images kept."""
        return len(self.offsets)

    @property
    def channels(self) -> int:
        """The channels of the images."""
        return int(self.pixels.shape[1])

    def at(self, step: int) -> PixelStore:
        """Return the images that step `step` draws from: all of them."""
        return self

    def to(self, device: torch.device) -> PixelStore:
        """Return the store on another device."""
        return dataclasses.replace(
            self,
            pixels=self.pixels.to(device),
            offsets=self.offsets.to(device),
            heights=self.heights.to(device),
            widths=self.widths.to(device),
        )
