"""Full disks, damaged states, locks, divergence, changes: what stands, and what is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from test_resume import assert_equal, stop_after
from tiny import TINY

from sr_toolkit import training
from sr_toolkit.config import yaml
from sr_toolkit.errors import CheckpointError, OutputError, StoppedError, TrainingError
from sr_toolkit.runs import Run
from sr_toolkit.training import archive
from sr_toolkit.training.lock import locked
from sr_toolkit.training.state import load_newest, load_state, previous_of
from sr_toolkit.training.trainer import Trainer

Train = Callable[..., Run]


def stopped_at(train: Train, step: int, *settings: str) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        stop_after(step, patch)
        with pytest.raises(StoppedError):
            train("stopped", *settings)
    return Run(train.folder / "stopped")


def events(run: Run, kind: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    return [line for line in lines if line["event"] == kind]


def test_a_damaged_state_falls_back_to_the_one_before(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    straight = train("straight", "phases.psnr.save_every=1")
    run = stopped_at(train, 4, "phases.psnr.save_every=1")
    data = run.state_file.read_bytes()
    run.state_file.write_bytes(data[: len(data) // 2])
    training.resume(run.path)
    told = capsys.readouterr().err
    assert "is damaged" in told
    assert "the one before it is taken" in told
    assert "from step 3" in told
    assert_equal(straight, run)


def test_both_states_damaged_is_a_sentence(train: Train) -> None:
    run = stopped_at(train, 4, "phases.psnr.save_every=1")
    for path in (run.state_file, previous_of(run.state_file)):
        path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="remove it to begin again"):
        training.resume(run.path, quiet=True)


@pytest.mark.slow
def test_a_full_disk_costs_a_save_and_not_the_training(photos: Path, tmp_path: Path) -> None:
    """The system itself refuses: no file may grow beyond a limit that a state passes."""
    run = Run(tmp_path / "run")
    script = f"""
import resource, signal, sys
import sr_toolkit as sr
from sr_toolkit.training import archive
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
real, count = archive.Archive.save, 0
def save(self, *arguments):
    global count
    count += 1
    self.wait()
    limit = 20_000 if count in (3, 4) else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    real(self, *arguments)
archive.Archive.save = save
sr.train("srgan", preset="quick", data="folder:{photos}", out="{run.path}",
    settings={(*TINY, "phases.psnr.save_every=1")!r})
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stderr
    assert "The last saved state stands, the training goes on" in done.stderr
    assert (run.path / "best.safetensors").is_file()
    assert not list(run.path.rglob(".*.safetensors*"))


