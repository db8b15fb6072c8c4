"""The trade-off between two networks: scores of every interpolation over a dataset."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sr_toolkit.benching.assembling import describe_environment, make_result
from sr_toolkit.benching.cache import Cache
from sr_toolkit.benching.cases import LRRule, of_image, prepare
from sr_toolkit.benching.code import package_of
from sr_toolkit.benching.enlarging import Contestant
from sr_toolkit.benching.judging import Judge
from sr_toolkit.benching.opening import build_metrics, refuse_file
from sr_toolkit.benching.pipeline import Scored, score_alone
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Result, Row, result_to_plain
from sr_toolkit.benching.runner import progress_bar
from sr_toolkit.checkpoint.interpolation import End, interpolate, refuse_unlike
from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError, SrtkError
from sr_toolkit.files import refuse_existing, write_text
from sr_toolkit.hardware import Hardware
from sr_toolkit.metrics.protocol import get_protocol
from sr_toolkit.upscaling.upscaler import Upscaler

FILES = ("sweep.json", "sweep.csv", "sweep.png")


@dataclass(frozen=True)
class Sweep:
    """What was found: a row of `result` for each of `alphas`, 0 the first end, 1 the second."""

    first: str
    second: str
    alphas: tuple[float, ...]
    result: Result
    environment: dict[str, Any]

    def means(self, metric: str) -> list[float | None]:
        """Return the mean over images for each α, None where it could not be computed."""
        return [self.result.mean(row, metric) for row in self.result.rows]

    def to_json(self) -> str:
        """Return sweep.json: the two ends, the alphas, and their table as in results.json."""
        ends = {"first": self.first, "second": self.second, "alphas": list(self.alphas)}
        data = {**ends, "environment": self.environment, **result_to_plain(self.result)}
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """Return one line for each α, with the means."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        names = [column.name for column in self.result.columns]
        writer.writerow(["alpha", *names])
        for alpha, row in zip(self.alphas, self.result.rows, strict=True):
            writer.writerow([f"{alpha:g}", *(self.result.mean(row, name) for name in names)])
        return stream.getvalue()

    def save(self, folder: Path, *, overwrite: bool = False) -> None:
        """Write sweep.json and sweep.csv.

        Raises:
            OutputError: they exist, or cannot be written.
        """
        write_text(folder / "sweep.json", self.to_json(), overwrite=overwrite)
        write_text(folder / "sweep.csv", self.to_csv(), overwrite=overwrite)


def sweep(request: Request, first: End, second: End, alphas: Sequence[float]) -> Sweep:
    """Score (1 - α)·first + α·second for every α; `request.models` is not looked at.

    One network takes the weights of each α in turn.

    Raises:
        CheckpointError: the two are not one network.
        DataError: an image or a network that cannot be scored.
        SrtkError: as `sr_toolkit.bench`.
    """
    _refuse_outputs(request)
    refuse_unlike(first, second)
    protocol = get_protocol(request.protocols[0])
    rule = LRRule.parse(request.lr)
    hardware = Hardware.choose(request.device, request.precision)
    ours, theirs = (_weights(end, hardware) for end in (first, second))
    network = second.generator
    asked = request.scales[0] if request.scales else None
    scale = Upscaler(network, hardware, label=second.label).choose_scale(asked)
    metrics = build_metrics(request, hardware.device)
    dataset = open_dataset(request.datasets[0], data_roots(request.data_root))
    rows = [_row(alpha, first, second) for alpha in alphas]
    cache = Cache(None)
    judge = Judge(metrics, [protocol], rule, cache, dict.fromkeys(metrics, ""))
    scored = []
    with progress_bar(request.quiet) as progress:
        task = progress.add_task("scoring", total=len(dataset) * len(rows), label="")
        for index in range(len(dataset)):
            one = Scored(index, dataset.label(index))
            try:
                ready = prepare(dataset, index, dataset.image(index), scale, rule)
            except SrtkError as error:
                raise of_image(dataset, index, error) from None
            one.facts = ready.facts
            for alpha, row in zip(alphas, rows, strict=True):
                progress.update(task, label=f"α {alpha:g} · {one.label}")
                network.load_state_dict(interpolate(ours, theirs, alpha), strict=True)
                # In the form for inference, so that scores are the bits that `bench` gives.
                upscaler = Upscaler(network, hardware, label=row.model, quick=True)
                contestant = Contestant(upscaler, row, scale, cache)
                one.outcomes.append(score_alone(contestant, judge, ready))
                progress.advance(task)
            scored.append(one)
    result = make_result(
        dataset,
        scored,
        rows,
        scale=scale,
        protocol=protocol,
        lr=rule.name,
        lr_words=rule.words,
        metrics=metrics,
    )
    if result.failures:
        raise DataError(f"The sweep cannot be scored. {result.failures[0]}.")
    packages = [package_of(type(network).__module__)]
    found = Sweep(
        first.origin,
        second.origin,
        tuple(alphas),
        result,
        describe_environment(hardware, packages),
    )
    if request.out is not None:
        found.save(request.out, overwrite=request.overwrite)
    return found


def _refuse_outputs(request: Request) -> None:
    refuse_file(request.out)
    if request.out is not None and not request.overwrite:
        for name in FILES:
            refuse_existing(request.out / name)


def _weights(end: End, hardware: Hardware) -> dict[str, Tensor]:
    """Return copies: the generator's own are overwritten while the sweep goes on."""
    state = end.generator.state_dict()
    return {key: value.to(hardware.device, copy=True) for key, value in state.items()}


def _row(alpha: float, first: End, second: End) -> Row:
    return Row(
        model=f"α {alpha:g}",
        source=f"{1 - alpha:g} of {first.label}, {alpha:g} of {second.label}",
        weights_sha256="",
        parameters=sum(tensor.numel() for tensor in second.generator.parameters()),
        model_name=second.metadata.model,
        distribution=second.metadata.distribution,
        version=second.metadata.version,
    )
