"""Trackers: TensorBoard's files are read back; others are refused or left out with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import sr_toolkit as sr
from sr_toolkit.errors import ConfigError
from sr_toolkit.runs import Run
from sr_toolkit.training import tracking
from sr_toolkit.training.logs import read_log
from sr_toolkit.training.reporter import Reporter

Train = Callable[..., Run]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "config.yaml").write_text("recipe: {phases: {psnr: {}, gan: {}}}\n")
    return Run(tmp_path)


def events(run: Run) -> Any:
    found = EventAccumulator(str(run.path / "tensorboard"))
    found.Reload()
    return found


def test_tensorboard_holds_the_log_and_the_strips(train: Train) -> None:
    run = train("run", trackers=("tensorboard",))
    found = events(run)
    losses = found.Scalars("psnr/loss")
    logged = [r for r in read_log(run.log_file) if r.event == "step" and r.phase == "psnr"]
    assert [event.step for event in losses] == [record.step for record in logged]
    assert losses[-1].value == pytest.approx(logged[-1].figures["loss"], rel=1e-6)
    assert [event.step for event in found.Scalars("gan/validation/psnr")] == [10, 12]
    assert [event.step for event in found.Images("gan/strip")] == [10, 12]
    assert found.Images("psnr/strip")[0].width % 4 == 0


def test_a_resumed_run_counts_on(run: Run) -> None:
    reporter = Reporter(quiet=True, log=run.log_file)
    reporter.record("step", {"phase": "psnr", "step": 7, "loss": 1.0})
    with tracking.tracked(reporter, run, ["tensorboard"]):
        reporter.record("step", {"phase": "gan", "step": 2, "loss": 2.0})
    assert reporter.listeners == []
    assert [event.step for event in events(run).Scalars("gan/loss")] == [9]


def test_unknown_and_absent_trackers_leave_no_folder(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"'tensorbord'\. Did you mean 'tensorboard'"):
        train("run", trackers=("tensorbord",))
    monkeypatch.setattr("accelerate.tracking.get_available_trackers", list)
    with pytest.raises(ConfigError, match=r"'mlflow' is not installed; pip install mlflow, or"):
        train("run", trackers=("mlflow",))
    with pytest.raises(ConfigError, match="Unknown tracker"):
        sr.training.resume(tmp_path, trackers=("no",))
    assert not (tmp_path / "run").exists()


def test_a_tracker_that_fails_is_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        calls = 0

        def log(self, figures: object, step: int) -> None:
            self.calls += 1
            raise OSError("no space")

        def finish(self) -> None:
            raise AssertionError("it was left out")

    failing = Failing()
    monkeypatch.setattr(tracking, "_start", lambda name, run: failing)
    reporter = Reporter(log=run.log_file)
    with tracking.tracked(reporter, run, ["tensorboard"]):
        for step in (1, 2):
            reporter.record("step", {"phase": "psnr", "step": step, "loss": 1.0})
    assert failing.calls == 1
    assert capsys.readouterr().err.count("'tensorboard' failed (OSError: no space)") == 1
    assert len(read_log(run.log_file)) == 2


def test_a_tracker_that_does_not_start(run: Run) -> None:
    (run.path / "tensorboard").write_text("a file is in the way")
    with (
        pytest.raises(ConfigError, match=r"'tensorboard' does not start: .* leave --tracker out"),
        tracking.tracked(Reporter(quiet=True), run, ["tensorboard"]),
    ):
        pass
