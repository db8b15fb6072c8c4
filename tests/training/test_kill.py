"""SIGKILL at any moment, writes included: always resumable, and the same bits in the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_resume import assert_equal
from tiny import TRICKS

from sr_toolkit.runs import Run

LENGTH = (
    "phases.psnr.steps=30",
    "phases.gan.steps=30",
    "phases.psnr.save_every=1",
    "phases.gan.save_every=1",
    "phases.gan.validate_every=10",
    "phases.psnr.validate_every=10",
)


@pytest.mark.parametrize(
    "kills",
    [pytest.param(20, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.extended)],
)
def test_killed_again_and_again(train: Callable[..., Run], tmp_path: Path, kills: int) -> None:
    longer = [setting.replace("=30", f"={3 * kills}") for setting in LENGTH]
    straight = train("straight", *TRICKS, *longer)
    killed = Run(tmp_path / "killed")
    killed.path.mkdir()
    shutil.copy(straight.config_file, killed.config_file)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killing.py")), killed.path, str(kills), "0"],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout)
    assert int(done.stdout.split()[0]) >= kills * 0.9, done.stdout
    assert_equal(straight, killed)
    assert not list(killed.path.rglob(".*.safetensors*")), "leftovers of killed writes"
