"""Augmentation of what a discriminator judges: one transform for real, fake and LR."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sr_toolkit.data.augment import NAMES, PairedAugment, draw_augment
from sr_toolkit.errors import ConfigError
from sr_toolkit.images.resize_torch import resize_tensor


def batch(count: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Real and fake (N, 3, 32, 48), and an LR that is the mean of the real."""
    generator = torch.Generator().manual_seed(0)
    real, fake = torch.rand((2, count, 3, 32, 48), generator=generator)
    return real, fake, torch.nn.functional.avg_pool2d(real, 4)


def drawn(*names: str, count: int = 4, seed: int = 1) -> PairedAugment:
    return draw_augment(names, np.random.default_rng(seed), count)


@pytest.mark.parametrize("name", NAMES)
def test_real_and_fake_are_treated_alike(name: str) -> None:
    real, _, lr = batch()
    augment = drawn(name)
    (first, second), _ = augment.apply((real, real.clone()), lr)
    assert torch.equal(first, second)
    assert not torch.equal(first, real)


@pytest.mark.parametrize("names", [(n,) for n in NAMES] + [NAMES])
def test_gradients_pass(names: tuple[str, ...]) -> None:
    real, fake, lr = batch()
    fake.requires_grad_()
    (_, judged), _ = drawn(*names).apply((real, fake), lr)
    (slope,) = torch.autograd.grad(judged.sum(), fake)
    assert slope.isfinite().all()
    assert slope.abs().sum() > 0


@pytest.mark.parametrize("names", [("color",), ("translation",), ("cutout",), NAMES[:3]])
def test_the_lr_moves_along(names: tuple[str, ...]) -> None:
    real, fake, lr = batch()
    (moved, _), moved_lr = drawn(*names).apply((real, fake), lr)
    torch.testing.assert_close(moved_lr, torch.nn.functional.avg_pool2d(moved, 4))


def test_color_by_hand() -> None:
    real, _, lr = batch(1)
    augment = replace(
        drawn("color", count=1),
        brightness=np.array([0.1]),
        saturation=np.array([0.5]),
        contrast=np.array([1.25]),
    )
    (result,), _ = augment.apply((real,), lr)
    x = real + 0.1
    gray = x.mean(1, keepdim=True)
    x = gray + 0.5 * (x - gray)
    torch.testing.assert_close(result, x.mean() + 1.25 * (x - x.mean()))


def test_translation_by_hand() -> None:
    real, _, lr = batch(1)
    augment = replace(drawn("translation", count=1), shift=np.array([[1 / 8, -1 / 12]]))
    (result,), _ = augment.apply((real,), lr)
    assert torch.equal(result[..., 4:, :-4], real[..., :-4, 4:])
    assert (result[..., :4, :] == 0.5).all()
    assert (result[..., -4:] == 0.5).all()


def test_cutout_by_hand() -> None:
    real, _, lr = batch(1)
    augment = replace(drawn("cutout", count=1), cutout=np.array([[0.25, 0.5, 0.75, 1.0]]))
    (result,), _ = augment.apply((real,), lr)
    assert (result[..., 8:24, 24:] == 0.5).all()
    result[..., 8:24, 24:] = real[..., 8:24, 24:]
    assert torch.equal(result, real)


@pytest.mark.parametrize("inside", [True, False])
def test_cutblur_by_hand(inside: bool) -> None:
    real, fake, lr = batch(1)
    augment = replace(
        drawn("cutblur", count=1),
        cutblur=np.array([[0.25, 0.5, 0.75, 1.0]]),
        inside=np.array([inside]),
    )
    results, same_lr = augment.apply((real, fake), lr)
    blurred = resize_tensor(lr, size=(32, 48))
    for result, image in zip(results, (real, fake), strict=True):
        expected = (image if inside else blurred).clone()
        expected[..., 8:24, 24:] = (blurred if inside else image)[..., 8:24, 24:]
        assert torch.equal(result, expected)
    assert torch.equal(same_lr, lr)


def test_two_processes_make_the_whole() -> None:
    real, fake, lr = batch()
    whole, whole_lr = drawn(*NAMES).apply((real, fake), lr)
    parts = [
        drawn(*NAMES).part(a, b).apply((real[a:b], fake[a:b]), lr[a:b]) for a, b in ((0, 1), (1, 4))
    ]
    for number in (0, 1):
        joined = torch.cat([images[number] for images, _ in parts])
        torch.testing.assert_close(joined, whole[number])
    torch.testing.assert_close(torch.cat([part for _, part in parts]), whole_lr)


def test_draws_stay_in_their_ranges_and_do_not_depend_on_names() -> None:
    one, other = drawn("color", count=2000), drawn("cutblur", count=2000)
    assert np.array_equal(one.shift, other.shift)
    assert np.array_equal(one.cutblur, other.cutblur)
    assert np.abs(one.brightness).max() <= 0.25
    assert 0 <= one.saturation.min() < 0.01
    assert 1.99 < one.saturation.max() <= 2
    assert 0.5 <= one.contrast.min() <= one.contrast.max() <= 1.5
    assert np.abs(one.shift).max() <= 1 / 8
    for boxes in (one.cutout, one.cutblur):
        assert (boxes[:, :2] <= boxes[:, 2:]).all()
        assert boxes.min() >= 0
        assert boxes.max() <= 1
    assert one.inside.mean() == pytest.approx(0.5, abs=0.05)


def test_without_names_nothing_changes() -> None:
    real, fake, lr = batch()
    (first, second), same = drawn().apply((real, fake), lr)
    assert torch.equal(first, real)
    assert torch.equal(second, fake)
    assert torch.equal(same, lr)


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"Unknown augmentation 'colour'.*'color'"):
        drawn("colour")
    real, fake, lr = batch()
    with pytest.raises(ValueError, match="drawn for 3 images"):
        drawn("color", count=3).apply((real, fake), lr)
    with pytest.raises(ValueError, match="whole scale"):
        drawn("color").apply((real[..., 1:],), lr)
