"""Several processes bench as one; one that dies ends all; one that is killed is gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made import srtk

pytestmark = pytest.mark.slow

DYING = """
import os, signal
from sr_toolkit.cli import main
from sr_toolkit.upscaling.upscaler import Upscaler
real, calls = Upscaler.array, []
def array(self, image, **options):
    calls.append(1)
    if os.environ.get("RANK", "0") == DYING_RANK and len(calls) == DYING_CALL:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, image, **options)
Upscaler.array = array
main()
"""


def launched(
    words: list[str], *, processes: int = 1, dies: tuple[int, int] | None = None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run `srtk` in several processes; `dies` are the rank and the SR at which it is killed."""
    rank, call = dies or (-1, 0)
    script = folder / "script.py"
    text = DYING.replace("DYING_RANK", repr(str(rank))).replace("DYING_CALL", str(call))
    script.write_text(text)
    launcher = [sys.executable]
    if processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone"]
        launcher += ["--nproc-per-node", str(processes)]
    return subprocess.run(
        [*launcher, str(script), *words],
        env={**os.environ, "SRTK_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def command(photos: Path, weights: Path, out: Path, *more: str) -> list[str]:
    words = ["bench", "--models", str(weights), "--dataset", f"folder:{photos}", "--device", "cpu"]
    return [*words, "--metrics", "psnr,ssim,lr-psnr", "-o", str(out), *more]


def without_times(file: Path) -> list[dict]:
    rows = json.loads(file.read_text())["results"][0]["rows"]
    apart = ("seconds", "cost", "cached")
    return [{key: row[key] for key in row if key not in apart} for row in rows]


def test_two_processes_give_what_one_gives(photos, weights, tmp_path):
    alone = launched(command(photos, weights, tmp_path / "a", "--no-cache"), folder=tmp_path)
    assert alone.returncode == 0, alone.stderr
    both = launched(
        command(photos, weights, tmp_path / "b", "--no-cache", "--save-images"),
        processes=2,
        folder=tmp_path,
    )
    assert both.returncode == 0, both.stderr
    files = [tmp_path / name / "results.json" for name in "ab"]
    assert without_times(files[0]) == without_times(files[1])
    shown = both.stdout.count("best of its column")
    assert shown == 1, "the first process alone prints"
    assert len(list((tmp_path / "b" / "images").rglob("*.png"))) == 6


def test_a_process_that_dies_ends_all(photos, weights, tmp_path):
    dead = launched(
        command(photos, weights, tmp_path / "a", "--no-cache"),
        processes=2,
        dies=(1, 1),
        folder=tmp_path,
    )
    assert dead.returncode != 0
    assert not (tmp_path / "a" / "results.json").exists()
    assert "Process 0 of 2 was ended" in dead.stderr or "is gone" in dead.stderr
    assert "Internal error" not in dead.stderr


@pytest.mark.parametrize("call", [1, 3, 6])
def test_what_was_killed_is_gone_on_with(photos, weights, tmp_path, call):
    out = tmp_path / "out"
    killed = launched(command(photos, weights, out), dies=(0, call), folder=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in out.iterdir()] == ["request.json"]
    resumed = launched(["bench", "--resume", str(out)], folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    rows = json.loads((out / "results.json").read_text())["results"][0]["rows"]
    assert sum(row["cached"] for row in rows) == call - 1
    straight = launched(command(photos, weights, tmp_path / "b", "--no-cache"), folder=tmp_path)
    assert straight.returncode == 0, straight.stderr
    assert without_times(out / "results.json") == without_times(tmp_path / "b" / "results.json")
    again = srtk("bench", "--resume", out)
    assert again.code == 0
    assert "complete already" in again.err


def test_nothing_to_resume(tmp_path):
    assert "No benchmark was begun" in srtk("bench", "--resume", tmp_path).sentence()
