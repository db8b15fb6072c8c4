"""Which part of an image a strip shows: as asked, or where there is most detail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.errors import DataError
from sr_toolkit.images.color import luma

SIDE = 128
STEP = 8  # pixels between the squares that are tried


@dataclass(frozen=True)
class Crop:
    """A rectangle, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Crop:
        """Read `x,y,w,h`.

        Raises:
            DataError: not four whole numbers, or an empty rectangle.
        """
        words = [word.strip() for word in text.split(",")]
        whole = all(word.isascii() and word.isdigit() and len(word) < 10 for word in words)
        if len(words) != 4 or not whole or not int(words[2]) or not int(words[3]):
            raise DataError(
                f"A crop is four whole numbers x,y,w,h such as 96,64,128,128, its width and height "
                f"above 0, not '{text}'."
            )
        return cls(*map(int, words))

    def check(self, width: int, height: int) -> None:
        """Raise DataError unless it lies inside an image of this size."""
        if self.left + self.width > width or self.top + self.height > height:
            raise DataError(
                f"The crop {self} reaches outside the image of {width}×{height} pixels; x + w is "
                f"at most {width}, y + h at most {height}."
            )

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return that part of (H, W, C)."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.width},{self.height}"


def most_detailed(image: NDArray[np.uint8], side: int = SIDE) -> Crop:
    """Return the square of RGB (H, W, 3) whose Y changes most from pixel to pixel.

    Of a smaller image, as much as there is.
    """
    height, width = image.shape[:2]
    high, wide = min(side, height), min(side, width)
    y = luma(image)
    change = np.zeros((height, width))
    change[:, :-1] += np.abs(np.diff(y, axis=1))
    change[:-1] += np.abs(np.diff(y, axis=0))
    sums = np.pad(change.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    tops, lefts = (np.arange(0, room + 1, STEP) for room in (height - high, width - wide))
    below, right = tops + high, lefts + wide
    inside = (
        sums[np.ix_(below, right)]
        - sums[np.ix_(tops, right)]
        - sums[np.ix_(below, lefts)]
        + sums[np.ix_(tops, lefts)]
    )
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return Crop(int(lefts[column]), int(tops[row]), wide, high)
