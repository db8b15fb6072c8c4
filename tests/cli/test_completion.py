"""Completion by the shell: click's protocol in a process of its own, and a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.cli import VERBS
from sr_toolkit.registry import registry

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
PROBE = """
import sys
from sr_toolkit.cli import main
try:
    main()
finally:
    heavy = {"torch", "numpy", "PIL", "rich", "safetensors"} & set(sys.modules)
    print("heavy:", *sorted(heavy), file=sys.stderr)
"""


def complete(line: str) -> list[str]:
    """Return what bash would be offered at the end of `line`; nothing heavy may be imported."""
    words = line.split(" ")
    ended = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={
            **ENVIRONMENT,
            "_SRTK_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.strip() == "heavy:", ended.stderr
    return [found.partition(",")[2] for found in ended.stdout.splitlines()]


def test_verbs_are_completed() -> None:
    assert complete("srtk ") == list(VERBS)
    assert complete("srtk tr") == ["train"]
    assert complete("srtk data p") == ["pack", "path", "pull"]


def test_options_are_completed() -> None:
    assert complete("srtk upscale --ti") == ["--tile"]
    assert {"--models", "--metrics"} <= set(complete("srtk bench --m"))


def test_models_are_completed_in_a_list_too() -> None:
    names = registry().names("model")
    assert complete("srtk train ") == list(names)
    assert complete("srtk train srg") == ["srgan"]
    assert complete("srtk bench --models srgan,bicu") == ["srgan,bicubic"]


def test_presets_are_those_of_the_model() -> None:
    assert complete("srtk train srgan --preset ") == list(registry().model("srgan").recipes)
    assert complete("srtk train progressive --preset h") == ["head"]
    assert complete("srtk recipes show esrgan --preset real") == ["real", "real-light"]


def test_datasets_and_metrics_are_completed() -> None:
    assert complete("srtk bench --dataset set") == ["set14", "set5"]
    assert complete("srtk bench --metrics psnr,ss") == ["psnr,ssim"]
    assert complete("srtk data pull urb") == ["urban100"]
    assert complete("srtk data show ") == list(CATALOG)


def test_distributions_kinds_and_parts_are_completed() -> None:
    assert complete("srtk plugins disable srtk-s") == ["srtk-spandrel", "srtk-srgan"]
    assert complete("srtk plugins enable srtk-e") == ["srtk-esrgan"]
    assert complete("srtk plugins doctor srtk-srgan srtk-p") == ["srtk-progressive"]
    assert complete("srtk plugins show ")[:2] == ["discriminator", "loss"]
    assert complete("srtk plugins show srtk-p") == ["srtk-progressive"]
    assert complete("srtk plugins show loss focal") == ["focal-frequency"]


def test_what_is_no_name_is_left_to_the_shell() -> None:
    assert complete("srtk bench --models runs/mi") == ["runs/mi"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_in_a_real_bash(tmp_path: Path) -> None:
    program = tmp_path / "srtk"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sr_toolkit "$@"\n')
    program.chmod(0o755)
    script = """
        eval "$(_SRTK_COMPLETE=bash_source srtk)"
        COMP_WORDS=(srtk train srg); COMP_CWORD=2
        _srtk_completion srtk
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    ended = subprocess.run(
        ["bash", "-c", script],
        env={**ENVIRONMENT, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout.split() == ["srgan"], ended.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sr_toolkit"],
        env={**ENVIRONMENT, "_SRTK_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert "_SRTK_COMPLETE" in ended.stdout
    assert "srtk" in ended.stdout
