"""A model that takes part: its SR images, computed or found, and what identifies them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import torch

from sr_toolkit.benching.cache import Cache, array_hash, key_of
from sr_toolkit.benching.cases import Prepared, Uint8
from sr_toolkit.benching.code import (
    library_versions,
    loaded_packages,
    package_hash,
    packages_in,
)
from sr_toolkit.benching.judging import Enlarged
from sr_toolkit.benching.result import Row
from sr_toolkit.metrics.protocol import round_half_up
from sr_toolkit.upscaling.upscaler import TILE, Upscaler

TILE_USED = 2 * TILE
"""Larger than for upscaling: test images then go whole, without the cost of overlaps."""


@dataclass(frozen=True)
class Timed:
    """An SR image, what the model took for it, and whether it was computed before."""

    sr: Enlarged
    seconds: float
    cached: bool


@dataclass
class Contestant:
    """A model at one scale.

    Attributes:
        upscaler: ready to run.
        row: what tables say of it, without scores.
        scale: the scale.
        cache: where its SR images are kept.
        on_luma: does the protocol make a resizer run on Y, too?
    """

    upscaler: Upscaler
    row: Row
    scale: int
    cache: Cache
    on_luma: bool = False
    _identity: dict[str, Any] = field(init=False)
    _repeats: bool = field(init=False)

    def __post_init__(self) -> None:
        hardware, generator = self.upscaler.hardware, self.upscaler.generator
        own = packages_in(generator)
        # Code that cannot be read could have changed: nothing of it is taken from the cache.
        self._repeats = generator.deterministic and all(map(package_hash, own))
        self._identity = {
            "model": self.row.distribution + "::" + self.row.model_name,
            "weights": self.row.weights_sha256,
            "scale": self.scale,
            "tile": TILE_USED,
            "device": hardware.describe(),
            "channels_last": hardware.channels_last,
            "code": {name: package_hash(name) for name in loaded_packages(own)},
            "libraries": library_versions(),
        }

    def enlarge(self, prepared: Prepared) -> Timed:
        """Return the SR of a prepared image, from the cache if it is there.

        Raises:
            Exception: whatever the model raises.
        """
        rgb, seconds, cached = self._rgb(prepared)
        luma = self._luma(prepared) if self._runs_on_luma(prepared) else None
        return Timed(Enlarged(rgb, array_hash(rgb), luma), seconds, cached)

    def recall(self, prepared: Prepared) -> tuple[str, float] | None:
        """Return the hash of an SR image that was computed before and its time, without pixels.

        None where it was not, or where its Y is wanted besides.
        """
        if self._runs_on_luma(prepared) or not self._repeats:
            return None
        found = self.cache.find_sr(self.key(prepared))
        return None if found is None else (found.sha256, found.seconds)

    def key(self, prepared: Prepared, kind: str = "rgb") -> str:
        """Return the key of an SR image in the cache."""
        return key_of(f"sr {kind}", {**self._identity, "lr": prepared.facts.lr_sha256})

    def cost_key(self, width: int, height: int) -> str:
        """Return the key of what an LR of this size costs in the cache."""
        return key_of("cost", {**self._identity, "lr": [width, height]})

    def _rgb(self, prepared: Prepared) -> tuple[Uint8, float, bool]:
        key = self.key(prepared)
        if self._repeats and (found := self.cache.find_sr(key)) is not None:
            kept = self.cache.pixels(found.sha256)
            if kept is not None:
                return kept, found.seconds, True
        began = time.perf_counter()
        rgb: Uint8 = self.upscaler.array(prepared.lr, scale=self.scale, tile=TILE_USED)
        seconds = time.perf_counter() - began
        if self._repeats:
            self.cache.keep_sr(key, rgb, array_hash(rgb), seconds)
        return rgb, seconds, False

    def _runs_on_luma(self, prepared: Prepared) -> bool:
        return self.on_luma and self.upscaler.generator.channelwise and prepared.case is not None

    def _luma(self, prepared: Prepared) -> Uint8:
        assert prepared.case is not None
        # Generators work on [0, 1]; a resizer is too quick to be worth a place in the cache.
        lr = torch.from_numpy(prepared.case.lr_luma()).div(255)[None, None]
        sr = self.upscaler.tensor(lr, scale=self.scale, tile=TILE_USED)
        return round_half_up(sr[0, 0].cpu().numpy() * 255)
