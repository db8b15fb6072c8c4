"""Writing pictures: PNG and TIFF with 8 or 16 bits, JPEG and WebP with 8, always atomically."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sr_toolkit.errors import ImageError
from sr_toolkit.files import atomic_path
from sr_toolkit.images.picture import Picture, Pixels
from sr_toolkit.images.png import insert_metadata

_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WebP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
_LONGEST_SIDE = {"JPEG": 65500, "WebP": 16383}


def writable_suffixes() -> tuple[str, ...]:
    """Return the suffixes, in lower case, that `write_image` knows."""
    return tuple(_FORMATS)


def write_image(
    path: str | Path, picture: Picture, *, overwrite: bool = False, quality: int = 95
) -> None:
    """Write `picture` in the format of the path's suffix; the file is whole or absent.

    EXIF and the color profile are kept, save that a 16-bit TIFF gets no EXIF. WebP has no gray
    form, so gray is written, and comes back, as RGB.

    Args:
        path: where to; its folder is made.
        picture: JPEG takes 8 bits without alpha, WebP 8 bits, PNG and TIFF anything.
        overwrite: replace an existing file.
        quality: 1 to 100, for JPEG and WebP.

    Raises:
        ImageError: the suffix is unknown, or the format cannot hold the picture.
        OutputError: the file exists and `overwrite` is false, or the folder or disk refuses.
    """
    path = Path(path)
    kind = refuse_unwritable(path, picture, quality=quality)
    with atomic_path(path, overwrite=overwrite) as temporary:
        try:
            data = _encode(kind, picture, quality)
        except (ValueError, TypeError, RuntimeError, OSError) as error:
            # Encoders answer so to metadata or sizes beyond their format.
            raise ImageError(
                f"Cannot write '{path}': the {kind} encoder refused it ({error}); "
                "try .png, or drop the EXIF block or color profile."
            ) from error
        temporary.write_bytes(data)


def refuse_unwritable(path: Path, picture: Picture, *, quality: int = 95, scale: int = 1) -> str:
    """Return the format of the path's suffix, if it can hold `picture`, enlarged by `scale`.

    For whoever computes long before writing: `write_image` refuses the same, but only then.

    Raises:
        ImageError: the suffix is unknown, or the format cannot hold the picture.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ImageError(
            f"Cannot write '{path}': the suffix '{path.suffix}' names no format known here; "
            f"use one of {', '.join(writable_suffixes())}."
        )
    if kind in ("JPEG", "WebP") and picture.pixels.dtype != np.uint8:
        raise ImageError(
            f"Cannot write '{path}': {kind} holds 8 bits and this picture has 16; "
            "use .png or .tiff, or convert with to_uint8."
        )
    if kind == "JPEG" and picture.alpha is not None:
        raise ImageError(
            f"Cannot write '{path}': JPEG has no transparency and this picture has; "
            "use .png or .webp."
        )
    height, width = (side * scale for side in picture.pixels.shape[:2])
    if max(height, width) > _LONGEST_SIDE.get(kind, max(height, width)):
        raise ImageError(
            f"Cannot write '{path}': {kind} ends at {_LONGEST_SIDE[kind]} pixels a side and this "
            f"picture is {width}×{height}; use .png or .tiff."
        )
    if not 1 <= quality <= 100:
        raise ImageError(f"Cannot write '{path}': quality must be 1 to 100, not {quality}.")
    return kind


def _encode(kind: str, picture: Picture, quality: int) -> bytes:
    pixels = picture.pixels
    if picture.alpha is not None:
        pixels = np.concatenate([pixels, picture.alpha], axis=2)
    if kind == "PNG":
        return _encode_png(pixels, picture)
    if kind == "TIFF" and pixels.dtype == np.uint16:
        return _encode_tiff16(pixels, picture)
    per_kind: dict[str, dict[str, Any]] = {
        # 4:4:4: halving the chroma would undo what super-resolution gave.
        "JPEG": {"quality": quality, "subsampling": 0},
        "WebP": {"quality": quality, "exact": True},
        # Pillow's compressed TIFF cannot hold EXIF's own directory.
        "TIFF": {} if picture.exif is not None else {"compression": "tiff_deflate"},
    }
    options = per_kind[kind]
    if picture.exif is not None:
        options["exif"] = picture.exif
    if picture.icc_profile is not None:
        options["icc_profile"] = picture.icc_profile
    stream = io.BytesIO()
    # Pillow reads the mode off the shape, and has a two-channel one: gray and alpha.
    array = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    Image.fromarray(np.ascontiguousarray(array)).save(stream, kind, **options)
    return stream.getvalue()


def _encode_png(pixels: Pixels, picture: Picture) -> bytes:
    # One encoder for both depths; Pillow has no 16-bit RGB.
    import imagecodecs

    array = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(array)))
    return insert_metadata(data, picture.exif, picture.icc_profile)


def _encode_tiff16(pixels: Pixels, picture: Picture) -> bytes:
    import tifffile

    stream = io.BytesIO()
    channels = pixels.shape[2]
    tifffile.imwrite(
        stream,
        pixels[..., 0] if channels == 1 else pixels,
        photometric="rgb" if channels >= 3 else "minisblack",
        planarconfig="contig" if channels > 1 else None,
        extrasamples=["unassalpha"] if picture.alpha is not None else None,
        compression="zlib",
        predictor=True,
        iccprofile=picture.icc_profile,
        metadata=None,
        software=False,
    )
    return stream.getvalue()
