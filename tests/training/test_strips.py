"""Strips: names and scores above the panels, and the generator applied to the HR itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from arrays import Arrays
from made import generator
from PIL import Image

from sr_toolkit.hardware import Hardware
from sr_toolkit.images.resize import resize
from sr_toolkit.metrics.protocol import round_half_up
from sr_toolkit.training.strips import captioned, center, enlarged_and_shrunk
from sr_toolkit.training.validation import Validator
from sr_toolkit.upscaling.config import ResizerConfig
from sr_toolkit.upscaling.resizers import Bicubic
from sr_toolkit.upscaling.upscaler import Upscaler

CPU = Hardware("cpu", "fp32", False, 1)


def band(side: int) -> np.ndarray:
    panels = {"bicubic": np.zeros((side, side, 3), np.uint8)}
    return captioned(panels, {"bicubic": "27.31 dB"})[:-side]


@pytest.mark.parametrize("side", [16, 48, 192])
def test_the_caption_is_legible_and_stays_above_its_panel(side: int) -> None:
    inked = np.argwhere(band(side)[..., 0] < 128)
    assert inked.size
    if side >= 48:  # nothing is cut off at the right
        assert inked[:, 1].max() < side - 1
    assert 20 <= band(side).shape[0] <= 40


def test_larger_panels_have_larger_letters() -> None:
    assert band(192).shape[0] > band(48).shape[0]


def test_panels_stand_below_their_names_unchanged(rng: np.random.Generator) -> None:
    panels = {
        name: rng.integers(0, 256, (64, 64, 1), dtype=np.uint8) for name in ("LR", "SR", "HR")
    }
    strip = captioned(panels, {})
    expected = np.concatenate(list(panels.values()), axis=1)
    np.testing.assert_array_equal(strip[-64:], expected)


def test_the_shrunk_middle_is_that_of_the_whole_image(rng: np.random.Generator) -> None:
    hr = round_half_up(resize(rng.integers(0, 256, (40, 36, 3)).astype(float), scale=4.0))
    upscaler = Upscaler(generator(2), CPU)
    again = round_half_up(resize(upscaler.array(hr, scale=2).astype(float), scale=0.5))
    ours = enlarged_and_shrunk(upscaler, hr, 48, 2)
    assert ours.shape == (48, 48, 3)
    assert np.abs(ours.astype(int) - center(again, 48, 2)).max() <= 1


@pytest.mark.parametrize(("strip_hr", "panels"), [(False, 4), (True, 5)])
def test_the_fifth_panel_is_on_request(
    rng: np.random.Generator, tmp_path: Path, strip_hr: bool, panels: int
) -> None:
    image = rng.integers(0, 256, (64, 48, 3), dtype=np.uint8)
    validator = Validator(Arrays([image]), 4, 3, CPU, 8, strip_hr=strip_hr)
    module = Bicubic(ResizerConfig(), (4,)).train()
    validator.scores(module, tmp_path / "strip.png")
    assert module.training
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (panels * 48, 48 + band(48).shape[0])
