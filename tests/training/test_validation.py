"""Validation under the benchmark's own rule, for any number of channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from arrays import Arrays
from PIL import Image

import sr_toolkit as sr
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.color import luma_uint8
from sr_toolkit.images.resize import resize
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.training.validation import Validator
from sr_toolkit.upscaling.config import ResizerConfig
from sr_toolkit.upscaling.resizers import Bicubic

CPU = Hardware("cpu", "fp32", False, 1)


def test_rgb_equals_the_benchmark() -> None:
    result = sr.bench("bicubic", dataset="sample", metrics="psnr", quiet=True)[0]
    validator = Validator(open_dataset("sample", ()), 4, 3, CPU, 8)
    assert validator.bicubic["psnr"] == pytest.approx(result.mean("bicubic", "psnr"), abs=1e-9)
    bicubic = Bicubic(ResizerConfig(), (4,))
    assert validator.scores(bicubic)["psnr"] == pytest.approx(validator.bicubic["psnr"], abs=1e-3)


@pytest.mark.parametrize("channels", [1, 7])
def test_other_channels_are_compared_as_they_are(
    rng: np.random.Generator, tmp_path: Path, channels: int
) -> None:
    smooth = resize(rng.integers(0, 256, (12, 12, channels), dtype=np.uint8), scale=4.0)
    validator = Validator(Arrays([smooth]), 2, channels, CPU, 8)
    lr = resize(smooth, scale=0.5)
    again = np.clip(np.floor(resize(lr.astype(float), scale=2.0) + 0.5), 0, 255)
    expected = psnr(again[2:-2, 2:-2], smooth[2:-2, 2:-2])
    assert validator.bicubic["psnr"] == pytest.approx(expected, abs=0.01)
    validator.scores(Bicubic(ResizerConfig(), (2,)), tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as strip:
        width, height = strip.size
        assert width == 4 * 48
        assert 48 + 20 < height < 48 + 40  # the captions stand above


def test_rgb_for_a_one_channel_generator_is_its_luma(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)
    ours = Validator(Arrays([image]), 4, 1, CPU, 8)
    gray = Validator(Arrays([luma_uint8(image)[..., None]]), 4, 1, CPU, 8)
    assert ours.bicubic["psnr"] == gray.bicubic["psnr"]


def test_the_mode_of_the_generator_is_given_back() -> None:
    generator = Bicubic(ResizerConfig(), (4,)).train()
    Validator(open_dataset("sample", ()), 4, 3, CPU, 1).scores(generator)
    assert generator.training
    assert torch.is_grad_enabled()


def test_tiny_validation_images_are_refused() -> None:
    with pytest.raises(DataError, match="16 pixels a side"):
        Validator(Arrays([np.zeros((15, 40, 3), np.uint8)]), 4, 3, CPU, 8)
