"""Checks of discriminators."""

from __future__ import annotations

import torch
from torch import Tensor

from sr_toolkit.interfaces import Discriminator
from sr_toolkit.registry import import_object
from sr_toolkit.testing.check import Check, NotHere, check, expect
from sr_toolkit.testing.network import expect_same, lively, noise
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
CROP = 96
"""Side of the crops that recipes train with unless they say otherwise."""

SCALE = 4


def _built(part: Part) -> Discriminator:
    discriminator: Discriminator = part.build()
    return discriminator.eval()


def _images(batch: int = 2, channels: int = 3, seed: int = 0) -> Tensor:
    return noise(channels, CROP, CROP, batch=batch, seed=seed)


def _judge(discriminator: Discriminator, image: Tensor, seed: int = 1) -> Tensor:
    lr = noise(image.shape[1], CROP // SCALE, CROP // SCALE, batch=len(image), seed=seed)
    logits: Tensor = discriminator(image, lr.to(image) if discriminator.conditional else None)
    return logits


@check(
    "discriminator",
    into=CHECKS,
    why="A GAN phase would end at its first step.",
    mend="Return raw logits with the batch as the first axis; no sigmoid.",
)
def judges(part: Part) -> None:
    """Crops of 96 pixels get finite logits, one or more for each image."""
    discriminator = _built(part)
    expect(
        isinstance(discriminator, Discriminator), "a Discriminator", type(discriminator).__name__
    )
    for batch in (1, 3):
        with torch.no_grad():
            logits = _judge(discriminator, _images(batch))
        expect(len(logits) == batch, f"logits for {batch} images", tuple(logits.shape))
        expect(bool(torch.isfinite(logits).all()), "finite logits", "infinite or NaN ones")


@check(
    "discriminator",
    into=CHECKS,
    why="Losses put the sigmoid on; with two of them the gradient all but vanishes.",
    mend="Return what the last layer gives.",
)
def gives_logits(part: Part) -> None:
    """The output is not squeezed into [0, 1]."""
    probe = lively(_built(part))
    with torch.no_grad():
        logits = _judge(probe, (_images(4) - 0.5) * 1000)
    inside = float(logits.min()) >= 0 and float(logits.max()) <= 1
    expect(not inside, "logits of any size", f"{float(logits.min()):g} to {float(logits.max()):g}")


@check(
    "discriminator",
    into=CHECKS,
    why="It is carried in every checkpoint and never learns.",
    mend="Use the layer in forward, or leave it out.",
)
def every_weight_learns(part: Part) -> None:
    """Every parameter, and the image, gets a gradient."""
    probe = lively(_built(part)).train()
    image = _images(2).requires_grad_()
    torch.autograd.backward(_judge(probe, image).sum())
    idle = [
        name
        for name, parameter in probe.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
    ]
    expect(not idle, "a gradient for each parameter", f"none for {', '.join(idle[:3])}")
    seen = image.grad is not None and bool(image.grad.any())
    expect(seen, "a gradient of the image, by which the generator learns", "none")


@check(
    "discriminator",
    into=CHECKS,
    why="Losses compare with the same image afterwards.",
    mend="Avoid in-place operations on the input.",
)
def image_unchanged(part: Part) -> None:
    """The image is left as it was."""
    discriminator, image = _built(part), _images(2)
    before = image.clone()
    with torch.no_grad():
        _judge(discriminator, image)
    expect(torch.equal(image, before), "the image untouched", "changed")


@check(
    "discriminator",
    into=CHECKS,
    why="A resumed or fine-tuned GAN would begin with another discriminator.",
    mend="Register every tensor that forward reads as a parameter or a persistent buffer.",
)
def weights_restore(part: Part) -> None:
    """The state_dict holds all that the logits depend on."""
    one = lively(_built(part))
    torch.manual_seed(7)
    other: Discriminator = import_object(part.factory)(part.config())
    other.load_state_dict(one.state_dict(), strict=True)
    with torch.no_grad():
        wanted, found = _judge(one.eval(), _images()), _judge(other.eval(), _images())
    expect_same(found, wanted, "the same logits from the state alone")


@check(
    "discriminator",
    into=CHECKS,
    why="A discriminator that is told the LR and looks away is not conditional.",
    mend="Use lr in forward, or set conditional to False.",
)
def condition_counts(part: Part) -> None:
    """A conditional discriminator looks at the LR."""
    probe = lively(_built(part))
    if not probe.conditional:
        raise NotHere("the discriminator is not conditional")
    with torch.no_grad():
        one, other = _judge(probe, _images(), seed=1), _judge(probe, _images(), seed=2)
    expect(not torch.equal(one, other), "other logits for another LR", "the same ones")
