"""Two processes train as one: the same crops, gradients and weights; one dies, the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import TINY

from sr_toolkit import training
from sr_toolkit.runs import Run
from sr_toolkit.training.state import load_state

Train = Callable[..., Run]
pytestmark = pytest.mark.slow

SETTINGS = (
    *TINY,
    "phases.psnr.batch=16",
    # Not L1: where SR equals HR but for noise, its gradient jumps.
    "phases.psnr.losses.l1.loss=mse",
    "phases.psnr.steps=20",
    "phases.psnr.save_every=10",
    "phases.psnr.validate_every=100",
    "phases.gan.steps=2",
)
GRADIENTS = """
import sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from sr_toolkit.training.trainer import Trainer
from sr_toolkit.cli import main
real = Trainer.advance
def advance(self):
    real(self)
    if self.team.leads and self.step == 1 and self.adversary is None:
        found = {n: p.grad.double().contiguous() for n, p in self.generator.named_parameters()}
        save_file(found, Path(OUT) / "gradients.safetensors")
Trainer.advance = advance
main()
"""


def command(photos: Path, out: Path, processes: int, *extra: str) -> list[str]:
    script = out.parent / "script.py"
    script.write_text(GRADIENTS.replace("OUT", repr(str(out.parent))))
    launcher = [sys.executable]
    if processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    arguments = ["train", "srgan", "--preset", "quick", "--data", f"folder:{photos}"]
    arguments += ["--device", "cpu", "-o", str(out)]
    arguments += [word for setting in SETTINGS for word in ("--set", setting)]
    return [*launcher, str(script), *arguments, *extra]


def launch(
    photos: Path, out: Path, processes: int, *extra: str
) -> subprocess.CompletedProcess[str]:
    out.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        command(photos, out, processes, *extra), capture_output=True, text=True, timeout=300,
        check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def distance(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Return the length of the difference, relative to the length of one."""
    difference = torch.cat([(one[key] - other[key]).flatten() for key in one])
    length = torch.cat([one[key].flatten() for key in one]).double().norm()
    return float(difference.double().norm() / length)


def test_two_processes_equal_one(photos: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        done = launch(photos, tmp_path / f"fp32-{number}" / "run", number, "--precision", "fp32")
        assert done.returncode == 0, done.stderr[-3000:]
        done = launch(photos, tmp_path / f"fp64-{number}" / "run", number, "--precision", "fp64")
        assert done.returncode == 0, done.stderr[-3000:]
        # One process speaks and writes.
        assert done.stderr.count("Phase psnr: 20 steps") == 1
    single, double = (
        [load_file(tmp_path / f"{kind}-{n}" / "gradients.safetensors") for n in (1, 2)]
        for kind in ("fp32", "fp64")
    )
    assert distance(*double) < 1e-12
    # In float32 a sum over so many pixels is itself no more exact than some 1e-6: two processes
    # are as near to the truth as one, and as near to one another as that allows.
    errors = [distance(double[0], found) for found in single]
    print("gradients: fp64", distance(*double), "fp32", distance(*single), "errors", errors)
    assert distance(*single) < 3e-6
    assert max(errors) < 3e-6
    runs = [load_file(tmp_path / f"fp64-{n}" / "run" / "psnr" / "last.safetensors") for n in (1, 2)]
    assert distance(*runs) < 1e-5


def test_a_gan_with_batch_norm_trains_on_two_processes_and_goes_on(
    photos: Path, tmp_path: Path
) -> None:
    """Decisions that depend on what a process has seen are taken alike, or they would wait."""
    settings = (
        "generator.variant=srresnet", "phases.gan.steps=20", "phases.gan.validate_every=4",
        "phases.psnr.steps=3", "phases.gan.adversarial.threshold=0.6",
        "phases.gan.adversarial.replay={size: 4}", "phases.gan.early_stop={patience: 9}",
        "phases.gan.adversarial.search={metric: psnr}", "phases.gan.mixing=[cutmix]",
        "phases.gan.batch=4", "phases.gan.adversarial.loss_config={label_noise: 0.1}",
    )  # fmt: skip
    words = [word for setting in settings for word in ("--set", setting)]
    out = tmp_path / "two" / "run"
    done = launch(photos, out, 2, *words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("validation PSNR") == 6
    found = load_file(out / "last.safetensors")
    assert all(torch.isfinite(value).all() for value in found.values())
    assert len(done.stdout.splitlines()) == 1


def test_a_dead_process_ends_the_run_and_one_process_goes_on(photos: Path, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    longer = ("--set", "phases.psnr.steps=100000", "--set", "phases.psnr.save_every=50")
    process = subprocess.Popen(
        command(photos, run.path, 2, *longer), stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not run.state_file.exists() or load_state(run.state_file)["trainer"]["step"] < 50:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.2)
    found = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
    )
    last = [int(word) for word in found.stdout.split()][-1]
    began = time.monotonic()
    os.kill(last, signal.SIGKILL)
    _, errors = process.communicate(timeout=90)
    assert time.monotonic() - began < 60
    assert process.returncode != 0
    assert "Another process of this one's team is gone" in errors or "Stopped in phase" in errors
    step = load_state(run.state_file)["trainer"]["step"]
    assert step >= 50
    config = run.config_file.read_text().replace("100000", str(step + 10))
    run.config_file.write_text(config)
    training.resume(run.path, allow_changed=True, quiet=True)
    assert (run.path / "last.safetensors").is_file()
