"""Noise: its statistics against scikit-image's, and a seed of its own for each image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.util import random_noise

from sr_toolkit.degradations.config import GaussianNoiseConfig, PoissonNoiseConfig
from sr_toolkit.degradations.noise import GaussianNoise, PoissonNoise, to_gray
from sr_toolkit.degradations.operation import Frame, Operation

FRAME = Frame((8, 8), True)


def gaussian(sigma: float, gray: float = 0.0) -> GaussianNoise:
    return GaussianNoise(GaussianNoiseConfig(sigma=(sigma, sigma), gray=gray))


def poisson(scale: float, gray: float = 0.0) -> PoissonNoise:
    return PoissonNoise(PoissonNoiseConfig(scale=(scale, scale), gray=gray))


def noise_of(op: Operation, x: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return op.apply(x, op.draw(np.random.default_rng(seed), len(x)), FRAME) - x


def steps(size: int = 128) -> torch.Tensor:
    """An image of four gray levels side by side: (1, 3, size, 4 * size)."""
    levels = torch.tensor([51, 102, 128, 204]) / 255
    return levels.repeat_interleave(size).expand(1, 3, size, -1)


def test_gaussian_noise_has_scikit_images_moments() -> None:
    x = torch.full((1, 3, 200, 200), 0.5)
    ours = noise_of(gaussian(10), x).numpy()
    variance = (10 / 255) ** 2
    theirs = random_noise(x[0].numpy(), mode="gaussian", var=variance, rng=0) - 0.5
    assert abs(ours.mean()) < 4e-4
    assert ours.std() == pytest.approx(theirs.std(), rel=0.01)
    assert ours.std() == pytest.approx(10 / 255, rel=0.01)
    channels = np.corrcoef(ours[0].reshape(3, -1))
    assert abs(channels - np.eye(3)).max() < 0.02


@pytest.mark.parametrize("op", [gaussian(20, 1.0), poisson(2.0, 1.0)])
def test_gray_noise_is_the_same_in_all_channels(op: Operation) -> None:
    x = torch.full((2, 3, 32, 32), 0.5)
    noise = noise_of(op, x)
    assert torch.equal(noise, noise[:, :1].expand_as(noise))
    assert noise.std() > 0
    assert not torch.equal(noise[0], noise[1])
    assert noise_of(op, x[:, :1]).shape == (2, 1, 32, 32)


def test_poisson_noise_is_scikit_images() -> None:
    """Its variance is x / v; both take v, of four levels, as 4."""
    x = steps()
    drawn = noise_of(poisson(0.5), x)[0].double() / 0.5
    dark = slice(0, 128)  # darker than the clip at 1 reaches
    theirs = random_noise(x[0].numpy(), mode="poisson", clip=False, rng=0) - x[0].numpy()
    assert drawn[..., dark].std().item() == pytest.approx(theirs[..., dark].std(), rel=0.1)
    shades = (x[0, 0, 0].unfold(0, 128, 128)[:, 0]).numpy()
    fine = torch.cat((x, torch.arange(256).repeat(2)[None, None, None] / 255 + 0 * x[..., :1]), 3)
    noise = noise_of(poisson(1.0), fine)[0, :, :, :512]  # 256 levels, so v is 256
    variances = noise.unflatten(2, (4, 128)).permute(2, 0, 1, 3).flatten(1).var(1).numpy()
    np.testing.assert_allclose(variances, shades / 256, rtol=0.05)
    assert abs(noise.mean()) < 1e-3


def test_noise_is_scaled_and_clipped() -> None:
    x = torch.full((1, 3, 64, 64), 0.5)
    once, twice = (noise_of(poisson(scale), x) for scale in (0.02, 0.04))
    torch.testing.assert_close(twice, 2 * once)
    for op in (gaussian(255), poisson(3.0)):
        out = noise_of(op, x) + x
        assert out.min() == 0
        assert out.max() == 1


@pytest.mark.parametrize("op", [gaussian(20, 0.4), poisson(2.0, 0.4)])
def test_an_images_noise_does_not_depend_on_the_others(op: Operation) -> None:
    x = torch.rand(6, 3, 17, 19, generator=torch.Generator().manual_seed(0))
    drawn = op.draw(np.random.default_rng(3), 6)
    whole = op.apply(x, drawn, FRAME)
    assert torch.equal(op.apply(x[2:5], drawn[2:5], FRAME), whole[2:5])
    others = x.clone()
    others[0] = 0
    assert torch.equal(op.apply(others, drawn, FRAME)[1:], whole[1:])
    assert torch.equal(op.apply(x, drawn, FRAME), whole)


def test_gradients_pass_poisson_noise_by() -> None:
    x = torch.full((1, 3, 8, 8), 0.5, requires_grad=True)
    op = poisson(0.05)
    op.apply(x, op.draw(np.random.default_rng(0), 1), Frame((8, 8), False)).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_gray_of_other_channel_counts_is_their_mean() -> None:
    x = torch.rand(2, 5, 4, 4)
    torch.testing.assert_close(to_gray(x), x.mean(1, keepdim=True))
    white = torch.ones(1, 3, 2, 2)
    torch.testing.assert_close(to_gray(white), white[:, :1])
