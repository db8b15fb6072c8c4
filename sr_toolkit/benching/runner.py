"""Runs models over a dataset and scores them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr_toolkit.benching.assembling import assemble
from sr_toolkit.benching.choosing import choose_models
from sr_toolkit.benching.labels import folder_names, safe
from sr_toolkit.benching.result import Result, Row
from sr_toolkit.benching.scoring import make_case, of_image, score_image
from sr_toolkit.checkpoint import Metadata, file_hash
from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import ConfigError, DataError, OutputError, WeightsError
from sr_toolkit.files import refuse_existing
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.interfaces import Dataset, Metric
from sr_toolkit.metrics.protocol import Protocol, get_protocol
from sr_toolkit.registry import build, registry
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.upscaling.locate import Located
from sr_toolkit.upscaling.upscaler import Upscaler, open_located

DEFAULT_METRICS = ("psnr", "ssim", "lpips")


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
    runs: Path = DEFAULT_RUNS
    data_root: Path | None = None
    weights_root: Path | None = None
    out: Path | None = None
    save_images: bool = False
    overwrite: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Opened:
    """All that a benchmark needs, found and loaded."""

    protocol: Protocol
    hardware: Hardware
    scale: int
    located: list[Located]
    upscalers: list[Upscaler]
    metrics: dict[str, Metric]
    dataset: Dataset


def run_all(
    request: Request, datasets: Sequence[str], scales: Sequence[int | None]
) -> Iterator[Result]:
    """Yield the result of each dataset at each scale; errors as `sr_toolkit.bench`.

    Where there are several, each has a folder of its own in `out`, and all are opened before the
    first one is scored: what the last one lacks must not cost hours.
    """
    combined = [
        dataclasses.replace(request, dataset=dataset, scale=scale)
        for dataset, scale in itertools.product(dict.fromkeys(datasets), dict.fromkeys(scales))
    ]
    if len(combined) > 1:
        refuse_file(request.out)
        combined = [_in_own_folder(one, _open(one).scale) for one in combined]
        for one in combined:
            _refuse_outputs(one)
    for one in combined:
        yield run(one)


def _in_own_folder(request: Request, scale: int) -> Request:
    out = request.out and request.out / f"{safe(request.dataset)}-x{scale}"
    return dataclasses.replace(request, scale=scale, out=out)


def _open(request: Request) -> Opened:
    protocol = get_protocol(request.protocol)
    if request.lr not in ("made", "given"):
        raise ConfigError(f"--lr is 'made' or 'given', not '{request.lr}'.")
    hardware = Hardware.choose(request.device, request.precision)
    located, scale = choose_models(request.models, request.scale, request.runs)
    # Trained ones first: what is wrong with them is a better cause than what follows from it.
    order = sorted(range(len(located)), key=lambda index: located[index].path is None)
    opened = {index: open_located(located[index], hardware, scale=scale) for index in order}
    upscalers = [opened[index] for index in range(len(located))]
    metrics = build_metrics(request, hardware.device)
    dataset = open_dataset(request.dataset, data_roots(request.data_root))
    return Opened(protocol, hardware, scale, located, upscalers, metrics, dataset)


def _refuse_outputs(request: Request) -> None:
    if request.save_images and request.out is None:
        raise OutputError("--save-images needs a folder: give --out.")
    refuse_file(request.out)
    if request.out is not None and not request.overwrite:
        refuse_existing(request.out / "results.json")


def refuse_file(out: Path | None) -> None:
    """Raise OutputError if the output folder is a file."""
    if out is not None and out.exists() and not out.is_dir():
        raise OutputError(f"'{out}' is a file; give --out a folder.")


def run(request: Request) -> Result:
    """Score models; errors as `sr_toolkit.bench`."""
    _refuse_outputs(request)
    opened = _open(request)
    protocol, hardware, scale = opened.protocol, opened.hardware, opened.scale
    upscalers, metrics, dataset = opened.upscalers, opened.metrics, opened.dataset
    rows = [_row(*pair) for pair in zip(upscalers, opened.located, strict=True)]
    folders = folder_names([row.model for row in rows])
    unscored: dict[str, dict[str, str]] = {name: {} for name in metrics}
    with progress_bar(request.quiet) as progress:
        task = progress.add_task("scoring", total=len(dataset) * len(rows), label="")
        for index in range(len(dataset)):
            label = dataset.label(index)
            case = make_case(dataset, index, scale, request.lr)
            for upscaler, row, folder in zip(upscalers, rows, folders, strict=True):
                progress.update(task, label=f"{row.model} · {label}")
                try:
                    sr, failed = score_image(case, upscaler, row, metrics, protocol)
                except DataError as error:
                    raise of_image(dataset, index, error) from None
                for name, reason in failed.items():
                    if request.metrics is not None:
                        why = DataError(f"{reason}; leave this image or metric out.")
                        raise of_image(dataset, index, why)
                    unscored[name].setdefault(label, reason)
                if request.save_images and request.out is not None:
                    target = request.out / "images" / folder / f"{label}.png"
                    write_image(target, Picture(pixels=sr), overwrite=request.overwrite)
                progress.advance(task)
    result = assemble(
        dataset,
        rows,
        scale=scale,
        protocol=protocol,
        lr=request.lr,
        metrics=metrics,
        unscored=unscored,
        hardware=hardware,
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
    offered = {
        "net": request.lpips_net,
        "download": asked,
        "device": device,
        "weights_root": str(request.weights_root or ""),
    }
    metrics: dict[str, Metric] = {}
    for name in request.metrics or DEFAULT_METRICS:
        metric: Metric = build("metric", name, offered=offered)
        if asked and metric.unavailable():
            raise WeightsError(f"The metric '{name}' cannot be computed. {metric.unavailable()}")
        metrics[name] = metric
    return metrics


def _row(upscaler: Upscaler, located: Located) -> Row:
    # A checkpoint says which version trained it; of a fixed method the installed one counts.
    made = upscaler.metadata or registry().find("model", located.model)
    return Row(
        model=upscaler.label,
        source=upscaler.source,
        weights_sha256=file_hash(upscaler.path) if upscaler.path else "",
        parameters=upscaler.parameters(),
        model_name=made.model if isinstance(made, Metadata) else made.name,
        distribution=made.distribution,
        version=made.version,
    )


def progress_bar(quiet: bool) -> Any:
    """Return a bar whose tasks have a `label`; on a terminal alone."""
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
