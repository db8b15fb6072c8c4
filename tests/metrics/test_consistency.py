"""LR consistency, by other means."""

from __future__ import annotations

import numpy as np
import pytest
from reference_imresize import matrix
from skimage.metrics import peak_signal_noise_ratio

import sr_toolkit as sr
from sr_toolkit.images.resize import resize


def shrunk(image: np.ndarray, scale: int) -> np.ndarray:
    """MATLAB's imresize from its definition, rounded after each pass."""

    def along(values: np.ndarray, axis: int) -> np.ndarray:
        length = values.shape[axis]
        weights = matrix(length, length // scale, 1 / scale, True)
        passed = np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)
        return np.clip(np.floor(passed + 0.5 + 1e-8), 0, 255)

    return along(along(image.astype(np.float64), 0), 1).astype(np.uint8)


def test_of_bicubic_by_hand() -> None:
    result = sr.bench("bicubic", metrics="lr-psnr", cost=False, quiet=True)[0]
    from sr_toolkit.data.opening import open_dataset

    sample, found = open_dataset("sample", ()), []
    for index in range(len(sample)):
        hr = sample.image(index)
        lr = shrunk(hr[: hr.shape[0] // 4 * 4, : hr.shape[1] // 4 * 4], 4)
        enlarged = np.clip(np.floor(resize(lr.astype(np.float64), scale=4.0) + 0.5), 0, 255)
        again = shrunk(enlarged.astype(np.uint8), 4)
        found.append(peak_signal_noise_ratio(lr, again, data_range=255))
    assert result.rows[0].scores["lr-psnr"] == pytest.approx(found, abs=1e-3)


def test_what_shrinks_to_the_lr_is_perfect() -> None:
    """Pixels repeated and shrunk by the middle of each block are the LR itself."""
    result = sr.bench("nearest", metrics="lr-psnr", lr="opencv-bicubic", cost=False, quiet=True)[0]
    assert result.mean("nearest", "lr-psnr") > result.mean("bicubic", "lr-psnr") + 20
