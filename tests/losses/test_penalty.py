"""Penalties where calculus gives them in closed form."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sr_toolkit.losses.penalty import gradient_penalty, r1
from sr_toolkit.registry import build


class Linear(nn.Module):
    """D(x, lr) = ⟨w, x⟩ + sum(lr): its slope is w everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0)))

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        assert image.dtype == torch.float32
        logits = (image * self.w).sum((1, 2, 3), keepdim=True)
        return logits if lr is None else logits + lr.sum((1, 2, 3), keepdim=True)


class Quadratic(Linear):
    """D(x) = ½ ‖x‖²: its slope is x."""

    def forward(self, image: Tensor, lr: Tensor | None = None) -> Tensor:
        return image.square().sum((1, 2, 3)) / 2


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(2)
    real, fake = torch.rand((2, 4, 3, 8, 8), generator=generator)
    return real, fake, torch.rand(4, 3, 2, 2), torch.rand((4, 1, 1, 1), generator=generator)


def test_linear_discriminator(batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    real, fake, lr, mix = batch
    judge = Linear()
    length = judge.w.detach().norm()
    penalty = gradient_penalty(judge, real, fake, lr, mix)
    torch.testing.assert_close(penalty, (length - 1) ** 2)
    (slope,) = torch.autograd.grad(penalty, judge.w)
    torch.testing.assert_close(slope, 2 * (length - 1) * judge.w.detach() / length)
    penalty = r1(judge, real, lr)
    torch.testing.assert_close(penalty, length**2 / 2)
    (slope,) = torch.autograd.grad(penalty, judge.w)
    torch.testing.assert_close(slope, judge.w.detach())


def test_slope_is_taken_at_the_mixture(batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    real, fake, _, mix = batch
    between = mix * real + (1 - mix) * fake
    expected = (between.flatten(1).norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(gradient_penalty(Quadratic(), real, fake, None, mix), expected)
    expected = real.square().sum((1, 2, 3)).mean() / 2
    torch.testing.assert_close(r1(Quadratic(), real, None), expected)


def test_patches_count_by_their_mean(batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    real, fake, _, mix = batch
    judge = Linear()

    def patches(image: Tensor, lr: Tensor | None) -> Tensor:
        return judge(image, lr).expand(-1, -1, 5, 5)

    once = gradient_penalty(judge, real, fake, None, mix)
    torch.testing.assert_close(gradient_penalty(patches, real, fake, None, mix), once)


def test_a_flat_discriminator_has_a_finite_slope(
    batch: tuple[Tensor, Tensor, Tensor, Tensor],
) -> None:
    real, fake, _, mix = batch
    judge = Linear()
    nn.init.zeros_(judge.w)
    penalty = gradient_penalty(judge, real, fake, None, mix)
    assert penalty.item() == 1
    (slope,) = torch.autograd.grad(penalty, judge.w)
    assert slope.isfinite().all()


@pytest.mark.parametrize("name", ["patch", "vgg"])
def test_real_discriminators_learn_from_it_in_float32(name: str) -> None:
    torch.manual_seed(0)
    settings = {"features": 4, "norm": "none", "conditional": True, "spectral": True}
    judge = build("discriminator", name, settings)
    real, fake, lr = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32), torch.rand(2, 3, 8, 8)
    fake.requires_grad_()
    mix = torch.rand(2, 1, 1, 1)
    judge.eval()  # holds spectral norm's estimate still
    calm = [gradient_penalty(judge, real, fake, lr, mix), r1(judge, real, lr)]
    with torch.autocast("cpu", torch.bfloat16):
        penalties = [gradient_penalty(judge, real, fake, lr, mix), r1(judge, real, lr)]
    torch.testing.assert_close(penalties, calm)
    (penalties[0] + penalties[1]).backward()
    assert fake.grad is None
    slopes = [p.grad for n, p in judge.named_parameters() if "weight" in n]
    assert all(g is not None and g.isfinite().all() and g.abs().sum() > 0 for g in slopes)


def test_float64_stays_float64() -> None:
    discriminator = torch.nn.Conv2d(3, 1, 3).double()
    real, fake = torch.rand(2, 2, 3, 8, 8, dtype=torch.float64)
    assert r1(lambda x, lr: discriminator(x), real, None).dtype == torch.float64
    mix = torch.rand(2, 1, 1, 1)
    value = gradient_penalty(lambda x, lr: discriminator(x), real, fake, None, mix)
    assert value.dtype == torch.float64
