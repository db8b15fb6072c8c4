"""One image of a set prepared for one scale: its HR, its LR, and what happens to it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.benching.cache import array_hash
from sr_toolkit.benching.result import ImageFacts
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.presets import check_degradation, parse_degradation
from sr_toolkit.errors import ConfigError, DataError, UnknownNameError
from sr_toolkit.images.io import as_rgb, to_uint8
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Dataset, Pixels
from sr_toolkit.metrics.protocol import Case, modcrop

Uint8 = NDArray[np.uint8]

MADE, GIVEN, NONE = "made", "given", "none"


@dataclass(frozen=True)
class LRRule:
    """Where LR comes from.

    Attributes:
        name: `made` (MATLAB's bicubic), `given` (by the set), `none` (the images are LR), or a
            degradation with its seed.
        degradation: of the last kind.
        seed: of its draws; each image draws its own, by its pixels, whatever its place in a set.
    """

    name: str
    degradation: Degradation | None = None
    seed: int = 0

    @classmethod
    def parse(cls, word: str, *, no_reference: bool = False) -> LRRule:
        """Read `--lr` or `--degradation`.

        Raises:
            ConfigError, UnknownNameError: neither made, given nor a degradation; LR asked for
                images that are LR.
        """
        if no_reference:
            if word != MADE:
                raise ConfigError(
                    f"Without HR the images are the LR: leave out '{word}', or --no-reference."
                )
            return cls(NONE)
        if word in (MADE, "bicubic"):
            return cls(MADE)
        if word == GIVEN:
            return cls(GIVEN)
        try:
            degradation, seed = parse_degradation(word)
        except UnknownNameError as error:
            raise UnknownNameError("LR", word, (MADE, GIVEN, *error.known)) from None
        check_degradation(degradation)
        return cls(f"{word.partition(':')[0]}:{seed}", degradation, seed)

    @property
    def words(self) -> str:
        """How LR was made, for the line under a table."""
        return {
            MADE: "LR by MATLAB bicubic as uint8",
            GIVEN: "LR given by the set",
            NONE: "no HR, the images are the LR",
        }.get(self.name, f"LR by '{self.name}' as uint8")

    @property
    def runs_on_torch(self) -> bool:
        """Is a network library at work, whose threads must not meet those of a model?"""
        return self.degradation is not None

    def image_seed(self, hr_sha256: str) -> int:
        """Return the seed of the image whose pixels have this hash."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}:{hr_sha256}".encode()).digest()[:8])

    def degrade(self, hr: Uint8, scale: int, image_seed: int) -> Uint8:
        """Return the LR of an HR or SR (H, W, 3); by bicubic where LR is not made here."""
        if self.degradation is None:
            shrunk: Uint8 = resize(hr, scale=1 / scale)
            return shrunk
        from sr_toolkit.degradations.whole import degrade_image

        return degrade_image(hr, self.degradation, scale, image_seed)


@dataclass(frozen=True)
class Prepared:
    """One image ready to be scored.

    Attributes:
        index: its place in the set.
        facts: its name, size and hashes.
        lr: what a model gets, RGB uint8.
        case: HR and LR; None without HR.
        scale: the scale.
    """

    index: int
    facts: ImageFacts
    lr: Uint8
    case: Case | None
    scale: int


def prepare(dataset: Dataset, index: int, image: Pixels, scale: int, rule: LRRule) -> Prepared:
    """Return image `index`, decoded already, prepared.

    Raises:
        SrtkError: it is too small, or its LR is absent or does not match.
    """
    label = dataset.label(index)
    if rule.name == NONE:
        lr = as_rgb(to_uint8(image))
        height, width = lr.shape[:2]
        facts = ImageFacts(label=label, width=width, height=height, lr_sha256=array_hash(lr))
        return Prepared(index, facts, lr, None, scale)
    given = None
    if rule.name == GIVEN:
        given = dataset.lr(index, scale)
    elif rule.degradation is not None:
        raw = modcrop(to_uint8(image), scale)
        given = rule.degrade(as_rgb(raw), scale, rule.image_seed(array_hash(raw)))
    case = Case.make(image, scale, given)
    facts = ImageFacts(
        label=label,
        width=case.hr.shape[1],
        height=case.hr.shape[0],
        hr_sha256=array_hash(case.raw),
        lr_sha256=array_hash(case.lr),
    )
    return Prepared(index, facts, case.lr, case, scale)


def of_image(dataset: Dataset, index: int, error: Exception) -> DataError:
    """Return `error` with the image that it is about."""
    return DataError(f"Image '{dataset.label(index)}' of '{dataset.name}': {error}")