def test_the_old_state_stands_where_the_disk_refuses(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the best weights, which were not written, are written later."""
    before: list[bytes] = []
    real, count = archive.save_weights, 0

    def refuse(path: Path, *arguments: object) -> None:
        nonlocal count
        if path.name == "last.safetensors" and path.parent.name == "psnr":
            count += 1
            if count == 3:
                before.append((path.parent.parent / "state" / "latest.safetensors").read_bytes())
                raise OutputError("Cannot write: No space left on device.")
            if count == 4:
                state = path.parent.parent / "state" / "latest.safetensors"
                assert state.read_bytes() == before[0]
        real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "save_weights", refuse)
    run = train("run", "phases.psnr.save_every=1", "phases.psnr.validate_every=2")
    assert before
    assert count == 7  # at the beginning and after each step
    assert load_state(run.state_file)["phase"] == "gan"


def test_two_trainings_in_one_folder(train: Train, tmp_path: Path) -> None:
    run = stopped_at(train, 4)
    with locked(run), pytest.raises(OutputError, match=rf"process {os.getpid()}\) trains in"):
        training.resume(run.path, quiet=True)
    training.resume(run.path, quiet=True)


def test_the_lock_of_a_dead_process_is_none(train: Train) -> None:
    run = stopped_at(train, 4)
    script = f"""
import os
from pathlib import Path
from sr_toolkit.runs import Run
from sr_toolkit.training.lock import locked
with locked(Run(Path({str(run.path)!r}))):
    os._exit(9)
"""
    subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert (run.path / ".lock-owner").exists()
    training.resume(run.path, quiet=True)


def poison(patch: pytest.MonkeyPatch, *steps: int) -> None:
    """Let the generator's loss be NaN at these steps, each time the first so many times."""
    left = list(steps)
    real = Trainer.loss

    def loss(self: Trainer, *arguments: object, **keywords: object) -> torch.Tensor:
        value = real(self, *arguments, **keywords)  # type: ignore[arg-type]
        if left and self.step == left[0]:
            left.pop(0)
            self.tally.add("loss", value * float("nan"), self.step + 1)
            return value * float("nan")
        return value

    patch.setattr(Trainer, "loss", loss)


def test_divergence_rolls_back_at_half_the_rate(
    train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poison(monkeypatch, 3, 4)
    run = train(
        "run", "phases.psnr.save_every=2", "phases.psnr.schedule.name=constant", quiet=False
    )
    warnings = [str(event["text"]) for event in events(run, "warning")]
    assert len(warnings) == 2
    assert "back to step 2" in warnings[0]
    assert "at 0.5 times the learning rate (time 1 of at most 3)" in warnings[0]
    rates = [event["lr"] for event in events(run, "step") if event["phase"] == "psnr"]
    assert rates[-1] == pytest.approx(1e-3 / 4)
    assert all(torch.isfinite(v).all() for v in load_weights(run).values())


def load_weights(run: Run) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(run.path / "last.safetensors")


def test_divergence_that_does_not_end_stops_with_the_state_intact(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, *[3] * 9)
    with pytest.raises(TrainingError, match=r"step 4 after 3 times back; .*lr=0.0005"):
        train("run", "phases.psnr.save_every=2")
    state, _ = load_newest(tmp_path / "run" / "state" / "latest.safetensors")
    assert state is not None
    assert all(torch.isfinite(v).all() for v in state["trainer"]["generator"].values())


def test_divergence_may_stop_or_be_skipped(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        poison(patch, 3)
        with pytest.raises(TrainingError, match="not finite"):
            train("stop", "phases.psnr.divergence.action=stop")
    with monkeypatch.context() as patch:
        poison(patch, 3)
        run = train("skip", "phases.psnr.divergence.action=skip")
    assert "left out" in str(events(run, "warning")[0]["text"])
    assert all(torch.isfinite(v).all() for v in load_weights(run).values())


def test_a_changed_recipe_or_set_is_refused_with_the_difference(
    train: Train, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = stopped_at(train, 4)
    config = yaml.load_file(run.config_file)
    config["recipe"]["phases"]["psnr"]["optimizer"]["lr"] = 5e-4
    yaml.save_file(run.config_file, config)
    with pytest.raises(CheckpointError, match=r"psnr\.optimizer\.lr: 0\.001 → 0\.0005"):
        training.resume(run.path, quiet=True)
    training.resume(run.path, allow_changed=True)
    assert "something changed: recipe.phases.psnr.optimizer.lr" in capsys.readouterr().err


def test_changed_images_are_refused(train: Train, photos: Path) -> None:
    from PIL import Image

    run = stopped_at(train, 4)
    extra = photos / "extra.png"
    Image.effect_noise((80, 80), 50).convert("RGB").save(extra)
    try:
        with pytest.raises(CheckpointError, match=r"data: .* → "):
            training.resume(run.path, quiet=True)
    finally:
        extra.unlink()
    training.resume(run.path, quiet=True)


@pytest.mark.slow
def test_another_number_of_threads_is_allowed_and_said(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run = stopped_at(train, 4)
    config = yaml.load_file(run.config_file)
    config["hardware"]["threads"] += 1
    yaml.save_file(run.config_file, config)
    training.resume(run.path)
    torch.set_num_threads(1)
    told = capsys.readouterr().err
    assert "threads: 1 → 2" in told
    assert "no longer bit for bit" in told


def test_a_finished_run_is_extended(train: Train) -> None:
    run = train("run", "phases.gan.schedule={name: milestones, milestones: [0.5]}")
    assert len([e for e in events(run, "step") if e["phase"] == "gan"]) == 3
    training.resume(run.path, steps=4, quiet=True)
    found = [event for event in events(run, "step") if event["phase"] == "gan"]
    assert [event["step"] for event in found] == [2, 4, 6, 8, 10]
    assert found[-1]["lr"] == pytest.approx(0.5e-4)
    assert Run(run.path).config["recipe"]["phases"]["gan"]["extend"] == 4
    straight = train(
        "straight", "phases.gan.schedule={name: milestones, milestones: [0.5]}",
        "phases.gan.extend=4",
    )  # fmt: skip
    assert_equal(straight, run)


def test_the_log_has_each_step_once_after_a_resume(train: Train) -> None:
    run = stopped_at(train, 5, "phases.psnr.save_every=1", "phases.psnr.log_every=1")
    with run.log_file.open("a") as stream:  # steps that a kill left behind the state, one cut off
        stream.write('{"event": "step", "phase": "psnr", "step": 6, "loss": 1}\n')
        stream.write('{"event": "step", "phase": "ps')
    training.resume(run.path, quiet=True)
    steps = [(e["phase"], e["step"]) for e in events(run, "step")]
    assert len(steps) == len(set(steps))
    assert steps == sorted(steps, key=lambda place: (place[0] == "gan", place[1]))
