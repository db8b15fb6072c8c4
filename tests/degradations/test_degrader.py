"""Whole degradations: reproducible, sliceable, differentiable; Real-ESRGAN's published ranges."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from skimage import data

from sr_toolkit.config import validate
from sr_toolkit.degradations.config import Degradation, DegradationStep
from sr_toolkit.degradations.degrader import MOST_MARGIN, Degrader, build_degrader
from sr_toolkit.degradations.operation import Draw
from sr_toolkit.degradations.whole import degrade_image
from sr_toolkit.errors import ImageError

REAL = Degradation(preset="realesrgan")
COUNT = 64


@pytest.fixture(scope="module")
def degrader() -> Degrader:
    return build_degrader(REAL, 4)


@pytest.fixture(scope="module")
def draws(degrader: Degrader) -> list[Draw]:
    return [degrader.draw(np.random.default_rng(seed), COUNT) for seed in range(400)]


def images(count: int, channels: int = 3, side: int = 48) -> torch.Tensor:
    photograph = torch.from_numpy(data.astronaut()).permute(2, 0, 1).float() / 255
    crops = [photograph[:, 40 * i : 40 * i + side, 60 + 9 * i :][..., :side] for i in range(count)]
    stacked = torch.stack(crops)
    return stacked[:, torch.arange(channels) % 3]


def gathered(draws: list[Draw], step: int, option: int, name: str) -> np.ndarray:
    """All values that an operation's array took, as first of an option of a choice."""
    return np.concatenate([d.steps[step].options[option].steps[0].arrays[name] for d in draws])


@pytest.mark.parametrize(("step", "sigma"), [(0, (0.2, 3.0)), (4, (0.2, 1.5))])
def test_blurs_are_drawn_as_published(
    draws: list[Draw], step: int, sigma: tuple[float, float]
) -> None:
    sinc = np.concatenate([d.steps[step].arrays["option"] for d in draws]) == 0
    assert sinc.mean() == pytest.approx(0.1, abs=0.01)
    active = np.concatenate([d.active[step] for d in draws]).mean()
    assert active == (1 if step == 0 else pytest.approx(0.8, abs=0.015))
    for option in (0, 1):
        assert set(gathered(draws, step, option, "sizes")) == set(range(7, 22, 2))
    cutoff, sizes = (gathered(draws, step, 0, name) for name in ("cutoff", "sizes"))
    assert cutoff.max() <= math.pi
    assert math.pi / 3 <= cutoff[sizes < 13].min() < math.pi / 3 + 0.02
    assert math.pi / 5 <= cutoff[sizes >= 13].min() < math.pi / 5 + 0.02
    kinds = np.bincount(gathered(draws, step, 1, "kind")) / (COUNT * len(draws))
    np.testing.assert_allclose(kinds, (0.45, 0.25, 0.12, 0.03, 0.12, 0.03), atol=0.012)
    for name in ("sigma_x", "sigma_y"):
        values = gathered(draws, step, 1, name)
        assert sigma[0] <= values.min() < sigma[0] + 0.01
        assert sigma[1] - 0.01 < values.max() <= sigma[1]
    angle = gathered(draws, step, 1, "angle")
    assert -math.pi <= angle.min() < -3.1
    assert 3.1 < angle.max() <= math.pi


@pytest.mark.parametrize(
    ("step", "bounds", "directions"),
    [(1, (0.15, 1.5), (0.2, 0.7, 0.1)), (5, (0.3, 1.2), (0.3, 0.4, 0.3))],
)
def test_resizes_are_drawn_as_published(
    degrader: Degrader,
    step: int,
    bounds: tuple[float, float],
    directions: tuple[float, float, float],
) -> None:
    rng = np.random.default_rng(0)
    shared = [degrader._chain.steps[step][0].draw(rng, 1).shared for _ in range(4000)]
    factors = np.array([s["factor"] for s in shared])
    assert bounds[0] <= factors.min() < bounds[0] + 0.01
    assert bounds[1] - 0.01 < factors.max() <= bounds[1]
    shares = [np.mean(factors > 1), np.mean(factors < 1), np.mean(factors == 1)]
    np.testing.assert_allclose(shares, directions, atol=0.03)
    methods = Counter(s["method"] for s in shared)
    assert all(count / 4000 == pytest.approx(1 / 3, abs=0.03) for count in methods.values())


