"""What every decoder shares: its refusals, and the last steps from an array to a Picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import ExifTags, Image

from sr_toolkit.images.picture import Picture, Pixels

# What each EXIF orientation asks of an array (H, W, C).
_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


class RefusalError(Exception):
    """Why a file is not read and what to do about it; read_image adds the path."""


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise RefusalError if a header declares more than `max_pixels`."""
    if width * height > max_pixels:
        raise RefusalError(
            f"it declares {width}×{height} pixels and the limit is {max_pixels}; "
            "scale it down or cut it into parts first, or read it in Python by "
            "read_image(..., max_pixels=...) if you trust the file"
        )


def split(array: Pixels) -> tuple[Pixels, Pixels | None]:
    """Part (H, W) or (H, W, 1 to 4) into (H, W, 1 or 3) and alpha."""
    array = array.reshape(*array.shape[:2], -1)
    if array.shape[2] in (2, 4):
        return array[..., :-1], array[..., -1:]
    return array, None


def upright(
    pixels: Pixels,
    alpha: Pixels | None,
    profile: bytes | None,
    exif: Callable[[], Image.Exif],
    orientation: int | None = None,
) -> Picture:
    """Return the Picture turned as `orientation`, or else as the EXIF, asks.

    `exif` is called here because parsing it may fail, in as many ways as it can be damaged; the
    picture is whole without it.
    """
    block = None
    try:
        tags = exif()
        found = tags.get(ExifTags.Base.Orientation, 1)
        orientation = found if orientation is None else orientation
        if ExifTags.Base.Orientation in tags:
            del tags[ExifTags.Base.Orientation]
        block = tags.tobytes() if len(tags) else None
    except Exception:
        block = None
    turn = _TURNS.get(orientation or 1, _TURNS[1])
    return Picture(
        np.ascontiguousarray(turn(pixels)),
        None if alpha is None else np.ascontiguousarray(turn(alpha)),
        block,
        profile,
    )
