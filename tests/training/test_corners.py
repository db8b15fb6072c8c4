"""Where several features meet: what once went wrong there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_judging import scored, series
from test_nothing_lost import events
from test_resume import assert_equal, stop_after
from tiny import TINY
from trainers import PATCH, trainer

import sr_toolkit as sr
from sr_toolkit import training
from sr_toolkit.checkpoint import read_metadata
from sr_toolkit.config import yaml
from sr_toolkit.errors import (
    ConfigError,
    DataError,
    OutputError,
    StoppedError,
    TrainingError,
)
from sr_toolkit.registry import build
from sr_toolkit.runs import Run
from sr_toolkit.training import archive
from sr_toolkit.training.optimize import Rate
from sr_toolkit.training.recipe import Divergence, Optimizer, Schedule
from sr_toolkit.training.trainer import Trainer

Train = Callable[..., Run]


def test_an_early_end_is_extended_and_the_extension_resumed(train: Train) -> None:
    early = ("phases.gan.early_stop={patience: 1, by: 1}", "phases.gan.validate_every=2",
             "phases.gan.steps=40")  # fmt: skip
    straight, stopped = train("straight", *early), train("stopped", *early)
    assert [e["step"] for e in events(straight, "step") if e["phase"] == "gan"][-1] == 4
    training.resume(straight.path, steps=6, quiet=True)
    with pytest.MonkeyPatch.context() as patch:
        stop_after(3, patch)
        with pytest.raises(StoppedError):
            training.resume(stopped.path, steps=6, quiet=True)
    training.resume(stopped.path, quiet=True)
    for run in (straight, stopped):
        assert read_metadata(run.checkpoint("gan", "last")).steps == 10
    assert_equal(straight, stopped)


def test_a_discriminator_with_spectral_norm_of_its_own_is_saved_whole(
    train: Train, tmp_path: Path
) -> None:
    run = train(
        "run", "phases.gan.adversarial.discriminator=patch",
        "phases.gan.adversarial.config={n_layers: 1, features: 4, norm: none, spectral: true}",
        "phases.gan.adversarial.spectral_norm=true",
    )  # fmt: skip
    path = run.discriminator("gan")
    again = build("discriminator", "patch", dict(read_metadata(path).config))
    again.load_state_dict(load_file(path), strict=True)


def test_a_changed_rate_and_schedule_take_effect(train: Train) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stop_after(3, patch)
        with pytest.raises(StoppedError):
            train("run", "phases.psnr.log_every=1")
    run = Run.open(train.folder / "run")
    config = yaml.load_file(run.config_file)
    config["recipe"]["phases"]["psnr"]["optimizer"] |= {"lr": 1e-6, "betas": [0.5, 0.6]}
    config["recipe"]["phases"]["psnr"]["schedule"] = {"name": "milestones", "milestones": [5]}
    yaml.save_file(run.config_file, config)
    training.resume(run.path, allow_changed=True, quiet=True)
    rates = {e["step"]: e["lr"] for e in events(run, "step") if e["phase"] == "psnr"}
    assert rates[4] == pytest.approx(1e-6)
    assert rates[6] == pytest.approx(5e-7)


def test_a_course_of_another_recipe_goes_on_at_the_same_place() -> None:
    old, new = Rate(Schedule(), 1.0, 20), Rate(Schedule(name="cosine"), 0.5, 20)
    for _ in range(7):
        old.step()
        new.step()
    expected = new.value
    fresh = Rate(Schedule(name="cosine"), 0.5, 20)
    fresh.load_state_dict(old.state_dict())
    assert fresh.value == expected


def test_settings_of_an_optimizer_are_those_of_the_recipe() -> None:
    one, other = trainer(), trainer(optimizer=Optimizer(betas=(0.1, 0.2), weight_decay=0.3))
    one.advance()
    other.load_state_dict(one.state_dict())
    assert other.optimizer.param_groups[0]["betas"] == (0.1, 0.2)
    assert other.optimizer.param_groups[0]["weight_decay"] == 0.3


def test_broken_weights_are_never_saved(
    train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One infinite gradient in a step whose loss is fine, and which is saved but not logged."""
    real, left = Trainer._attempt, [2]

    def attempt(self: Trainer) -> None:
        real(self)
        if self.step + 1 == left[0] and self.adversary is None:
            left[0] = -1
            with torch.no_grad():
                next(self.generator.parameters()).fill_(float("nan"))

    monkeypatch.setattr(Trainer, "_attempt", attempt)
    run = train("run", "phases.psnr.save_every=1", "phases.psnr.log_every=5")
    assert "Weights were not finite in phase psnr at step 2" in str(events(run, "warning")[0])
    assert all(torch.isfinite(v).all() for v in load_file(run.path / "last.safetensors").values())


