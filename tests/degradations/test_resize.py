"""Resizers against the libraries they are named after."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from sr_toolkit.degradations.config import Degradation, Method, Preset, ResizeConfig
from sr_toolkit.degradations.degrader import build_degrader
from sr_toolkit.degradations.operation import Frame
from sr_toolkit.degradations.resize import Resize, resize_by, resize_levels
from sr_toolkit.degradations.whole import degrade_image
from sr_toolkit.images.resize import resize


@pytest.fixture
def photograph() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[40:184, 100:340])  # (144, 240, 3)


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


def array(x: torch.Tensor) -> np.ndarray:
    return (x[0] * 255).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_bicubic_is_matlabs_byte_for_byte(photograph: np.ndarray, scale: int) -> None:
    ours = degrade_image(photograph, Degradation(), scale)
    np.testing.assert_array_equal(ours, resize(photograph, scale=1 / scale))


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_opencv_and_pillow_within_a_level(photograph: np.ndarray, scale: int) -> None:
    height, width = (side // scale for side in photograph.shape[:2])
    for preset, theirs in (
        ("opencv-bicubic", cv2.resize(photograph, (width, height), interpolation=cv2.INTER_CUBIC)),
        (
            "pillow-bicubic",
            np.asarray(
                Image.fromarray(photograph).resize((width, height), Image.Resampling.BICUBIC)
            ),
        ),
    ):
        ours = degrade_image(photograph, Degradation(preset=preset), scale)
        difference = abs(ours.astype(int) - theirs)
        assert difference.max() <= 1
        assert difference.mean() < 0.02


@pytest.mark.parametrize("size", [(36, 60), (100, 91), (200, 300)])
def test_any_size_within_a_level_of_opencv_and_pillow(
    photograph: np.ndarray, size: tuple[int, int]
) -> None:
    x, (height, width) = tensor(photograph), size
    cubic = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_CUBIC)
    assert abs(array(resize_levels(x, size, "opencv-bicubic")).round() - cubic).max() <= 1
    linear = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_LINEAR)
    assert abs(array(resize_by(x, size, "bilinear")) - linear).max() <= 1
    pillow = Image.fromarray(photograph).resize((width, height), Image.Resampling.BICUBIC)
    ours = array(resize_levels(x, size, "pillow-bicubic"))
    assert abs(ours.round() - np.asarray(pillow).astype(int)).max() <= 1


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_area_is_opencvs_at_whole_factors(photograph: np.ndarray, scale: int) -> None:
    size = (144 // scale, 240 // scale)
    theirs = cv2.resize(photograph, size[::-1], interpolation=cv2.INTER_AREA)
    assert abs(array(resize_by(tensor(photograph), size, "area")) - theirs).max() <= 0.51


@pytest.mark.parametrize("preset", ["bicubic", "opencv-bicubic", "pillow-bicubic"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_crop_with_the_margin_is_the_crop_of_the_lr(
    photograph: np.ndarray, preset: Preset, scale: int
) -> None:
    degrader = build_degrader(Degradation(preset=preset), scale)
    draw = degrader.draw(np.random.default_rng(0), 1)
    x, margin = tensor(photograph), degrader.margin
    whole = degrader.apply(x, draw)
    top, left, side = 5, 7, 12
    rows = slice((top - margin) * scale, (top + side + margin) * scale)
    columns = slice((left - margin) * scale, (left + side + margin) * scale)
    crop = degrader.apply(x[..., rows, columns].contiguous(), draw)
    inner = slice(margin, margin + side)
    assert torch.equal(crop[..., inner, inner], whole[..., top : top + side, left : left + side])


def test_sizes_are_shared_and_follow_the_directions(rng: np.random.Generator) -> None:
    config = ResizeConfig(methods=("area", "bilinear"), factor=(0.5, 2), directions=(0.2, 0.7, 0.1))
    op = Resize(config)
    shared = [op.draw(rng, 3).shared for _ in range(3000)]
    factors = np.array([s["factor"] for s in shared])
    assert factors.min() >= 0.5
    assert factors.max() <= 2
    shares = [np.mean(factors > 1), np.mean(factors < 1), np.mean(factors == 1)]
    np.testing.assert_allclose(shares, (0.2, 0.7, 0.1), atol=0.03)
    assert np.mean([s["method"] for s in shared]) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("method", ["bicubic", "opencv-bicubic", "pillow-bicubic", "area"])
def test_factors_count_from_the_input_or_the_lr(method: Method, rng: np.random.Generator) -> None:
    x, frame = torch.rand(2, 3, 32, 48), Frame((8, 12), True)
    for relative, factor, size in (("input", 0.51, (16, 24)), ("lr", 1.5, (12, 18))):
        op = Resize(ResizeConfig(methods=(method,), relative=relative, factor=(factor, factor)))
        assert op.apply(x, op.draw(rng, 2), frame).shape == (2, 3, *size)
    tiny = Resize(ResizeConfig(methods=(method,), factor=(0.01, 0.01)))
    assert tiny.apply(x, tiny.draw(rng, 2), frame).shape == (2, 3, 1, 1)
