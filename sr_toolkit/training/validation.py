"""Validation: PSNR under protocol `y` in fp32, and a strip LR, bicubic, SR, HR to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.data.store import convert_channels
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Dataset, Generator
from sr_toolkit.metrics.protocol import Case, get_protocol, round_half_up
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.upscaling.upscaler import Upscaler

STRIP_ROWS, STRIP_SIDE = 3, 192  # images in a strip, HR pixels of each panel


@dataclass
class Validator:
    """Scores a generator on a few images held in memory.

    Attributes:
        dataset: HR images.
        scale: the scale.
        channels: of the generator; with 1, the luma alone is judged.
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
        self._cases: list[Case] = []
        for index in range(min(self.limit, len(self.dataset))):
            label = self.dataset.label(index)
            image = convert_channels(self.dataset.image(index), self.channels, label)
            if min(image.shape[:2]) >= 4 * self.scale:
                self._cases.append(Case.make(image, self.scale))
        if not self._cases:
            raise DataError(
                f"No validation image of '{self.dataset.name}' has {4 * self.scale} pixels a side; "
                f"give --val larger images."
            )
        self._bicubic = [round_half_up(self._enlarge(case)) for case in self._cases]
        self.bicubic_psnr = self._mean(self._bicubic)

    def score(self, generator: Generator, strip: Path | None = None) -> float:
        """Return the mean PSNR in dB; writes the strip of the first images where asked."""
        was_training = generator.training
        upscaler = Upscaler(generator, self.hardware)
        results = [self._upscale(upscaler, case) for case in self._cases]
        generator.train(was_training)
        if strip is not None:
            self._save_strip(strip, results)
        return self._mean(results)

    def _upscale(self, upscaler: Upscaler, case: Case) -> NDArray[np.uint8]:
        lr = case.lr if self.channels == 3 else case.lr[..., :1]
        sr = upscaler.array(lr, scale=self.scale)
        return sr if self.channels == 3 else np.repeat(sr, 3, axis=2)

    def _enlarge(self, case: Case) -> NDArray[np.float64]:
        return resize(case.lr.astype(np.float64), scale=float(self.scale))

    def _mean(self, images: list[NDArray[np.uint8]]) -> float:
        protocol = get_protocol("y")
        pairs = [case.planes(sr, protocol) for case, sr in zip(self._cases, images, strict=True)]
        return float(np.mean([psnr(*pair) for pair in pairs]))

    def _save_strip(self, path: Path, results: list[NDArray[np.uint8]]) -> None:
        rows = []
        side = min(STRIP_SIDE, *(min(case.hr.shape[:2]) for case in self._cases[:STRIP_ROWS]))
        side -= side % self.scale
        shown = zip(self._cases, self._bicubic, results, strict=True)
        for case, bicubic, sr in list(shown)[:STRIP_ROWS]:
            blocks = case.lr.repeat(self.scale, axis=0).repeat(self.scale, axis=1)
            panels = [_center(image, side, self.scale) for image in (blocks, bicubic, sr, case.hr)]
            rows.append(np.concatenate(panels, axis=1))
        write_image(path, Picture(pixels=np.concatenate(rows, axis=0)), overwrite=True)


def _center(image: NDArray[np.uint8], side: int, scale: int) -> NDArray[np.uint8]:
    """Cut the middle, beginning at a multiple of the scale."""
    top, left = ((length - side) // 2 // scale * scale for length in image.shape[:2])
    return image[top : top + side, left : left + side]
