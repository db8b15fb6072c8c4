"""What a training works on: decoded images, and the pairs that it is validated on."""

from __future__ import annotations

import dataclasses
import hashlib
import math

from sr_toolkit.data.decoding import decoded, pixel_hash
from sr_toolkit.data.degraded import Degraded
from sr_toolkit.data.files import seeded_split
from sr_toolkit.data.opening import join, open_dataset, open_training
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.degradations.degrader import Degrader, build_degrader
from sr_toolkit.errors import ConfigError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Dataset
from sr_toolkit.training.feeding import Feed, PairedFeed, UnpairedFeed
from sr_toolkit.training.plan import Plan
from sr_toolkit.training.recipe import Phase
from sr_toolkit.training.reporter import Reporter
from sr_toolkit.training.stocks import Store, image_odds, refuse_overlap, stock
from sr_toolkit.training.team import Team
from sr_toolkit.training.validation import Validator


class Materials:
    """The data of a run, opened and decoded.

    Args:
        plan: names the sets.
        hardware: where the training runs; the images lie there too if they fit.
        channels: of the generator.
        reporter: shows the progress.
        team: the processes that share each batch.

    Attributes:
        name: of the training set.
        fingerprint: a hash of what is trained on.
        validators: score generators, each at its scale.

    Raises:
        SrtkError: a set is absent, too small, or holds what it is to be validated on.
    """

    def __init__(
        self, plan: Plan, hardware: Hardware, channels: int, reporter: Reporter, team: Team
    ) -> None:
        self.plan, self.hardware, self.channels = plan, hardware, channels
        self.reporter, self.team = reporter, team
        recipe = plan.recipe
        for name, phase in recipe.phases.items():
            _refuse_uneven(name, phase, team.size)
        train_set, val_set = open_training(plan.data, plan.val, plan.roots, plan.seed)
        self.name = train_set.name
        crop = max(phase.crop for phase in recipe.phases.values())
        scales = sorted({s for name in plan.phases for s in plan.phase_scales(name)})
        self.lr_store: Store | None = None
        self._lr_set: Dataset | None = None
        self.lr_odds: tuple[float, ...] | None = None
        if recipe.unpaired:
            lr_set, train_set = self._unpaired_sets(train_set, scales[-1])
            self._lr_set = lr_set
            self.name = f"{lr_set.name}, HR of {train_set.name}"
            self.lr_store = self._stock(lr_set, crop // scales[-1])
            if not plan.lr_data:
                self.lr_odds = image_odds(self.lr_store, lr_set, plan.mix)
            both = f"{lr_set.fingerprint()}:{train_set.fingerprint()}"
            self.fingerprint = hashlib.sha256(both.encode()).hexdigest()
        else:
            self.fingerprint = train_set.fingerprint()
        self.store = self._stock(train_set, crop)
        self.odds = image_odds(self.store, train_set, plan.mix)
        refuse_overlap(self._trained(), val_set, recipe.validation_images, channels)
        fp32 = dataclasses.replace(hardware, precision="fp32", channels_last=False)
        wanted = {metric for phase in recipe.phases.values() for metric in phase.metrics}
        self.validators = {
            scale: Validator(
                val_set,
                scale,
                channels,
                fp32,
                recipe.validation_images,
                degradation=list(recipe.phases.values())[-1].degradation,
                needed=frozenset(wanted),
                weights_root=plan.weights_root,
                strip_hr=recipe.strip_hr,
            )
            for scale in scales
        }

    @property
    def images(self) -> int:
        """The number of training images, by which an epoch is counted."""
        return len(self.store if self.lr_store is None else self.lr_store)

    @property
    def val_fingerprint(self) -> str:
        """A hash of what is validated on: scores of other pairs do not compare."""
        hashes = [validator.fingerprint for validator in self.validators.values()]
        if len(hashes) == 1:
            return hashes[0]
        return hashlib.sha256(":".join(hashes).encode()).hexdigest()

    def feed(self, phase: Phase, seed: tuple[int, ...], scale: int) -> Feed:
        """Return where a phase's batches of one scale come from."""
        largest = max(phase.scales or self.plan.scales)
        phase = dataclasses.replace(phase, crop=phase.crop // largest * scale)
        degrader = build_degrader(phase.degradation, scale, self.channels)
        if self.lr_store is None:
            hr = self._sampler(self.store, self.odds, phase, seed, scale, degrader)
            return PairedFeed(hr, phase.mixing)
        hr = self._sampler(self.store, self.odds, phase, seed, scale)
        lr = self._sampler(self.lr_store, self.lr_odds, phase, (*seed, 1), scale)
        lr = dataclasses.replace(lr, crop=phase.crop // scale, scale=1)
        return UnpairedFeed(lr, hr, degrader)

    def _trained(self) -> dict[str, str]:
        """Return the content hash of each image that is trained on, with its label."""
        found = dict(zip(self.store.hashes, self.store.labels, strict=True))
        if self.lr_store is not None:
            found |= dict(zip(self.lr_store.hashes, self.lr_store.labels, strict=True))
        if isinstance(self._lr_set, Degraded):  # its HR, too, must not be known beforehand
            hr = self._lr_set.parent
            for index in range(len(hr)):
                found[pixel_hash(decoded(hr, index, self.channels))] = hr.label(index)
        return found

    def _sampler(
        self,
        store: Store,
        odds: tuple[float, ...] | None,
        phase: Phase,
        seed: tuple[int, ...],
        scale: int,
        degrader: Degrader | None = None,
    ) -> CropSampler:
        assert isinstance(phase.batch, int)
        if isinstance(store, StreamedStore):
            store, odds = store.paced(phase.batch, seed, odds), None
        return CropSampler(
            store,
            phase.crop,
            scale,
            phase.batch,
            seed,
            augment=phase.augment,
            odds=odds,
            degradation=degrader,
            rank=self.team.rank,
            world=self.team.size,
        )

    def _unpaired_sets(self, train_set: Dataset, scale: int) -> tuple[Dataset, Dataset]:
        """Return (LR, HR): what --lr-data names, else one half of the set, degraded."""
        if self.plan.lr_data:
            opened = [open_dataset(name, self.plan.roots) for name in self.plan.lr_data]
            return join([part.training_part() for part in opened]), train_set
        hr, of_lr = seeded_split(train_set, 0.5, self.plan.seed)
        made = next(iter(self.plan.recipe.phases.values())).degradation
        return Degraded(of_lr, made, scale, self.plan.seed), hr

    def _stock(self, dataset: Dataset, crop: int) -> Store:
        return stock(
            dataset, crop, self.channels, self.plan.cache_limit, self.hardware, self.reporter
        )


def _refuse_uneven(name: str, phase: Phase, processes: int) -> None:
    """Raise ConfigError if the processes cannot share a phase's batch equally."""
    assert isinstance(phase.batch, int)  # `auto` was resolved when the run was made
    # Mixing takes neighbors of a batch together.
    multiple = processes * math.lcm(phase.accumulate, 2 if phase.mixing and processes > 1 else 1)
    if phase.batch % multiple:
        raise ConfigError(
            f"Phase {name}: a batch of {phase.batch} in {phase.accumulate} part(s) cannot be "
            f"shared by {processes} process(es); set a multiple of {multiple}."
        )
