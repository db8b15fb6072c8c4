"""Runs models over a dataset and scores them."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit import __version__
from sr_toolkit.benching.result import Column, Result, Row
from sr_toolkit.checkpoint import file_hash
from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import ConfigError, DataError, OutputError, WeightsError
from sr_toolkit.files import refuse_existing
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.interfaces import Dataset, Metric
from sr_toolkit.metrics.protocol import Case, Protocol, get_protocol, round_half_up
from sr_toolkit.registry import build, registry
from sr_toolkit.upscaling.locate import Located, locate, locate_all
from sr_toolkit.upscaling.upscaler import TILE, Upscaler, open_located

DEFAULT_METRICS = ("psnr", "ssim", "lpips")
DEFAULT_SCALE = 4
BASELINE = "bicubic"
BASELINE_MODEL = "sr-toolkit::bicubic"  # a plugin of the same name must not take its place


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked of `bench`; fields as the arguments of `sr_toolkit.bench`."""

    models: tuple[str, ...]
    dataset: str = "sample"
    scale: int | None = None
    protocol: str = "y"
    metrics: tuple[str, ...] | None = None
    lpips_net: str = "alex"
    lr: str = "made"
    device: str = "auto"
    precision: str = "fp32"
    runs: Path = Path("runs")
    data_root: Path | None = None
    weights_root: Path | None = None
    out: Path | None = None
    save_images: bool = False
    overwrite: bool = False
    quiet: bool = False


def run(request: Request) -> Result:
    """Score models; errors as `sr_toolkit.bench`."""
    protocol = get_protocol(request.protocol)
    if request.lr not in ("made", "given"):
        raise ConfigError(f"--lr is 'made' or 'given', not '{request.lr}'.")
    if request.save_images and request.out is None:
        raise OutputError("--save-images needs a folder: give --out.")
    if request.out is not None and request.out.exists() and not request.out.is_dir():
        raise OutputError(f"'{request.out}' is a file; give --out a folder.")
    if request.out is not None and not request.overwrite:
        refuse_existing(request.out / "results.json")
    hardware = Hardware.choose(request.device, request.precision)
    located = _models(request)
    scale = request.scale or _common_scale(located, hardware)
    upscalers = [open_located(one, hardware, scale=scale) for one in located]
    metrics = build_metrics(request, hardware.device)
    dataset = open_dataset(request.dataset, data_roots(request.data_root))
    rows = [_row(upscaler) for upscaler in upscalers]
    images: list[str] = []
    with _progress(request.quiet) as progress:
        task = progress.add_task("scoring", total=len(dataset) * len(rows), label="")
        for index in range(len(dataset)):
            label = dataset.label(index)
            case = _case(dataset, index, scale, request.lr)
            images.append(label)
            for upscaler, row in zip(upscalers, rows, strict=True):
                progress.update(task, label=f"{row.model} · {label}")
                try:
                    sr = _score(case, upscaler, row, metrics, protocol)
                except DataError as error:
                    raise _of_image(dataset, index, error) from None
                if request.save_images and request.out is not None:
                    target = request.out / "images" / _folder(row.model) / f"{label}.png"
                    write_image(target, Picture(pixels=sr), overwrite=request.overwrite)
                progress.advance(task)
    result = Result(
        dataset=dataset.name,
        dataset_fingerprint=dataset.fingerprint(),
        scale=scale,
        protocol=protocol.name,
        protocol_text=protocol.describe(scale),
        lr=request.lr,
        images=images,
        columns=[_column(name, metric) for name, metric in metrics.items()],
        rows=rows,
        environment=_environment(hardware),
    )
    if request.out is not None:
        result.save(request.out, overwrite=request.overwrite)
    return result


def build_metrics(request: Request, device: str) -> dict[str, Metric]:
    """Build the metrics, the networks in them once.

    Raises:
        UnknownNameError: no such metric.
        WeightsError: one that was asked for by name cannot be had.
    """
    asked = request.metrics is not None
    metrics: dict[str, Metric] = {}
    for name in request.metrics or DEFAULT_METRICS:
        config: dict[str, Any] = {}
        if name.rpartition("::")[2] == "lpips":
            config = {"net": request.lpips_net, "download": asked, "device": device}
            if request.weights_root is not None:
                config["weights_root"] = str(request.weights_root)
        metric: Metric = build("metric", name, config)
        if asked and metric.unavailable():
            raise WeightsError(f"The metric '{name}' cannot be computed. {metric.unavailable()}")
        metrics[name] = metric
    return metrics


