"""The crop sampler: the LR of a crop is the crop of the LR, and draws depend on the step alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from arrays import Arrays

from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.degrader import build_degrader
from sr_toolkit.errors import DataError
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Pixels

REAL = Degradation(preset="realesrgan")


def noise(rng: np.random.Generator, *shape: int) -> Pixels:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def places(whole: np.ndarray, part: np.ndarray) -> list[tuple[int, int]]:
    """Return where `part` (H, W, C) stands in `whole`."""
    height, width = part.shape[:2]
    candidates = np.argwhere((whole == part[0, 0]).all(axis=-1))
    return [
        (int(y), int(x))
        for y, x in candidates
        if np.array_equal(whole[y : y + height, x : x + width], part)
    ]


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_lr_of_a_crop_is_the_crop_of_the_lr(rng: np.random.Generator, scale: int) -> None:
    """Byte for byte, at image borders too: the smallest image leaves few places to draw."""
    images = [noise(rng, 61, 83, 3), noise(rng, 24, 27, 3)]
    store = PixelStore.build(Arrays(images), crop=24)
    sampler = CropSampler(store, 24, scale, 32, (0,), augment=False)
    corners = set()
    for step in range(4):
        batch = sampler.draw(step)
        for small, large in zip(batch.lr, batch.hr, strict=True):
            crop = (large * 255).round().byte().permute(1, 2, 0).numpy()
            ours = (small * 255).round().byte().permute(1, 2, 0).numpy()
            found = [(i, *p) for i, image in enumerate(images) for p in places(image, crop)]
            assert len(found) == 1
            index, y, x = found[0]
            assert y % scale == x % scale == 0
            image = images[index]
            height, width = (side - side % scale for side in image.shape[:2])
            whole = resize(image[:height, :width], scale=1 / scale)
            side = 24 // scale
            expected = whole[y // scale : y // scale + side, x // scale : x // scale + side]
            np.testing.assert_array_equal(ours, expected)
            corners.add((index, y, x))
    assert (1, 0, 0) in corners  # the whole of the small image, all four borders


def test_draws_depend_on_seed_and_step_alone(rng: np.random.Generator) -> None:
    store = PixelStore.build(Arrays([noise(rng, 64, 64, 3)]))
    one, other = (CropSampler(store, 16, 4, 4, seed) for seed in ((5, 0), (5, 1)))
    torch.manual_seed(1)
    np.random.seed(1)
    first = one.draw(7)
    one.draw(0)
    torch.manual_seed(2)
    np.random.seed(2)
    again = one.draw(7)
    assert torch.equal(first.lr, again.lr)
    assert torch.equal(first.hr, again.hr)
    assert not torch.equal(one.draw(8).hr, first.hr)
    assert not torch.equal(other.draw(7).hr, first.hr)


def test_symmetries_fit_lr_to_hr_and_all_eight_occur(rng: np.random.Generator) -> None:
    image = noise(rng, 16, 16, 1)
    store = PixelStore.build(Arrays([image]), channels=1, crop=16)
    sampler = CropSampler(store, 16, 4, 256, (0,))
    batch = sampler.draw(0)
    plain = resize(image, scale=1 / 4)
    seen = set()
    for small, large in zip(batch.lr, batch.hr, strict=True):
        crop = (large[0] * 255).round().byte().numpy()
        ours = (small[0] * 255).round().byte().numpy()
        for turns in range(4):
            for mirrored in (False, True):
                turn = _turner(turns, mirrored)
                if np.array_equal(turn(image[..., 0]), crop):
                    np.testing.assert_array_equal(turn(plain[..., 0]), ours)
                    seen.add((turns, mirrored))
    assert len(seen) == 8


def _turner(turns: int, mirrored: bool) -> Callable[[np.ndarray], np.ndarray]:
    def turn(a: np.ndarray) -> np.ndarray:
        return np.rot90(a.T if mirrored else a, turns)

    return turn


def test_small_images_are_skipped_and_counted(rng: np.random.Generator) -> None:
    images = [noise(rng, 40, 40, 3), noise(rng, 31, 80, 3)]
    store = PixelStore.build(Arrays(images), crop=32)
    assert len(store) == 1
    assert store.skipped == ("00001",)
    with pytest.raises(DataError, match=r"None of the 2 images.*48×48"):
        PixelStore.build(Arrays(images), crop=48)


def test_channels_are_converted_or_refused(rng: np.random.Generator) -> None:
    gray, rgb = noise(rng, 20, 20, 1), noise(rng, 20, 20, 3)
    store = PixelStore.build(Arrays([gray, rgb]), channels=3)
    np.testing.assert_array_equal(store.pixels[:400], np.repeat(gray.reshape(-1, 1), 3, axis=1))
    store = PixelStore.build(Arrays([gray, rgb]), channels=1)
    assert store.pixels.shape == (800, 1)
    multispectral = PixelStore.build(Arrays([noise(rng, 20, 20, 7)]), channels=7)
    assert multispectral.pixels.shape == (400, 7)
    with pytest.raises(DataError, match=r"has 7 channels.*takes 3"):
        PixelStore.build(Arrays([noise(rng, 20, 20, 7)]), channels=3)


def test_sixteen_bits_are_rounded(rng: np.random.Generator) -> None:
    deep = rng.integers(0, 65536, (20, 20, 3), dtype=np.uint16)
    store = PixelStore.build(Arrays([deep]))
    np.testing.assert_array_equal(store.pixels.numpy(), np.rint(deep.reshape(-1, 3) / 257))


@pytest.mark.parametrize("degradation", [Degradation(), REAL], ids=lambda d: d.preset)
@pytest.mark.parametrize("world", [2, 3, 6])
def test_ranks_share_the_batch_of_one_process_bit_for_bit(
    rng: np.random.Generator, degradation: Degradation, world: int
) -> None:
    store = PixelStore.build(Arrays([noise(rng, 64, 70, 3), noise(rng, 50, 48, 3)]))
    degrader = build_degrader(degradation, 4)
    alone = CropSampler(store, 32, 4, 6, (1,), degradation=degrader)
    ranks = [replace(alone, rank=rank, world=world) for rank in range(world)]
    for step in range(3):
        whole, parts = alone.draw(step), [sampler.draw(step) for sampler in ranks]
        assert torch.equal(torch.cat([part.hr for part in parts]), whole.hr)
        assert torch.equal(torch.cat([part.lr for part in parts]), whole.lr)
        again = torch.cat([part.again(part.hr) for part in parts])
        torch.testing.assert_close(again, whole.again(whole.hr), atol=1e-4, rtol=0)


def test_crops_of_a_seed_are_the_same_under_every_degradation(rng: np.random.Generator) -> None:
    store = PixelStore.build(Arrays([noise(rng, 64, 70, 3)]))
    plain = CropSampler(store, 32, 4, 6, (1,))
    other = replace(plain, degradation=build_degrader(REAL, 4))
    assert torch.equal(plain.draw(5).hr, other.draw(5).hr)
    assert not torch.equal(plain.draw(5).lr, other.draw(5).lr)
    assert torch.equal(other.draw(5).lr, replace(other).draw(5).lr)


@pytest.mark.parametrize("degradation", [Degradation(), REAL], ids=lambda d: d.preset)
def test_a_batch_degrades_other_crops_as_its_own(
    rng: np.random.Generator, degradation: Degradation
) -> None:
    """Flips, kernels, noise and surroundings alike: of the HR itself comes the LR."""
    image = resize(noise(rng, 12, 14, 3), scale=5.0)  # smooth, so that Poisson numbers agree
    store = PixelStore.build(Arrays([image]))
    batch = CropSampler(store, 32, 4, 16, (2,), degradation=build_degrader(degradation, 4)).draw(0)
    difference = (batch.again(batch.hr).clamp(0, 1) - batch.lr).abs()
    assert difference.mean() < 0.7 / 255
    sr = batch.hr.clone().requires_grad_()
    batch.again(sr).sum().backward()
    assert sr.grad is not None
    assert (sr.grad.abs().sum((1, 2, 3)) > 0).all()
    with pytest.raises(ValueError, match=r"takes \(16, 3, 32, 32\)"):
        batch.again(batch.lr)


def test_what_cannot_be_shared_or_degraded_is_refused(rng: np.random.Generator) -> None:
    store = PixelStore.build(Arrays([noise(rng, 64, 64, 3)]))
    with pytest.raises(ValueError, match=r"batch of 6 cannot be shared equally by 4 processes"):
        CropSampler(store, 16, 4, 6, (0,), world=4)
    with pytest.raises(ValueError, match=r"rank 2 is none of 2 processes"):
        CropSampler(store, 16, 4, 6, (0,), rank=2, world=2)
    with pytest.raises(ValueError, match=r"built for scale 2, not 4"):
        CropSampler(store, 16, 4, 6, (0,), degradation=build_degrader(REAL, 2))
