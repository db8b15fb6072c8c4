"""All that a benchmark needs, found and loaded before the first image is scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.benching.cases import GIVEN, LRRule
from sr_toolkit.benching.choosing import choose_models, choose_scales
from sr_toolkit.benching.code import (
    library_versions,
    loaded_packages,
    package_hash,
    package_of,
)
from sr_toolkit.benching.labels import numbered
from sr_toolkit.benching.request import DEFAULT_METRICS, NO_REFERENCE_METRICS, Request
from sr_toolkit.config.places import data_roots, new_data_root
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.data.pulling import pull_missing
from sr_toolkit.errors import ConfigError, OutputError, ScaleError, SrtkError, WeightsError
from sr_toolkit.files import refuse_existing
from sr_toolkit.hardware import Hardware, choose_device
from sr_toolkit.interfaces import Dataset, Metric
from sr_toolkit.metrics.opening import open_metric
from sr_toolkit.metrics.protocol import Protocol, get_protocol
from sr_toolkit.registry import registry
from sr_toolkit.training.team import local_device
from sr_toolkit.upscaling.locate import Located
from sr_toolkit.upscaling.upscaler import Upscaler, open_located

UNFINISHED = "request.json"
"""In the output folder until the results are there: all that a resume needs, but the cache."""

Opening = Upscaler | SrtkError
"""A model ready to run, or why it is not."""


@dataclass(frozen=True)
class Opened:
    """What a request comes to.

    Attributes:
        protocols: empty without HR.
        hardware: that models run on.
        rule: where LR comes from.
        metrics: by the name of their column.
        identities: metric to what its figures depend on beside the pixels.
        datasets: in the order asked.
        scales: in the order asked.
        located: the models, in the order of the rows.
        models: (place in `located`, scale) to the model, or why it cannot run.
    """

    protocols: tuple[Protocol, ...]
    hardware: Hardware
    rule: LRRule
    metrics: dict[str, Metric]
    identities: dict[str, str]
    datasets: list[Dataset]
    scales: tuple[int, ...]
    located: list[Located]
    models: Mapping[tuple[int, int], Opening]


def open_all(request: Request) -> Opened:
    """Find and load what `request` asks for.

    Raises:
        SrtkError: something that all rows need is not there, or no model can run at all.
    """
    refuse_outputs(request)
    rule = LRRule.parse(request.lr, no_reference=request.no_reference)
    if not request.protocols:
        raise ConfigError("No protocol to score under: give --protocol y, srcnn or rgb.")
    protocols = tuple(get_protocol(name) for name in dict.fromkeys(request.protocols))
    hardware = Hardware.choose(local_device(choose_device(request.device)), request.precision)
    groups = choose_models(request.models, request.runs)
    scales = choose_scales(groups, request.scales)
    metrics = build_metrics(request, hardware.device)
    roots = data_roots(request.data_root)
    if request.pull:
        given = scales if request.lr == GIVEN else ()
        new = new_data_root(request.data_root)
        pull_missing(request.datasets, roots, new, request.quiet, scales=given)
    datasets = open_datasets(request.datasets, roots)
    if not datasets:
        raise ConfigError("No dataset to score on: give --dataset, such as set5.")
    located = [one for group in groups for one in group]
    models = _open_models(located, hardware, scales)
    return Opened(
        () if request.no_reference else protocols,
        hardware,
        rule,
        metrics,
        {name: _identity(name, metric) for name, metric in metrics.items()},
        datasets,
        scales,
        located,
        models,
    )


def open_datasets(references: Sequence[str], roots: Sequence[Path]) -> list[Dataset]:
    """Return the sets that references mean, each once; of two with one name the second says so.

    Raises:
        SrtkError: one that is unknown, absent or empty.
    """
    opened = [open_dataset(reference, roots) for reference in dict.fromkeys(references)]
    names = numbered([dataset.name for dataset in opened], " ({})".format)
    for dataset, name in zip(opened, names, strict=True):
        dataset.name = name
    return opened


def refuse_outputs(request: Request) -> None:
    """Refuse, before anything is computed, what could not be written in the end.

    Raises:
        OutputError: the folder is a file, holds results already, or is missing.
    """
    if request.save_images and request.out is None:
        raise OutputError("--save-images needs a folder: give --out.")
    refuse_file(request.out)
    if request.out is not None and not request.overwrite:
        for name in ("results.json", "results.csv"):
            refuse_existing(request.out / name)
        if request.save_images and not (request.out / UNFINISHED).is_file():
            refuse_existing(request.out / "images")


def refuse_file(out: Path | None) -> None:
    """Raise OutputError if the output folder is a file."""
    if out is not None and out.exists() and not out.is_dir():
        raise OutputError(f"'{out}' is a file; give --out a folder.")


def build_metrics(request: Request, device: str) -> dict[str, Metric]:
    """Build the metrics, the networks in them once.

    Raises:
        UnknownNameError: no such metric.
        ConfigError: one that needs HR, where there is none.
        WeightsError: none of those that were asked for by name can be had.
    """
    asked = request.metrics is not None
    offered = {
        "net": request.lpips_net,
        "download": asked and request.download,
        "device": device,
        "weights_root": str(request.weights_root or ""),
    }
    usual = NO_REFERENCE_METRICS if request.no_reference else DEFAULT_METRICS
    metrics: dict[str, Metric] = {}
    for name in request.metrics or usual:
        metric = open_metric(name, offered)
        if request.no_reference and metric.needs_hr and metric.space != "lr":
            raise ConfigError(
                f"The metric '{name}' compares with an HR, and there is none; leave it out, or "
                f"leave out --no-reference."
            )
        metrics[name] = metric
    if asked and all(metric.unavailable() for metric in metrics.values()):
        name, metric = next(iter(metrics.items()))
        raise WeightsError(f"The metric '{name}' cannot be computed. {metric.unavailable()}")
    return metrics


def _identity(name: str, metric: Metric) -> str:
    """Return what a metric's figures depend on beside the pixels: its code and its networks."""
    distribution, separator, rest = name.rpartition("::")
    entry = registry().find("metric", f"{distribution}{separator}{rest.partition(':')[0]}")
    own = package_of(type(metric).__module__)
    code = [f"{package} {package_hash(package)}" for package in loaded_packages([own])]
    libraries = [f"{library} {number}" for library, number in library_versions().items()]
    words = (entry.qualified, name, metric.describe(), metric.fingerprint())
    return "\n".join([*words, *code, *libraries])


def _open_models(
    located: list[Located], hardware: Hardware, scales: tuple[int, ...]
) -> dict[tuple[int, int], Opening]:
    """Load every model; what cannot run costs its rows, unless nothing trained can."""
    opened: dict[tuple[int, int], Opening] = {}
    for place, one in enumerate(located):
        loaded: Upscaler | None = None
        for scale in scales:
            try:
                if loaded is None or one.path is None:
                    loaded = open_located(one, hardware, scale=scale)
                loaded.choose_scale(scale)
                opened[place, scale] = loaded
            except SrtkError as error:
                opened[place, scale] = error
    trained = [found for (place, _), found in opened.items() if located[place].path is not None]
    judged = trained or [*opened.values()]
    errors = [found for found in judged if isinstance(found, SrtkError)]
    if errors and len(errors) == len(judged):
        # Damage is a better cause than what follows from it.
        raise next((e for e in errors if not isinstance(e, ScaleError)), errors[0])
    return opened
