"""Growing in a training: what is frozen, what is kept, and that a stop changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest
import torch
from safetensors.torch import load_file
from short import TINY
from torch import Tensor

import sr_toolkit as sr
from sr_toolkit import training
from sr_toolkit.api import ConfigError
from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.errors import StoppedError
from sr_toolkit.interfaces import Generator
from sr_toolkit.runs import Run
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.state import load_newest
from sr_toolkit.training.trainer import Trainer
from srtk_progressive.heads import GrownHead

TrainTiny = Callable[..., Run]


def kept(run: Run, phase: str) -> dict[str, Tensor]:
    return load_file(run.checkpoint(phase, "last"))


def optimized(run: Run) -> int:
    """Return how many tensors the optimizer of the state keeps moments of."""
    state, _ = load_newest(run.state_file)
    assert state is not None
    return len(state["trainer"]["optimizer"]["state"])


def test_the_whole_schedule(train_tiny: TrainTiny) -> None:
    run = train_tiny("run")
    assert run.phases == ("x2", "x4", "x4-all", "x8", "x8-all")
    scales = {phase: read_metadata(run.checkpoint(phase)).scales for phase in run.phases}
    assert scales == {
        "x2": (2,), "x4": (2, 4), "x4-all": (2, 4), "x8": (2, 4, 8), "x8-all": (2, 4, 8),
    }  # fmt: skip
    for before, after, frozen in (("x2", "x4", True), ("x4-all", "x8", True), ("x4", "x4-all", 0)):
        old, new = kept(run, before), kept(run, after)
        assert old.keys() <= new.keys()
        assert all(torch.equal(new[key], value) for key, value in old.items()) == bool(frozen)
    grown = kept(run, "x8")
    moved = [key for key in grown if key.startswith("x8") and not key.endswith("bias")]
    assert moved
    assert float(grown["x4.fade"]) == 1.0


def test_every_phase_of_several_scales_is_judged_at_each(train_tiny: TrainTiny) -> None:
    run = train_tiny("run", scale=(2, 4))
    assert run.phases == ("x2", "x4", "x4-all")
    records = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    last = [record for record in records if record["event"] == "validation"][-1]
    assert {"psnr", "psnr_x2", "bicubic_psnr_x2", "ssim_x2"} <= last.keys()
    steps = [record for record in records if record["event"] == "step"]
    assert "l1_x2" in steps[-1]
    assert "l1_x2" not in steps[0]
    assert (run.path / "samples" / "x4-all_x2-0000004.png").is_file()
    model = sr.load(run.path)
    image = torch.rand(3, 10, 12)
    assert [tuple(model.upscale(image, scale=s).shape[1:]) for s in (2, 4)] == [(20, 24), (40, 48)]
    grown = ["x4", "x4-all"]
    for scale, phases in ((2, ["x2", *grown]), (4, grown), (None, grown)):
        result = sr.bench([run.path], dataset="sample", scale=scale, metrics="psnr", quiet=True)[0]
        assert result.scale == (scale or 4)
        labels = [f"progressive:{phase}" for phase in phases]
        assert [row.model for row in result.rows] == ["bicubic", *labels]
    with pytest.raises(ConfigError, match="serves ×2, not ×8"):
        sr.bench([run.path], dataset="sample", scale=8, quiet=True)


def test_frozen_layers_have_no_graph_no_gradient_and_no_moments(
    train_tiny: TrainTiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, set[bool]] = {}
    advance = Trainer.advance

    def watched(self: Trainer) -> None:
        phase = "+".join(self.phase.freeze)
        hooks = [
            self.generator.get_submodule(name).register_forward_hook(
                lambda _m, _i, out, name=name: seen.setdefault(f"{phase}:{name}", set()).add(
                    out[0].requires_grad
                )
            )
            for name in ("x2", "x4")
            if hasattr(self.generator, name)
        ]
        advance(self)
        for hook in hooks:
            hook.remove()
        frozen = [p for p in self.generator.parameters() if not p.requires_grad]
        assert bool(frozen) == bool(self.phase.freeze)
        assert all(p.grad is None for p in frozen)
        held = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        assert not held & {id(p) for p in frozen}

    monkeypatch.setattr(Trainer, "advance", watched)
    train_tiny("run", phases="x2,x4,x8")
    assert seen == {
        ":x2": {True}, "x2:x2": {False}, "x2:x4": {True},
        "x2+x4:x2": {False}, "x2+x4:x4": {False},
    }  # fmt: skip


@pytest.mark.parametrize("stop", [5, 8, pytest.param(11, marks=pytest.mark.slow), 18])
def test_stopped_anywhere_and_resumed_equals_straight(
    train_tiny: TrainTiny, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    straight = train_tiny("straight")
    signals: list[StopSignal] = []
    advance, done = Trainer.advance, 0

    class Remembered(StopSignal):
        def __init__(self) -> None:
            super().__init__()
            signals.append(self)

    def counted(self: Trainer) -> None:
        nonlocal done
        advance(self)
        done += 1
        signals[-1].requested = done == stop

    with monkeypatch.context() as patch:
        patch.setattr("sr_toolkit.training.session.StopSignal", Remembered)
        patch.setattr(Trainer, "advance", counted)
        with pytest.raises(StoppedError):
            train_tiny("stopped")
    stopped = training.resume(straight.path.parent / "stopped", quiet=True)
    for phase in straight.phases:
        ours, theirs = kept(straight, phase), kept(stopped, phase)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_growing_a_finished_run_keeps_its_weights_and_settings(train_tiny: TrainTiny) -> None:
    small = train_tiny("small", scale=(2, 4))
    large = train_tiny("large", grow_from=small.path, phases="x8", settings=TINY[1:])
    assert large.phases == ("x8",)
    assert large.config["scales"] == [8]
    assert large.config["recipe"]["generator"] == small.config["recipe"]["generator"]
    old, new = kept(small, "x4-all"), kept(large, "x8")
    assert all(torch.equal(new[key], value) for key, value in old.items())
    assert read_metadata(large.path / "best.safetensors").scales == (2, 4, 8)


def test_the_next_scale_alone_is_grown_unless_more_are_named(
    train_tiny: TrainTiny, capsys: pytest.CaptureFixture[str]
) -> None:
    small = train_tiny("small", scale=(2,))
    large = train_tiny("large", grow_from=small.path, settings=TINY[1:], quiet=False)
    assert large.phases == ("x4", "x4-all")
    told = " ".join(capsys.readouterr().err.split())
    assert "Growing by one scale, ×4, as --scales names none" in told
    assert "phases x2, x8, x8-all are left out" in told
    assert train_tiny(
        "all", grow_from=small.path, settings=TINY[1:], scale=(4, 8)
    ).phases == ("x4", "x4-all", "x8", "x8-all")  # fmt: skip


def test_config_alone_begins_a_grown_run_again(train_tiny: TrainTiny, tmp_path: Path) -> None:
    small = train_tiny("small", scale=(2,))
    one = train_tiny("one", grow_from=small.path, phases="x4", settings=TINY[1:])
    again = tmp_path / "again"
    again.mkdir()
    (again / "config.yaml").write_bytes(one.config_file.read_bytes())
    other = training.resume(again, quiet=True)
    assert all(torch.equal(kept(other, "x4")[k], v) for k, v in kept(one, "x4").items())
    (small.path / "last.safetensors").write_bytes((one.path / "last.safetensors").read_bytes())
    (small.path / "x2" / "best.safetensors").write_bytes(b"gone")
    shutil.rmtree(again / "state")
    (again / "last.safetensors").unlink()
    with pytest.raises(sr.errors.CheckpointError):
        training.resume(again, quiet=True)


@pytest.mark.parametrize(
    ("model", "config"),
    [
        ("srgan", "{variant: msrresnet, blocks: 1, features: 8}"),
        ("srgan", "{variant: srresnet, blocks: 1, features: 8}"),
        ("esrgan", "{blocks: 1, features: 8, growth: 4}"),
    ],
)
def test_a_head_grows_onto_another_model_which_stays_whole(
    train_tiny: TrainTiny, model: str, config: str
) -> None:
    """The paper's SRResNet has batch norm: its buffers must not move either."""
    base = train_tiny(
        "base", model=model, scale=2, phases="psnr", settings=(
            f"generator={config}", "validation_images=1",
            "phases.psnr.steps=3", "phases.psnr.batch=2", "phases.psnr.crop=16",
        ),
    )  # fmt: skip
    run = train_tiny(
        "run", "phases.x4.steps=3", grow_from=base.path, preset="head", settings=(
            "validation_images=1", "phases.x4.steps=3", "phases.x4.batch=2", "phases.x4.crop=32",
            "phases.x4.fade=0",
        ),
    )  # fmt: skip
    assert run.phases == ("x4",)
    old, new = kept(base, "psnr"), kept(run, "x4")
    assert all(torch.equal(new[f"base.{key}"], value) for key, value in old.items())
    assert {key.split(".")[0] for key in new} == {"base", "x4"}
    assert optimized(run) == 4
    image = torch.rand(1, 3, 12, 10)
    grown, below = sr.load(run.path), sr.load(base.path)
    assert isinstance(grown.generator, GrownHead)
    assert torch.equal(grown.tensor(image, scale=2), below.tensor(image))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": (4,)}, "×4 grows out of ×2; give --scales 2,4, or --grow-from"),
        ({"scale": (2, 8)}, "×8 grows out of ×4; give --scales 2,4,8"),
        ({"scale": (3,)}, "offers ×2, ×4, ×8, not ×3"),
        ({"phases": "x4"}, "×4 grows out of ×2; give --scales 2,4, or --grow-from"),
        ({"phases": "x2,x8"}, "×8 grows out of ×4; give --scales 2,4,8"),
        ({"settings": ("phases.x4.scales=[3]",)}, "offers ×2, ×4, ×8, not ×3"),
        ({"settings": ("phases.x4.steps=50",)}, "fade must end within the 50 steps, received 100"),
        (
            {"settings": ("generator={form: head, base: {model: bicubic, config: {}, scale: 2}}",)},
            "No head can be put onto a Bicubic",
        ),
        (
            {"settings": ("generator={form: head, base: {model: srgan, config: {}, scale: a}}",)},
            "base.scale must be 2 or 4, received 'a'",
        ),
        ({"phases": "x9"}, "phase"),
        ({"preset": "head"}, "nothing was trained before"),
        ({"start_from": "a", "grow_from": "b"}, "--from or --grow-from, not both"),
        ({"model": "srgan", "scale": (2, 4)}, "one scale at a time, not for ×2, ×4"),
    ],
)
def test_what_cannot_be_grown_is_a_sentence(
    train_tiny: TrainTiny, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(sr.errors.SrtkError, match=message.replace("(", r"\(")):
        train_tiny("run", **{"settings": (), **arguments})


def test_what_cannot_be_grown_on(train_tiny: TrainTiny) -> None:
    small = train_tiny("small", scale=(2,))
    for arguments, message in (
        ({"scale": (2,)}, "has ×2 already"),
        ({"scale": (8,)}, "×8 grows out of ×4"),
        ({"phases": "x8"}, "×8 grows out of ×4"),
        ({"scale": (4,), "settings": ("generator.features=4",)}, "cannot be grown on"),
    ):
        with pytest.raises(sr.errors.SrtkError, match=message):
            train_tiny("more", **{"settings": TINY[1:], "grow_from": small.path, **arguments})
    with pytest.raises(ConfigError, match="does not grow"):
        train_tiny("more", model="srgan", grow_from=small.path, settings=())


def test_layers_that_the_checkpoint_has_not_are_not_frozen(train_tiny: TrainTiny) -> None:
    """The preset `head` freezes ×2, of which a checkpoint of another size has nothing."""
    small = train_tiny("small", scale=(2,))
    with pytest.raises(ConfigError, match=r"Phase x4 keeps 'first\.bias' as it is, but"):
        train_tiny(
            "more", start_from=small.path, preset="head", scale=(4, 8), settings=(
                "generator={features: 4, blocks: [2, 1, 1]}", "validation_images=1",
                "phases.x4.crop=32", "phases.x8.crop=64",
            ),
        )  # fmt: skip


def test_best_is_never_half_faded(train_tiny: TrainTiny) -> None:
    run = train_tiny("run", "phases.x4.fade=3", "phases.x4.validate_every=1",
                     "phases.x4.optimizer.lr=0.2", "phases.x4.ema=0", phases="x2,x4")  # fmt: skip
    best = load_file(run.checkpoint("x4", "best"))
    assert float(best["x4.fade"]) == 1.0
    assert read_metadata(run.checkpoint("x4", "best")).steps >= 3


def test_a_fade_ends_with_its_phase_counted_in_epochs(train_tiny: TrainTiny) -> None:
    run = train_tiny(
        "run", "phases.x4.steps=null", "phases.x4.epochs=1", "phases.x4.fade=50", phases="x2,x4"
    )
    assert float(kept(run, "x4")["x4.fade"]) == 1.0


def test_the_logged_loss_is_that_of_all_scales(train_tiny: TrainTiny) -> None:
    run = train_tiny("run", scale=(2, 4))
    records = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    steps = [r for r in records if r["event"] == "step" and r["phase"] == "x4-all"]
    for step in steps:
        assert step["loss"] == pytest.approx(step["l1"] + step["l1_x2"])
    assert steps


@pytest.mark.parametrize("trick", ["spectral_norm=true", "optimizer.weight_decay=0.1", "ema=0.5"])
def test_no_trick_moves_what_is_frozen(train_tiny: TrainTiny, trick: str) -> None:
    run = train_tiny("run", f"phases.x4.{trick}", phases="x2,x4")
    old, new = kept(run, "x2"), kept(run, "x4")
    assert all(torch.equal(new[key], value) for key, value in old.items())


def test_a_gan_phase_closes_a_scale(train_tiny: TrainTiny) -> None:
    gan = (
        "phases.x4.adversarial={discriminator: patch, weight: 0.1, config: {n_layers: 1, "
        "features: 4, norm: none}}",
    )
    run = train_tiny("run", *gan, phases="x2,x4")
    assert run.discriminator("x4").is_file()
    old, new = kept(run, "x2"), kept(run, "x4")
    assert all(torch.equal(new[key], value) for key, value in old.items())


def test_norms_without_parameters_rest_too() -> None:
    from sr_toolkit.training.freezing import freeze

    class Normed(Generator):
        stages = MappingProxyType({"old": ("old.*",)})

        def __init__(self) -> None:
            super().__init__()
            self.old = torch.nn.Sequential(
                torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3, affine=False)
            )
            self.new = torch.nn.Sequential(
                torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3, affine=False)
            )

        def forward(self, lr: Tensor, scale: int | None = None) -> Tensor:
            return self.new(self.old(lr))

        def receptive_field(self, scale: int) -> int:
            return 0

    network = Normed()
    assert freeze(network, ("old",)) == [network.old[0], network.old[1]]


@pytest.mark.slow
def test_trained_together_the_old_scale_is_held(tmp_path: Path) -> None:
    """After phases of all scales, ×2 is within .05 dB of what it was frozen, on `sample`."""
    small = ("generator={features: 16, blocks: [2, 1, 1]}", "validation_images=2")
    lengths = {"x2": 300, "x4": 40, "x4-all": 60, "x8": 40, "x8-all": 60}
    settings = [f"phases.{name}.steps={steps}" for name, steps in lengths.items()]
    settings += ["phases.x4.fade=20", "phases.x8.fade=20", "phases.x2.batch=8"]
    run = sr.train(
        "progressive", preset="quick", data="sample", settings=(*small, *settings),
        out=tmp_path / "run", quiet=True, device="cpu",
    )  # fmt: skip
    scores = {}
    for phase in ("x2", "x4", "x4-all", "x8-all"):
        file = run.checkpoint(phase, "last")
        result = sr.bench([file], dataset="sample", scale=2, metrics="psnr", quiet=True)[0]
        scores[phase] = result.mean(result.rows[-1], "psnr")
    assert scores["x4"] == scores["x2"]
    for phase in ("x4-all", "x8-all"):
        assert scores[phase] >= scores["x2"] - 0.05, scores
