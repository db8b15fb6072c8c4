"""Each trick of a recipe has the effect that it is there for."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from trainers import CPU, PATCH, Fixed, gradients, same, trainer, weights

from sr_toolkit.errors import ConfigError
from sr_toolkit.runs import Run
from sr_toolkit.training.recipe import (
    LossTerm,
    Optimizer,
    Penalty,
    Ramp,
    Replay,
)
from sr_toolkit.training.replay import ReplayBuffer
from sr_toolkit.training.trainer import ramped

Train = Callable[..., Run]

# Weights that change.


def test_a_ramp_is_a_straight_line() -> None:
    ramp = Ramp(start=0.25, begin=2, end=6)
    values = [ramped(2.0, ramp, step) for step in range(9)]
    assert values == pytest.approx([0.5, 0.5, 0.5, 0.875, 1.25, 1.625, 2, 2, 2])


def test_a_term_whose_ramp_has_not_begun_does_not_count() -> None:
    alone = trainer()
    ramping = trainer(losses={"l1": LossTerm(), "tv": LossTerm(weight=5, ramp=Ramp(end=2))})
    assert torch.equal(gradients(alone), gradients(ramping))
    assert not torch.equal(gradients(alone), gradients(ramping))


# The discriminator's turns.


def test_warmup_trains_the_discriminator_alone() -> None:
    made = trainer(gan={"warmup": 2})
    before = weights(made.generator), weights(made.adversary.module)
    made.advance(), made.advance()
    assert same(before[0], made.generator.state_dict())
    assert not same(before[1], made.adversary.module.state_dict())
    made.advance()
    assert not same(before[0], made.generator.state_dict())


def test_several_steps_of_the_discriminator_see_several_batches() -> None:
    feed = Fixed()
    made = trainer(gan={"steps": 3}, feed=feed)
    made.advance()
    state = next(iter(made.adversary.optimizer.state.values()))
    assert int(state["step"]) == 3
    assert feed.drawn == 3


def test_a_strong_discriminator_rests() -> None:
    made = trainer(gan={"threshold": 0.0})
    made.advance()
    state = weights(made.adversary.module)
    made.advance()
    assert same(state, made.adversary.module.state_dict())
    keen = trainer(gan={"threshold": 1.0})
    keen.advance()
    state = weights(keen.adversary.module)
    keen.advance()
    assert not same(state, keen.adversary.module.state_dict())


def test_a_discriminator_learns_to_tell_apart() -> None:
    made = trainer(gan={"warmup": 60, "optimizer": Optimizer(lr=2e-3)}, generator={"blocks": 1})
    for _ in range(60):
        made.advance()
        means = made.averages()
    assert means["d_real"] > 0.9
    assert means["d_fake"] > 0.9


def test_penalties_flatten_the_discriminator() -> None:
    def slope(**gan: object) -> float:
        # Its SR is hardly more than the skip: near the HR, as the papers' are.
        made = trainer(
            gan={"warmup": 40, "optimizer": Optimizer(lr=3e-3), **gan}, generator={"gain": 1e-3}
        )
        for _ in range(40):
            made.advance()
        image = made.feed.draw(99).hr.requires_grad_()
        logits = made.adversary.module(image, None).mean((1, 2, 3)).sum()
        (found,) = torch.autograd.grad(logits, image)
        return float(found.flatten(1).norm(dim=1).mean())

    free = slope()
    assert slope(penalty=Penalty(name="r1", weight=100)) < 0.5 * free
    # A penalty every fourth step, four times as strong, does about the same.
    assert slope(penalty=Penalty(name="r1", weight=100, every=4)) < 0.5 * free
    assert slope(loss="wasserstein") > 2
    pulled = slope(penalty=Penalty(name="gradient", weight=10), loss="wasserstein")
    assert pulled == pytest.approx(1, abs=0.2)


def test_spectral_norm_is_kept_in_what_is_saved(train: Train) -> None:
    run = train(
        "run", "phases.gan.spectral_norm=true", "phases.gan.adversarial.spectral_norm=true",
        "phases.gan.steps=20", "phases.gan.optimizer.lr=1e-2", "phases.gan.ema=0",
    )  # fmt: skip
    for path in (run.checkpoint("gan", "last"), run.discriminator("gan")):
        found = load_file(path)
        assert not [key for key in found if "parametrizations" in key]
        for value in found.values():
            if value.ndim == 4:
                assert torch.linalg.matrix_norm(value.flatten(1), 2) < 1.3


def test_replay_is_bounded_and_shows_old_images() -> None:
    buffer = ReplayBuffer(Replay(size=6, ratio=0.5))
    rng = np.random.default_rng(0)
    for number in range(20):
        fake = torch.full((4, 1, 2, 2), float(number))
        lr = torch.full((4, 1, 1, 1), float(number))
        mixed, mixed_lr = buffer.mix(fake, lr, rng)
        assert len(buffer) == min(4 * (number + 1), 6)
        assert torch.equal(mixed[:2], fake[:2])
        assert torch.equal(mixed.mean((1, 2, 3)), mixed_lr.flatten())
        if number:
            assert mixed[2:].max() < number
    ages = 19 - buffer.state_dict()["lr"].flatten()
    assert ages.max() > 1


def test_the_discriminator_goes_on_in_the_next_phase(train: Train, tmp_path: Path) -> None:
    """D alone first, then the GAN: the third phase begins with the second one's D."""
    from sr_toolkit.config import plain, yaml
    from sr_toolkit.training.plan import preset_of

    recipe = plain(preset_of("srgan", "quick"))
    warm = copy.deepcopy(recipe["phases"]["gan"])
    warm["adversarial"]["warmup"] = 1000
    recipe["phases"] = {"psnr": recipe["phases"]["psnr"], "warm": warm, **recipe["phases"]}
    yaml.save_file(tmp_path / "three.yaml", recipe)
    settings = [
        f"phases.{name}.{key}"
        for name in ("warm", "gan")
        for key in ("steps=3", "batch=2", "crop=32", "adversarial.config.features=4",
                    "adversarial.config.hidden=8", "adversarial.config.pool=2")
    ]  # fmt: skip
    run = train(
        "run", *settings, "phases.gan.adversarial.optimizer.lr=1e-12", preset=None,
        recipe=tmp_path / "three.yaml",
    )  # fmt: skip
    warmed, judged = (load_file(run.discriminator(phase)) for phase in ("warm", "gan"))
    key = "features.0.weight"
    torch.testing.assert_close(judged[key], warmed[key], atol=1e-8, rtol=0)
    psnr, after = (load_file(run.checkpoint(phase, "last")) for phase in ("psnr", "warm"))
    assert same(psnr, after)


