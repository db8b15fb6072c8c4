"""Reading and writing pictures: the one place to import them from."""

from __future__ import annotations

from sr_toolkit.images.listing import READABLE_SUFFIXES
from sr_toolkit.images.picture import Picture, as_rgb, to_uint8
from sr_toolkit.images.reading import read_image
from sr_toolkit.images.writing import refuse_unwritable, writable_suffixes, write_image

__all__ = [
    "READABLE_SUFFIXES",
    "Picture",
    "as_rgb",
    "read_image",
    "refuse_unwritable",
    "to_uint8",
    "writable_suffixes",
    "write_image",
]
