"""Fréchet Inception distance (Heusel et al.: GANs by a Two Time-Scale Update Rule, NIPS 2017)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sr_toolkit.features.inception import FIDInception
from sr_toolkit.interfaces import SetMetric
from sr_toolkit.metrics.config import FIDConfig
from sr_toolkit.metrics.network import NetworkMetric

Array = NDArray[np.float64]


def frechet_distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½) of two sets' means and sample covariances.

    With A and B the centered sets over √(n - 1), C1 = AᵀA and C2 = BᵀB, the trace of the root is
    the sum of the singular values of A Bᵀ: exact also where there are fewer vectors than
    dimensions, where the usual root of a singular matrix loses digits.

    Args:
        first: (n1, length), n1 at least 2.
        second: (n2, length).

    Raises:
        ValueError: fewer than two vectors in a set, or lengths that differ.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(
            f"A distance of distributions takes at least 2 images in each set, received "
            f"{len(first)} and {len(second)}"
        )
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"Vectors of unequal length: {first.shape[1:]} and {second.shape[1:]}")
    a, b = _centered(first), _centered(second)
    apart = first.mean(axis=0, dtype=np.float64) - second.mean(axis=0, dtype=np.float64)
    common = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    distance = apart @ apart + np.sum(a * a) + np.sum(b * b) - 2 * common
    return max(float(distance), 0.0)  # of equal sets rounding may leave less than nothing


def _centered(vectors: NDArray[Any]) -> Array:
    """Return a matrix whose product with itself, AᵀA, is the covariance, with few rows."""
    values = vectors.astype(np.float64)
    values -= values.mean(axis=0)
    values /= np.sqrt(len(values) - 1)
    if len(values) <= values.shape[1]:
        return values
    triangle: Array = np.asarray(np.linalg.qr(values, mode="r"))
    return triangle


class FID(NetworkMetric, SetMetric):
    """FID between the SR images and the HR images of a set, whole, no border crop."""

    name = "FID"
    digits = 2
    tolerance = 0.01

    def __init__(self, config: FIDConfig) -> None:
        self.config = config
        build = partial(FIDInception, weights_root=config.weights_root, download=config.download)
        super().__init__(build, config.device)

    def describe(self) -> str:
        """Return the caution that this figure needs."""
        return "InceptionV3 of 2015-12-05, 2048 features; biased upward for few images"

    def embed(self, image: NDArray[Any]) -> Array:
        """Return the 2048 features of one image, uint8 RGB (H, W, 3).

        Raises:
            WeightsError: the weights are not at hand.
        """
        tensor = torch.from_numpy(np.moveaxis(image, 2, 0)[None].astype(np.float32))
        with torch.inference_mode():
            features: Array = self.network(tensor.to(self.config.device))[0].double().cpu().numpy()
        return features

    def distance(self, sr: Array, hr: Array) -> float:
        """Return the FID of a set from its features, (images, 2048) each.

        Raises:
            ValueError: fewer than two images.
        """
        return frechet_distance(sr, hr)
