"""PSNR and SSIM of a 2040×1356 luma plane: ours, scikit-image, OpenCV's filters; one thread.

    python benchmarks/metrics_speed.py [--json FILE]

The OpenCV form is that of many super-resolution toolkits: five images filtered with the 11×11
window by `filter2D`, the border cut off. `GaussianBlur` is its separable cousin. All give one
figure.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from sr_toolkit.metrics.ms_ssim import ms_ssim
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.metrics.ssim import ssim

ROUNDS = 9


def planes() -> tuple[np.ndarray, np.ndarray]:
    """Two planes with the statistics of a photograph: smooth, with some noise between them."""
    rng = np.random.default_rng(0)
    hr = gaussian_filter(rng.normal(0, 1, (1356, 2040)), 3) * 800 + 120
    return np.clip(hr + rng.normal(0, 8, hr.shape), 16, 235), np.clip(hr, 16, 235)


def with_opencv(x: np.ndarray, y: np.ndarray, blur: Callable[[np.ndarray], np.ndarray]) -> float:
    mean_x, mean_y = blur(x), blur(y)
    square_x, square_y, product = mean_x**2, mean_y**2, mean_x * mean_y
    variance_x, variance_y = blur(x**2) - square_x, blur(y**2) - square_y
    covariance = blur(x * y) - product
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = ((2 * product + c1) * (2 * covariance + c2)) / (
        (square_x + square_y + c1) * (variance_x + variance_y + c2)
    )
    return float(values.mean())


def filter2d(plane: np.ndarray) -> np.ndarray:
    kernel = cv2.getGaussianKernel(11, 1.5)
    return cv2.filter2D(plane, -1, np.outer(kernel, kernel.T))[5:-5, 5:-5]


def gaussian_blur(plane: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(plane, (11, 11), 1.5)[5:-5, 5:-5]


def one_thread() -> None:
    """Start over with one thread: the libraries read these variables when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    if any(os.environ.get(name) != "1" for name in names):
        os.environ.update(dict.fromkeys(names, "1"))
        os.execv(sys.executable, [sys.executable, *sys.argv])
    cv2.setNumThreads(1)


def in_threads(work: Callable[[], object], threads: int) -> None:
    """Do a piece of work once in each of several Python threads."""
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    one_thread()
    sr, hr = planes()
    own = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    ways: dict[str, Callable[[], object]] = {
        "SSIM, scikit-image": lambda: structural_similarity(hr, sr, data_range=255, **own),
        "SSIM, OpenCV filter2D": lambda: with_opencv(sr, hr, filter2d),
        "SSIM, OpenCV GaussianBlur": lambda: with_opencv(sr, hr, gaussian_blur),
        "SSIM, ours": lambda: ssim(sr, hr),
        "PSNR, scikit-image": lambda: peak_signal_noise_ratio(hr, sr, data_range=255),
        "PSNR, ours": lambda: psnr(sr, hr),
        "PSNR and SSIM, ours": lambda: (psnr(sr, hr), ssim(sr, hr)),
        "MS-SSIM, ours": lambda: ms_ssim(sr, hr),
        "SSIM, ours, twice in turn": lambda: (ssim(sr, hr), ssim(sr, hr)),
        "SSIM, ours, twice in two threads": lambda: in_threads(lambda: ssim(sr, hr), 2),
    }
    figures = {name: way() for name, way in list(ways.items())[:4]}
    reference = figures["SSIM, scikit-image"]
    difference = max(abs(value - reference) for value in figures.values())
    assert difference < 1e-9, figures
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # interleaved, so that other load on the machine hits all alike
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append((time.perf_counter() - start) * 1e3)
    results = {
        name: {"median_ms": statistics.median(t), "min_ms": min(t)} for name, t in times.items()
    }
    usual = results["SSIM, scikit-image"]["median_ms"]
    print(f"{'way':34}{'median ms':>10}{'min ms':>10}{'speed':>10}")
    for name, result in results.items():
        result["speed"] = usual / result["median_ms"]
        print(
            f"{name:34}{result['median_ms']:10.1f}{result['min_ms']:10.1f}{result['speed']:9.2f}×"
        )
    print(f"largest difference between the four SSIM figures: {difference:.1e}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
