"""What `srtk runs` tells of finished, stopped, running and damaged trainings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from made import make_run
from safetensors.torch import save_file

from sr_toolkit.errors import CheckpointError, DataError
from sr_toolkit.runs import Run
from sr_toolkit.training.headers import read_header, read_values
from sr_toolkit.training.lock import locked, training_process
from sr_toolkit.training.overview import find_run, look, size_of, survey
from sr_toolkit.training.state import Snapshot, read_progress


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of which only the phase psnr has weights, and no state."""
    return make_run(tmp_path / "runs" / "one", "psnr")


def save_state(run: Run, **progress: Any) -> None:
    Snapshot.of({"x": torch.zeros(3)}, **progress).write(run.state_file)


def finish(run: Run) -> None:
    save_state(run, phase="gan", step=2, over=True, extend=0)
    shutil.copyfile(run.checkpoint("psnr"), run.path / "last.safetensors")


def test_a_header_equals_what_the_library_reads(run: Run, tmp_path: Path) -> None:
    save_state(run, phase="psnr", step=1, over=False, extend=0)
    assert read_values(run.state_file, "progress", "absent") == {
        "progress": read_progress(run.state_file)
    }
    save_file({"a": torch.zeros(2)}, tmp_path / "bare.safetensors")
    assert read_header(tmp_path / "bare.safetensors") == {}


@pytest.mark.parametrize("keep", [0, 4, 8, 40, -1])
def test_a_truncated_header_is_refused(run: Run, keep: int) -> None:
    path = run.checkpoint("psnr")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_header(path)


def test_finished(run: Run) -> None:
    finish(run)
    one = look(run)
    assert (one.state, one.status, one.cause) == ("finished", "finished", "")
    assert one.go_on == f"{run.resume_command} --steps +1000"
    assert (one.model, one.scales, one.preset, one.data) == ("srgan", (4,), "quick", ("sample",))
    assert [best.phase for best in one.best] == ["psnr"]
    assert one.size == size_of(run.path) > 0


def test_finished_but_its_state_removed(run: Run) -> None:
    finish(run)
    shutil.rmtree(run.state_file.parent)
    one = look(run)
    assert (one.state, one.go_on) == ("finished", "")
    assert "state was removed" in one.cause


def test_extended_but_not_there_yet(run: Run) -> None:
    finish(run)
    text = run.config_file.read_text()
    run.config_file.write_text("extend: 5".join(text.rsplit("extend: 0", 1)))
    assert look(Run(run.path)).status == "stopped at gan 2/7"


def test_stopped(run: Run) -> None:
    assert look(run).status == "stopped at psnr 0/2"
    save_state(run, phase="gan", step=1, over=False, extend=0)
    one = look(run)
    assert (one.state, one.status) == ("stopped", "stopped at gan 1/2")
    assert one.go_on == run.resume_command


def test_running_is_told_and_not_disturbed(run: Run) -> None:
    finish(run)  # a finished one that is extended right now
    with locked(run):
        run.log_file.write_text('{"event": "step", "time": 1, "phase": "gan", "step": 2}\n')
        for _ in range(2):
            one = look(run)
            assert (one.state, one.process) == ("running", os.getpid())
            assert one.status == "running gan 2/2"
            assert one.go_on == ""
    assert look(run).state == "finished"


def test_a_number_left_by_a_dead_process_is_no_training(run: Run) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1)
    run.lock_file.touch()
    for number in (int(dead.stdout), os.getpid()):  # the second one is alive, but holds no lock
        run.lock_file.with_name(".lock-owner").write_text(f"process {number}")
        assert training_process(run) is None
    with locked(run):  # nothing was left locked
        pass


def test_one_damaged_state_is_a_remark_and_two_are_damage(run: Run) -> None:
    save_state(run, phase="psnr", step=1, over=False, extend=0)
    save_state(run, phase="gan", step=1, over=False, extend=0)
    run.state_file.write_bytes(b"short")
    one = look(run)
    assert one.status == "stopped at psnr 1/2"
    assert "The state before it will be taken" in one.cause
    run.state_file.with_name("previous.safetensors").write_bytes(b"short")
    one = look(run)
    assert (one.state, one.go_on) == ("damaged", "")
    assert "previous.safetensors" in one.cause


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "name: of another program", "model: x\nscales: []\nrecipe: {}", ""]
)
def test_a_damaged_config_breaks_no_listing(run: Run, text: str) -> None:
    broken = Run(run.path.with_name("two"))
    broken.path.mkdir()
    broken.config_file.write_text(text)
    found = {Path(one.path).name: one for one in survey(run.path.parent)}
    assert found["one"].state == "stopped"
    assert found["two"].state == "damaged"
    assert "config.yaml" in found["two"].cause


def test_damaged_weights_are_a_remark(run: Run) -> None:
    run.checkpoint("psnr").write_bytes(b"x" * 100)
    one = look(run)
    assert (one.state, one.best) == ("stopped", ())
    assert "best.safetensors" in one.cause


def test_sweeps_are_looked_into(tmp_path: Path) -> None:
    make_run(tmp_path / "sweep" / "a")
    assert [Path(one.path).name for one in survey(tmp_path)] == ["a"]
    assert survey(tmp_path / "absent") == []


def test_a_run_by_path_or_name(run: Run) -> None:
    assert find_run(str(run.path), Path("elsewhere")).path == run.path
    assert find_run("one", run.path.parent).path == run.path
    with pytest.raises(DataError, match="is no run folder"):
        find_run("two", run.path.parent)
