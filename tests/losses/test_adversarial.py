"""Adversarial losses: formulas, the way that each side pulls, labels and their disturbances."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sr_toolkit.losses.adversarial_config import LabelConfig
from sr_toolkit.losses.labels import taught_labels
from sr_toolkit.registry import build

NAMES = ("vanilla", "relativistic", "lsgan", "hinge", "wasserstein")


def logits(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Real and fake logits between the labels and inside the margin: no game is content yet."""
    generator = torch.Generator().manual_seed(1)
    real, fake = torch.rand((2, *(shape or (8, 1))), generator=generator) * 0.8 + 0.1
    return real.requires_grad_(), fake.requires_grad_()


def test_vanilla_is_the_textbook_game() -> None:
    real, fake = logits()
    game = build("loss", "vanilla")
    p_real, p_fake = torch.sigmoid(real), torch.sigmoid(fake)
    torch.testing.assert_close(game.generator(real, fake), -p_fake.log().mean())
    expected = -(p_real.log().mean() + (1 - p_fake).log().mean()) / 2
    torch.testing.assert_close(game.discriminator(real, fake), expected)


def test_relativistic_average_is_the_papers_formula() -> None:
    real, fake = logits()
    game = build("loss", "relativistic")
    d_real = torch.sigmoid(real - fake.mean())
    d_fake = torch.sigmoid(fake - real.mean())
    discriminator = -(d_real.log().mean() + (1 - d_fake).log().mean()) / 2
    generator = -(d_fake.log().mean() + (1 - d_real).log().mean()) / 2
    torch.testing.assert_close(game.discriminator(real, fake), discriminator)
    torch.testing.assert_close(game.generator(real, fake), generator)


def test_smooth_labels_move_the_optimum() -> None:
    game = build("loss", "vanilla", {"real_label": 0.9})
    best = torch.logit(torch.tensor([0.9])).requires_grad_()
    (gradient,) = torch.autograd.grad(game.discriminator(best, torch.zeros(1)), best)
    assert gradient.abs().item() < 1e-6


def test_lsgan_is_the_papers_formula() -> None:
    real, fake = logits()
    game = build("loss", "lsgan", {"real_label": 0.9, "fake_label": -1.0})
    expected = ((real - 0.9) ** 2).mean() / 2 + ((fake + 1) ** 2).mean() / 2
    torch.testing.assert_close(game.discriminator(real, fake), expected)
    torch.testing.assert_close(game.generator(real, fake), ((fake - 0.9) ** 2).mean() / 2)


def test_hinge_is_the_papers_formula() -> None:
    real, fake = torch.tensor([[2.0], [0.5]]), torch.tensor([[-3.0], [0.25]])
    game = build("loss", "hinge")
    assert game.discriminator(real, fake).item() == pytest.approx(0.5 / 2 + 1.25 / 2)
    assert game.generator(real, fake).item() == pytest.approx(2.75 / 2)
    wide = build("loss", "hinge", {"margin": 3.0})
    assert wide.discriminator(real, fake).item() == pytest.approx(3.5 / 2 + 3.25 / 2)


def test_wasserstein_is_the_papers_formula() -> None:
    real, fake = logits()
    game = build("loss", "wasserstein")
    torch.testing.assert_close(game.discriminator(real, fake), fake.mean() - real.mean())
    torch.testing.assert_close(game.generator(real, fake), -fake.mean())
    kept = build("loss", "wasserstein", {"drift": 0.1})
    expected = fake.mean() - real.mean() + 0.1 * (real**2).mean()
    torch.testing.assert_close(kept.discriminator(real, fake), expected)


@pytest.mark.parametrize("shape", [(8, 1), (2, 1, 3, 4)])
@pytest.mark.parametrize("name", NAMES)
def test_a_step_of_each_side_goes_its_way(name: str, shape: tuple[int, ...]) -> None:
    real, fake = logits(*shape)
    game = build("loss", name)
    (of_generator,) = torch.autograd.grad(game.generator(real, fake), fake)
    assert (fake - of_generator > fake).all()
    of_real, of_fake = torch.autograd.grad(game.discriminator(real, fake), (real, fake))
    assert (real - of_real > real).all()
    assert (fake - of_fake < fake).all()


@pytest.mark.parametrize("name", NAMES)
def test_scalars_in_float32_whatever_comes_in(name: str) -> None:
    real, fake = (x.detach().bfloat16() for x in logits(4, 1, 5, 5))
    game = build("loss", name)
    for value in (game.generator(real, fake), game.discriminator(real, fake)):
        assert value.shape == ()
        assert value.dtype == torch.float32


@pytest.mark.parametrize("name", ["vanilla", "relativistic"])
def test_generator_does_not_know_of_labels(name: str) -> None:
    real, fake = logits()
    settings = {"real_label": 0.8, "fake_label": 0.1, "label_noise": 0.2, "flip": 0.2}
    expected = build("loss", name).generator(real, fake)
    torch.testing.assert_close(build("loss", name, settings).generator(real, fake), expected)


@pytest.mark.parametrize("name", ["vanilla", "lsgan"])
def test_fake_label_moves_the_optimum(name: str) -> None:
    game = build("loss", name, {"fake_label": 0.2})
    best = torch.tensor([[0.2]])
    best = (best if name == "lsgan" else torch.logit(best)).requires_grad_()
    (slope,) = torch.autograd.grad(game.discriminator(torch.zeros(1, 1), best), best)
    assert slope.abs().item() < 1e-6


@pytest.mark.parametrize("name", ["vanilla", "relativistic", "lsgan"])
@pytest.mark.parametrize("settings", [{"label_noise": 0.1}, {"flip": 0.3}])
def test_disturbed_labels_follow_torchs_generator(name: str, settings: dict[str, Any]) -> None:
    real, fake = logits(64, 1)
    game, plain = build("loss", name, settings), build("loss", name)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    calm = plain.discriminator(real, fake)
    assert torch.equal(torch.get_rng_state(), state)  # nothing is drawn without need
    first = game.discriminator(real, fake)
    assert first != calm
    assert game.discriminator(real, fake) != first
    torch.manual_seed(5)
    assert game.discriminator(real, fake) == first


def test_an_image_has_one_label() -> None:
    config = LabelConfig(flip=0.25, label_noise=0.1, real_label=0.9, fake_label=0.1)
    torch.manual_seed(0)
    labels = taught_labels(config, torch.zeros(20_000, 1, 2, 2), real=True)
    assert labels.shape == (20_000, 1, 2, 2)
    each = labels[:, 0, 0, 0]
    assert torch.equal(labels, each[:, None, None, None].expand_as(labels))
    assert (each < 0.5).double().mean().item() == pytest.approx(0.25, abs=0.01)
    assert each[each > 0.5].mean().item() == pytest.approx(0.9, abs=0.01)
    assert each[each > 0.5].std().item() == pytest.approx(0.1, abs=0.01)
    fakes = taught_labels(config, torch.zeros(20_000, 1), real=False)
    assert (fakes > 0.5).double().mean().item() == pytest.approx(0.25, abs=0.01)


def test_noise_never_makes_cross_entropy_bottomless() -> None:
    game = build("loss", "vanilla", {"label_noise": 0.5})
    far = torch.full((256, 1), 1e4)
    assert game.discriminator(far, -far) >= 0
