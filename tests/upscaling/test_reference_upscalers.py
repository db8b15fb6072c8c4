"""Nearest, bilinear, Lanczos and Pillow's bicubic, against Pillow and by definition."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import sr_toolkit as sr
from sr_toolkit.images.resize import resize

METHODS = {"bilinear": Image.Resampling.BILINEAR, "lanczos": Image.Resampling.LANCZOS}


def upscaled(model: str, image: np.ndarray, scale: int, **options) -> np.ndarray:
    return sr.load(model, scale=scale, device="cpu").array(image, scale=scale, **options)


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_nearest_repeats(rng: np.random.Generator, scale: int) -> None:
    image = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    repeated = image.repeat(scale, 0).repeat(scale, 1)
    np.testing.assert_array_equal(upscaled("nearest", image, scale), repeated)


@pytest.mark.parametrize("model", METHODS)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_equal_to_pillow_inside(rng: np.random.Generator, model: str, scale: int) -> None:
    plane = rng.random((20, 24), dtype=np.float32)
    theirs = np.asarray(Image.fromarray(plane).resize((24 * scale, 20 * scale), METHODS[model]))
    ours = upscaled(model, plane[..., None], scale)[..., 0]
    inside = slice(4 * scale, -4 * scale)  # Pillow cuts its kernel off at borders
    np.testing.assert_allclose(ours[inside, inside], theirs[inside, inside], atol=2e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_pil_bicubic_is_pillows(rng: np.random.Generator, scale: int, channels: int) -> None:
    image = rng.integers(0, 256, (20, 24, channels), dtype=np.uint8)
    picture = Image.fromarray(image.squeeze())
    theirs = np.asarray(picture.resize((24 * scale, 20 * scale), Image.Resampling.BICUBIC))
    ours = upscaled("pil-bicubic", image, scale, tile=8)  # tiles must not show
    np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))


@pytest.mark.parametrize("model", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_tiles_do_not_show(rng: np.random.Generator, model: str) -> None:
    image = rng.integers(0, 256, (33, 29, 3), dtype=np.uint8)
    whole = upscaled(model, image, 4, tile=None)
    np.testing.assert_array_equal(upscaled(model, image, 4, tile=8), whole)


@pytest.mark.parametrize("kernel", ["bilinear", "lanczos3"])
def test_shrinking_widens_the_kernel(rng: np.random.Generator, kernel: str) -> None:
    plane = rng.random((48, 48))
    method = METHODS["lanczos" if kernel == "lanczos3" else kernel]
    theirs = np.asarray(Image.fromarray(plane.astype(np.float32)).resize((12, 12), method))
    ours = resize(plane, scale=0.25, kernel=kernel)
    np.testing.assert_allclose(ours[4:-4, 4:-4], theirs[4:-4, 4:-4], atol=2e-6)
