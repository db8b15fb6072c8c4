"""What an exported file says about itself, as strings."""

from __future__ import annotations

from sr_toolkit import __version__
from sr_toolkit.checkpoint import Metadata
from sr_toolkit.interfaces import Generator

COLORS = {1: "Y of BT.601, 16 to 235 of 255", 3: "RGB"}


def facts(
    generator: Generator, metadata: Metadata, *, scale: int, tile: int | None, weights_sha256: str
) -> dict[str, str]:
    """Return what a program needs to know before it runs the file, and where the weights are from.

    Args:
        generator: what is exported.
        metadata: the header of its checkpoint.
        scale: the one that the file serves.
        tile: side of its fixed LR, or None: any size.
        weights_sha256: of the checkpoint.
    """
    radius = generator.receptive_field(scale)
    channels = generator.channels[0]
    return {
        "producer": f"sr-toolkit {__version__}",
        "model": metadata.model,
        "distribution": metadata.distribution,
        "version": metadata.version,
        "phase": metadata.phase,
        "weights_sha256": weights_sha256,
        "license": metadata.license or "not stated",
        "data_terms": metadata.data_terms or "not stated",
        "scale": str(scale),
        "color": COLORS.get(channels, f"{channels} channels"),
        "layout": "NCHW",
        "range": "0 to 1; the output is not clamped",
        "size_multiple": str(generator.size_multiple),
        "receptive_field": "whole image" if radius is None else str(radius),
        "lr_size": "any" if tile is None else f"{tile}x{tile}",
    }
