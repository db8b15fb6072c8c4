"""`--from`: weights that fit are taken, and what became of each is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from made import save_checkpoint, srtk
from made import train as train_cli
from safetensors.torch import load_file

from sr_toolkit import training
from sr_toolkit.errors import CheckpointError, ConfigError, UnknownNameError
from sr_toolkit.runs import Run

Train = Callable[..., Run]
SHORT = ("phases.psnr.steps=1", "phases.psnr.optimizer.lr=1e-12", "phases.psnr.ema=0")


def events(run: Run, name: str) -> list[dict[str, object]]:
    records = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    return [record for record in records if record["event"] == name]


def test_x4_begins_from_x2(train: Train, tmp_path: Path) -> None:
    """All but the second upsampling step of ×4 is in a ×2 network."""
    two = save_checkpoint(tmp_path / "two.safetensors", 2)
    run = train("four", *SHORT, phases="psnr", start_from=two, scale=4)
    old, new = load_file(two), load_file(run.checkpoint("psnr", "last"))
    assert set(new) - set(old) == {"upconv2.weight", "upconv2.bias"}
    for key, value in old.items():
        torch.testing.assert_close(new[key], value, atol=1e-6, rtol=0)
    (told,) = events(run, "start")
    assert told["new"] == ["upconv2.weight", "upconv2.bias"]
    assert told["dropped"] == []
    assert sorted(told["taken"]) == sorted(old)


def test_x2_begins_from_x4_and_drops_what_it_has_not(train: Train, tmp_path: Path) -> None:
    four = save_checkpoint(tmp_path / "four.safetensors", 4)
    run = train("two", *SHORT, phases="psnr", start_from=four, scale=2)
    (told,) = events(run, "start")
    assert told["dropped"] == ["upconv2.weight", "upconv2.bias"]
    assert told["new"] == []


def test_another_shape_under_the_same_key_is_not_taken(train: Train, tmp_path: Path) -> None:
    """×3 has one upsampling convolution, of nine times the channels and not of four times."""
    three = save_checkpoint(tmp_path / "three.safetensors", 3)
    run = train("two", *SHORT, phases="psnr", start_from=three, scale=2)
    (told,) = events(run, "start")
    assert told["new"] == told["dropped"] == ["upconv1.weight", "upconv1.bias"]


def test_the_command_line_lists_the_keys(tmp_path: Path) -> None:
    two = save_checkpoint(tmp_path / "two.safetensors", 2)
    outcome = train_cli("--from", two, "--scale", "4", "--phases", "psnr", out=tmp_path / "run")
    assert outcome.code == 0, outcome.err
    assert "new 2: upconv2.weight, upconv2.bias" in outcome.err
    assert "dropped 0: none" in outcome.err
    assert "taken 12: conv_first.weight" in outcome.err
    assert Run(tmp_path / "run").phases == ("psnr",)


def test_a_run_its_phase_and_its_gan_are_gone_on_from(train: Train) -> None:
    """All weights of a phase are taken; those of the discriminator where the GAN goes on."""
    whole = train("whole")
    gan = train("gan", start_from=f"{whole.path}:psnr", phases="gan")
    assert gan.phases == ("gan",)
    assert len(events(gan, "start")[0]["taken"]) == len(load_file(whole.checkpoint("psnr")))
    more = train("more", "phases.gan.adversarial.optimizer.lr=1e-12", "phases.gan.steps=1",
                 start_from=whole.path, phases="gan")  # fmt: skip
    ours, theirs = (load_file(run.discriminator("gan")) for run in (more, whole))
    for key in ours:
        if "weight" in key:
            torch.testing.assert_close(ours[key], theirs[key], atol=1e-6, rtol=0)


def test_the_discriminator_is_not_carried_where_the_recipe_says_so(train: Train) -> None:
    whole = train("whole")
    still = ("phases.gan.adversarial.optimizer.lr=1e-12", "phases.gan.steps=1")
    fresh = train("fresh", *still, "phases.gan.adversarial.carry=false", start_from=whole.path,
                  phases="gan")  # fmt: skip
    ours, theirs = (load_file(run.discriminator("gan")) for run in (fresh, whole))
    assert not torch.allclose(ours["features.0.weight"], theirs["features.0.weight"])


def test_a_start_is_not_needed_any_more_once_there_is_a_state(train: Train, tmp_path: Path) -> None:
    two = save_checkpoint(tmp_path / "two.safetensors", 2)
    run = train("run", phases="psnr", start_from=two, scale=4)
    two.unlink()
    assert training.resume(run.path, steps=2, quiet=True).path == run.path


def test_settings_that_make_another_network_are_named(tmp_path: Path) -> None:
    two = save_checkpoint(tmp_path / "two.safetensors", 4)
    outcome = train_cli(
        "--from", two, "--phases", "psnr", "--set", "generator.features=6", out=tmp_path / "run"
    )
    assert outcome.code == 0, outcome.err
    assert "Warning: most weights are new" in outcome.err
    assert "(generator.features: 6 → 8); give --set" in outcome.err


def test_what_cannot_be_begun_from_leaves_no_folder(train: Train, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="nothing"):
        train("run", start_from="nothing")
    with pytest.raises(ConfigError, match="fixed method"):
        train("run", start_from="bicubic")
    alien = save_checkpoint(tmp_path / "two.safetensors", 2)
    with pytest.raises(CheckpointError, match="Nothing in"):
        train("run", "generator.features=6", "generator.channels=1", start_from=alien, scale=2)
    with pytest.raises(UnknownNameError, match="phase"):
        train("run", phases="psrn")
    assert not (train.folder / "run").exists()


def test_a_changed_start_is_refused(train: Train, tmp_path: Path) -> None:
    two = save_checkpoint(tmp_path / "two.safetensors", 2)
    run = train("run", phases="psnr", start_from=two, scale=4)
    again = tmp_path / "again"
    again.mkdir()
    (again / "config.yaml").write_bytes(run.config_file.read_bytes())
    save_checkpoint(two, 2, steps=5)
    with pytest.raises(CheckpointError, match="SHA-256"):
        training.resume(again, quiet=True)


def test_the_words_of_the_command_line() -> None:
    said = srtk("train", "srgan", "--from", "a", "--grow-from", "b", "--preset", "quick").sentence()
    assert said == "Give --from or --grow-from, not both."
    refused = srtk("train", "srgan", "--grow-from", "b", "--preset", "quick")
    assert "does not grow" in refused.sentence()


def test_the_state_before_the_newest_is_enough_without_the_start(
    train: Train, tmp_path: Path
) -> None:
    """A kill may come after a damaged state was put aside and before the next save."""
    two = save_checkpoint(tmp_path / "two.safetensors", 2)
    run = train("run", phases="psnr", start_from=two, scale=4)
    straight = load_file(run.path / "last.safetensors")
    two.unlink()
    run.state_file.unlink()
    (run.path / "last.safetensors").unlink()
    training.resume(run.path, quiet=True)
    again = load_file(run.path / "last.safetensors")
    assert all(torch.equal(again[key], value) for key, value in straight.items())
