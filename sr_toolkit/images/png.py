"""PNG at the level of chunks: its header, and the metadata that 16-bit codecs leave out.

Source: the PNG specification, third edition (W3C, 2025).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
EXIF_PREFIX = b"Exif\x00\x00"  # JPEG has it, PNG's eXIf chunk has not
_MAX_PROFILE = 1 << 24  # inflated bytes; real profiles hold at most a few million


@dataclass(frozen=True)
class PngHeader:
    """The IHDR fields that decide how a file is decoded."""

    width: int
    height: int
    depth: int


def read_header(data: bytes) -> PngHeader:
    """Return the header of a PNG file's bytes.

    Raises:
        ValueError: the first chunk is not a whole IHDR.
    """
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise ValueError("its header is incomplete")
    width, height, depth = struct.unpack(">IIB", data[16:25])
    return PngHeader(width, height, depth)


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (type, content) of each whole chunk."""
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        yield data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += length + 12


def read_metadata(data: bytes) -> tuple[bytes | None, bytes | None, bool]:
    """Return (exif, icc_profile, animated) of a PNG file's bytes."""
    exif, profile, animated = None, None, False
    for kind, content in chunks(data):
        if kind == b"eXIf":
            exif = EXIF_PREFIX + content.removeprefix(EXIF_PREFIX)
        elif kind == b"iCCP":
            profile = _inflate_profile(content)
        elif kind == b"acTL":
            animated = struct.unpack(">I", content[:4])[0] > 1
    return exif, profile, animated


def insert_metadata(data: bytes, exif: bytes | None, icc_profile: bytes | None) -> bytes:
    """Return the PNG file `data` with these blocks as iCCP and eXIf chunks."""
    added = b""
    if icc_profile is not None:
        # A name of Latin-1 text, a zero, the compression method (0), the profile.
        added += _chunk(b"iCCP", b"ICC Profile\x00\x00" + zlib.compress(icc_profile))
    if exif is not None:
        added += _chunk(b"eXIf", exif.removeprefix(EXIF_PREFIX))
    start = len(SIGNATURE) + 25  # iCCP must follow IHDR and precede PLTE and IDAT
    return data[:start] + added + data[start:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _inflate_profile(content: bytes) -> bytes | None:
    _, _, rest = content.partition(b"\x00")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(rest[1:], _MAX_PROFILE)
    except zlib.error:
        return None  # the picture is whole without it
    return profile if inflater.eof else None
