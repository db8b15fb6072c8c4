"""A stopped training goes on as if nothing had been: the same bits in the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import TINY, TRICKS

import sr_toolkit as sr
from sr_toolkit import training
from sr_toolkit.errors import StoppedError
from sr_toolkit.runs import Run
from sr_toolkit.training import session
from sr_toolkit.training.interrupt import StopSignal
from sr_toolkit.training.trainer import Trainer

Train = Callable[..., Run]


def weights(run: Run, phase: str) -> dict[str, torch.Tensor]:
    found = load_file(run.checkpoint(phase, "last"))
    judge = run.discriminator(phase)
    return {
        **found,
        **({f"d.{k}": v for k, v in load_file(judge).items()} if judge.exists() else {}),
    }


def assert_equal(one: Run, other: Run) -> None:
    for phase in one.phases:
        ours, theirs = weights(one, phase), weights(other, phase)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def stop_after(steps: int, patch: pytest.MonkeyPatch) -> None:
    """Ask the training to stop in its step number `steps`, counted over all phases."""
    signals: list[StopSignal] = []

    class Remembered(StopSignal):
        def __init__(self) -> None:
            super().__init__()
            signals.append(self)

    advance, done = Trainer.advance, 0

    def counted(self: Trainer) -> None:
        nonlocal done
        advance(self)
        done += 1
        signals[-1].requested = done == steps

    patch.setattr(session, "StopSignal", Remembered)
    patch.setattr(Trainer, "advance", counted)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_two_runs_of_one_seed_agree_and_another_does_not(train: Train, precision: str) -> None:
    one, two = (train(name, precision=precision) for name in ("one", "two"))
    assert_equal(one, two)
    other = weights(train("other", precision=precision, seed=1), "psnr")
    assert not torch.equal(other["conv_last.weight"], weights(one, "psnr")["conv_last.weight"])


@pytest.mark.parametrize(
    "stop", [3, 6, 8, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 5, 11))]
)
@pytest.mark.parametrize("variant", ["msrresnet", "srresnet"])
def test_stopped_and_resumed_equals_straight(
    train: Train, monkeypatch: pytest.MonkeyPatch, stop: int, variant: str
) -> None:
    """Batch-norm buffers, both optimizers, the average and the schedule included."""
    settings = (
        f"generator.variant={variant}",
        "phases.gan.schedule.name=milestones",
        "phases.gan.schedule.milestones=[0.5]",
    )
    straight = train("straight", *settings)
    with monkeypatch.context() as patch:
        stop_after(stop, patch)
        with pytest.raises(StoppedError, match="--resume"):
            train("stopped", *settings)
    stopped = Run.open(straight.path.parent / "stopped")
    assert not (stopped.path / "last.safetensors").exists()
    training.resume(stopped.path, quiet=True)
    assert_equal(straight, stopped)


@pytest.mark.parametrize(
    "stop", [12, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 5, 6, 7, 9, 10, 13))]
)
def test_every_trick_resumes(train: Train, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    straight = train("straight", *TRICKS)
    with monkeypatch.context() as patch:
        stop_after(stop, patch)
        with pytest.raises(StoppedError, match="--resume"):
            train("stopped", *TRICKS)
    training.resume(straight.path.parent / "stopped", quiet=True)
    assert_equal(straight, Run(straight.path.parent / "stopped"))


def test_resume_from_the_config_alone(train: Train, tmp_path: Path) -> None:
    """config.yaml trains the same run again, also in another folder."""
    straight = train("straight")
    (tmp_path / "again").mkdir()
    shutil.copy(straight.config_file, tmp_path / "again" / "config.yaml")
    again = training.resume(tmp_path / "again", quiet=True)
    assert_equal(straight, again)
    assert again.config_file.read_bytes() == straight.config_file.read_bytes()


def test_a_finished_run_says_so_and_changes_nothing(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train("run")
    before = {p: p.stat().st_mtime_ns for p in run.path.rglob("*.safetensors")}
    training.resume(run.path)
    assert "finished already" in capsys.readouterr().err
    assert before == {p: p.stat().st_mtime_ns for p in run.path.rglob("*.safetensors")}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(
    photos: Path, tmp_path: Path, number: signal.Signals
) -> None:
    run = Run(tmp_path / "run")
    settings = [*TINY, "phases.psnr.steps=100000", "phases.psnr.validate_every=100000"]
    command = [sys.executable, "-m", "sr_toolkit", "train", "srgan", "--preset", "quick"]
    command += ["--data", f"folder:{photos}", "-o", str(run.path)]
    command += [word for setting in settings for word in ("--set", setting)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    deadline = time.monotonic() + 120
    while not run.log_file.exists() or run.log_file.stat().st_size < 200:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert run.resume_command in errors
    assert "Traceback" not in errors
    assert "Error" not in errors
    assert run.state_file.is_file()
    assert run.checkpoint("psnr", "last").is_file()


def test_a_run_goes_on_from_any_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder of photographs is written down as an absolute one."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(photos.parent)
    reference = f"folder:{photos.name}"
    run = sr.train(
        "srgan", preset="quick", settings=TINY, data=reference, val="sample:test",
        out=tmp_path / "run", quiet=True,
    )  # fmt: skip
    run.state_file.unlink()
    (run.path / "last.safetensors").unlink()
    monkeypatch.chdir(tmp_path / "elsewhere")
    training.resume(run.path, quiet=True)
    assert (run.path / "last.safetensors").is_file()


def test_the_command_to_go_on_can_be_typed(tmp_path: Path) -> None:
    import shlex

    run = Run(tmp_path / "my runs" / "école")
    assert shlex.split(run.resume_command)[-1] == str(run.path)


def test_deterministic_runs_agree_bit_for_bit(train: Train) -> None:
    """Every operation of every trick has a deterministic form on the CPU; torch would refuse."""
    try:
        one = train("one", *TRICKS, deterministic=True)
        assert torch.are_deterministic_algorithms_enabled()
        two = train("two", *TRICKS, deterministic=True)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.deterministic = False
    assert_equal(one, two)
    assert one.config["deterministic"] is True
