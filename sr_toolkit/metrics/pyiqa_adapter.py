"""Metrics of pyiqa (https://github.com/chaofengc/IQA-PyTorch), by their names, where it is there.

Its license, PolyForm Noncommercial, does not allow commercial use, and some of its metrics bring
licenses of their own. So it is no dependency of ours: whoever may use it installs it. It fetches
the weights of learned metrics by itself.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.errors import ConfigError, WeightsError
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import PyIQAConfig

OF_SETS = ("fid", "inception_score")  # these take folders


class PyIQA(Metric):
    """One metric of pyiqa on the whole RGB image, no border crop, as the package sets it up.

    Raises:
        ConfigError: no name was given, or that of a score of whole sets.
    """

    name = "pyiqa"
    space = "rgb"

    def __init__(self, config: PyIQAConfig) -> None:
        if not config.metric:
            raise ConfigError("The metric 'pyiqa' needs a name, such as pyiqa:brisque.")
        if any(config.metric.startswith(name) for name in OF_SETS):
            raise ConfigError(
                f"pyiqa's {config.metric} scores whole sets from folders, which this adapter does "
                f"not serve; 'fid' is a metric of its own."
            )
        self.config = config
        vars(self).update(name=f"{config.metric} (pyiqa)")
        self._network: Any = None
        self._reason = self._version = ""
        try:
            package = importlib.import_module("pyiqa")
        except ImportError as error:
            self._reason = (
                f"{config.metric} needs the package pyiqa ({error}); if its non-commercial license "
                f"allows your use, pip install pyiqa"
            )
            return
        if version := getattr(package, "__version__", ""):
            self._version = f" {version}"
        try:
            self._network = package.create_metric(config.metric, device=torch.device(config.device))
        except Exception as error:  # an unknown name, a download: whatever a metric's set-up does
            message = " ".join(str(error).split()) or type(error).__name__
            self._reason = f"pyiqa cannot set up '{config.metric}': {message}"
            return
        vars(self).update(
            higher_is_better=not self._network.lower_better,
            needs_hr=self._network.metric_mode == "FR",
        )

    def describe(self) -> str:
        """Return what the figure is of, and that it may not be used everywhere."""
        version = (
            getattr(importlib.import_module("pyiqa"), "__version__", "") if self._network else ""
        )
        return f"pyiqa {version}".strip() + f"'s {self.config.metric}, non-commercial license"

    def unavailable(self) -> str:
        """Return why the metric cannot be used, or ''."""
        return self._reason

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the score of one image pair, or of `sr` alone, uint8 RGB (H, W, 3).

        Raises:
            WeightsError: the metric is not at hand.
            ValueError: the package refuses the image, such as one that is too small.
        """
        if self._network is None:
            raise WeightsError(self._reason)
        images = [self._tensor(sr), self._tensor(hr)] if self.needs_hr else [self._tensor(sr)]
        try:
            with torch.inference_mode():
                return float(self._network(*images))
        except (ValueError, RuntimeError, AssertionError) as error:
            raise ValueError(
                f"pyiqa's {self.config.metric} refuses an image of {sr.shape[1]}×{sr.shape[0]}: "
                f"{' '.join(str(error).split())}"
            ) from error

    def _tensor(self, image: NDArray[Any]) -> torch.Tensor:
        scaled = np.moveaxis(image, 2, 0)[None].astype(np.float32) / 255
        return torch.from_numpy(scaled).to(self.config.device)
