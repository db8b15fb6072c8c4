"""Which pairs a person is shown, where, in which order and on which side. Pure and seeded.

Which pairs are chosen follows from the seed alone, so that all people judge the same ones; order
and sides follow from the seed and the person, so that no two people tire at the same pairs.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

REPEATED = 10
"""One in so many pairs is shown again with its sides swapped, to learn how steady a person is."""
APART = 5
"""At least so many other pairs lie between the two, where there are so many."""
PLACES = 9
"""So many places of an image are drawn; the one with most detail is shown."""

Key = tuple[str, "Place", frozenset[str], bool]


@dataclass(frozen=True)
class Place:
    """A crop: its left upper corner and its size in pixels of HR."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Pair:
    """One question: two models at one place of one image.

    Attributes:
        image: its label.
        place: the crop.
        left: the label of the model shown on the left.
        right: of that on the right.
        repeat: was the pair shown before, its sides swapped?
    """

    image: str
    place: Place
    left: str
    right: str
    repeat: bool = False

    @property
    def key(self) -> Key:
        """What makes it the same question, whatever the sides."""
        return (self.image, self.place, frozenset((self.left, self.right)), self.repeat)

    @property
    def swapped(self) -> Pair:
        """The same pair with its sides swapped."""
        return replace(self, left=self.right, right=self.left)


def choose_place(lr: NDArray[np.uint8], scale: int, crop: int, seed: int, image: str) -> Place:
    """Return where an image is looked at: of some places drawn, the one with most detail in LR.

    LR decides, and no model's SR does: neither empty sky nor one model's artifacts shall choose.

    Args:
        lr: (H, W, 3).
        scale: HR is so many times larger.
        crop: side of the place in pixels of HR; cut to the image.
        seed: of the draws.
        image: its label, which the draws depend on too.
    """
    height, width = lr.shape[:2]
    across, down = min(-(-crop // scale), width), min(-(-crop // scale), height)
    luma = lr.astype(np.float64).mean(axis=2)
    gradients = np.hypot(*(np.diff(luma, axis=axis, append=0.0) for axis in (0, 1)))
    gradients[-1], gradients[:, -1] = 0.0, 0.0  # what `append` made up
    rng = _generator("place", seed, image)
    drawn = [
        (int(rng.integers(height - down + 1)), int(rng.integers(width - across + 1)))
        for _ in range(PLACES)
    ]
    y, x = max(drawn, key=lambda at: gradients[at[0] : at[0] + down, at[1] : at[1] + across].sum())
    return Place(x * scale, y * scale, min(crop, across * scale), min(crop, down * scale))


def make_pairs(
    images: Mapping[str, Mapping[str, str]],
    place: Callable[[str], Place],
    *,
    count: int | None = None,
    seed: int = 0,
    person: str = "",
) -> list[Pair]:
    """Return the pairs in the order they are shown, repeats among them.

    Two models that give the same pixels are no pair.

    Args:
        images: label to each model's label and the hash of its pixels; a model that failed on an
            image is not in it.
        place: gives where an image is looked at.
        count: so many pairs, repeats apart: each two models equally often, each image about
            equally often; None: all.
        seed: of all draws.
        person: on whom order and sides depend.
    """
    chosen = _choose(_cells(images), count, _generator("choice", seed))
    rng = _generator("order", seed, person)
    pairs = [Pair(image, place(image), *models) for models, image in chosen]
    if not pairs:
        return []
    pairs = _sided(pairs, rng)
    again = pairs[::REPEATED]  # of the choice, which goes through models and images evenly
    apart = min(APART, len(pairs) - 1)
    when = _order(len(pairs), range(0, len(pairs), REPEATED), apart, rng)
    shown = [(float(turn), pair) for turn, pair in zip(when, pairs, strict=True)]
    for turn, pair in zip(when[::REPEATED], again, strict=True):
        later = rng.uniform(turn + apart + 0.25, len(pairs) - 0.25)
        shown.append((later, replace(pair.swapped, repeat=True)))
    return [pair for _, pair in sorted(shown, key=lambda item: item[0])]


Cells = dict[tuple[str, str], list[str]]


def _cells(images: Mapping[str, Mapping[str, str]]) -> Cells:
    """Return each two models with the images on which they can be told apart."""
    models = list(dict.fromkeys(model for hashes in images.values() for model in hashes))
    cells: Cells = {pair: [] for pair in itertools.combinations(models, 2)}
    for first, second in cells:
        cells[first, second] = [
            image
            for image, hashes in images.items()
            if first in hashes and second in hashes and hashes[first] != hashes[second]
        ]
    return {pair: found for pair, found in cells.items() if found}


def _choose(
    cells: Cells, count: int | None, rng: np.random.Generator
) -> list[tuple[tuple[str, str], str]]:
    """Return cells one by one, always of those chosen least; a smaller count is a beginning."""
    left = {pair: list(images) for pair, images in cells.items()}
    of_pair = dict.fromkeys(cells, 0)
    of_image = {image: 0 for images in cells.values() for image in images}
    total = sum(map(len, cells.values()))
    chosen: list[tuple[tuple[str, str], str]] = []
    for _ in range(total if count is None else min(count, total)):
        open_pairs = [pair for pair, images in left.items() if images]
        fewest = min(of_pair[pair] for pair in open_pairs)
        candidates = [
            (pair, image) for pair in open_pairs if of_pair[pair] == fewest for image in left[pair]
        ]
        least = min(of_image[image] for _, image in candidates)
        candidates = [one for one in candidates if of_image[one[1]] == least]
        pair, image = candidates[int(rng.integers(len(candidates)))]
        left[pair].remove(image)
        of_pair[pair] += 1
        of_image[image] += 1
        chosen.append((pair, image))
    return chosen


def _order(count: int, repeated: Sequence[int], apart: int, rng: np.random.Generator) -> list[int]:
    """Return each pair's turn; those that are repeated are not among the last `apart`."""
    turns = np.empty(count, int)
    early = rng.choice(max(count - apart, 0), len(repeated), replace=False)
    turns[list(repeated)] = early
    others = np.setdiff1d(np.arange(count), list(repeated))
    turns[others] = rng.permutation(np.setdiff1d(np.arange(count), early))
    return [int(turn) for turn in turns]


def _sided(pairs: Sequence[Pair], rng: np.random.Generator) -> list[Pair]:
    """Return the pairs with sides drawn: each model of two stands left equally often."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, pair in enumerate(pairs):
        groups.setdefault((pair.left, pair.right), []).append(index)
    sided = list(pairs)
    for indices in groups.values():
        first = int(rng.integers(2))
        for turn, place in enumerate(rng.permutation(len(indices))):
            if (turn + first) % 2:
                sided[indices[place]] = pairs[indices[place]].swapped
    return sided


def _generator(*words: object) -> np.random.Generator:
    text = "\n".join(map(str, words)).encode("utf-8", "surrogatepass")
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()[:16]))
