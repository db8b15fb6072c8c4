"""A decoded picture and the two conversions that every consumer needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sr_toolkit.errors import ImageError

Pixels = npt.NDArray[Any]  # uint8 or uint16


@dataclass(frozen=True, eq=False)
class Picture:
    """An upright picture with what its file said about it.

    Attributes:
        pixels: (H, W, C), uint8 or uint16; C is 1 (gray) or 3 (RGB).
        alpha: (H, W, 1) of the same type, not premultiplied; None if opaque.
        exif: an EXIF block that begins with 'Exif' and two zero bytes, without orientation.
        icc_profile: the color profile that belongs to `pixels`.

    Raises:
        ImageError: shapes or types other than these.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    exif: bytes | None = None
    icc_profile: bytes | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] not in (1, 3) or 0 in shape:
            raise ImageError(f"A picture's pixels are (H, W, 1) or (H, W, 3), not {shape}.")
        if dtype not in (np.uint8, np.uint16):
            raise ImageError(f"A picture's pixels are uint8 or uint16, not {dtype}.")
        if self.alpha is not None and (
            self.alpha.shape != (*shape[:2], 1) or self.alpha.dtype != dtype
        ):
            raise ImageError(
                f"This picture's alpha must be {dtype} of {(*shape[:2], 1)}, "
                f"not {self.alpha.dtype} of {self.alpha.shape}."
            )


def as_rgb(pixels: Pixels) -> Pixels:
    """Return (H, W, 3): gray becomes three equal channels, RGB is returned as it is.

    Raises:
        ImageError: the shape is neither (H, W, 1) nor (H, W, 3).
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ImageError(f"Cannot make RGB of shape {pixels.shape}; give (H, W, 1) or (H, W, 3).")
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)


def to_uint8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Return uint8: uint16 becomes round(x / 257), uint8 is returned as it is.

    Raises:
        ImageError: another type.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype != np.uint16:
        raise ImageError(f"Cannot convert {pixels.dtype} to uint8; give uint8 or uint16.")
    # 257 is odd, so there are no ties to decide.
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
