"""Recipes as data: YAML in and out, mistakes named, sweeps, unpaired training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from made import srtk
from tiny import TINY, TRICKS

import sr_toolkit as sr
from sr_toolkit.config import describe, plain, validate, yaml
from sr_toolkit.errors import ConfigError, SrtkError
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run
from sr_toolkit.training import sweep
from sr_toolkit.training.optimize import Rate, make_optimizer
from sr_toolkit.training.plan import load_recipe, preset_of, read_plan, read_recipe
from sr_toolkit.training.recipe import Optimizer, Recipe, Schedule
from sr_toolkit.training.sweep import Variant, variants

Train = Callable[..., Run]


def every_preset() -> list[tuple[str, str]]:
    return [
        (model, preset)
        for model in registry().names("model")
        for preset in registry().model(model).recipes
    ]


@pytest.mark.parametrize(("model", "preset"), every_preset())
def test_a_recipe_goes_through_yaml_unchanged(model: str, preset: str, tmp_path: Path) -> None:
    recipe = load_recipe(registry().model(model), preset, model)
    assert validate(Recipe, yaml.parse(yaml.dump(plain(recipe)), source="recipe")) == recipe
    shown = srtk("recipes", "show", model, "--preset", preset)
    assert shown.code == 0
    (tmp_path / "my.yaml").write_text(shown.out)
    assert read_recipe(tmp_path / "my.yaml") == preset_of(model, preset)


def test_a_recipe_with_every_trick_goes_through_yaml(tmp_path: Path) -> None:
    recipe = preset_of("srgan", "quick", (*TINY, *TRICKS))
    yaml.save_file(tmp_path / "my.yaml", plain(recipe))
    assert read_recipe(tmp_path / "my.yaml") == recipe


def test_a_file_trains_what_its_preset_trains(train: Train, tmp_path: Path) -> None:
    shown = srtk("recipes", "show", "srgan", *(w for s in TINY for w in ("--set", s)))
    (tmp_path / "my.yaml").write_text(shown.out)
    one = train("one")
    two = train("two", recipe=tmp_path / "my.yaml", preset=None)
    for phase in ("psnr", "gan"):
        ours, theirs = _weights(one, phase), _weights(two, phase)
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def _weights(run: Run, phase: str) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(run.checkpoint(phase, "last"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phases: {psnr: {stps: 3}}", r"my\.yaml': Unknown key 'phases\.psnr\.stps'.*'steps'"),
        ("phases: {psnr: {steps: many}}", r"phases\.psnr\.steps"),
        ("phases: {psnr: {steps: 1, losses: {l1: {wieght: 1}}}}", "wieght.*'weight'"),
        ("phases: {}", "at least one phase"),
        ("- 1", "no recipe"),
        ("phases: {psnr: {steps: 1, batch: 6, accumulate: 4, losses: {l1: {}}}}", "multiple"),
        ("phases: {psnr: {steps: 1, batch: big, losses: {l1: {}}}}", "batch"),
        ("phases: {psnr: {steps: 1, losses: {l1: {ramp: {begin: 5, end: 2}}}}}", "after begin"),
        ("phases: {psnr: {steps: 1, losses: {l1: {}}, degradation: {preset: nikon}}}", "nikon"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "my.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_recipe(tmp_path / "my.yaml")


def test_every_field_has_help() -> None:
    fields = list(describe(Recipe))
    assert len(fields) > 80
    assert not [field.path for field in fields if not field.help]
    assert srtk("recipes", "fields", "replay").out.count("replay") >= 3


def test_the_run_folder_trains_the_same_again(train: Train) -> None:
    run = train("run", *TRICKS)
    assert read_plan(run).recipe == preset_of("srgan", "quick", (*TINY, *TRICKS))


# Schedules and optimizers.


def rates(schedule: Schedule, steps: int, beyond: int = 0) -> list[float]:
    rate = Rate(schedule, 1.0, steps)
    found = []
    for _ in range(steps + beyond):
        found.append(rate.value)
        rate.step()
    return found


def test_warmup_rises_in_a_line_and_then_the_course_begins() -> None:
    found = rates(Schedule(warmup=4), 8)
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])
    shares = rates(Schedule(name="milestones", milestones=(0.5,), warmup=0.2), 20)
    assert shares[4:] == pytest.approx([1.0] * 6 + [0.5] * 10)


def test_restarts_are_cosines_one_after_another() -> None:
    found = rates(Schedule(name="restarts", cycles=4, floor=0.1), 40)
    one = 0.1 + 0.9 * (1 + np.cos(np.pi * np.arange(10) / 10)) / 2
    np.testing.assert_allclose(found, np.tile(one, 4), atol=1e-12)


def test_places_above_one_are_steps() -> None:
    found = rates(Schedule(name="milestones", milestones=(3, 5), gamma=0.1), 8)
    assert found == pytest.approx([1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.01])


@pytest.mark.parametrize("name", ["constant", "milestones", "cosine", "restarts", "one-cycle"])
@pytest.mark.parametrize("warmup", [None, 3])
def test_a_course_resumes_and_stays_at_its_end(name: str, warmup: int | None) -> None:
    schedule = Schedule(name=name, milestones=(0.5,), warmup=warmup)  # type: ignore[arg-type]
    whole = rates(schedule, 12, beyond=3)
    for stop in range(15):
        first, second = Rate(schedule, 1.0, 12), Rate(schedule, 1.0, 12)
        for _ in range(stop):
            first.step()
        state = json.loads(json.dumps(first.state_dict()))
        second.load_state_dict(state)
        rest = []
        for _ in range(15 - stop):
            rest.append(second.value)
            second.step()
        assert rest == whole[stop:]
    assert whole[12:] == [whole[11]] * 3


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"])
def test_every_optimizer_goes_downhill(name: str) -> None:
    from trainers import CPU

    point = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    settings = Optimizer(name=name, lr=0.05, betas=(0.5, 0.9))  # type: ignore[arg-type]
    optimizer = make_optimizer(settings, [point], CPU)
    for _ in range(60):
        optimizer.zero_grad()
        point.square().sum().backward()
        optimizer.step()
    assert float(point.detach().norm()) < 2


# Sweeps.


def test_sweeps_combine_and_ablations_do_not() -> None:
    found = variants(["a.b.lr=1,2", "c=[1, 2],[3]"], [])
    assert [v.settings for v in found] == [
        ("a.b.lr=1", "c=[1, 2]"), ("a.b.lr=1", "c=[3]"),
        ("a.b.lr=2", "c=[1, 2]"), ("a.b.lr=2", "c=[3]"),
    ]  # fmt: skip
    assert len({v.name for v in found}) == 4
    assert found[0].name == "a.b.lr-1_c-1-2"
    found = variants([], ["phases.gan.adversarial.replay=null", "phases.gan.clip=1"])
    assert [v.name for v in found] == ["base", "gan.adversarial.replay-null", "gan.clip-1"]
    both = ["phases.psnr.optimizer.lr=1e-5", "phases.gan.optimizer.lr=1e-5"]
    assert len({v.name for v in variants([], both)}) == 3
    assert len({v.name for v in variants(["a=x,y", "b=" + "z" * 200 + ",w"], [])}) == 4
    for axes, ablations in ((["a=1"], []), (["a"], []), ([], ["a="])):
        with pytest.raises(ConfigError, match="KEY="):
            variants(axes, ablations)


def test_a_sweep_trains_each_and_makes_a_table(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [word for setting in TINY for word in ("--set", setting)]
    command = [
        "train", "srgan", "--preset", "quick", "--data", f"folder:{photos}", *words, "--quiet",
        "-o", tmp_path / "sweep", "--sweep", "phases.psnr.optimizer.lr=1e-3,1e-12",
    ]  # fmt: skip
    done = srtk(*command)
    assert done.code == 0, done.err
    rows = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert [(row["variant"], row["phase"]) for row in rows] == [
        (f"psnr.optimizer.lr-{lr}", phase) for lr in ("1e-3", "1e-12") for phase in ("psnr", "gan")
    ]
    assert rows[0]["psnr"] != rows[2]["psnr"]
    assert (tmp_path / "sweep" / "sweep.md").read_text().count("| ") > 8
    # The same command again goes on where it was: here, everything is done.
    began: list[Variant] = []
    monkeypatch.setattr("sr_toolkit.training.start", lambda *a, **k: began.append(a))
    assert srtk(*command).code == 0
    assert not began
    # Another seed is another sweep.
    assert "seed: 0 → 1" in srtk(*command, "--seed", "1").sentence()
    assert sweep.table(rows)[0][:3] == ["variant", "phase", "step"]


# Unpaired.

UNPAIRED = (
    *TINY,
    "unpaired=true",
    "phases.psnr.losses={again: {loss: l1, space: lr}}",
    "phases.gan.losses={again: {loss: l1, space: lr}, tv: {weight: 0.01}}",
)


def test_unpaired_training_never_sees_pairs(photos: Path, tmp_path: Path) -> None:
    from sr_toolkit.training.session import Session

    seen: list[object] = []
    real = Session.__init__

    def remember(self: Session, *arguments: object, **named: object) -> None:
        real(self, *arguments, **named)  # type: ignore[arg-type]
        seen.append(self.materials)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "__init__", remember)
        sr.train(
            "srgan", preset="quick", data=f"folder:{photos}", settings=UNPAIRED,
            out=tmp_path / "run", val="sample:test", quiet=True,
        )  # fmt: skip
    materials = seen[0]
    assert len(materials.lr_store) + len(materials.store) == 6  # type: ignore[attr-defined]
    assert int(materials.lr_store.heights.max()) == 18  # type: ignore[attr-defined]
    assert (tmp_path / "run" / "best.safetensors").exists()


def test_unpaired_lr_images_may_be_named(photos: Path, tmp_path: Path) -> None:
    run = sr.train(
        "srgan", preset="quick", data=f"folder:{photos}", lr_data=f"folder:{photos}",
        settings=(
            *UNPAIRED, "phases.gan.adversarial.space=lr", "phases.gan.losses={}",
            "phases.gan.adversarial.discriminator=patch",
            "phases.gan.adversarial.config={n_layers: 1, features: 4, norm: none}",
        ),
        out=tmp_path / "run", val="sample:test", quiet=True,
    )  # fmt: skip
    assert run.config["lr_data"] == [f"folder:{photos}"]


def test_a_loss_on_hr_is_refused_where_hr_is_unrelated(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'l1' compares SR with HR"):
        sr.train(
            "srgan", preset="quick", data=f"folder:{photos}", settings=(*TINY, "unpaired=true"),
            out=tmp_path / "run", quiet=True,
        )  # fmt: skip
    with pytest.raises(ConfigError, match="--lr-data is for unpaired"):
        sr.train("srgan", preset="quick", data="sample", lr_data="sample", out=tmp_path / "run")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("phases.gan.freeze=[boddy.*]", "Phase gan: 'freeze' names 'boddy"),
        ("phases.gan.losses.ms-ssim.weight=1", "Phase gan: .*smallest|Phase gan: .*176"),
        ("phases.gan.adversarial={discriminator: patch, config: {n_layers: 5}}", "Phase gan: "),
        ("phases.gan.adversarial.augment=[colour]", "augment.0"),
        (
            "phases.gan.degradation={preset: custom, steps: [{name: blurr}]}",
            "Phase gan: .*blurr",
        ),
    ],
)
def test_what_a_later_phase_would_refuse_is_said_before_the_first_step(
    photos: Path, tmp_path: Path, setting: str, message: str
) -> None:
    with pytest.raises(SrtkError, match=message):
        sr.train(
            "srgan", preset="quick", data=f"folder:{photos}", settings=(*TINY, setting),
            out=tmp_path / "run", quiet=True,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_save_every_counts_steps_or_minutes(photos: Path, tmp_path: Path) -> None:
    common = ["train", "srgan", "--preset", "quick", "--data", f"folder:{photos}", "--quiet"]
    common += [word for setting in TINY for word in ("--set", setting)]
    for text, key, value in (("7", "save_every", 7), ("2.5min", "save_minutes", 2.5)):
        done = srtk(*common, "--save-every", text, "-o", tmp_path / text)
        assert done.code == 0, done.err
        phases = Run(tmp_path / text).config["recipe"]["phases"]
        assert [phase[key] for phase in phases.values()] == [value, value]
    assert "such as 10min" in srtk(*common, "--save-every", "often").err


def test_the_unpaired_preset_runs(photos: Path, tmp_path: Path, srtk_weights: Path) -> None:
    small = [f"phases.{phase}.{setting}" for phase in ("consistency", "gan")
             for setting in ("steps=2", "batch=2", "crop=32", "log_every=1")]  # fmt: skip
    run = sr.train(
        "srgan", preset="unpaired", data=f"folder:{photos}", val="sample:test",
        settings=("generator.blocks=1", "generator.features=8", "validation_images=1", *small,
                  "phases.gan.adversarial.warmup=1",
                  "phases.gan.adversarial.config.features=4"),
        weights_root=srtk_weights, out=tmp_path / "run", quiet=True,
    )  # fmt: skip
    assert run.trained_phases() == ("consistency", "gan")
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    steps = [line for line in lines if line["event"] == "step" and line["phase"] == "gan"]
    assert "adversarial" not in steps[0], "the discriminator alone"
    assert {"pixels", "features", "tv", "adversarial", "penalty"} <= set(steps[0]) | set(steps[1])


def test_a_part_named_anew_does_not_get_the_settings_of_the_one_before() -> None:
    """SRGAN's discriminator has `hidden`, which a patch discriminator knows nothing of."""
    name = "phases.gan.adversarial."
    before = preset_of("srgan", "quick").phases["gan"].adversarial
    assert before is not None and before.config and before.discriminator != "patch"
    changed = preset_of(
        "srgan", "quick", [f"{name}discriminator=patch", f"{name}config.features=8"]
    )
    game = changed.phases["gan"].adversarial
    assert game is not None and (game.discriminator, game.config) == ("patch", {"features": 8})
    kept = preset_of("srgan", "quick", [f"{name}discriminator={before.discriminator}"])
    assert kept.phases["gan"].adversarial == before
    other = preset_of("srgan", "quick", [f"{name}loss=hinge"]).phases["gan"].adversarial
    assert other is not None and (other.loss, other.loss_config) == ("hinge", {})
