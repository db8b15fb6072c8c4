"""Whole trainings of seconds: what they learn, write and say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tiny import TINY

import sr_toolkit as sr
from sr_toolkit.checkpoint import load_generator, read_metadata
from sr_toolkit.config.places import data_roots
from sr_toolkit.errors import ConfigError, OutputError, WeightsError
from sr_toolkit.registry import registry
from sr_toolkit.runs import Run
from sr_toolkit.training import resume
from sr_toolkit.training.plan import Request, load_recipe, make_plan
from sr_toolkit.training.recipe import Recipe

Train = Callable[..., Run]


def test_run_folder_and_checkpoints(train: Train) -> None:
    run = train("run")
    names = {p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file()}
    assert names == {
        "config.yaml", "log.jsonl", "best.safetensors", "last.safetensors",
        "state/latest.safetensors", "state/previous.safetensors", ".lock",
        "psnr/best.safetensors", "psnr/last.safetensors",
        "gan/best.safetensors", "gan/last.safetensors", "gan/discriminator.safetensors",
        "samples/psnr-0000004.png", "samples/psnr-0000006.png",
        "samples/gan-0000004.png", "samples/gan-0000006.png",
    }  # fmt: skip
    assert run.trained_phases() == ("psnr", "gan")
    metadata = read_metadata(run.path / "best.safetensors")
    assert (metadata.model, metadata.phase, metadata.steps) == ("srgan", "gan", 6)
    assert metadata.scales == (4,)
    assert metadata.config["blocks"] == 1
    assert len(metadata.data_fingerprint) == 64
    assert read_metadata(run.discriminator("gan")).role == "discriminator"
    events = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    steps = [(e["phase"], e["step"]) for e in events if e["event"] == "step"]
    assert steps == [(phase, step) for phase in ("psnr", "gan") for step in (2, 4, 6)]
    assert {"loss", "l1", "adversarial", "d_loss", "lr"} <= set(events[-2])
    strip = np.asarray(Image.open(run.path / "samples" / "gan-0000006.png"))
    assert strip[-72:].shape == (72, 4 * 72, 3)  # LR, bicubic, SR, HR; their names stand above


@pytest.mark.slow
def test_it_learns(train: Train) -> None:
    """Three hundred steps of a small network must beat bicubic on other photographs."""
    run = train(
        "run", "phases.psnr.steps=400", "phases.psnr.validate_every=400", "generator.features=24",
        "phases.gan.steps=1", "phases.psnr.batch=8", "generator.blocks=4", val="sample:test",
    )  # fmt: skip
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    validation = next(line for line in lines if line["event"] == "validation")
    assert validation["psnr"] > validation["bicubic_psnr"] + 0.1


def test_the_gan_phase_goes_on_from_the_psnr_phase(train: Train) -> None:
    run = train("run", "phases.gan.optimizer.lr=1e-12", "phases.gan.steps=2")
    psnr, gan = (load_file(run.checkpoint(phase, "last")) for phase in ("psnr", "gan"))
    for key in psnr:
        torch.testing.assert_close(gan[key], psnr[key], atol=1e-7, rtol=0)


def test_both_networks_learn_in_the_gan_phase(train: Train) -> None:
    one = train("one", "phases.gan.steps=1")
    more = train("more", "phases.gan.steps=3")
    for path in (Path("gan/last.safetensors"), Path("gan/discriminator.safetensors")):
        before, after = load_file(one.path / path), load_file(more.path / path)
        moved = [k for k in before if not torch.equal(before[k], after[k])]
        assert len(moved) >= len(before) - 1


def test_one_channel(train: Train) -> None:
    run = train("run", "generator.channels=1")
    generator, _ = load_generator(run.path / "best.safetensors")
    assert generator.channels == (1, 1)
    gray = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert sr.load(run.path).upscale(gray).shape == (40, 40)
    result = sr.bench([run.path], dataset="sample", metrics="psnr", quiet=True)[0]
    assert all(result.mean(row, "psnr") is not None for row in result.rows)


def test_scales(train: Train) -> None:
    run = train("run", "phases.psnr.crop=36", "phases.gan.crop=36", scale=3)
    image = np.zeros((8, 9, 3), np.uint8)
    assert sr.load(run.path).upscale(image).shape == (24, 27, 3)


def test_small_images_are_reported(
    train: Train, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = photos / "small.png"
    Image.new("RGB", (20, 20)).save(small)
    try:
        train("run", quiet=False, val="sample:test")
    finally:
        small.unlink()
    assert "Skipped 1 of 7 images as smaller than the crop of 32×32: small." in (
        capsys.readouterr().err
    )


def test_missing_vgg_is_said_before_the_first_step(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SRTK_WEIGHTS", raising=False)
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", "file:///nothing/")
    with pytest.raises(WeightsError, match=r"Phase gan.*--preset quick"):
        train("run", preset="paper")
    assert not list((tmp_path / "run").rglob("*.safetensors"))


def plan(**arguments: object) -> tuple[object, str]:
    return make_plan(Request(model="srgan", device="cpu", **arguments))  # type: ignore[arg-type]


def test_what_a_bare_train_does(tmp_path: Path) -> None:
    quick, remark = plan(data_root=tmp_path)
    assert (quick.preset, quick.data) == ("quick", ("sample",))  # type: ignore[attr-defined]
    assert "--data" in remark
    folder = tmp_path / "DIV2K" / "DIV2K_train_HR"
    folder.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "0001.png")
    (tmp_path / "DIV2K_valid_HR").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "DIV2K_valid_HR" / "0801.png")
    paper, remark = plan(data_root=tmp_path)
    assert (paper.preset, paper.data, remark) == ("paper", ("div2k",), "")  # type: ignore[attr-defined]
    assert len(data_roots(tmp_path)) >= 3


def test_settings_change_the_recipe_and_name_mistakes() -> None:
    changed, _ = plan(preset="paper", settings=("phases.psnr.epochs=3", "generator.blocks=2"))
    recipe = changed.recipe  # type: ignore[attr-defined]
    assert (recipe.phases["psnr"].epochs, recipe.phases["psnr"].steps) == (3, None)
    assert recipe.generator["blocks"] == 2
    for setting, message in (
        ("phases.psnr.stps=3", "phases.psnr.stps.*'steps'"),
        ("phases.pnsr.steps=3", "phases.pnsr.*'psnr'"),
        ("phases.psnr.steps=many", "phases.psnr.steps"),
        ("phases.psnr.crop=50", "no multiple of the scale 4"),
        ("generator.block=3", "generator.block.*'blocks'"),
        ("phases.psnr.losses.l2.weight=1", ""),
    ):
        if message:
            with pytest.raises(ConfigError, match=message):
                plan(settings=(setting,))
        else:
            plan(settings=(setting,))  # the loss's name is looked up when it is built


def test_presets_of_srgan() -> None:
    spec = registry().model("srgan")
    assert {"quick", "paper", "small-data"} <= set(spec.recipes)
    recipes = {name: load_recipe(spec, name, "srgan") for name in spec.recipes}
    assert all(isinstance(recipe, Recipe) and recipe.summary for recipe in recipes.values())
    paper = recipes["paper"].phases
    assert (paper["psnr"].steps, paper["psnr"].optimizer.lr) == (1_000_000, 1e-4)
    assert (paper["gan"].steps, paper["gan"].schedule.milestones) == (200_000, (0.5,))
    assert paper["gan"].adversarial is not None
    assert paper["gan"].adversarial.weight == 1e-3


@pytest.mark.slow
def test_quick_beats_bicubic_by_half_a_decibel(tmp_path: Path) -> None:
    """The first command of the README, its claim held on the test part of `sample`."""
    torch.set_num_threads(os.cpu_count() or 1)
    run = sr.train("srgan", preset="quick", out=tmp_path / "run", quiet=True)
    torch.set_num_threads(1)
    result = sr.bench([run.path], dataset="sample", metrics="psnr", quiet=True)[0]
    scores = {row.model: result.mean(row, "psnr") for row in result.rows}
    assert scores["srgan:psnr"] - scores["bicubic"] >= 0.5  # type: ignore[operator]


def test_overwrite_leaves_what_is_not_the_runs(train: Train, tmp_path: Path) -> None:
    run = train("run")
    (run.path / "notes.txt").write_text("mine")
    (run.path / "psnr" / "stale.txt").write_text("old")
    train("run", overwrite=True)
    assert (run.path / "notes.txt").read_text() == "mine"
    assert not (run.path / "psnr" / "stale.txt").exists()


def test_somebody_elses_config_is_no_run(train: Train, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "config.yaml").write_text("database: prod\n")
    (project / "thesis.tex").write_text("years")
    with pytest.raises(OutputError, match="not empty and no run"):
        train("project", overwrite=True)
    assert (project / "thesis.tex").read_text() == "years"


def test_seven_channels_train(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number of channels, from a dataset that offers them."""
    from sr_toolkit.data.folder import Folder

    def seven(self: Folder, index: int) -> np.ndarray:
        generator = np.random.default_rng(index)
        return generator.integers(0, 65536, (48, 48, 7), dtype=np.uint16)

    monkeypatch.setattr(Folder, "image", seven)
    run = train("run", "generator.channels=7")
    generator, _ = load_generator(run.path / "best.safetensors")
    assert generator.channels == (7, 7)


