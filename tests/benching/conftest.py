"""Photographs to bench, and a model that does as a test says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import Outcome, picture, save_checkpoint, srtk


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three small pictures of different sizes."""
    for number, (height, width) in enumerate(((40, 48), (56, 44), (64, 64))):
        picture(tmp_path / "photos" / f"p{number}.png", height, width)
    return tmp_path / "photos"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A tiny ×4 checkpoint."""
    return save_checkpoint(tmp_path / "weights" / "tiny.safetensors")


@pytest.fixture
def bench(photos: Path) -> Callable[..., Outcome]:
    """Bench on the photographs, PSNR and SSIM on the CPU."""

    def run(*words: Any, models: Any = "bicubic", metrics: str = "psnr,ssim") -> Outcome:
        command = ("bench", "--models", models, "--dataset", f"folder:{photos}")
        return srtk(*command, "--metrics", metrics, "--device", "cpu", *words)

    return run


@pytest.fixture
def noise(rng: np.random.Generator) -> Callable[..., np.ndarray]:
    """Random uint8 images."""
    return lambda *shape: rng.integers(0, 256, shape, dtype=np.uint8)
