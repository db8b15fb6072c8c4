"""Checks of discriminators."""

from __future__ import annotations

import torch
from torch import Tensor

from sr_toolkit.interfaces import Discriminator
from sr_toolkit.registry import import_object
from sr_toolkit.testing.check import Check, NothingToCheck, Unmet, check, expect, unmet
from sr_toolkit.testing.network import expect_same, lively, noise
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
CROPS = (96, 128, 192, 64)
"""Sides of crops that recipes train with; a discriminator may be made for one of them."""

SCALE = 4
TRIES = 8  # sets of weights whose logits may all be in [0, 1] by chance


def _built(part: Part) -> Discriminator:
    discriminator: Discriminator = part.build()
    return discriminator.eval()


def _images(part: Part, batch: int = 2) -> Tensor:
    """Return images of the first side that the discriminator takes."""
    refusals = []
    for side in CROPS:
        images = noise(3, side, side, batch=batch)
        try:
            with torch.no_grad():
                _judge(_built(part), images)
        except Exception as error:
            refusals.append(error)
        else:
            return images
    sides = ", ".join(map(str, CROPS))
    told = f"{type(refusals[0]).__name__}: {refusals[0]}"
    raise Unmet(f"logits for crops of one of the sides {sides}", told) from refusals[0]


def _judge(discriminator: Discriminator, image: Tensor, seed: int = 1) -> Tensor:
    height, width = (side // SCALE for side in image.shape[2:])
    lr = noise(image.shape[1], height, width, batch=len(image), seed=seed)
    logits: Tensor = discriminator(image, lr.to(image) if discriminator.conditional else None)
    return logits


@check(
    "discriminator",
    into=CHECKS,
    why="A GAN phase would end at its first step.",
    mend="Return raw logits with the batch as the first axis; no sigmoid.",
)
def judges(part: Part) -> None:
    """Crops get finite logits, one or more for each image."""
    discriminator = _built(part)
    expect(
        isinstance(discriminator, Discriminator), "a Discriminator", type(discriminator).__name__
    )
    for batch in (1, 3):
        with torch.no_grad():
            logits = _judge(discriminator, _images(part, batch))
        expect(len(logits) == batch, f"logits for {batch} images", tuple(logits.shape))
        expect(bool(torch.isfinite(logits).all()), "finite logits", "infinite or NaN ones")


def _shifted(discriminator: Discriminator, seed: int) -> Discriminator:
    """Put noise of size 1 on all biases, so that raw logits are of any sign and size."""
    drawn = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in discriminator.named_parameters():
            if name.endswith("bias"):
                parameter.add_(torch.randn(parameter.shape, generator=drawn))
    return discriminator


@check(
    "discriminator",
    into=CHECKS,
    why="Losses put the sigmoid on; with two of them the gradient all but vanishes.",
    mend="Return what the last layer gives.",
)
def gives_logits(part: Part) -> None:
    """The output is not squeezed into [0, 1]."""
    seen, images = [], (_images(part) - 0.5) * 10
    for seed in range(TRIES):
        with torch.no_grad():
            logits = _judge(_shifted(lively(_built(part), seed), seed), images)
        seen += [float(logits.min()), float(logits.max())]
        if seen[-2] < 0 or seen[-1] > 1:
            return
    unmet("logits of any size", f"{min(seen):g} to {max(seen):g} for {TRIES} sets of weights")


@check(
    "discriminator",
    into=CHECKS,
    why="It is carried in every checkpoint and never learns.",
    mend="Use the layer in forward, or leave it out.",
)
def every_weight_learns(part: Part) -> None:
    """Every parameter, and the image, gets a gradient."""
    probe = lively(_built(part)).train()
    image = _images(part).requires_grad_()
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
    discriminator, image = _built(part), _images(part)
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
        images = _images(part)
        wanted, found = _judge(one.eval(), images), _judge(other.eval(), images)
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
        raise NothingToCheck("the discriminator is not conditional")
    with torch.no_grad():
        images = _images(part)
        one, other = _judge(probe, images, seed=1), _judge(probe, images, seed=2)
    expect(not torch.equal(one, other), "other logits for another LR", "the same ones")
