"""Less memory for the same gradients, and what happens where there is too little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from trainers import PATCH, Fixed, gradients, trainer

from sr_toolkit.errors import ConfigError, TrainingError
from sr_toolkit.runs import Run
from sr_toolkit.training import memory
from sr_toolkit.training.trainer import Trainer

Train = Callable[..., Run]


@pytest.mark.parametrize("accumulate", [2, 4])
def test_accumulated_gradients_are_those_of_the_whole_batch(accumulate: int) -> None:
    gan = {"config": PATCH, "loss": "hinge"}
    whole = gradients(trainer(gan=gan))
    parts = gradients(trainer(gan=gan, accumulate=accumulate))
    assert float((parts - whole).abs().max() / whole.abs().max()) < 1e-6


def test_checkpointing_gives_the_same_gradients_for_less_memory() -> None:
    def kept(made: Trainer) -> int:
        return memory.saved_bytes(lambda: made.generator(made.feed.draw(0).lr))

    settings = {"generator": {"blocks": 32}}
    plain = trainer(feed=Fixed(8, 16), **settings)
    saving = trainer(feed=Fixed(8, 16), checkpointing=True, **settings)
    torch.testing.assert_close(gradients(plain), gradients(saving), rtol=1e-5, atol=1e-7)
    # Of these blocks' two activations each, one is needed to begin again from.
    assert kept(saving) < 0.8 * kept(plain)
    saving.finish()
    assert kept(saving) == kept(plain)
    with pytest.raises(ConfigError, match="batch norm"):
        trainer(checkpointing=True, generator={"variant": "srresnet"})


def out_of_memory_above(made: Trainer, crops: int) -> list[int]:
    """Let the generator run out of memory for larger batches; return what it was asked."""
    asked, real = [], made._forward

    def forward(lr: Tensor, scale: int) -> Tensor:
        asked.append(len(lr))
        if len(lr) > crops:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: x")
        return real(lr, scale)

    made._forward = forward
    return asked


@pytest.mark.parametrize("gan", [None, {"loss": "hinge"}])
def test_out_of_memory_halves_the_batch_and_does_the_step_again(gan: dict | None) -> None:
    settings = {"gan": gan} if gan else {}
    poor = trainer(**settings)
    asked = out_of_memory_above(poor, 1)
    rich = gradients(trainer(accumulate=4, **settings))
    assert torch.equal(gradients(poor), rich)
    assert asked[:3] == [4, 2, 1]
    assert poor.pieces == 4
    assert poor.step == 1
    poor.advance()
    assert 2 not in asked[3:]
    with pytest.raises(TrainingError, match="1 crops at a time"):
        starved = trainer()
        out_of_memory_above(starved, 0)
        starved.advance()


def test_the_largest_batch_fits_and_its_double_would_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = torch.nn.Linear(1000, 1000)

    def step(batch: int) -> Tensor:
        return kept(torch.ones(batch, 1000, requires_grad=True)).relu().sum()

    one = memory.saved_bytes(lambda: step(8))
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(40 * one / memory.SHARE))
    found = memory.largest_batch(step, "cpu", multiple=8)
    assert found % 8 == 0
    assert 2 * one * found / 8 <= 40 * one < 2 * one * 2 * found / 8
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10)
    with pytest.raises(ConfigError, match="Not even a batch of 8"):
        memory.largest_batch(step, "cpu", multiple=8)


def test_an_automatic_batch_is_written_down(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 30_000_000)
    run = train("run", "phases.psnr.batch=auto", "phases.psnr.steps=1", "phases.gan.steps=1")
    found = run.config["recipe"]["phases"]["psnr"]["batch"]
    assert isinstance(found, int)
    assert 2 <= found <= 512
