"""What only a real process shows: exit status, streams, the traceback of --debug."""

import subprocess
import sys

import pytest

COMMAND = ("upscale", "gone.png", "-o", "out.png", "--model", "bicubic")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "sr_toolkit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_sentence_on_stderr(tmp_path):
    done = run(tmp_path, *COMMAND)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "Error: 'gone.png' does not exist; give an image file or a folder.\n"
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(tmp_path):
    done = run(tmp_path, *COMMAND, "--debug")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert "plan_jobs" in done.stderr
    assert done.stderr.rstrip().endswith(
        "'gone.png' does not exist; give an image file or a folder."
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("upscal",), "Unknown command 'upscal'. Did you mean 'upscale'?"),
        (("train", "--presett", "quick"), "--presett"),
        (("upscale", "a.png"), "--out"),
    ],
)
def test_usage(tmp_path, arguments, part):
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr
