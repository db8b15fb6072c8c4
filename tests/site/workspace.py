"""A folder in which the documents' commands find what they name, and a runner for them.

What a document trains is trained here, by the same commands, for two steps on two crops:
`shortened` appends the settings that say so, and changes nothing else. The benchmarks' sets are
tiny pictures under their names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import itertools
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from made import srtk
from PIL import Image
from real import REAL
from skimage import data as photographs

from sr_toolkit.config import yaml
from sr_toolkit.registry import registry
from sr_toolkit.training.plan import preset_of, read_recipe
from sr_toolkit.training.recipe import Recipe

NOT_RUN = {
    "pip": "the environment that runs the tests is the one that it would change; a plugin "
    "that a document wrote is installed in a folder of its own",
    "pytest": "it is what runs this",
    "python": "the scripts in benchmarks take minutes to hours and are run by hand",
    "torchrun": "two processes at once: tests/training/test_processes.py trains and benches by it",
    "accelerate": "it starts the same processes as torchrun",
}
"""Programs that documents name and that are not run here, each with the reason."""

SIDE = 96
SETS = {"Set5": 5, "Set14": 14, "BSD100": 100}
FAST = ("--device", "cpu", "--precision", "fp32")


def crop(number: int, side: int = SIDE) -> Image.Image:
    """Return a square of a photograph, another one for each number."""
    photo = photographs.astronaut()
    rng = np.random.default_rng(number)
    top, left = rng.integers(0, photo.shape[0] - side, 2)
    return Image.fromarray(np.ascontiguousarray(photo[top : top + side, left : left + side]))


def furnish(folder: Path) -> None:
    """Put into `folder` all that commands of documents name."""
    for name, count, side in (("photos", 4, 128), ("phone-photos", 2, SIDE)):
        (folder / name).mkdir()
        for number in range(count):
            crop(number, side).save(folder / name / f"{number}.png")
    crop(0).save(folder / "photo.jpg")
    crop(0, 256).save(folder / "photo.png")
    Image.fromarray(photographs.chelsea()).save(folder / "chelsea.png")
    for name, count in SETS.items():
        target = folder / "datasets" / name / "HR"
        target.mkdir(parents=True)
        for number in range(count):
            crop(number, 48).save(target / f"{number:03d}.png")
    (folder / "weights").mkdir()
    save_community_model(folder / "path" / "4x.pth")
    with contextlib.chdir(folder):
        for line in (
            # The newest run of a model is what its bare name means: the one of ×4 comes last.
            "srtk train srgan --preset quick --scale 2 --phases psnr -o runs/two",
            "srtk train srgan --preset quick --phases psnr --seed 1 -o runs/other",
            "srtk train srgan --preset quick -o runs/mine",
            "srtk train esrgan --preset quick --scale 3 --phases psnr -o runs/three",
            "srtk train esrgan --preset quick -o runs/esrgan",
            "srtk train progressive --preset quick --scales 2,4,8 -o runs/grown",
            "srtk convert runs/esrgan RRDB_ESRGAN_x4.pth",
            "srtk convert runs/three RRDB_x3.pth",
            "srtk bench --models runs/mine,runs/other --dataset folder:photos -o before",
        ):
            run(line)
        for name, source in (("RUN", "runs/mine"), ("OTHER", "runs/other")):
            shutil.copytree(source, name)
        for name in ("after", "results", "bench"):
            shutil.copytree("before", name)


def save_community_model(path: Path) -> None:
    """Write random weights of a network that no plugin of ours but the bridge knows."""
    import torch

    from srtk_spandrel.library import network

    path.parent.mkdir()
    torch.manual_seed(0)
    made = network("Compact").cls(num_feat=8, num_conv=2, upscale=4)
    torch.save({"params": made.state_dict()}, path)


def run(line: str) -> None:
    """Run one line of a document: commands joined by &&, one of them perhaps into a file."""
    for part in line.partition("  #")[0].split(" && "):
        command, _, target = part.partition(" > ")
        program, *words = shlex.split(command)
        if program == "srtk":
            _srtk(shortened(words), target.strip())
        elif program == "mkdir" and words[0] == "-p":
            Path(words[1]).mkdir(parents=True, exist_ok=True)
        elif program == "cp":
            shutil.copy(*words)
        elif program == "pip" and words[:2] == ["install", "-e"] and Path(words[2], "src").is_dir():
            install(Path(words[2]))
        elif program not in NOT_RUN:
            raise AssertionError(f"What is '{program}'? Run it here, or say in NOT_RUN why not.")


def install(project: Path) -> None:
    """Let a project count as installed in editable form, as long as `at_work` lasts."""
    from setuptools import build_meta

    # A new one each time: setuptools remembers the folders that it made.
    site = Path(tempfile.mkdtemp(prefix="installed-", dir=".")).resolve()
    sys.path[:] = [entry for entry in sys.path if not Path(entry).name.startswith("installed-")]
    with contextlib.chdir(project), contextlib.redirect_stdout(io.StringIO()):
        build_meta.prepare_metadata_for_build_editable(str(site))
    for folder in (site, project.resolve() / "src"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    forget(project.resolve())


def forget(folder: Path) -> None:
    """Forget what was imported from below a folder, and what was registered."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
    importlib.invalidate_caches()
    registry.cache_clear()


