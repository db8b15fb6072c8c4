"""Small files of weights as their authors save them, drawn at random, for checks of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from srtk_spandrel.library import network, quiet

SMALL: Mapping[str, Mapping[str, Any]] = {
    "Compact": {"num_feat": 8, "num_conv": 2, "upscale": 2},
    "RealPLKSR": {"dim": 16, "n_blocks": 1, "upscaling_factor": 2, "layer_norm": True},
    "SwinIR": {
        "embed_dim": 12,
        "depths": [2],
        "num_heads": [2],
        "window_size": 8,
        "upscale": 2,
        "upsampler": "pixelshuffledirect",
    },
}
"""A light network, one of large kernels and a transformer."""


def examples(folder: Path) -> Iterator[Path]:
    """Write a few files into `folder`, and yield their paths."""
    for name, parameters in SMALL.items():
        with quiet():
            weights = network(name).cls(**parameters).state_dict()
        path = folder / f"{name}.pth"
        torch.save({"params_ema": weights}, path)
        yield path
        path = path.with_suffix(".safetensors")
        save_file({key: value.contiguous() for key, value in weights.items()}, path)
        yield path
