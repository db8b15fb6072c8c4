"""Pictures as data URIs: cut to a bounded size, compressed to fit into a budget of bytes.

All pictures of one image have one quality: models are compared with each other, and a picture that
was compressed harder would lose for that reason alone.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Uint8 = NDArray[np.uint8]

BUDGET = 27_000_000
"""Bytes of all pictures of a page; base64 makes a third more of them."""
LOSSLESS = 100
QUALITIES = (LOSSLESS, 95, 90, 82, 74, 62, 50, 35)
LOSSLESS_TAKES = 1.2  # bytes a pixel, at the least, of a photograph
SLACK = 0.75  # of the allowance: where less was taken, the next image tries a better quality
SMALLEST = 64  # pixels of a side that is not halved again


@dataclass(frozen=True)
class Window:
    """The part of an image that is shown, in pixels of HR or SR; multiples of the scale."""

    left: int
    top: int
    width: int
    height: int
    scale: int

    @classmethod
    def center(cls, width: int, height: int, side: int, scale: int) -> Window:
        """Return the middle of an image, at most `side` wide and high, at least one LR pixel."""
        bound = max(side // scale, 1) * scale
        wide, high = min(width, bound), min(height, bound)
        left, top = ((a - b) // 2 // scale * scale for a, b in ((width, wide), (height, high)))
        return cls(left, top, wide, high, scale)

    def cut(self, image: Uint8) -> Uint8:
        """Return that part of an HR or SR (H, W, 3)."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]

    def cut_lr(self, image: Uint8) -> Uint8:
        """Return that part of the LR (h, w, 3)."""
        small = (self.left, self.top, self.width, self.height)
        left, top, width, height = (value // self.scale for value in small)
        return image[top : top + height, left : left + width]


@dataclass(frozen=True)
class Embedded:
    """The pictures of one image.

    Attributes:
        window: the part that they show.
        whole: is that all of the image?
        uris: name of a picture to its data URI.
        quality: of the WebP; `LOSSLESS` where nothing is lost.
    """

    window: Window
    whole: bool
    uris: Mapping[str, str]
    quality: int


class Embedder:
    """Compresses the pictures of one image after another, sharing the budget out among them.

    Args:
        images: how many will come.
        side: pixels of the longest side that is shown.
        budget: bytes for all.
    """

    def __init__(self, images: int, side: int, budget: int = BUDGET) -> None:
        self.left, self.side, self.budget = images, side, budget
        self._rung = 0

    def embed(self, lr: Uint8, large: Mapping[str, Uint8], scale: int) -> Embedded:
        """Return one image's pictures, all of one quality.

        Args:
            lr: RGB uint8 (h, w, 3); its picture is named `lr`.
            large: name to HR or SR, RGB uint8 (h · scale, w · scale, 3).
            scale: the scale.
        """
        allowance = self.budget / max(self.left, 1)
        height, width = (length * scale for length in lr.shape[:2])
        side = self.side
        while True:
            window = Window.center(width, height, side, scale)
            pieces = {"lr": window.cut_lr(lr)}
            pieces |= {name: window.cut(image) for name, image in large.items()}
            rung, files = self._compress(pieces, allowance)
            size = sum(map(len, files.values()))
            if size <= allowance or side <= SMALLEST:
                break
            side //= 2
        self.left, self.budget = self.left - 1, max(self.budget - size, 0)
        self._rung = rung - 1 if rung and size < SLACK * allowance else rung
        return Embedded(
            window,
            (window.width, window.height) == (width, height),
            {name: _uri(data) for name, data in files.items()},
            QUALITIES[rung],
        )

    def skip(self) -> None:
        """Count an image that has no pictures."""
        self.left -= 1

    def _compress(
        self, pieces: Mapping[str, Uint8], allowance: float
    ) -> tuple[int, dict[str, bytes]]:
        """Return the first quality, from the last one on, at which all fit; else the last."""
        pixels = sum(piece.shape[0] * piece.shape[1] for piece in pieces.values())
        start = self._rung
        if QUALITIES[start] == LOSSLESS and allowance < LOSSLESS_TAKES * pixels:
            start += 1
        files: dict[str, bytes] = {}
        for rung in range(start, len(QUALITIES)):
            files, size = {}, 0
            for name, piece in pieces.items():
                files[name] = _webp(piece, QUALITIES[rung])
                size += len(files[name])
                if size > allowance and rung + 1 < len(QUALITIES):
                    break
            if size <= allowance:
                return rung, files
        return len(QUALITIES) - 1, files


def _webp(image: Uint8, quality: int) -> bytes:
    stream = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(image))
    if quality == LOSSLESS:
        picture.save(stream, "WEBP", lossless=True, quality=20, method=2, exact=True)
    else:
        picture.save(stream, "WEBP", quality=quality, method=3)
    return stream.getvalue()


def _uri(data: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
