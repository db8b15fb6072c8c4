"""Strips to look at: the middles of some images side by side, each under its name and PSNR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.images.resize import resize
from sr_toolkit.metrics.protocol import round_half_up
from sr_toolkit.upscaling.upscaler import Upscaler

LARGEST, SMALLEST = 13, 8  # pixels of the letters
PAD = 3
RESIZE_REACH = 4  # pixels to each side that a shrinking bicubic looks at, and some
Uint8 = NDArray[np.uint8]


def captioned(panels: Mapping[str, Uint8], captions: Mapping[str, str]) -> Uint8:
    """Return square panels (S, S, C) side by side below their names and captions.

    The letters are as large as fits the panels; what is too long even for the smallest is cut off.
    """
    side = next(iter(panels.values())).shape[1]
    font = _font([*panels, *captions.values()], side)
    height = round(font.size * 1.2)
    columns = []
    for name, panel in panels.items():
        head = Image.new("L", (side, 2 * height + 2 * PAD), 255)
        draw = ImageDraw.Draw(head)
        for line, (text, ink) in enumerate(((name, 0), (captions.get(name, ""), 90))):
            draw.text((PAD, PAD + line * height), text, fill=ink, font=font)
        band = np.asarray(head)[..., None].repeat(panel.shape[2], axis=2)
        columns.append(np.concatenate([band, panel], axis=0))
    return np.concatenate(columns, axis=1)


def save_strip(path: Path, rows: Sequence[Uint8]) -> None:
    """Write rows, one below the other, as a picture of one channel or three."""
    strip = np.concatenate(list(rows), axis=0)
    # A picture has one channel or three; of more, the first three are shown.
    visible = strip[..., :3] if strip.shape[2] >= 3 else strip[..., :1]
    write_image(path, Picture(pixels=np.ascontiguousarray(visible)), overwrite=True)


def center(image: Uint8, side: int, scale: int) -> Uint8:
    """Cut the middle, beginning at a multiple of the scale."""
    top, left = (_begin(length, side, scale) for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def enlarged_and_shrunk(upscaler: Upscaler, hr: Uint8, side: int, scale: int) -> Uint8:
    """Return the middle of HR, enlarged by the generator and shrunk back by MATLAB's bicubic.

    No more of the image is enlarged than the middle depends on: an HR in full would cost as much
    as scale² validations.
    """
    radius = upscaler.generator.receptive_field(scale)
    margin = max(hr.shape) if radius is None else radius + RESIZE_REACH
    slices, inner = [], []
    for length in hr.shape[:2]:
        begin = _begin(length, side, scale)
        low, high = max(0, begin - margin), min(length, begin + side + margin)
        slices.append(slice(low, high))
        inner.append(slice(begin - low, begin - low + side))
    large = upscaler.array(np.ascontiguousarray(hr[tuple(slices)]), scale=scale)
    again: Uint8 = round_half_up(resize(large.astype(np.float64), scale=1 / scale))
    return again[tuple(inner)]


def _begin(length: int, side: int, scale: int) -> int:
    return (length - side) // 2 // scale * scale


def _font(texts: Sequence[str], width: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font in the largest size in which all texts fit."""
    for size in range(LARGEST, SMALLEST, -1):
        font = _default(size)
        if max(font.getlength(text) for text in texts) <= width - 2 * PAD:
            return font
    return _default(SMALLEST)


def _default(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # it is one wherever a size is given
    return font