def test_the_adversarial_term_reaches_the_generator() -> None:
    for gan in (
        {"loss": "hinge"}, {"loss": "lsgan"}, {"loss": "wasserstein"}, {"loss": "relativistic"},
        {"config": {**PATCH, "conditional": True}}, {"space": "lr"},
        {"augment": ("color", "translation", "cutout", "cutblur")},
    ):  # fmt: skip
        made = trainer(gan={"weight": 1.0, **gan}, losses={})
        assert gradients(made).abs().max() > 0, gan
        assert all(p.grad is not None for p in made.adversary.module.parameters()), gan


# The generator's side.


def test_frozen_parts_stay_as_they_are() -> None:
    made = trainer(freeze=("conv_first.*", "body.0.*"))
    before = weights(made.generator)
    for _ in range(3):
        made.advance()
    moved = {key for key, value in made.generator.state_dict().items()
             if not torch.equal(value, before[key])}  # fmt: skip
    still = {key for key in before if key.startswith(("conv_first.", "body.0."))}
    assert still
    assert moved == set(before) - still


def test_frozen_batch_norm_does_not_count() -> None:
    made = trainer(freeze=("body.*",), generator={"variant": "srresnet"})
    before = weights(made.generator)
    made.advance()
    made.generator.train()  # as after a validation
    made.advance()
    after = made.generator.state_dict()
    norms = [key for key in before if "running_mean" in key and key.startswith("body.")]
    assert norms
    assert all(torch.equal(before[key], after[key]) for key in norms)


@pytest.mark.parametrize("name", ["bdy.*", "*", "stage9"])
def test_freezing_nothing_or_everything_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="freeze"):
        trainer(freeze=(name,))


def test_a_stage_is_frozen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from srtk_srgan.generator import MSRResNet

    monkeypatch.setattr(MSRResNet, "stages", {"head": ("conv_first.*",)}, raising=False)
    made = trainer(freeze=("head",))
    assert not any(p.requires_grad for p in made.generator.conv_first.parameters())


def test_clipping_bounds_the_step() -> None:
    made = trainer(
        clip=0.01,
        optimizer=Optimizer(name="sgd", lr=1.0, betas=(0.0, 0.9)),
        losses={"mse": LossTerm(weight=100)},
    )
    before = weights(made.generator)
    made.advance()
    moved = sum(
        float((value - before[key]).square().sum())
        for key, value in made.generator.state_dict().items()
    )
    assert moved**0.5 == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("precision", ["fp16", "fp64"])
def test_other_precisions_train(train: Train, precision: str) -> None:
    run = train("run", precision=precision)
    found = load_file(run.path / "last.safetensors")
    assert all(torch.isfinite(value).all() for value in found.values())
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    assert all(np.isfinite(line["loss"]) for line in lines if line["event"] == "step")


def test_fp16_scales_the_loss_and_skips_what_overflows() -> None:
    hardware = dataclasses.replace(CPU, precision="fp16")
    made = trainer(hardware)
    assert made.updates.scaler.get_scale() == 65536
    before = weights(made.generator)
    made.updates.scaler._lazy_init_scale_growth_tracker(torch.device("cpu"))
    made.updates.scaler._scale.fill_(1e38)  # everything overflows: no step, half the scale
    made.advance()
    assert same(before, made.generator.state_dict())
    assert made.updates.scaler.get_scale() < 1e38


@pytest.mark.slow
def test_compiling_changes_nothing_but_the_speed(train: Train) -> None:
    plain = train("plain", precision="fp32")
    compiled = train("compiled", "compile=true", precision="fp32")
    ours, theirs = (load_file(run.checkpoint("psnr", "last")) for run in (compiled, plain))
    for key in ours:
        torch.testing.assert_close(ours[key], theirs[key], rtol=1e-3, atol=1e-4)


# Losses in LR space.


def test_lr_consistency_brings_sr_back_to_its_lr() -> None:
    """Of the LR alone: the HR does not enter."""
    made = trainer(losses={"again": LossTerm(loss="l1", space="lr")}, optimizer=Optimizer(lr=3e-3))
    batch = made.feed.draw(99)

    def error() -> float:
        with torch.no_grad():
            return float((batch.again(made.generator(batch.lr)) - batch.lr).abs().mean())

    before = error()
    for _ in range(60):
        made.advance()
    assert error() < 0.5 * before
