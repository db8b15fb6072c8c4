"""Where a phase's batches come from: paired crops, or LR and HR crops of unrelated images."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np

from sr_toolkit.data.batch import Again, Batch
from sr_toolkit.data.mixing import draw_mixing
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.degradations.degrader import Degrader

STREAM = 0x3F1C  # sets the draws of mixing and unpaired LR apart from the sampler's


class Feed(Protocol):
    """Gives a phase its batches.

    Attributes:
        images: the number of training images, by which an epoch is counted.
        batch: crops in this process's share of a batch.
    """

    @property
    def images(self) -> int:
        """The number of training images."""

    @property
    def batch(self) -> int:
        """Crops in this process's share of a batch."""

    def draw(self, step: int, turn: int = 0) -> Batch:
        """Return the batch of a step; turns above 0 are further batches of the same step."""


@dataclasses.dataclass(frozen=True)
class PairedFeed:
    """LR and HR of the same crops, mixed where the recipe says so."""

    sampler: CropSampler
    mixing: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """The number of training images."""
        return len(self.sampler.store)

    @property
    def batch(self) -> int:
        """Crops in this process's share of a batch."""
        return self.sampler.batch // self.sampler.world

    def draw(self, step: int, turn: int = 0) -> Batch:
        """Return the batch of a step."""
        batch = self.sampler.draw(step, turn)
        if not self.mixing:
            return batch
        rng = np.random.default_rng([*self.sampler.seed, STREAM, step, turn])
        mixing = draw_mixing(self.mixing, rng, self.sampler.batch, *batch.lr.shape[-2:])
        first = self.sampler.rank * self.batch
        lr, hr = mixing.part(first, first + self.batch).apply(batch.lr, batch.hr)
        return dataclasses.replace(batch, lr=lr, hr=hr)


@dataclasses.dataclass(frozen=True)
class UnpairedFeed:
    """LR crops of one set, and HR crops of another that has nothing to do with it.

    Attributes:
        lr: draws from LR images, taken as they are.
        hr: draws from HR images.
        degrader: how LR is believed to come from HR, for SR that is degraded again.
    """

    lr: CropSampler
    hr: CropSampler
    degrader: Degrader

    @property
    def images(self) -> int:
        """The number of LR images."""
        return len(self.lr.store)

    @property
    def batch(self) -> int:
        """Crops in this process's share of a batch."""
        return self.lr.batch // self.lr.world

    def draw(self, step: int, turn: int = 0) -> Batch:
        """Return the batch of a step: nothing of the HR lies behind the LR."""
        lr = self.lr.crops(step, turn)
        hr = self.hr.crops(step, turn)
        rng = np.random.default_rng([*self.lr.seed, STREAM, step, turn])
        share = self.batch
        mine = slice(self.lr.rank * share, (self.lr.rank + 1) * share)
        drawn = self.degrader.draw(rng, self.lr.batch)[mine]
        return Batch(lr, hr, Again(self.degrader, drawn))
