"""Train in a run folder and be killed, again and again, until the training is finished.

    python killing.py RUN KILLS SEED

Prints the number of kills, how many fell into a write, and from which steps it went on. torch is
imported once; each attempt is a fork of this process.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from sr_toolkit import training
from sr_toolkit.runs import Run
from sr_toolkit.training.plan import read_plan
from sr_toolkit.training.state import load_newest, read_progress


def attempt(run: Run, seconds: float | None, *, after_save: bool = False) -> bool:
    """Resume in a child; kill it after so many seconds. Return whether it was killed.

    With `after_save` the seconds count from its first save on.
    """
    before = stamp(run)
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        code = 1
        try:
            training.resume(run.path, quiet=True)
            code = 0
        finally:
            os._exit(code)
    if seconds is not None:
        while (
            after_save
            and stamp(run) == before
            and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        ):
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status):
        sys.exit(f"the training could not be resumed: it exited with {os.WEXITSTATUS(status)}")
    return False


def stamp(run: Run) -> int:
    """Return when the state was last written, 0 for never."""
    return run.state_file.stat().st_mtime_ns if run.state_file.exists() else 0


def slow_disk() -> None:
    """Let each flush take a while, so that kills fall into writes too."""
    real = os.fsync

    def slow(handle: int) -> None:
        time.sleep(0.02)
        real(handle)

    os.fsync = slow


def main() -> None:
    slow_disk()
    run, kills, rng = Run(Path(sys.argv[1])), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    plan, killed, torn, steps = read_plan(run), 0, 0, []
    while killed < kills:
        # Mostly while it trains and writes, now and then while it still prepares.
        training_now = rng.random() < 0.9
        if not attempt(run, rng.uniform(0, 0.3), after_save=training_now):
            break
        killed += 1
        torn += any(run.path.rglob(".*.safetensors*"))
        load_newest(run.state_file)  # whatever happened, what is there can be read
        progress = read_progress(run.state_file) if run.state_file.exists() else {}
        steps.append(f"{progress.get('phase', '-')}:{progress.get('step', 0)}")
    attempt(run, None)
    assert training.is_finished(run, plan)
    print(f"{killed} kills, {torn} in a write, at {' '.join(steps)}")


if __name__ == "__main__":
    main()
