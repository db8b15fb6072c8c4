"""Settings of the core's datasets. The first field is what follows the colon in `NAME:ARGUMENT`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sr_toolkit.config import option


@dataclass(frozen=True, kw_only=True)
class SampleConfig:
    """Settings of `sample`."""

    part: Literal["train", "test", ""] = option(
        "", help="Which part; empty: test for bench, train and test for train."
    )


@dataclass(frozen=True, kw_only=True)
class FolderConfig:
    """Settings of `folder`."""

    path: str = option("", help="The folder; subfolders are searched too.")


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig:
    """A test set is found by its name below the data roots; there is nothing to set."""


@dataclass(frozen=True, kw_only=True)
class PartConfig:
    """Settings of a set with a training and a validation part."""

    part: Literal["train", "valid", ""] = option(
        "", help="Which part; empty: valid for bench, train and valid for train."
    )
