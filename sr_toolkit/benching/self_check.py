"""Does this installation give the figures that it should? Known cases, stored and published."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from sr_toolkit.benching.cache import Cache
from sr_toolkit.benching.choosing import BASELINE_MODEL
from sr_toolkit.benching.published import published
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Result
from sr_toolkit.benching.runner import run
from sr_toolkit.config import option, validate, yaml
from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import is_present
from sr_toolkit.errors import SrtkError
from sr_toolkit.registry import registry
from sr_toolkit.spec import ModelSpec, default_scale

PUBLISHED_TOLERANCE = {"psnr": 0.011, "ssim": 0.001}
"""How far papers' figures of bicubic lie from each other, and from ours."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Figures of one model on one set, at one scale under one protocol."""

    model: str = option(help="As `--models` takes it.")
    dataset: str = option(help="Its name.")
    scale: int = option(help="The scale.")
    protocol: str = option(help="Its name.")
    scores: dict[str, float] = option(help="Metric to the mean over images.")
    source: str = option("stored", help="Where the figures are from.")
    tolerance: dict[str, float] = option(
        factory=dict, help="Metric to how far it may lie; that of the metric where not named."
    )


@dataclass(frozen=True)
class Verdict:
    """One figure.

    Attributes:
        case: what was computed.
        source: where the expected figure is from.
        metric: head of the column.
        expected, found: means; `found` is None where it could not be computed.
        tolerance: how far they may lie from each other.
        skipped: why nothing was computed, or ''.
    """

    case: str
    source: str
    metric: str
    expected: float
    found: float | None
    tolerance: float
    skipped: str = ""

    @property
    def holds(self) -> bool:
        """Is the figure as expected, or was it skipped?"""
        if self.skipped:
            return True
        return self.found is not None and abs(self.found - self.expected) <= self.tolerance


@cache
def stored() -> tuple[Stored, ...]:
    """Return the figures that come with the package, the table in self_check.yaml."""
    text = (files("sr_toolkit.benching") / "self_check.yaml").read_text(encoding="utf-8")
    entries = yaml.parse(text, source="self_check.yaml")
    return tuple(validate(Stored, entry, where="self_check") for entry in entries)


def self_check(
    *,
    data_root: Path | None = None,
    weights_root: Path | None = None,
    device: str = "auto",
    quiet: bool = False,
) -> Iterator[Verdict]:
    """Yield every known figure beside what this installation gives, computed from nothing.

    First `sample`, which is always there, under every protocol; then published figures of bicubic;
    then the figures that models state of the weights they come with, where these are installed.

    Raises:
        SrtkError: bicubic itself cannot be scored.
    """
    roots = data_roots(data_root)
    template = Request(
        device=device,
        data_root=data_root,
        weights_root=weights_root,
        cache=False,
        cost=False,
        download=False,
        quiet=quiet,
    )
    for case in (*stored(), *_published(), *_stated()):
        if not is_present(case.dataset, roots):
            yield from _skipped(case, f"'{case.dataset}' is not here: srtk data pull it")
            continue
        request = dataclasses.replace(
            template,
            models=(case.model,),
            datasets=(case.dataset,),
            scales=(case.scale,),
            protocols=(case.protocol,),
            metrics=tuple(case.scores),
        )
        try:
            result = run(request, Cache(None))[0]
        except SrtkError as error:
            if case.model == BASELINE_MODEL:
                raise
            yield from _skipped(case, str(error).rstrip("."))
            continue
        yield from _verdicts(case, result)


def _published() -> Iterator[Stored]:
    for entry in published():
        if entry.model == "bicubic":
            for dataset, scores in entry.datasets.items():
                yield Stored(
                    model=BASELINE_MODEL,
                    dataset=dataset,
                    scale=entry.scale,
                    protocol=entry.protocol,
                    scores=scores,
                    source=entry.source,
                    tolerance=PUBLISHED_TOLERANCE,
                )


def _stated() -> Iterator[Stored]:
    """Yield what installed models state of the weights that come with them, under `y`."""
    for entry in registry().entries("model"):
        spec = entry.loaded.spec
        if not isinstance(spec, ModelSpec):
            continue
        for weights in spec.weights:
            datasets = dict.fromkeys(key.partition("/")[0] for key in weights.scores)
            for dataset in datasets:
                yield Stored(
                    model=f"{entry.qualified}:{weights.name}",
                    dataset=dataset,
                    scale=default_scale(weights.scales),
                    protocol="y",
                    scores={
                        key.partition("/")[2]: value
                        for key, value in weights.scores.items()
                        if key.partition("/")[0] == dataset
                    },
                    source=f"{entry.distribution} {entry.version}",
                )


def _verdicts(case: Stored, result: Result) -> Iterator[Verdict]:
    columns = {column.name: column for column in result.columns}
    row = next(row for row in reversed(result.rows) if row.kind == "model")
    for name, expected in case.scores.items():
        column = columns.get(name)
        if column is None or column.missing:
            reason = column.missing if column else "no such metric"
            yield Verdict(_title(case), case.source, _head(name), expected, None, 0.0, reason)
            continue
        tolerance = case.tolerance.get(name, column.tolerance)
        found = result.mean(row, name)
        yield Verdict(_title(case), case.source, column.head, expected, found, tolerance)


def _skipped(case: Stored, reason: str) -> Iterator[Verdict]:
    for name, expected in case.scores.items():
        yield Verdict(_title(case), case.source, _head(name), expected, None, 0.0, reason)


def _head(metric: str) -> str:
    return metric.upper()  # as PSNR, SSIM and LPIPS stand above their columns


def _title(case: Stored) -> str:
    name = case.model.rpartition("::")[2]
    return f"{name}, {case.dataset} ×{case.scale}, protocol {case.protocol}"
