"""Metrics of torchmetrics (Apache-2.0, https://lightning.ai/docs/torchmetrics), by their names.

Those of its functional image metrics that score one pair of images and need no weights. Each gets
the whole RGB image on the scale 0 to 255, in float64, with the package's own settings otherwise.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.errors import ConfigError, UnknownNameError, WeightsError
from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import TorchMetricsConfig

MODULE = "torchmetrics.functional.image"


@dataclass(frozen=True)
class Offer:
    """What is known of one of the package's functions: column head, direction, settings."""

    head: str
    higher_is_better: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


RANGE = {"data_range": 255.0}
OFFERS = {
    "peak_signal_noise_ratio": Offer("PSNR", settings=RANGE),
    "structural_similarity_index_measure": Offer("SSIM", settings=RANGE),
    "multiscale_structural_similarity_index_measure": Offer("MS-SSIM", settings=RANGE),
    "universal_image_quality_index": Offer("UQI"),
    "visual_information_fidelity": Offer("VIF"),
    "spatial_correlation_coefficient": Offer("SCC"),
    "spectral_angle_mapper": Offer("SAM", False),
    "error_relative_global_dimensionless_synthesis": Offer("ERGAS", False, {"ratio": 4}),
    "relative_average_spectral_error": Offer("RASE", False),
    "root_mean_squared_error_using_sliding_window": Offer("RMSE-SW", False),
    "spectral_distortion_index": Offer("D-lambda", False),
}


class TorchMetrics(Metric):
    """One metric of torchmetrics on the whole RGB image, no border crop.

    Raises:
        UnknownNameError: it is none of `OFFERS`.
        ConfigError: no name was given.
    """

    name = "torchmetrics"
    space = "rgb"

    def __init__(self, config: TorchMetricsConfig) -> None:
        if not config.metric:
            raise ConfigError(
                "The metric 'torchmetrics' needs a name, such as "
                "torchmetrics:visual_information_fidelity."
            )
        if config.metric not in OFFERS:
            raise UnknownNameError("torchmetrics metric", config.metric, OFFERS)
        self.config = config
        self.offer = OFFERS[config.metric]
        # Attributes that other metrics have as a class are here those of the one that was asked for
        vars(self).update(
            name=f"{self.offer.head} (torchmetrics)", higher_is_better=self.offer.higher_is_better
        )
        self._function: Any = None
        self._reason = ""
        try:
            self._function = getattr(importlib.import_module(MODULE), config.metric)
        except (ImportError, AttributeError) as error:
            self._reason = (
                f"{config.metric} needs the package torchmetrics ({error}); "
                f"pip install 'sr-toolkit[metrics]'"
            )

    def describe(self) -> str:
        """Return what the figure is of."""
        settings = "".join(
            f", {key} {value}" for key, value in self.offer.settings.items() if key != "data_range"
        )
        return f"torchmetrics' {self.config.metric}, RGB 0 to 255{settings}"

    def unavailable(self) -> str:
        """Return why the package cannot be used, or ''."""
        return self._reason

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the score of one image pair, uint8 RGB (H, W, 3).

        Raises:
            WeightsError: the package is not at hand.
            ValueError: the package refuses the pair, such as one that is too small.
        """
        if self._function is None:
            raise WeightsError(self._reason)
        pair = [
            torch.from_numpy(np.moveaxis(image, 2, 0)[None].astype(np.float64))
            for image in (sr, hr)
        ]
        try:
            with torch.inference_mode():
                value = float(self._function(*pair, **self.offer.settings))
        except (ValueError, RuntimeError) as error:
            raise ValueError(
                f"torchmetrics' {self.config.metric} refuses an image of "
                f"{sr.shape[1]}×{sr.shape[0]}: {' '.join(str(error).split())}"
            ) from error
        if math.isnan(value):
            raise ValueError(
                f"torchmetrics' {self.config.metric} gives no number for this pair; black pixels, "
                f"for one, have no spectral angle"
            )
        return value
