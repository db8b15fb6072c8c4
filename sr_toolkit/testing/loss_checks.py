"""Checks of losses on images, and of adversarial losses on logits."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.images.resize_torch import resize_tensor
from sr_toolkit.interfaces import AdversarialLoss, Loss
from sr_toolkit.testing.check import Check, NothingToCheck, check, expect, unmet
from sr_toolkit.testing.network import noise
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
SIDE = 192  # of the HR: enough for windows, pyramids and feature networks
SCALE = 4


def family_of(part: Part) -> str:
    """Return `adversarial` or `image`."""
    from sr_toolkit.registry import import_object

    built = import_object(part.factory)
    if not isinstance(built, type):
        built = type(part.build())
    return "adversarial" if issubclass(built, AdversarialLoss) else "image"


def _pair() -> tuple[Tensor, Tensor]:
    """Return an SR and an HR of two smooth images, (2, 3, side, side)."""
    hr = F.interpolate(
        noise(3, 12, 12, batch=2, seed=1), size=(SIDE, SIDE), mode="bicubic", align_corners=False
    ).clamp(0, 1)
    sr = (hr + 0.1 * (noise(3, SIDE, SIDE, batch=2, seed=2) - 0.5)).clamp(0, 1)
    return sr, hr


def _degraded(images: Tensor) -> Tensor:
    return resize_tensor(images, scale=1 / SCALE)


def _figure(loss: Loss, sr: Tensor, hr: Tensor) -> float:
    return float(_value(loss, sr, hr).detach())


def _value(loss: Loss, sr: Tensor, hr: Tensor) -> Tensor:
    offered: dict[str, Any] = {"lr": _degraded(hr), "degradation": _degraded}
    value: Tensor = loss(sr, hr, **{need: offered[need] for need in loss.needs})
    return value


def _scalar(value: object, what: str) -> Tensor:
    if not isinstance(value, Tensor):
        unmet(f"a tensor of {what}", type(value).__name__)
    expect(value.ndim == 0, f"a scalar of {what}", f"a tensor of shape {tuple(value.shape)}")
    return value


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="The training's sum of losses would be no number, or end with an error.",
    mend="End with .mean(), and return the tensor itself.",
)
def loss_is_scalar(part: Part) -> None:
    """The loss of a batch is a finite scalar."""
    value = _scalar(_value(part.build(), *_pair()), "a batch")
    expect(math.isfinite(float(value.detach())), "a finite value", float(value.detach()))


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="Training would go on as if the loss were not there.",
    mend="Look for detach, .item(), .data, torch.tensor(loss), no_grad or rounding on its way.",
)
def loss_has_gradient(part: Part) -> None:
    """The gradient reaches the SR, and is finite."""
    loss, (sr, hr) = part.build(), _pair()
    sr.requires_grad_()
    value = _value(loss, sr, hr)
    expect(value.requires_grad, "a loss with a gradient", "one that is cut off from the SR")
    (gradient,) = torch.autograd.grad(value, sr, allow_unused=True)
    expect(gradient is not None and bool(gradient.any()), "a gradient of the SR", "none")
    expect(bool(torch.isfinite(gradient).all()), "a finite gradient", "infinite or NaN values")


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="What is learned would depend on where in its batch an image stood.",
    mend="Treat all images alike, and take the mean.",
)
def loss_ignores_batch_order(part: Part) -> None:
    """The loss does not change with the order of the images."""
    loss, (sr, hr) = part.build(), _pair()
    one, other = _figure(loss, sr, hr), _figure(loss, sr.flip(0), hr.flip(0))
    expect(math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-7), f"{one:.6g} again", f"{other:.6g}")


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="One step with a perfect pixel makes every weight NaN.",
    mend="Put an epsilon under roots and into divisions.",
)
def loss_finite_where_equal(part: Part) -> None:
    """Value and gradient are finite where SR and HR are equal, and on black."""
    loss, (_, hr) = part.build(), _pair()
    for name, image in (("equal images", hr), ("black images", torch.zeros_like(hr))):
        sr = image.clone().requires_grad_()
        value = _value(loss, sr, image)
        expect(
            math.isfinite(float(value.detach())), f"a finite value of {name}", float(value.detach())
        )
        (gradient,) = torch.autograd.grad(value, sr, allow_unused=True)
        fine = gradient is None or bool(torch.isfinite(gradient).all())
        expect(fine, f"a finite gradient of {name}", "infinite or NaN values")


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="Training would lead away from the HR.",
    mend="Check the sign: a similarity is to be subtracted from 1.",
)
def loss_least_where_equal(part: Part) -> None:
    """A loss that compares with the HR is smallest where the SR is the HR."""
    loss, (sr, hr) = part.build(), _pair()
    if loss.reference != "target":
        raise NothingToCheck("the loss looks at the SR alone")
    perfect, off = _figure(loss, hr.clone(), hr), _figure(loss, sr, hr)
    expect(perfect <= off, f"at most {off:.6g}, the loss of a noisy SR", f"{perfect:.6g}")


@check(
    "loss",
    into=CHECKS,
    family="image",
    why="The next loss of the sum would see other images.",
    mend="Avoid in-place operations on the arguments.",
)
def loss_leaves_images(part: Part) -> None:
    """SR and HR are left as they were, and the same pair gives the same loss again."""
    loss, (sr, hr) = part.build(), _pair()
    before = copy.deepcopy((sr, hr))
    first = _figure(loss, sr, hr)
    expect(torch.equal(sr, before[0]), "the SR untouched", "changed")
    expect(torch.equal(hr, before[1]), "the HR untouched", "changed")
    again = _figure(loss, sr, hr)
    expect(math.isclose(first, again, rel_tol=1e-6), f"{first:.6g} again", f"{again:.6g}")


def _logits() -> tuple[Tensor, Tensor]:
    """Return logits between the labels 0 and 1, where every loss pulls both sides apart."""
    real = noise(1, 3, 3, batch=4, seed=3) * 0.6 + 0.2
    fake = noise(1, 3, 3, batch=4, seed=4) * 0.6 + 0.2
    return real, fake


@check(
    "loss",
    into=CHECKS,
    family="adversarial",
    why="A GAN's step would end with an error, or teach nothing.",
    mend="Return .mean() of the logits' losses, with nothing detached.",
)
def game_is_scalar(part: Part) -> None:
    """Both sides are finite scalars with a gradient."""
    loss = part.build()
    for side in ("generator", "discriminator"):
        real, fake = (logits.requires_grad_() for logits in _logits())
        value = _scalar(getattr(loss, side)(real, fake), f"the {side}'s side")
        expect(
            math.isfinite(float(value.detach())),
            f"a finite value of the {side}'s side",
            float(value.detach()),
        )
        expect(value.requires_grad, f"a gradient of the {side}'s side", "none")


@check(
    "loss",
    into=CHECKS,
    family="adversarial",
    why="The generator would learn to look fake, or the discriminator to be fooled.",
    mend="Logits are high for real: the generator's loss falls as fake logits rise; the "
    "discriminator's falls as real ones rise and fake ones fall.",
)
def game_signs(part: Part) -> None:
    """Each side is rewarded for what it is to do."""
    loss = part.build()
    real, fake = _logits()
    fake = fake.requires_grad_()
    (gradient,) = torch.autograd.grad(loss.generator(real, fake), fake)
    expect(
        float(gradient.sum()) < 0,
        "a generator's loss that falls as fake logits rise",
        f"a slope of {float(gradient.sum()):.3g}",
    )
    if not loss.generator_needs_real:
        value = float(loss.generator(real, fake).detach())
        other = float(loss.generator(real * 0 + 5, fake).detach())
        expect(
            value == other,
            "a generator's side that leaves real logits alone, as generator_needs_real is False",
            "one that changes with them",
        )
    real, fake = (logits.requires_grad_() for logits in _logits())
    real_slope, fake_slope = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    expect(
        float(real_slope.sum()) < 0 and float(fake_slope.sum()) > 0,
        "a discriminator's loss that falls as real logits rise and as fake ones fall",
        f"slopes of {float(real_slope.sum()):.3g} and {float(fake_slope.sum()):.3g}",
    )


@check(
    "loss",
    into=CHECKS,
    family="adversarial",
    why="What is learned would depend on where in its batch an image stood.",
    mend="Treat all logits alike.",
)
def game_ignores_batch_order(part: Part) -> None:
    """Neither side changes with the order of the images."""
    for side in ("generator", "discriminator"):
        real, fake = _logits()
        torch.manual_seed(0)
        one = float(getattr(part.build(), side)(real, fake).detach())
        torch.manual_seed(0)
        other = float(getattr(part.build(), side)(real.flip(0), fake.flip(0)).detach())
        same = math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-6)
        expect(same, f"{one:.6g} again of the {side}'s side", f"{other:.6g}")


@check(
    "loss",
    into=CHECKS,
    family="adversarial",
    why="Discriminators give logits of any shape: one number, a patch, a pixel each.",
    mend="Reduce over all axes.",
)
def game_takes_any_shape(part: Part) -> None:
    """Logits may be (N, 1) or (N, 1, H, W)."""
    loss = part.build()
    for shape in ((4, 1), (2, 1, 5, 7)):
        real, fake = torch.zeros(shape), torch.ones(shape)
        for side in ("generator", "discriminator"):
            _scalar(getattr(loss, side)(real, fake), f"the {side}'s side for logits of {shape}")
