"""Checks of training: every parameter learns, and a few steps help."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.images.resize_torch import resize_tensor
from sr_toolkit.interfaces import Generator
from sr_toolkit.testing.check import Check, NothingToCheck, check, expect
from sr_toolkit.testing.network import lively, noise, trained_run, usual
from sr_toolkit.testing.part import Part, Specimen

CHECKS: list[Check] = []
STEPS = 8
DRAWS = 8
RATES = (1e-3, 1e-4, 1e-5)
"""Adam's rates, of which one has to do."""


def _trainable(part: Part) -> tuple[Specimen, ...]:
    if not part.model.needs_weights:
        raise NothingToCheck("the model is a fixed method")
    if not part.model.recipes:
        raise NothingToCheck("the model has no recipe: it is not trained here")
    return part.specimens


@check(
    "model",
    into=CHECKS,
    why="It is carried in every checkpoint and never learns; several processes refuse to train it.",
    mend="Use the layer in forward, or leave it out.",
)
def every_parameter_learns(part: Part) -> None:
    """Every parameter gets a gradient."""
    for specimen in _trainable(part):
        probe = lively(specimen.build()).train()
        for draw in range(DRAWS):  # a block that is dropped by chance learns in another step
            lr = usual(probe, batch=2, seed=draw)
            for scale in probe.scales:
                sr = trained_run(probe, lr, scale)
                weights = torch.rand(sr.shape, generator=torch.Generator().manual_seed(draw))
                torch.autograd.backward((sr * weights).sum())
            idle = [
                name
                for name, parameter in probe.named_parameters()
                if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
            ]
            if not idle:
                break
        expect(
            not idle,
            f"a gradient for each parameter, {specimen}",
            f"none for {', '.join(idle[:3])}" + (f" and {len(idle) - 3} more" if idle[3:] else ""),
        )


@check(
    "model",
    into=CHECKS,
    why="Hours of training would lead nowhere.",
    mend="Look for a gradient that is cut (detach, torch.tensor(x), no_grad) or weights that are "
    "initialized too large.",
)
def training_lowers_loss(part: Part) -> None:
    """A few steps on one batch of photographs lower its L1 loss."""
    for specimen in _trainable(part):
        scale = specimen.build().scales[-1]
        tried = []
        for rate in RATES:
            before, after = _train(specimen.build(), scale, rate)
            tried.append(f"{before:.4f} to {after:.4f} at {rate:g}")
            if after < before:
                break
        else:
            expect(False, f"a loss that falls in {STEPS} steps, {specimen}", "; ".join(tried))


def _train(generator: Generator, scale: int, rate: float) -> tuple[float, float]:
    """Return the loss of a batch before and after a few steps of Adam on it."""
    hr = _crops(generator.channels[1], scale * generator.size_multiple * _cells(generator))
    lr = resize_tensor(hr, scale=1 / scale)
    if generator.channels[0] != generator.channels[1]:
        lr = noise(generator.channels[0], lr.shape[2], lr.shape[3], batch=len(lr))
    generator.train()
    optimizer = torch.optim.Adam([p for p in generator.parameters() if p.requires_grad], lr=rate)
    losses = []
    for step in range(STEPS + 1):
        loss = F.l1_loss(trained_run(generator, lr, scale), hr)
        losses.append(float(loss.detach()))
        if step < STEPS:
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return losses[0], losses[-1]


def _cells(generator: Generator) -> int:
    """Return how many size multiples make an LR of at least 12 pixels."""
    return -(-12 // generator.size_multiple)


@functools.cache
def _photograph() -> Tensor:
    """Return a photograph that comes with scikit-image, (1, 3, H, W) in [0, 1]."""
    from sr_toolkit.data.config import SampleConfig
    from sr_toolkit.data.sample import Sample

    dataset = Sample(SampleConfig(part="test"))
    dataset.prepare(())
    pixels = torch.from_numpy(dataset.image(1).astype("float32") / 255)
    return pixels.permute(2, 0, 1)[None]


def _crops(channels: int, side: int) -> Tensor:
    """Return two crops of a photograph, (2, C, side, side)."""
    image = _photograph()
    image = image.mean(dim=1, keepdim=True) if channels == 1 else image
    image = image[:, [index % image.shape[1] for index in range(channels)]]
    rows, columns = (
        -(-(side + start) // n) for start, n in zip((80, 120), image.shape[2:], strict=True)
    )
    one = image.repeat(1, 1, rows, columns)[:, :, 80 : 80 + side, 120 : 120 + side]
    return torch.cat([one, one.flip(3)])