def test_a_loss_that_jumps_rolls_back(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = Trainer.loss, [8]

    def loss(self: Trainer, *arguments: object, **keywords: object) -> torch.Tensor:
        value = real(self, *arguments, **keywords)  # type: ignore[arg-type]
        if self.step == left[0] and self.adversary is None:
            left[0] = -1
            self.tally.add("loss", value * 1e4, self.step + 1)
        return value

    monkeypatch.setattr(Trainer, "loss", loss)
    run = train("run", "phases.psnr.steps=12", "phases.psnr.log_every=1")
    warning = str(events(run, "warning")[0]["text"])
    assert "The loss jumped to" in warning
    assert "at step 9; back to step 6" in warning


def test_nothing_is_judged_while_the_discriminator_trains_alone(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [20.0] * 7 + [21.0, 20.5, 20.5]
    scored(monkeypatch, series(psnr=found, ssim=[0.5] * len(found)))
    run = train(
        "run", "phases.psnr.steps=1", "phases.gan.steps=9", "phases.gan.validate_every=1",
        "phases.gan.adversarial.warmup=6", "phases.gan.early_stop={patience: 2}",
        "phases.gan.adversarial.search={metric: psnr}",
    )  # fmt: skip
    assert len(events(run, "search")) >= 1
    assert min(int(str(e["step"])) for e in events(run, "search")) >= 6
    assert read_metadata(run.checkpoint("gan", "last")).steps == 9


def test_an_equal_score_is_no_reason_for_more_weight() -> None:
    from sr_toolkit.training.judging import WeightSearch
    from sr_toolkit.training.recipe import Search

    made = trainer(gan={"weight": 0.1})
    search = WeightSearch(Search(metric="psnr"))
    search.note({"psnr": 20.0}, made)
    assert "taken back" in search.note({"psnr": 20.0}, made)


def test_skipped_updates_are_counted_for_each_network() -> None:
    made = trainer(gan={"loss": "hinge"}, divergence=Divergence(action="skip", retries=2))
    made.loss = lambda sr, *_, **__: sr.sum() * float("nan")  # type: ignore[method-assign]
    made.advance()
    made.advance()
    with pytest.raises(TrainingError, match="3 updates in a row"):
        made.advance()


def test_a_conditional_discriminator_is_refused_where_it_would_know_the_answer(
    photos: Path, tmp_path: Path
) -> None:
    conditional = (
        "phases.gan.adversarial.discriminator=patch",
        f"phases.gan.adversarial.config={json.dumps({**PATCH, 'conditional': True})}",
    )
    for more in (("phases.gan.adversarial.space=lr",),
                 ("unpaired=true", "phases.psnr.losses={a: {loss: l1, space: lr}}",
                  "phases.gan.losses={a: {loss: l1, space: lr}}")):  # fmt: skip
        with pytest.raises(ConfigError, match="looks at the LR beside the image, but"):
            sr.train(
                "srgan", preset="quick", data=f"folder:{photos}", out=tmp_path / "run",
                settings=(*TINY, *conditional, *more), quiet=True,
            )  # fmt: skip


def test_unpaired_lr_images_are_not_validated_on(photos: Path, tmp_path: Path) -> None:
    settings = (
        *TINY, "unpaired=true", "phases.psnr.losses={a: {loss: l1, space: lr}}",
        "phases.gan.losses={a: {loss: l1, space: lr}}", "validation_images=9",
    )  # fmt: skip
    with pytest.raises(DataError, match="6 validation image"):
        sr.train(
            "srgan", preset="quick", data=f"folder:{photos}", val=f"folder:{photos}",
            out=tmp_path / "run", settings=settings, quiet=True,
        )  # fmt: skip


def test_a_refused_checkpoint_of_an_earlier_phase_is_written_later(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All three saves of the first phase are refused."""
    real, refused = archive.save_weights, [0]

    def refuse(path: Path, *arguments: object) -> None:
        if path.parent.name == "psnr" and refused[0] < 3:
            refused[0] += 1
            raise OutputError("Cannot write: No space left on device.")
        real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "save_weights", refuse)
    run = train("run")
    assert refused[0] == 3
    for which in ("best", "last"):
        assert read_metadata(run.checkpoint("psnr", which)).steps > 0


@pytest.mark.parametrize("name", ["..", "a/b", "state", "samples", "", ".hidden"])
def test_a_phase_is_no_path(tmp_path: Path, name: str) -> None:
    recipe = {"phases": {name: {"steps": 1, "losses": {"l1": {}}}}}
    yaml.save_file(tmp_path / "r.yaml", recipe)
    with pytest.raises(ConfigError, match="a phase may not be called"):
        sr.train("srgan", recipe=tmp_path / "r.yaml", data="sample", out=tmp_path / "run")


def test_overwrite_follows_no_name_out_of_the_run(train: Train, tmp_path: Path) -> None:
    run = train("run")
    (tmp_path / "mine.txt").write_text("years of work")
    config = yaml.load_file(run.config_file)
    config["recipe"]["phases"][".."] = config["recipe"]["phases"]["psnr"]
    yaml.save_file(run.config_file, config)
    train("run", overwrite=True)
    assert (tmp_path / "mine.txt").exists()


def test_a_flush_that_fails_leaves_both_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from sr_toolkit.training.state import Snapshot, load_state, previous_of

    path = tmp_path / "latest.safetensors"
    for step in (1, 2):
        Snapshot.of({"step": step}).write(path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError):
            Snapshot.of({"step": 3}).write(path)
    assert load_state(path)["step"] == 2
    assert load_state(previous_of(path))["step"] == 1


@pytest.mark.parametrize(
    ("crops", "series_of_pieces"),
    [(6, [2, 6]), (16, [2, 4, 8, 16]), (7, [7]), (9, [3, 9]), (1, [])],
)
def test_pieces_divide_the_batch(crops: int, series_of_pieces: list[int]) -> None:
    from sr_toolkit.training.memory import next_pieces

    found, pieces = [], 1
    while (following := next_pieces(pieces, crops)) is not None:
        found.append(following)
        pieces = following
    assert found == series_of_pieces


def test_what_an_ambient_discriminator_sees_lies_on_levels() -> None:
    made = trainer()
    batch = made.feed.draw(0)
    sr_batch = torch.rand_like(batch.hr, requires_grad=True)
    seen = batch.again(sr_batch, quantize=True)
    levels = seen.detach() * 255
    assert float((levels - levels.round()).abs().max()) < 1e-3
    assert float(levels.min()) >= 0
    assert float(levels.max()) <= 255
    seen.sum().backward()
    assert sr_batch.grad is not None
    assert sr_batch.grad.abs().sum() > 0


def test_small_crops_are_continued_as_often_as_it_takes() -> None:
    """A border wider than the crop, as a long chain of degradations asks for."""
    from sr_toolkit.data.batch import mirrored

    found = mirrored(torch.arange(-7, 10), 3)
    assert found.tolist() == [0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    ("processes", "settings", "multiple"),
    [(2, {"batch": 3}, 2), (2, {"batch": 6, "mixing": ("cutmix",)}, 4),
     (3, {"batch": 6, "accumulate": 3}, 9)],
)  # fmt: skip
def test_a_batch_that_cannot_be_shared_is_refused(
    processes: int, settings: dict[str, object], multiple: int
) -> None:
    from sr_toolkit.training.materials import _refuse_uneven
    from sr_toolkit.training.recipe import LossTerm, Phase

    phase = Phase(steps=1, losses={"l1": LossTerm()}, **settings)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"multiple of {multiple}"):
        _refuse_uneven("psnr", phase, processes)
    _refuse_uneven("psnr", phase, 1)
