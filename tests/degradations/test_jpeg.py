"""JPEG against Pillow's files: the same pixels but for a few levels, at every quality."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from sr_toolkit.degradations.config import JPEGConfig
from sr_toolkit.degradations.jpeg import JPEG
from sr_toolkit.degradations.jpeg_codec import CHROMA, LUMA, Rounding, code, quality_table
from sr_toolkit.degradations.levels import soft_round
from sr_toolkit.degradations.operation import Drawn, Frame


def photograph(name: str, height: int = 203, width: int = 257) -> np.ndarray:
    return np.ascontiguousarray(getattr(data, name)()[100 : 100 + height, 80 : 80 + width])


def pillows(image: np.ndarray, quality: int, **settings: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, **settings)
    return np.asarray(Image.open(file))


def ours(image: np.ndarray, quality: int, *, halved: bool = True) -> np.ndarray:
    x = torch.from_numpy(np.atleast_3d(image)).permute(2, 0, 1)[None].float() / 255
    out = code(x, np.array([quality]), halved=halved)[0] * 255
    return out.round().byte().permute(1, 2, 0).numpy().reshape(image.shape)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.parametrize("quality", [5, 30, 50, 75, 95, 100])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_color_is_pillows(name: str, quality: int) -> None:
    """Sides that are no multiples of a block: borders are continued as libjpeg does."""
    image = photograph(name)
    theirs, mine = pillows(image, quality), ours(image, quality)
    assert psnr(theirs, mine) > 45
    assert abs(mine.astype(float).mean() - theirs.mean()) < 0.1


@pytest.mark.parametrize("quality", [10, 60, 95])
def test_full_chroma_and_gray_are_pillows(quality: int) -> None:
    image = photograph("astronaut")
    assert psnr(pillows(image, quality, subsampling=0), ours(image, quality, halved=False)) > 45
    gray = photograph("camera")
    assert psnr(pillows(gray, quality), ours(gray, quality)) > 50


def test_tables_are_those_in_pillows_files() -> None:
    for quality in (1, 10, 49, 50, 51, 75, 99, 100):
        file = io.BytesIO()
        Image.fromarray(photograph("coffee", 16, 16)).save(file, "JPEG", quality=quality)
        tables = Image.open(file).quantization
        for index, table in enumerate((LUMA, CHROMA)):
            assert list(quality_table(np.array([quality]), table)[0]) == list(tables[index])


def test_higher_quality_lies_closer_and_each_image_has_its_own() -> None:
    image = torch.from_numpy(photograph("coffee")).permute(2, 0, 1)[None].float() / 255
    qualities = np.array([10, 30, 50, 70, 90, 100])
    out = code(image.expand(6, -1, -1, -1), qualities)
    errors = (out - image).square().mean((1, 2, 3))
    assert (errors.diff() < 0).all()
    for index, quality in enumerate(qualities):
        assert torch.equal(code(image, np.array([quality]))[0], out[index])


@pytest.mark.parametrize("channels", [1, 2, 3, 7])
@pytest.mark.parametrize("size", [(1, 1), (7, 16), (17, 9)])
def test_any_channels_and_sizes(channels: int, size: tuple[int, int]) -> None:
    out = code(torch.rand(2, channels, *size), np.array([30, 95]))
    assert out.shape == (2, channels, *size)
    levels = out * 255
    torch.testing.assert_close(levels, levels.round())


@pytest.mark.parametrize("rounding", ["straight-through", "soft"])
def test_roundings_with_a_gradient(rounding: Rounding) -> None:
    image = torch.from_numpy(photograph("coffee", 48, 64)).permute(2, 0, 1)[None].float() / 255
    image = (0.1 + 0.8 * image).requires_grad_()
    quality = np.array([60])
    out = code(image, quality, rounding=rounding)
    out.sum().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    if rounding == "straight-through":
        torch.testing.assert_close(out, code(image.detach(), quality), atol=2e-4, rtol=0)
        # As if nothing were rounded, the mean of an image is kept.
        assert image.grad.mean().item() == pytest.approx(1, abs=0.02)
    else:
        assert image.grad.abs().max() > 0
        near = code(image.detach(), quality)
        assert psnr(out.detach().numpy() * 255, near.numpy() * 255) > 25


def test_soft_rounding_is_exact_at_whole_numbers() -> None:
    x = torch.tensor([-2.0, 0.0, 3.0, 3.25, -3.25], requires_grad=True)
    out = soft_round(x)
    out.sum().backward()
    torch.testing.assert_close(out.detach(), torch.tensor([-2, 0, 3, 3.015625, -3.015625]))
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.tensor([0, 0, 0, 0.1875, 0.1875]))


def test_the_operation_uses_its_settings(rng: np.random.Generator) -> None:
    op = JPEG(JPEGConfig(quality=(30, 32), subsampling="4:4:4"))
    drawn = op.draw(rng, 400)
    assert set(drawn.arrays["quality"]) == {30, 31, 32}
    x = torch.rand(1, 3, 16, 16)
    quality = np.array([31])
    out = op.apply(x, Drawn({"quality": quality}), Frame((4, 4), True))
    assert torch.equal(out, code(x, quality, halved=False))
    assert not torch.equal(out, code(x, quality))
