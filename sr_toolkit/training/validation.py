"""Validation: PSNR, SSIM and LPIPS in fp32, and a strip LR, bicubic, SR, HR to look at.

RGB is judged as under protocol `y`: BT.601 luma in float, a border of `scale` pixels left out, LR
as the recipe degrades, in uint8. Images of other channels are judged on all of them by the same
rule. LPIPS (alex) is taken where its network is at hand, or needed for a decision.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.data.store import convert_channels
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.whole import degrade_image
from sr_toolkit.errors import DataError, OutputError, WeightsError
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.color import luma
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Dataset, Generator
from sr_toolkit.metrics.config import LPIPSConfig
from sr_toolkit.metrics.lpips import LPIPS
from sr_toolkit.metrics.protocol import modcrop, round_half_up
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.metrics.ssim import ssim
from sr_toolkit.training.strips import captioned, center, enlarged_and_shrunk, save_strip
from sr_toolkit.upscaling.upscaler import Upscaler

STRIP_ROWS, STRIP_SIDE = 3, 192  # images in a strip, HR pixels of each panel
SSIM_WINDOW, LPIPS_LEAST = 11, 32  # pixels a side below which there is no score
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
        degradation: makes the LR; one that draws does so by a fixed seed.
        needed: metrics without which the training cannot decide.
        weights_root: folder searched for LPIPS's network first.
        strip_hr: show the generator applied to the HR itself in the strips too?

    Raises:
        DataError: no image is large enough.
        WeightsError: LPIPS is needed and its network not at hand.
    """

    dataset: Dataset
    scale: int
    channels: int
    hardware: Hardware
    limit: int
    degradation: Degradation = field(default_factory=Degradation)
    needed: frozenset[str] = frozenset()
    weights_root: str = ""
    strip_hr: bool = False
    bicubic: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._pairs: list[Pair] = []
        for index in range(min(self.limit, len(self.dataset))):
            label = self.dataset.label(index)
            image = convert_channels(self.dataset.image(index), self.channels, label)
            if min(image.shape[:2]) >= 4 * self.scale:
                hr = modcrop(image, self.scale)
                self._pairs.append(Pair(hr, self._degraded(hr, index)))
        if not self._pairs:
            raise DataError(
                f"No validation image of '{self.dataset.name}' has {4 * self.scale} pixels a side; "
                f"give --val larger images."
            )
        self._lpips = self._find_lpips()
        self._bicubic = [
            round_half_up(resize(pair.lr.astype(np.float64), scale=float(self.scale)))
            for pair in self._pairs
        ]
        self.bicubic = self._means(self._bicubic)

    @property
    def fingerprint(self) -> str:
        """A hash of the pairs: scores of others do not compare."""
        total = hashlib.sha256()
        for pair in self._pairs:
            total.update(repr((pair.hr.shape, pair.lr.shape)).encode())
            total.update(pair.hr.tobytes() + pair.lr.tobytes())
        return total.hexdigest()

    def scores(self, generator: Generator, strip: Path | None = None) -> dict[str, float]:
        """Return the mean of each metric; writes the strip of the first images where asked."""
        if next(generator.parameters(), torch.empty(0)).dtype == torch.float64:
            generator = copy.deepcopy(generator).float()
        was_training = generator.training
        upscaler = Upscaler(generator, self.hardware)
        results = [upscaler.array(pair.lr, scale=self.scale) for pair in self._pairs]
        if strip is not None:
            # A full disk must not end a training; its saves tell of it.
            with contextlib.suppress(OutputError):
                self._save_strip(strip, results, upscaler)
        generator.train(was_training)
        return self._means(results)

    def _degraded(self, hr: Uint8, index: int) -> Uint8:
        if self.degradation == Degradation():
            return resize(hr, scale=1 / self.scale)
        return degrade_image(hr, self.degradation, self.scale, index)

    def _find_lpips(self) -> LPIPS | None:
        """Return the metric where its network is at hand; nothing is downloaded unless needed."""
        if self.channels != 3:
            return None
        wanted = "lpips" in self.needed
        config = LPIPSConfig(
            device=self.hardware.device, weights_root=self.weights_root, download=wanted
        )
        metric = LPIPS(config)
        if wanted and metric.unavailable():
            raise WeightsError(f"This recipe decides by LPIPS. {metric.unavailable()}")
        return None if metric.unavailable() else metric

    def _means(self, images: list[Uint8]) -> dict[str, float]:
        """Return the mean scores; a set of images too small for a metric's window has none."""
        scores: dict[str, list[float]] = {}
        for pair, sr in zip(self._pairs, images, strict=True):
            ours, theirs = self._compared(sr), self._compared(pair.hr)
            scores.setdefault("psnr", []).append(psnr(ours, theirs))
            if min(ours.shape[:2]) >= SSIM_WINDOW:
                scores.setdefault("ssim", []).append(ssim(ours, theirs))
            if self._lpips is not None and min(sr.shape[:2]) >= LPIPS_LEAST:
                scores.setdefault("lpips", []).append(self._lpips.score(sr, pair.hr))
        return {name: float(np.mean(values)) for name, values in scores.items()}

    def _compared(self, image: Uint8) -> NDArray[np.float64]:
        inner = image[self.scale : -self.scale, self.scale : -self.scale]
        return luma(inner) if self.channels == 3 else inner.astype(np.float64)

    def _save_strip(self, path: Path, results: list[Uint8], upscaler: Upscaler) -> None:
        rows = []
        side = min(STRIP_SIDE, *(min(pair.hr.shape[:2]) for pair in self._pairs[:STRIP_ROWS]))
        side -= side % self.scale
        shown = zip(self._pairs, self._bicubic, results, strict=True)
        for pair, bicubic, sr in list(shown)[:STRIP_ROWS]:
            blocks = pair.lr.repeat(self.scale, axis=0).repeat(self.scale, axis=1)
            images = {"LR": blocks, "bicubic": bicubic, "SR": sr, "HR": pair.hr}
            panels = {name: center(image, side, self.scale) for name, image in images.items()}
            if self.strip_hr:
                panels["SR of HR"] = enlarged_and_shrunk(upscaler, pair.hr, side, self.scale)
            hr = self._compared(panels["HR"])
            captions = {
                name: "" if name == "HR" else f"{psnr(self._compared(panel), hr):.2f} dB"
                for name, panel in panels.items()
            }
            rows.append(captioned(panels, captions))
        save_strip(path, rows)
