"""Blur and sinc kernels, and filtering with them, against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage, special, stats

from sr_toolkit.degradations.blur import Blur
from sr_toolkit.degradations.config import KINDS, BlurConfig, SincConfig
from sr_toolkit.degradations.filtering import filter_images
from sr_toolkit.degradations.kernels import gaussian_kernels, sinc_kernels
from sr_toolkit.degradations.operation import Frame
from sr_toolkit.degradations.sinc import Sinc

FRAME = Frame((8, 8), True)


def kernel(size: int, sx: float, sy: float, angle: float, beta: float, plateau: bool) -> np.ndarray:
    values = (np.array([value]) for value in (size, sx, sy, angle, beta, plateau))
    return gaussian_kernels(*values, side=size)[0]


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_gaussians_are_bivariate_normal_densities(angle: float) -> None:
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    covariance = turn @ np.diag([2.5**2, 0.8**2]) @ turn.T
    y, x = np.mgrid[-6:7, -6:7]
    expected = stats.multivariate_normal(cov=covariance).pdf(np.stack((x, y), -1))
    ours = kernel(13, 2.5, 0.8, angle, 1.0, False)
    np.testing.assert_allclose(ours, expected / expected.sum(), rtol=1e-9)


@pytest.mark.parametrize(("beta", "plateau"), [(0.5, False), (3.0, False), (1.0, True), (2, True)])
def test_generalized_and_plateau_kernels_pixel_by_pixel(beta: float, plateau: bool) -> None:
    angle, sx, sy = 0.4, 1.7, 0.9
    expected = np.zeros((7, 7))
    for row in range(7):
        for column in range(7):
            x, y = column - 3, row - 3
            along = math.cos(angle) * x + math.sin(angle) * y
            across = -math.sin(angle) * x + math.cos(angle) * y
            power = ((along / sx) ** 2 + (across / sy) ** 2) ** beta
            expected[row, column] = 1 / (power + 1) if plateau else math.exp(-power / 2)
    np.testing.assert_allclose(
        kernel(7, sx, sy, angle, beta, plateau), expected / expected.sum(), rtol=1e-9
    )


@pytest.mark.parametrize(("size", "cutoff"), [(7, math.pi), (13, 1.2), (21, math.pi / 5)])
def test_sinc_kernels_follow_the_bessel_function(size: int, cutoff: float) -> None:
    middle, expected = (size - 1) / 2, np.empty((size, size))
    for row, column in np.ndindex(size, size):
        r = math.dist((row, column), (middle, middle))
        expected[row, column] = (
            cutoff * special.j1(cutoff * r) / (2 * math.pi * r) if r else cutoff**2 / (4 * math.pi)
        )
    ours = sinc_kernels(np.array([size]), np.array([cutoff]), side=size)[0]
    np.testing.assert_allclose(ours, expected / expected.sum(), rtol=1e-9, atol=1e-15)


def test_smaller_kernels_are_centered_in_zeros_whatever_the_batch() -> None:
    sizes, cutoff = np.array([7, 21]), np.array([2.0, 2.0])
    ours = sinc_kernels(sizes, cutoff, side=23)
    assert ours.shape == (2, 23, 23)
    alone = sinc_kernels(sizes[:1], cutoff[:1], side=7)[0]
    np.testing.assert_allclose(ours[0, 8:15, 8:15], alone, rtol=1e-12)
    assert np.count_nonzero(ours[0]) == np.count_nonzero(alone)
    np.testing.assert_array_equal(sinc_kernels(sizes[:1], cutoff[:1], side=23)[0], ours[0])


@pytest.mark.parametrize("shape", [(40, 33), (5, 9), (1, 3)])
def test_filtering_is_scipys_convolution_with_mirrored_borders(
    rng: np.random.Generator, shape: tuple[int, int]
) -> None:
    """Of images smaller than the kernel as well."""
    images = rng.random((2, 3, *shape))
    kernels = gaussian_kernels(
        np.array([7, 21]),
        np.array([2.0, 3.0]),
        np.array([0.5, 2.0]),
        np.array([0.6, -1.0]),
        np.array([1.0, 1.5]),
        np.array([False, True]),
        side=21,
    )
    ours = filter_images(torch.from_numpy(images).float(), kernels).numpy()
    for index, channel in np.ndindex(2, 3):
        expected = ndimage.convolve(images[index, channel], kernels[index], mode="mirror")
        np.testing.assert_allclose(ours[index, channel], expected, atol=2e-6)


def test_a_round_blur_is_scipys_gaussian_filter(rng: np.random.Generator) -> None:
    config = BlurConfig(kinds={"iso": 1.0}, sizes=(21, 21), sigma=(1.5, 1.5))
    image = rng.random((1, 1, 50, 60))
    blur = Blur(config)
    ours = blur.apply(torch.from_numpy(image).float(), blur.draw(rng, 1), FRAME)
    expected = ndimage.gaussian_filter(image[0, 0], 1.5, radius=10, mode="mirror")
    np.testing.assert_allclose(ours[0, 0].numpy(), expected, atol=2e-6)


def test_a_sinc_takes_away_what_lies_above_its_cutoff() -> None:
    sinc = Sinc(SincConfig(sizes=(21, 21), cutoff_large=(1.0, 1.0)))
    place = torch.arange(80.0)
    for frequency, expected in ((0.3, 1.0), (2.2, 0.0)):
        wave = torch.cos(frequency * place).expand(1, 1, 80, 80)
        out = sinc.apply(wave, sinc.draw(np.random.default_rng(0), 1), FRAME)
        inside = (0, 0, 40, slice(20, 60))
        assert abs(out[inside].abs().max() - expected) < 0.15


def test_kinds_are_drawn_by_their_weights(rng: np.random.Generator) -> None:
    arrays = Blur(BlurConfig()).draw(rng, 20000).arrays
    shares = np.bincount(arrays["kind"], minlength=6) / 20000
    np.testing.assert_allclose(shares, (0.45, 0.25, 0.12, 0.03, 0.12, 0.03), atol=0.015)
    names = np.array(KINDS)[arrays["kind"]]
    isotropic = np.array([name.endswith("iso") and "aniso" not in name for name in names])
    assert (arrays["sigma_x"] == arrays["sigma_y"])[isotropic].all()
    assert (arrays["sigma_x"] != arrays["sigma_y"])[~isotropic].all()
    plain = (names == "iso") | (names == "aniso")
    assert (arrays["beta"][plain] == 1).all()
    assert not arrays["plateau"][plain].any()
    for kind, low, high, below in (("generalized", 0.5, 4, 0.5), ("plateau", 1, 2, 0)):
        beta = arrays["beta"][[name.startswith(kind) for name in names]]
        assert low <= beta.min() < beta.max() <= high
        assert abs((beta < 1).mean() - below) < 0.05
    alone = Blur(BlurConfig(kinds={"aniso": 2.0}, generalized_beta=(2, 3))).draw(rng, 50).arrays
    assert (alone["kind"] == KINDS.index("aniso")).all()
