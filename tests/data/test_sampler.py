"""The crop sampler: the LR of a crop is the crop of the LR, and draws depend on the step alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from arrays import Arrays

from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.errors import DataError
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import Pixels


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
        lr, hr = sampler.draw(step)
        for small, large in zip(lr, hr, strict=True):
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
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.draw(8)[1], first[1])
    assert not torch.equal(other.draw(7)[1], first[1])


def test_symmetries_fit_lr_to_hr_and_all_eight_occur(rng: np.random.Generator) -> None:
    image = noise(rng, 16, 16, 1)
    store = PixelStore.build(Arrays([image]), channels=1, crop=16)
    sampler = CropSampler(store, 16, 4, 256, (0,))
    lr, hr = sampler.draw(0)
    plain = resize(image, scale=1 / 4)
    seen = set()
    for small, large in zip(lr, hr, strict=True):
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
