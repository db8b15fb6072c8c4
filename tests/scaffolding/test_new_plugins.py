"""What is generated is installed, listed, checked, tested, linted, typed, used and built."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
from environments import Environment

import sr_toolkit
from sr_toolkit.spec import KINDS

QUICKLY = ("--preset", "quick", "--quiet", "--set", "phases.psnr.steps=6")
GAN = ("--set", "phases.gan.steps=3")


def use(kind: str, name: str, made: Environment, folder: Path) -> None:
    """Do what the generated README says, in few steps."""
    if kind == "model":
        made.srtk("train", name, *QUICKLY, "-o", "run", cwd=folder)
        table = made.srtk("bench", "--models", "run", "--dataset", "sample", "--quiet", cwd=folder)
        assert name in table
        assert "bicubic" in table
    elif kind == "loss":
        term = ("--set", f"phases.psnr.losses.{name}.weight=.1")
        made.srtk("train", "srgan", *QUICKLY, "--phases", "psnr", *term, "-o", "run", cwd=folder)
        logged = (folder / "run" / "log.jsonl").read_text()
        assert f'"{name}":' in logged
    elif kind == "discriminator":
        judge = ("--set", f"phases.gan.adversarial.discriminator={name}")
        made.srtk("train", "srgan", *QUICKLY, *GAN, *judge, "-o", "run", cwd=folder)
        assert (folder / "run" / "gan" / "last.safetensors").is_file()
    elif kind == "degradation":
        steps = ("--set", f"phases.psnr.degradation.steps=[{{name: {name}}}]")
        made.srtk("train", "srgan", *QUICKLY, "--phases", "psnr", *steps, "-o", "run", cwd=folder)
        assert name in (folder / "run" / "config.yaml").read_text()
    elif kind == "metric":
        words = ("--models", "bicubic,lanczos", "--dataset", "sample", "--metrics", f"psnr,{name}")
        made.srtk("bench", *words, "-o", "results", "--quiet", cwd=folder)
        results = json.loads((folder / "results" / "results.json").read_text())
        assert name in json.dumps(results)
    else:
        words = ("--models", "bicubic,lanczos", "--dataset", f"{name}:3")
        assert "lanczos" in made.srtk("bench", *words, "--quiet", cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_whole(kind: str, environment: Environment, tmp_path: Path) -> None:
    name = f"acme-{kind}-one"
    made, folder = environment, tmp_path / name
    words = ("--kind", kind, "--author", 'Ann "The Author"', "--license", "mit", "--yes")
    made.srtk("plugins", "new", name, *words, cwd=tmp_path)
    made.install(folder)
    listed = made.srtk("plugins", "list", "--json", cwd=tmp_path)
    (own,) = [part for part in json.loads(listed) if part["name"] == name]
    assert (own["state"], own["kind"], own["distribution"], own["note"]) == ("ok", kind, name, "")
    if kind == "model":
        assert name in made.srtk("models", "list", cwd=tmp_path)
    assert " passed" in made.run(made.python, "-m", "pytest", "-q", cwd=folder)
    made.run(sys.executable, "-m", "ruff", "check", "--no-cache", ".", cwd=folder)
    made.run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".", cwd=folder)
    typed = (sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "mypy"))
    tree = Path(sr_toolkit.__file__).parents[1]
    search = {"MYPYPATH": os.pathsep.join([str(folder / "src"), str(tree)])}
    made.run("env", *(f"{key}={value}" for key, value in search.items()), *typed, cwd=folder)
    use(kind, name, made, tmp_path)
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
    made.run(*pip, "-w", "dist", ".", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    package = name.replace("-", "_")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [entry for entry in names if entry.endswith("METADATA")]
        told = archive.read(metadata).decode()
    assert {f"{package}/plugin.py", f"{package}/py.typed"} <= set(names)
    assert any(entry.endswith("licenses/LICENSE") for entry in names)
    assert "License-Expression: MIT" in told
    assert 'Author: Ann "The Author"' in told
