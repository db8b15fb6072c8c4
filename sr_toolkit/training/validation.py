"""Validation: PSNR in fp32, and a strip LR, bicubic, SR, HR to look at.

RGB is judged as under protocol `y`: BT.601 luma in float, a border of `scale` pixels left out, LR
by MATLAB bicubic as uint8. Images of other channels are judged on all of them by the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.data.store import convert_channels
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.color import luma
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Dataset, Generator
from sr_toolkit.metrics.protocol import modcrop, round_half_up
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.upscaling.upscaler import Upscaler

STRIP_ROWS, STRIP_SIDE = 3, 192  # images in a strip, HR pixels of each panel
Uint8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Pair:
    """An HR image, cropped to a multiple of the scale, and its LR; uint8 (H, W, C)."""

    hr: Uint8
    lr: Uint8


@dataclass
class Validator:
    """Scores a generator on a few images held in memory.

    Attributes:
        dataset: HR images.
        scale: the scale.
        channels: of the generator.
        hardware: where it runs; the precision is fp32 whatever the training's is.
        limit: at most so many images.
    """

    dataset: Dataset
    scale: int
    channels: int
    hardware: Hardware
    limit: int
    bicubic_psnr: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._pairs: list[Pair] = []
        for index in range(min(self.limit, len(self.dataset))):
            label = self.dataset.label(index)
            image = convert_channels(self.dataset.image(index), self.channels, label)
            if min(image.shape[:2]) >= 4 * self.scale:
                hr = modcrop(image, self.scale)
                self._pairs.append(Pair(hr, resize(hr, scale=1 / self.scale)))
        if not self._pairs:
            raise DataError(
                f"No validation image of '{self.dataset.name}' has {4 * self.scale} pixels a side; "
                f"give --val larger images."
            )
        self._bicubic = [
            round_half_up(resize(pair.lr.astype(np.float64), scale=float(self.scale)))
            for pair in self._pairs
        ]
        self.bicubic_psnr = self._mean(self._bicubic)

    def score(self, generator: Generator, strip: Path | None = None) -> float:
        """Return the mean PSNR in dB; writes the strip of the first images where asked."""
        was_training = generator.training
        upscaler = Upscaler(generator, self.hardware)
        results = [upscaler.array(pair.lr, scale=self.scale) for pair in self._pairs]
        generator.train(was_training)
        if strip is not None:
            self._save_strip(strip, results)
        return self._mean(results)

    def _mean(self, images: list[Uint8]) -> float:
        scores = [
            psnr(self._compared(sr), self._compared(pair.hr))
            for pair, sr in zip(self._pairs, images, strict=True)
        ]
        return float(np.mean(scores))

    def _compared(self, image: Uint8) -> NDArray[np.float64]:
        inner = image[self.scale : -self.scale, self.scale : -self.scale]
        return luma(inner) if self.channels == 3 else inner.astype(np.float64)

    def _save_strip(self, path: Path, results: list[Uint8]) -> None:
        rows = []
        side = min(STRIP_SIDE, *(min(pair.hr.shape[:2]) for pair in self._pairs[:STRIP_ROWS]))
        side -= side % self.scale
        shown = zip(self._pairs, self._bicubic, results, strict=True)
        for pair, bicubic, sr in list(shown)[:STRIP_ROWS]:
            blocks = pair.lr.repeat(self.scale, axis=0).repeat(self.scale, axis=1)
            panels = [_center(image, side, self.scale) for image in (blocks, bicubic, sr, pair.hr)]
            rows.append(np.concatenate(panels, axis=1))
        strip = np.concatenate(rows, axis=0)
        # A picture has one channel or three; of more, the first three are shown.
        visible = strip[..., :3] if strip.shape[2] >= 3 else strip[..., :1]
        write_image(path, Picture(pixels=np.ascontiguousarray(visible)), overwrite=True)


def _center(image: Uint8, side: int, scale: int) -> Uint8:
    """Cut the middle, beginning at a multiple of the scale."""
    top, left = ((length - side) // 2 // scale * scale for length in image.shape[:2])
    return image[top : top + side, left : left + side]