def write_file(text: str) -> None:
    """Write a block whose first line is a comment with a path; TOML is added to the file's end."""
    first, _, rest = text.partition("\n")
    path = Path(first.removeprefix("# ").strip())
    assert path.parent.is_dir(), f"{path}: a block of a file begins with its path"
    if path.suffix == ".toml":
        rest = f"{path.read_text(encoding='utf-8')}\n{rest}"
    path.write_text(rest, encoding="utf-8")
    forget(Path(path.parts[0]).resolve())


def _srtk(words: Sequence[str], target: str) -> None:
    _make_way(words)
    outcome = srtk(*words)
    assert outcome.code == 0, f"srtk {shlex.join(words)}\n{outcome.err or outcome.out}"
    if target:
        Path(target).write_text(outcome.out, encoding="utf-8")


def _make_way(words: Sequence[str]) -> None:
    """Remove an output that was put here for documents that do not make it themselves."""
    given = dict(itertools.pairwise(words))
    out = Path(given.get("-o", ""))
    if "--resume" not in words and out.name and out.exists():
        shutil.rmtree(out) if out.is_dir() else out.unlink()


def shortened(words: Sequence[str]) -> list[str]:
    """Return a command that does the same as `words`, a training in two steps for each phase."""
    if words[0] == "bench" and "--verify" not in words and "--self-check" not in words:
        return [*words, "--no-cost"]
    if words[0] != "train" or "--resume" in words:
        return list(words)
    recipe = _recipe(words)
    settings = short_settings(recipe)
    root = ["--weights-root", REAL["SRTK_WEIGHTS"]] if REAL["SRTK_WEIGHTS"] else []
    return [*words, *FAST, *root, *(word for setting in settings for word in ("--set", setting))]


def short_settings(recipe: Recipe) -> list[str]:
    """Return the overrides under which each phase of a recipe takes two steps on two crops."""
    found = ["validation_images=1"]
    for name, phase in recipe.phases.items():
        values: dict[str, Any] = {"steps": 2, "batch": 2, "accumulate": 1, "validate_every": 2}
        if phase.fade:
            values["fade"] = 1
        if phase.adversarial is not None and phase.adversarial.replay is not None:
            values["adversarial.replay.size"] = 2
        found += [f"phases.{name}.{key}={value}" for key, value in values.items()]
    return found


def _recipe(words: Sequence[str]) -> Recipe:
    given = dict(itertools.pairwise(words))
    if "--recipe" in given:
        return read_recipe(Path(given["--recipe"]))
    assert words[1] in registry().names("model"), words
    return preset_of(words[1], given.get("--preset", "quick"), ())


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Be in `folder`, its sets found, and stdout kept quiet."""
    before = {name: os.environ.get(name) for name in ("SRTK_DATA", "COLUMNS")}
    os.environ.update(SRTK_DATA=str(folder / "datasets"), COLUMNS="160")
    paths = list(sys.path)
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        sys.path[:] = paths
        forget(folder)


def check_yaml(text: str) -> None:
    """Hold a YAML block to the schema of what it shows: a recipe, a degradation, or phases."""
    from sr_toolkit.config import validate
    from sr_toolkit.degradations.config import Degradation
    from sr_toolkit.training.recipe import Phase

    data = yaml.parse(text, source="the block")
    if "phases" in data:
        validate(Recipe, data)
    elif "degradation" in data:
        validate(Degradation, data["degradation"])
    else:
        known = {field.name for field in dataclasses.fields(Phase)}
        for phase in data.values():
            assert set(phase) <= known, set(phase) - known
