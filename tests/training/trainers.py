"""Trainers of tiny networks on noise, one step at a time."""

from __future__ import annotations

import torch
from made import generator
from torch import Tensor, nn

from sr_toolkit.data.batch import Batch
from sr_toolkit.hardware import Hardware
from sr_toolkit.training.parts import build_parts
from sr_toolkit.training.recipe import Adversarial, LossTerm, Phase
from sr_toolkit.training.trainer import Trainer

CPU = Hardware("cpu", "fp32", False, 1)
PATCH = {"n_layers": 1, "features": 4, "norm": "none"}


class Fixed:
    """Feeds batches of noise that depend on the step alone."""

    images = 4

    def __init__(self, batch: int = 4, side: int = 8) -> None:
        self.batch, self.side, self.drawn = batch, side, 0

    def draw(self, step: int, turn: int = 0) -> Batch:
        self.drawn += 1
        rng = torch.Generator().manual_seed(1000 * step + turn)
        hr = torch.rand(self.batch, 3, 4 * self.side, 4 * self.side, generator=rng)
        lr = nn.functional.avg_pool2d(hr, 4)
        return Batch.of(lr, hr, scale=4)


def trainer(hardware: Hardware = CPU, **settings) -> Trainer:
    gan = settings.pop("gan", None)
    config = settings.pop("generator", {})
    feed = settings.pop("feed", None) or Fixed()
    given = {"steps": 20, "batch": 4, "crop": 32, "losses": {"l1": LossTerm()}, **settings}
    if gan is not None:
        given["adversarial"] = Adversarial(
            **{"discriminator": "patch", "config": PATCH, "weight": 0.1, **gan}
        )
    phase = Phase(**given)
    torch.manual_seed(0)
    parts = build_parts(phase, 3, "")
    made = generator(**config).to(hardware.dtype)
    return Trainer(phase, parts, made, feed, hardware, scale=4, seed=(0,))


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[key], other[key]) for key in one)


def gradients(made: Trainer) -> Tensor:
    """Return the gradient of the first step, as one vector."""
    made.advance()
    return torch.cat([p.grad.flatten() for p in made.generator.parameters() if p.grad is not None])
