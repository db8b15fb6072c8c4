"""NIQE against the figures of MATLAB and of BasicSR 1.4.2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sr_toolkit.data.opening import open_dataset
from sr_toolkit.images.color import luma
from sr_toolkit.images.io import as_rgb
from sr_toolkit.interfaces import Dataset
from sr_toolkit.metrics.config import NIQEConfig
from sr_toolkit.metrics.niqe import NIQE, niqe

# `calculate_niqe(image, crop_border=0, convert_to="y")` of BasicSR 1.4.2, which runs in float32.
# Where parts of an image are flat (astronaut), its noise moves the counts of signs a little.
SAMPLE = {"astronaut": (3.064948, 1e-3), "chelsea": (2.625524, 1e-5), "coffee": (4.115242, 1e-5)}
SET5 = {"bird": 4.362078, "butterfly": 5.154898, "head": 8.350491, "woman": 4.389003}
# MATLAB R2021a, as BasicSR's documentation of `calculate_niqe` gives it
BABOON_BY_MATLAB = 5.72957338


def score(image: np.ndarray) -> float:
    return NIQE(NIQEConfig()).score(image, image)


def named(dataset: Dataset) -> dict[str, np.ndarray]:
    return {dataset.label(i): as_rgb(dataset.image(i)) for i in range(len(dataset))}


def test_equals_basicsr_on_sample() -> None:
    images = named(open_dataset("sample", []))
    assert set(images) == set(SAMPLE)
    for name, (expected, tolerance) in SAMPLE.items():
        assert score(images[name]) == pytest.approx(expected, abs=tolerance), name


def test_equals_basicsr_on_set5(srtk_data: Path) -> None:
    images = named(open_dataset("set5", [srtk_data]))
    for name, expected in SET5.items():
        assert score(images[name]) == pytest.approx(expected, abs=1e-4), name


def test_equals_matlab(srtk_data: Path) -> None:
    images = named(open_dataset("set14", [srtk_data]))
    assert score(images["baboon"]) == pytest.approx(BABOON_BY_MATLAB, abs=2e-6)


def test_worse_images_score_higher() -> None:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    image = named(open_dataset("sample", []))["chelsea"]
    noisy = np.clip(image + rng.normal(0, 25, image.shape), 0, 255).astype(np.uint8)
    assert score(noisy) > score(image) + 1
    assert score(gaussian_filter(image, (2, 2, 0))) > score(image) + 1


def test_only_whole_blocks_count() -> None:
    plane = np.round(luma(named(open_dataset("sample", []))["chelsea"]))
    assert plane.shape == (300, 451)
    assert niqe(plane) == niqe(plane[:288, :384])


def test_flat_blocks_are_passed_over() -> None:
    rng = np.random.default_rng(1)
    plane = np.full((192, 192), 90.0)
    plane[:, :96] = rng.integers(0, 256, (192, 96))
    assert np.isfinite(niqe(plane))
    with pytest.raises(ValueError, match="that are not flat, received 0"):
        niqe(np.full((192, 192), 90.0))


def test_too_small() -> None:
    with pytest.raises(ValueError, match=r"two blocks of 96×96 pixels.*received 191×150"):
        niqe(np.zeros((150, 191)))
