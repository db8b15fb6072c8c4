"""What tests are made of: tiny generators, checkpoints, run folders, pictures, the command line."""

from __future__ import annotations

import contextlib
import io
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from sr_toolkit import checkpoint
from sr_toolkit.checkpoint import Metadata, build_generator
from sr_toolkit.config import plain, yaml
from sr_toolkit.interfaces import Generator
from sr_toolkit.runs import Run
from sr_toolkit.training.plan import Request, make_plan

TINY = {"blocks": 1, "features": 8}
TINY_TRAINING = (
    "generator.blocks=1",
    "generator.features=8",
    "validation_images=1",
    *(
        f"phases.{phase}.{setting}"
        for phase in ("psnr", "gan")
        for setting in ("steps=2", "batch=2", "crop=16", "log_every=1")
    ),
    "phases.gan.adversarial.config.features=2",
    "phases.gan.adversarial.config.hidden=4",
)
"""Overrides of srgan's quick preset with which it is trained in a second."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    def sentence(self, *, ends: tuple[str, ...] = (".", "?")) -> str:
        """Return the one sentence of a refusal, held to the contract that all of them obey."""
        assert self.code == 1, (self.code, self.err)
        assert "Traceback" not in self.err
        assert "Internal error" not in self.err
        errors = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1, self.err
        assert self.err.splitlines()[-1] == errors[0], "nothing follows the sentence"
        assert errors[0].endswith(ends), errors[0]
        return errors[0].removeprefix("Error: ")


def srtk(*arguments: object) -> Outcome:
    """Run the command line in this process."""
    from sr_toolkit.cli import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["srtk", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def train(*arguments: object, out: Path) -> Outcome:
    """Run `srtk train srgan` on the CPU with a tiny network."""
    settings = [word for setting in TINY_TRAINING for word in ("--set", setting)]
    common = ["--preset", "quick", "--device", "cpu", "--precision", "fp32", "--out", out]
    return srtk("train", "srgan", *common, *settings, *arguments)


def generator(scale: int = 4, *, gain: float = 3.0, model: str = "srgan", **config) -> Generator:
    """Return a tiny generator with lively weights: by its own, SR is hardly more than the skip."""
    torch.manual_seed(scale)
    made = build_generator(model, {**TINY, **config} if model == "srgan" else config, (scale,))
    rng = torch.Generator().manual_seed(scale + 1)
    with torch.no_grad():
        for name, tensor in made.state_dict().items():
            if "running_mean" in name:
                tensor.copy_(torch.rand(tensor.shape, generator=rng) * 0.2)
            elif "running_var" in name:
                tensor.copy_(torch.rand(tensor.shape, generator=rng) + 0.5)
            elif tensor.ndim == 4:
                fan = tensor[0].numel()
                tensor.copy_(torch.randn(tensor.shape, generator=rng) * (gain / fan) ** 0.5)
    return made.eval()


def metadata(module: Generator, **changes) -> Metadata:
    values = {
        "model": "srgan",
        "distribution": "srtk-srgan",
        "version": "0.1.0",
        "config": plain(module.config),
        "scales": module.scales,
        "steps": 2,
    }
    return Metadata(**{**values, **changes})


def save_checkpoint(path: Path, scale: int = 4, **changes) -> Path:
    """Write the checkpoint of a tiny generator; `changes` go into its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    module = generator(scale)
    checkpoint.save(path, module, metadata(module, **changes))
    return path


def make_run(path: Path, *phases: str, scale: int = 4, seed: int = 0) -> Run:
    """Make a finished run of srgan's quick preset; `phases` are those that have weights."""
    request = Request(
        model="srgan",
        preset="quick",
        data=("sample",),
        device="cpu",
        precision="fp32",
        scales=(scale,),
        settings=TINY_TRAINING,
        seed=seed,
    )
    plan, _ = make_plan(request)
    run = Run(path)
    path.mkdir(parents=True)
    yaml.save_file(run.config_file, plan.to_plain())
    for phase in phases:
        save_checkpoint(run.checkpoint(phase), scale, phase=phase)
    return run


def pixels(height: int = 12, width: int = 16, channels: int = 3, dtype=np.uint8) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    shape = (height, width, channels)
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.random(shape, dtype)


def picture(path: Path, height: int = 12, width: int = 16, **options) -> Path:
    """Write an RGB picture of noise, another for each name, in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.roll(pixels(height, width), zlib.crc32(path.name.encode()) % (height * width))
    Image.fromarray(noise).save(path, **options)
    return path


def size_of(path: Path) -> tuple[int, int]:
    """Return an image file's (width, height)."""
    with Image.open(path) as image:
        return image.size


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files below `folder`, hidden and temporary ones too, with their content."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