def _models(request: Request) -> list[Located]:
    """Return the models in the order asked, bicubic first if it was not asked for."""
    if not request.models:
        known = ", ".join(registry().names("model"))
        raise ConfigError(f"No model to bench: give --models, such as one of {known}.")
    located = [one for word in request.models for one in locate_all(word, runs=request.runs)]
    if not any(one.model in (BASELINE, BASELINE_MODEL) for one in located):
        baseline = dataclasses.replace(locate(BASELINE_MODEL), label=BASELINE)
        located = [baseline, *located]
    return located


def _common_scale(located: Sequence[Located], hardware: Hardware) -> int:
    """Return the scale of the trained models: ×4 if one serves it, else the first one's largest."""
    for one in located:
        if one.path is not None:
            scales = open_located(one, hardware).scales
            return DEFAULT_SCALE if DEFAULT_SCALE in scales else scales[-1]
    return DEFAULT_SCALE


def _row(upscaler: Upscaler) -> Row:
    digest = file_hash(upscaler.path) if upscaler.path else ""
    return Row(upscaler.label, upscaler.source, digest, upscaler.parameters())


def _case(dataset: Dataset, index: int, scale: int, lr: str) -> Case:
    given = dataset.lr(index, scale) if lr == "given" else None
    try:
        return Case.make(dataset.image(index), scale, given)
    except DataError as error:
        raise _of_image(dataset, index, error) from None


def _of_image(dataset: Dataset, index: int, error: DataError) -> DataError:
    return DataError(f"Image '{dataset.label(index)}' of '{dataset.name}': {error}")


def _score(
    case: Case, upscaler: Upscaler, row: Row, metrics: dict[str, Metric], protocol: Protocol
) -> NDArray[np.uint8]:
    """Score one image and return its SR, RGB uint8."""
    sr, seconds = _enlarge(case, upscaler)
    row.seconds.append(seconds)
    if protocol.compared == "y_uint8" and upscaler.generator.channelwise:
        planes = case.luma_planes(_enlarge_luma(case, upscaler))
    else:
        planes = case.planes(sr, protocol)
    for name, metric in metrics.items():
        value: float | None = None
        if not metric.unavailable():
            compared = planes if metric.space == "luma" else (sr, case.hr)
            try:
                value = metric.score(*compared)
            except ValueError as error:
                raise DataError(
                    f"{metric.name}: {error}; leave this image or metric out."
                ) from None
        row.scores.setdefault(name, []).append(value)
    return sr


def _enlarge(case: Case, upscaler: Upscaler) -> tuple[NDArray[np.uint8], float]:
    """Return the SR and the seconds that the model took, conversions apart."""
    dtype = torch.float64 if upscaler.generator.channelwise else torch.float32
    lr = torch.from_numpy(np.array(case.lr)).to(dtype).div(255).permute(2, 0, 1)[None]
    lr = lr.to(upscaler.hardware.device)
    began = time.perf_counter()
    sr = upscaler.tensor(lr, scale=case.scale, tile=2 * TILE)
    if upscaler.hardware.kind == "cuda":
        torch.cuda.synchronize()
    seconds = time.perf_counter() - began
    values = sr[0].permute(1, 2, 0).cpu().numpy().astype(np.float64) * 255
    return round_half_up(values), seconds


def _enlarge_luma(case: Case, upscaler: Upscaler) -> NDArray[np.uint8]:
    lr = torch.from_numpy(case.lr_luma())[None, None]
    return round_half_up(upscaler.tensor(lr, scale=case.scale)[0, 0].numpy())


def _column(name: str, metric: Metric) -> Column:
    return Column(
        name=name,
        head=metric.name,
        higher_is_better=metric.higher_is_better,
        digits=metric.digits,
        note=metric.describe(),
        missing=metric.unavailable(),
    )


def _environment(hardware: Hardware) -> dict[str, Any]:
    libraries = ("torch", "torchvision", "numpy", "pillow", "scikit-image", "lpips")
    return {
        "sr_toolkit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "hardware": hardware.describe(),
        "device": hardware.device,
        "precision": hardware.precision,
        "threads": hardware.threads,
        **{name: version(name) for name in libraries},
    }


def _folder(label: str) -> str:
    return label.replace(":", "-").replace("/", "-")


def _progress(quiet: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[label]}", markup=False),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
