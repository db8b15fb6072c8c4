"""What was asked of `bench`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sr_toolkit.config import option, validate
from sr_toolkit.runs import DEFAULT_RUNS

DEFAULT_METRICS = ("psnr", "ssim", "lpips", "lr-psnr")
NO_REFERENCE_METRICS = ("niqe", "lr-psnr")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked of `bench`; the defaults are those of the command line."""

    models: tuple[str, ...] = option((), help="Names, run folders, checkpoints.")
    datasets: tuple[str, ...] = option(("sample",), help="Sets, or folder:PATH.")
    scales: tuple[int, ...] = option((), help="None given: 4, or what the first model serves.")
    protocols: tuple[str, ...] = option(("y",), help="y, srcnn, rgb.")
    metrics: tuple[str, ...] | None = option(None, help="None: those that can be had.")
    lpips_net: str = option("alex", help="alex, vgg or squeeze.")
    lr: str = option("made", help="made, given, or a degradation such as realesrgan:0.")
    no_reference: bool = option(False, help="Are the images LR, with no HR to compare with?")
    device: str = option("auto", help="auto, cpu, cuda or cuda:1.")
    precision: str = option("fp32", help="Of the models; scores are computed in fp32 or better.")
    runs: Path = option(DEFAULT_RUNS, help="Folder that holds runs.")
    data_root: Path | None = option(None, help="Folder searched for sets before SRTK_DATA.")
    weights_root: Path | None = option(None, help="Folder with feature networks.")
    out: Path | None = option(None, help="Folder for results.json and results.csv.")
    save_images: bool = option(False, help="Write the SR images too?")
    overwrite: bool = option(False, help="May existing results be replaced?")
    pull: bool = option(False, help="Fetch sets that are missing?")
    cache: bool = option(True, help="Take and keep SR images and scores?")
    cost: bool = option(True, help="Time the models, alone, after scoring?")
    published: bool = option(False, help="Add rows of the literature?")
    download: bool = option(True, help="May networks of metrics that are named be fetched?")
    quiet: bool = option(False, help="Show nothing?")

    def to_plain(self) -> dict[str, Any]:
        """Return plain data, from which `from_plain` makes the same request."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items()}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Request:
        """Return the request that `to_plain` described.

        Raises:
            ConfigError: something in it is unknown or of the wrong type.
        """
        return validate(cls, data, where="request")


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
