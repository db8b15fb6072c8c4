"""Checkpoints: one `.safetensors` file that alone rebuilds a model. Importing it is torch-free."""

from __future__ import annotations

from sr_toolkit.checkpoint.building import build_generator
from sr_toolkit.checkpoint.files import file_hash, is_foreign, save, save_weights
from sr_toolkit.checkpoint.loading import load_generator, read_metadata
from sr_toolkit.checkpoint.metadata import FORMAT, Metadata

__all__ = [
    "FORMAT",
    "Metadata",
    "build_generator",
    "file_hash",
    "is_foreign",
    "load_generator",
    "read_metadata",
    "save",
    "save_weights",
]