@pytest.mark.parametrize(("step", "sigma", "scale"), [(2, 30, 3.0), (6, 25, 2.5)])
def test_noise_is_drawn_as_published(
    draws: list[Draw], step: int, sigma: float, scale: float
) -> None:
    option = np.concatenate([d.steps[step].arrays["option"] for d in draws])
    assert option.mean() == pytest.approx(0.5, abs=0.015)
    for index, name, low, high in ((0, "sigma", 1, sigma), (1, "scale", 0.05, scale)):
        values = gathered(draws, step, index, name)
        assert low <= values.min() < low + 0.01 * high
        assert 0.99 * high < values.max() <= high
        assert gathered(draws, step, index, "gray").mean() == pytest.approx(0.4, abs=0.015)


def test_jpeg_and_the_end_are_drawn_as_published(draws: list[Draw], degrader: Degrader) -> None:
    assert degrader._chain.steps[3][1] == 1
    end = [d.steps[7] for d in draws]
    order = np.concatenate([drawn.arrays["option"] for drawn in end])
    assert order.mean() == pytest.approx(0.5, abs=0.015)
    # resize, sinc, JPEG; or JPEG, resize, sinc
    qualities = [[d.steps[3].arrays["quality"] for d in draws]]
    for option, sinc, jpeg in ((0, 1, 2), (1, 2, 0)):
        lists = [drawn.options[option] for drawn in end]
        qualities.append([chain.steps[jpeg].arrays["quality"] for chain in lists])
        assert np.mean([chain.active[sinc] for chain in lists]) == pytest.approx(0.8, abs=0.015)
        cutoff = np.concatenate([chain.steps[sinc].arrays["cutoff"] for chain in lists])
        assert math.pi / 3 <= cutoff.min() < cutoff.max() <= math.pi
        assert {chain.steps[sinc - 1].shared["factor"] for chain in lists} == {1.0}
    for drawn in qualities:
        assert set(np.concatenate(drawn)) == set(range(30, 96))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_slices_are_those_of_the_whole_batch_bit_for_bit(scale: int, channels: int) -> None:
    degrader, hr = build_degrader(REAL, scale, channels), images(6, channels)
    for seed in range(3):
        draw = degrader.draw(np.random.default_rng(seed), 6)
        lr = degrader.apply(hr, draw)
        assert lr.shape == (6, channels, 48 // scale, 48 // scale)
        assert torch.equal(lr * 255, (lr * 255).round())
        assert torch.equal(degrader.apply(hr, degrader.draw(np.random.default_rng(seed), 6)), lr)
        for rows in (slice(0, 3), slice(3, 6), slice(4, 5)):
            assert torch.equal(degrader.apply(hr[rows], draw[rows]), lr[rows])
    assert not torch.equal(degrader.apply(hr, degrader.draw(np.random.default_rng(9), 6)), lr)


def settings() -> Iterator[Degradation]:
    yield from (Degradation(), Degradation(preset="opencv-bicubic"))
    yield from (Degradation(preset="pillow-bicubic"), REAL)
    steps = [
        {"name": "blur", "probability": 0.5},
        {"name": "quantize"},
        {"name": "clamp"},
        {"name": "jpeg", "probability": 0.5, "config": {"gradient": "soft"}},
        {"name": "choice", "config": {"options": [[], [{"name": "poisson-noise"}]]}},
    ]
    yield validate(Degradation, {"preset": "pillow-bicubic", "steps": steps})


@pytest.mark.parametrize("degradation", [*settings()], ids=lambda d: f"{d.preset}-{len(d.steps)}")
def test_gradients_flow_to_every_image(degradation: Degradation) -> None:
    degrader = build_degrader(degradation, 4)
    draw = degrader.draw(np.random.default_rng(4), 5)
    sr = (0.2 + 0.6 * images(5)).requires_grad_()
    degrader.again(sr, draw).mean().backward()
    assert sr.grad is not None
    assert sr.grad.isfinite().all()
    assert (sr.grad.abs().sum((1, 2, 3)) > 0).all()
    assert not degrader.apply(sr, draw).requires_grad


@pytest.mark.parametrize("preset", ["bicubic", "opencv-bicubic", "pillow-bicubic", "realesrgan"])
def test_again_is_apply_but_for_rounding(preset: str) -> None:
    degrader = build_degrader(validate(Degradation, {"preset": preset}), 4)
    hr = images(4)
    for seed in range(3):
        draw = degrader.draw(np.random.default_rng(seed), 4)
        difference = degrader.again(hr, draw).clamp(0, 1) - degrader.apply(hr, draw)
        assert difference.abs().mean() < 0.7 / 255
        plain = degrader.apply(hr, draw, quantize=False)
        torch.testing.assert_close(degrader.again(hr, draw), plain, atol=0.02, rtol=0)


def test_steps_come_before_the_presets_resizer() -> None:
    steps = (DegradationStep(name="clamp", config={"high": 0.5}),)
    for preset in ("custom", "bicubic"):
        degradation = validate(
            Degradation, {"preset": preset, "steps": [{"name": "clamp", "config": {"high": 0.5}}]}
        )
        assert degradation.steps == steps
        degrader, plain = build_degrader(degradation, 4), build_degrader(Degradation(), 4)
        hr, rng = images(2), np.random.default_rng(0)
        expected = plain.apply(hr.clamp(max=0.5), plain.draw(rng, 2), quantize=False)
        assert torch.equal(degrader.apply(hr, degrader.draw(rng, 2), quantize=False), expected)


def test_probabilities_concern_single_images() -> None:
    step = DegradationStep(name="gaussian-noise", probability=0.3)
    degrader, plain = (
        build_degrader(Degradation(steps=(step,)), 4),
        build_degrader(Degradation(), 4),
    )
    hr = images(1).expand(300, -1, -1, -1)
    draw = degrader.draw(np.random.default_rng(0), 300)
    clean = plain.apply(hr[:1], plain.draw(np.random.default_rng(0), 1), quantize=False)
    noisy = (degrader.apply(hr, draw, quantize=False) != clean).any(3).any(2).any(1)
    assert noisy.tolist() == draw.active[0].tolist()
    assert noisy.float().mean().item() == pytest.approx(0.3, abs=0.08)


def test_margins_follow_the_supports() -> None:
    assert build_degrader(Degradation(), 3).margin == 2
    assert build_degrader(REAL, 4).margin == MOST_MARGIN
    blur = DegradationStep(name="blur", config={"sizes": [7, 9]})
    assert build_degrader(Degradation(steps=(blur,)), 4).margin == 3  # 4 / 4 + 2
    noise = DegradationStep(name="gaussian-noise")
    assert build_degrader(Degradation(steps=(noise,)), 4).margin == 2


def test_shapes_that_do_not_fit_are_refused(degrader: Degrader) -> None:
    draw = degrader.draw(np.random.default_rng(0), 2)
    for shape in ((3, 3, 8, 8), (2, 1, 8, 8), (2, 3, 9, 8), (2, 3, 8, 10), (3, 8, 8)):
        with pytest.raises(ImageError, match=r"shape \(2, 3, H, W\).*multiples of 4"):
            degrader.apply(torch.zeros(shape), draw)


def test_a_whole_image_is_degraded_by_its_seed() -> None:
    image = np.ascontiguousarray(data.astronaut()[:120, :160])
    lr = degrade_image(image, REAL, 4, seed=3)
    assert lr.shape == (30, 40, 3)
    assert lr.dtype == np.uint8
    np.testing.assert_array_equal(lr, degrade_image(image, REAL, 4, seed=3))
    assert not np.array_equal(lr, degrade_image(image, REAL, 4, seed=4))
    assert degrade_image(image[..., :1], REAL, 4).shape == (30, 40, 1)
    with pytest.raises(ImageError, match=r"uint8 \(H, W, C\), not float64"):
        degrade_image(image / 255, REAL, 4)
    with pytest.raises(ImageError, match=r"multiples of 7"):
        degrade_image(image, REAL, 7)
