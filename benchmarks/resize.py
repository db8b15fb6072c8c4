"""Resizing uint8 2040×1356×3 by 1/4: the usual loop, ours and PIL, in one process and thread.

    python benchmarks/resize.py [--json FILE]

The usual loop is that of many training toolkits: each output row, then each output column, is a
product of its window with its weights, in float32. PIL's kernel is the same, its rounding is not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sr_toolkit.images.resize import resize
from sr_toolkit.images.resize_torch import resize_tensor

ROUNDS = 7


def window_weights(length: int, out_length: int, scale: float):
    """Weights (out, taps) and the first window position in the mirrored axis, with its padding."""
    taps = math.ceil(4 / scale) + 2
    center = torch.linspace(1, out_length, out_length) / scale + 0.5 * (1 - 1 / scale)
    left = torch.floor(center - 2 / scale)
    x = scale * (center[:, None] - left[:, None] - torch.arange(taps))
    a = x.abs()
    near = 1.5 * a**3 - 2.5 * a**2 + 1
    far = -0.5 * a**3 + 2.5 * a**2 - 4 * a + 2
    weights = torch.where(a <= 1, near, torch.where(a <= 2, far, torch.zeros_like(a)))
    pad = max(int(1 - left.min()), int(left.max()) + taps - 1 - length, 0)
    return weights / weights.sum(1, keepdim=True), (left.long() - 1 + pad).tolist(), pad


def usual_loop(image: np.ndarray, scale: float) -> np.ndarray:
    x = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32))
    for axis in (1, 2):
        length = x.shape[axis]
        out_length = math.ceil(length * scale)
        weights, left, pad = window_weights(length, out_length, scale)
        x = torch.cat(
            [x.narrow(axis, 0, pad).flip(axis), x, x.narrow(axis, length - pad, pad).flip(axis)],
            axis,
        )
        shape = list(x.shape)
        shape[axis] = out_length
        out = torch.empty(shape)
        taps = weights.shape[1]
        for j in range(out_length):
            for c in range(x.shape[0]):
                if axis == 1:
                    out[c, j] = x[c, left[j] : left[j] + taps].T.mv(weights[j])
                else:
                    out[c, :, j] = x[c, :, left[j] : left[j] + taps].mv(weights[j])
        x = out
    return x.round().clamp(0, 255).byte().numpy().transpose(1, 2, 0)


def one_thread() -> None:
    """Start over with one thread: the libraries read these variables when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    if any(os.environ.get(name) != "1" for name in names):
        os.environ.update(dict.fromkeys(names, "1"))
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    one_thread()
    torch.set_num_threads(1)
    image = np.random.default_rng(0).integers(0, 256, (1356, 2040, 3), dtype=np.uint8)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
    as_pil = Image.fromarray(image)
    ways: dict[str, Callable[[], object]] = {
        "usual loop": lambda: usual_loop(image, 0.25),
        "resize (uint8)": lambda: resize(image, scale=0.25),
        "resize_tensor (float32)": lambda: resize_tensor(tensor, scale=0.25),
        "PIL bicubic": lambda: as_pil.resize((510, 339), Image.Resampling.BICUBIC),
    }
    # The loop must do the same work: it differs by the rounding between the passes alone.
    difference = np.abs(usual_loop(image, 0.25).astype(int) - resize(image, scale=0.25))
    assert difference.max() <= 2, difference.max()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # interleaved, so that other load on the machine hits all alike
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append((time.perf_counter() - start) * 1e3)
    results = {
        name: {"median_ms": statistics.median(t), "min_ms": min(t)} for name, t in times.items()
    }
    usual = results["usual loop"]["median_ms"]
    print(f"{'way':26}{'median ms':>10}{'min ms':>10}{'speed':>10}")
    for name, result in results.items():
        result["speed"] = usual / result["median_ms"]
        print(
            f"{name:26}{result['median_ms']:10.1f}{result['min_ms']:10.1f}{result['speed']:9.2f}×"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
