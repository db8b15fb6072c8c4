"""Protocols: the full rule by which a score is computed.

| protocol | LR | SR | compared | a gray file |
|---|---|---|---|---|
| `y` | MATLAB bicubic of the uint8 RGB, uint8 | rounded to uint8 | Y, float | read as RGB first |
| `srcnn` | Y as uint8, its LR float | Y rounded to uint8 | Y, uint8 | its raw values are Y |
| `rgb` | as `y` | as `y` | all channels | as `y` |

Common to all: HR cropped to a multiple of the scale, a border of `scale` pixels left out, BT.601.
Under `srcnn` a resizer runs on Y alone, as the tables of that age did; a model that works on RGB
gets the LR of `y`, and its Y is rounded to uint8 (of a gray file: the mean of its channels). Where
the set gives the LR, a resizer gets the Y of that LR by the same rule, as uint8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.errors import DataError, UnknownNameError
from sr_toolkit.images.color import luma, luma_uint8
from sr_toolkit.images.io import as_rgb, to_uint8
from sr_toolkit.images.resize import resize

Uint8 = NDArray[np.uint8]
Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Protocol:
    """One rule, in words for people and in choices for the code."""

    name: str
    compared: Literal["y", "y_uint8", "rgb"]
    summary: str
    gray: str

    def describe(self, scale: int, lr: str = "LR by MATLAB bicubic as uint8") -> str:
        """Return the line that stands under a table; `lr` says where LR came from."""
        return f"protocol {self.name}: {self.summary}; {lr}; border crop {scale} px; {self.gray}"


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "y",
            "y",
            "BT.601 Y in float, SR rounded to uint8",
            "gray read as RGB",
        ),
        Protocol(
            "srcnn",
            "y_uint8",
            "BT.601 Y as uint8, a resizer runs on Y alone with a float LR, "
            "a model on the uint8 RGB LR",
            "a gray file's raw values are Y",
        ),
        Protocol(
            "rgb",
            "rgb",
            "all RGB channels, SR rounded to uint8",
            "gray read as RGB",
        ),
    )
}


def get_protocol(name: str) -> Protocol:
    """Return a protocol by name.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def modcrop(image: NDArray[Any], scale: int) -> NDArray[Any]:
    """Cut (H, W, C) at the bottom and the right to a multiple of `scale`.

    Raises:
        DataError: the image is smaller than `scale`.
    """
    height, width = (side - side % scale for side in image.shape[:2])
    if not height or not width:
        raise DataError(
            f"An image of {image.shape[1]}×{image.shape[0]} pixels is too small for ×{scale}."
        )
    return image[:height, :width]


@dataclass(frozen=True)
class Case:
    """One HR image prepared for one scale: what a model gets, and what it is held against.

    Attributes:
        scale: the scale.
        raw: the HR as its file has it, cropped, uint8 (H, W, 1 or 3).
        hr: the HR as RGB.
        lr: the LR as RGB, uint8.
        given: was the LR given by the set, and not made from the HR?
    """

    scale: int
    raw: Uint8
    hr: Uint8
    lr: Uint8
    given: bool = False

    @classmethod
    def make(cls, image: NDArray[Any], scale: int, lr: NDArray[Any] | None = None) -> Case:
        """Prepare an HR image (H, W, 1 or 3), uint8 or uint16, with its LR made or given.

        Raises:
            DataError: the image is too small, or the given LR does not match it.
        """
        raw = modcrop(to_uint8(image), scale)
        hr = as_rgb(raw)
        if lr is None:
            return cls(scale, raw, hr, resize(hr, scale=1 / scale))
        expected = (raw.shape[0] // scale, raw.shape[1] // scale)
        if lr.shape[:2] != expected:
            raise DataError(
                f"HR and LR do not match at ×{scale}: the HR of {raw.shape[1]}×{raw.shape[0]} "
                f"pixels wants an LR of {expected[1]}×{expected[0]}, received "
                f"{lr.shape[1]}×{lr.shape[0]}."
            )
        return cls(scale, raw, hr, as_rgb(to_uint8(lr)), given=True)

    @property
    def is_gray(self) -> bool:
        """Does the file hold one channel?"""
        return bool(self.raw.shape[2] == 1)

    def raw_luma(self) -> Uint8:
        """Return Y of the HR as uint8, (H, W); of a gray file its raw values."""
        return self.raw[..., 0] if self.is_gray else luma_uint8(self.hr)

    def lr_luma(self) -> Plane:
        """Return the LR of Y, (h, w), that resizers get under `srcnn`: float where it is made."""
        if self.given:
            return self._luma_of(self.lr).astype(np.float64)
        return resize(self.raw_luma().astype(np.float64), scale=1 / self.scale)

    def planes(self, sr: Uint8, protocol: Protocol) -> tuple[Plane, Plane]:
        """Return what `protocol` compares of an RGB SR and the HR, (H, W, C), border cropped."""
        hr: NDArray[Any]
        if protocol.compared == "rgb":
            ours, hr = sr.astype(np.float64), self.hr.astype(np.float64)
        elif protocol.compared == "y":
            ours, hr = luma(sr)[..., None], luma(self.hr)[..., None]
        else:
            return self.luma_planes(self._luma_of(sr))
        return self.crop(ours), self.crop(hr)

    def _luma_of(self, rgb: Uint8) -> Uint8:
        """Return Y of an RGB image as uint8, on the range that `raw_luma` has."""
        return round_half_up(rgb.mean(axis=2)) if self.is_gray else luma_uint8(rgb)

    def luma_planes(self, y: Uint8) -> tuple[Plane, Plane]:
        """Return the planes of an SR that is Y as uint8 (H, W) already."""
        ours, hr = y.astype(np.float64), self.raw_luma().astype(np.float64)
        return self.crop(ours[..., None]), self.crop(hr[..., None])

    def crop(self, plane: Plane) -> Plane:
        """Leave out a border of `scale` pixels.

        Raises:
            DataError: nothing is left.
        """
        inner = plane[self.scale : -self.scale, self.scale : -self.scale]
        if not inner.size:
            raise DataError(
                f"An image of {plane.shape[1]}×{plane.shape[0]} pixels has nothing left inside the "
                f"border crop of {self.scale}."
            )
        return inner


def round_half_up(values: NDArray[Any]) -> Uint8:
    """Round values on the scale 0 to 255 to uint8, halves up, clipped.

    The 1e-7 keeps exact halves, which bicubic weights produce often, on their side after a
    division by 255 and back.
    """
    return np.clip(np.floor(values + (0.5 + 1e-7)), 0, 255).astype(np.uint8)