def test_a_bare_train_works_where_div2k_is_but_no_vgg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", "file:///nothing/")
    for part, number in (("train", 3), ("valid", 1)):
        folder = tmp_path / f"DIV2K_{part}_HR"
        folder.mkdir()
        for index in range(number):
            noise = np.random.default_rng([number, index]).integers(
                0, 256, (96, 96, 3), dtype=np.uint8
            )
            Image.fromarray(noise).save(folder / f"{index:04d}.png")
    run = sr.train(
        "srgan", data_root=tmp_path, out=tmp_path / "run",
        settings=(*TINY, "phases.psnr.steps=1", "phases.gan.steps=1"),
    )  # fmt: skip
    assert run.config["preset"] == "quick"
    assert run.config["data"] == ["div2k"]
    assert "this runs 'quick'" in capsys.readouterr().err


def test_checkpoints_say_how_they_were_made(train: Train) -> None:
    run = train("run")
    metadata = read_metadata(run.path / "best.safetensors")
    assert metadata.preset == "quick"
    assert metadata.recipe["phases"]["gan"]["steps"] == 6
    judge = read_metadata(run.discriminator("gan"))
    assert (judge.model, judge.distribution) == ("srgan", "srtk-srgan")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "must not be negative"),
        ({"settings": ("phases.psnr.losses.l1.weight=0",)}, "weight is not 0"),
        ({"settings": ("phases.psnr.losses.vanilla.weight=1",)}, "adversarial loss"),
    ],
)
def test_what_could_not_be_trained_is_refused(
    photos: Path, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    given = {"preset": "quick", "data": f"folder:{photos}", "quiet": True, **arguments}
    with pytest.raises(ConfigError, match=message):
        sr.train("srgan", out=tmp_path / "run", **given)  # type: ignore[arg-type]


def test_a_resume_may_move_to_other_hardware(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train("run", precision="bf16")
    run.state_file.unlink()
    (run.path / "last.safetensors").unlink()
    resume(run.path, precision="fp32")
    errors = capsys.readouterr().err
    assert "other hardware settings" in errors
    assert ", fp32." in errors
    assert (run.path / "last.safetensors").is_file()


@pytest.mark.slow
def test_small_data_on_real_photographs(
    tmp_path: Path, srtk_train: Path, srtk_weights: Path
) -> None:
    """The recipe with VGG19's real features, on real photographs, for a few steps."""
    settings = [f"phases.{phase}.steps=3" for phase in ("psnr", "gan")]
    settings.append("phases.gan.adversarial.warmup=0")
    run = sr.train(
        "srgan", preset="small-data", data=f"folder:{srtk_train / 'photos'}", val="sample:test",
        settings=(*settings, "validation_images=1", "generator.blocks=2"), quiet=True,
        weights_root=srtk_weights, out=tmp_path / "run",
    )  # fmt: skip
    events = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    last = [event for event in events if event["event"] == "step"][-1]
    assert 0.1 < last["vgg"] < 1000  # Caffe-scaled features run in the tens
