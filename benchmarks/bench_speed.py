"""`srtk bench` beside a plain script of the usual kind: the same figures, how much sooner.

    python benchmarks/bench_speed.py [--json FILE] [--images N] [--model CHECKPOINT] [--precision P]

The plain script is what people write after BasicSR's test loop: image by image, OpenCV reads and
filters, an fp32 network in NCHW, MATLAB's imresize by loops over rows, PSNR and SSIM of Y.
Both score bicubic and one network (MSRResNet of random weights, unless a checkpoint is given) on
BSD100 where SRTK_DATA has it, else on parts of `sample`. Then bench runs again, with its cache, in
this process and as a whole command.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch

import sr_toolkit as sr
from sr_toolkit.checkpoint import Metadata, build_generator, load_generator, save
from sr_toolkit.config import plain
from sr_toolkit.data.opening import open_dataset


def cubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return near * (x <= 1) + far * ((x > 1) & (x <= 2))


def resize_rows(image: np.ndarray, scale: float) -> np.ndarray:
    """Resize the height row by row, mirrored at the borders, as the usual imresize does."""
    length, out_length = len(image), math.ceil(len(image) * scale)
    width = 4 / min(scale, 1)
    taps = math.ceil(width) + 2
    center = np.arange(1, out_length + 1) / scale + 0.5 * (1 - 1 / scale)
    left = np.floor(center - width / 2)
    place = left[:, None] + np.arange(taps)
    weights = min(scale, 1) * cubic(min(scale, 1) * (center[:, None] - place))
    weights /= weights.sum(1, keepdims=True)
    mirror = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    index = mirror[(place.astype(int) - 1) % (2 * length)]
    out = np.empty((out_length, *image.shape[1:]))
    for row in range(out_length):
        out[row] = np.tensordot(weights[row], image[index[row]], 1)
    return out


def imresize(image: np.ndarray, scale: float) -> np.ndarray:
    half = resize_rows(image.astype(np.float64), scale)
    half = np.clip(np.floor(half + 0.5), 0, 255) if image.dtype == np.uint8 else half
    out = resize_rows(half.transpose(1, 0, 2), scale).transpose(1, 0, 2)
    return np.clip(np.floor(out + 0.5), 0, 255).astype(np.uint8) if image.dtype == np.uint8 else out


def luma(bgr: np.ndarray) -> np.ndarray:
    return np.dot(bgr.astype(np.float64) / 255, [24.966, 128.553, 65.481]) + 16.0


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    kernel = cv2.getGaussianKernel(11, 1.5)
    window = np.outer(kernel, kernel.transpose())

    def blur(x: np.ndarray) -> np.ndarray:
        return cv2.filter2D(x, -1, window)[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean1, mean2 = blur(one), blur(other)
    var1, var2 = blur(one**2) - mean1**2, blur(other**2) - mean2**2
    both = blur(one * other) - mean1 * mean2
    top = (2 * mean1 * mean2 + c1) * (2 * both + c2)
    return float((top / ((mean1**2 + mean2**2 + c1) * (var1 + var2 + c2))).mean())


def plain_script(files: list[Path], network: torch.nn.Module) -> dict[str, list[tuple]]:
    scores: dict[str, list[tuple]] = {"bicubic": [], "model": []}
    for path in files:
        hr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        hr = hr[: hr.shape[0] // 4 * 4, : hr.shape[1] // 4 * 4]
        lr = imresize(hr, 1 / 4)
        with torch.no_grad():
            rgb = np.ascontiguousarray(lr[..., ::-1].transpose(2, 0, 1))
            out = network(torch.from_numpy(rgb)[None].float() / 255)
            model = out[0].clamp(0, 1).numpy().transpose(1, 2, 0)[..., ::-1] * 255
        for name, image in (("bicubic", imresize(lr.astype(np.float64), 4.0)), ("model", model)):
            rounded = np.clip(np.floor(image + 0.5), 0, 255).astype(np.uint8)
            y, reference = (luma(i)[4:-4, 4:-4] for i in (rounded, hr))
            error = ((y - reference) ** 2).mean()
            scores[name].append((10 * math.log10(255**2 / error), ssim(y, reference)))
    return scores


def photographs(folder: Path, count: int) -> list[Path]:
    """Return BSD100's files, or parts of `sample` written into `folder`."""
    found = os.environ.get("SRTK_DATA")
    for name in ("B100", "BSD100"):
        for below in ("HR", "."):
            if found and (files := sorted((Path(found) / name / below).glob("*.png"))):
                return files[:count]
    sample = open_dataset("sample", ())
    for number in range(count):
        whole = sample.image(number % len(sample))
        shift = number * 7 % 60
        cv2.imwrite(
            str(folder / f"{number:03d}.png"), whole[shift : shift + 240, shift : shift + 360]
        )
    return sorted(folder.glob("*.png"))


def random_model(path: Path) -> Path:
    torch.manual_seed(0)
    network = build_generator("srgan", {}, (4,)).eval()
    header = {"model": "srgan", "distribution": "srtk-srgan", "version": "0", "scales": (4,)}
    save(path, network, Metadata(**header, config=plain(network.config)))
    return path


def as_command(*words: str) -> float:
    """Return the seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--images", type=int, default=100, help="at most so many photographs")
    parser.add_argument(
        "--model", type=Path, help="a ×4 checkpoint; else MSRResNet, random weights"
    )
    parser.add_argument("--precision", default="fp32", help="of our models; the script's is fp32")
    parser.add_argument("--turns", type=int, default=3, help="how often each is timed")
    parser.add_argument("--plain", type=Path, help=argparse.SUPPRESS)  # run the script alone
    arguments = parser.parse_args()
    if arguments.plain:
        network = load_generator(arguments.model)[0].eval()
        print(json.dumps(plain_script(sorted(arguments.plain.glob("*.png")), network)))
        return
    with tempfile.TemporaryDirectory() as name:
        figures = measure(arguments, Path(name))
    print(json.dumps(figures, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def measure(arguments: argparse.Namespace, work: Path) -> dict[str, object]:
    os.environ["SRTK_CACHE"] = f"{work}/cache"
    chosen = work / "photos"
    chosen.mkdir()
    for path in photographs(chosen, arguments.images):
        if path.parent != chosen:
            (chosen / path.name).symlink_to(path)
    files = sorted(chosen.glob("*.png"))
    checkpoint = arguments.model or random_model(work / "random.safetensors")
    script = (__file__, "--plain", str(chosen), "--model", str(checkpoint))
    bench = (
        *("-m", "sr_toolkit", "bench", "--models", str(checkpoint), "-q", "--no-cost"),
        *("--dataset", f"folder:{chosen}", "--metrics", "psnr,ssim", "--scale", "4"),
        *("--precision", arguments.precision, "-o", f"{work}/out", "--overwrite"),
    )
    times: dict[str, list[float]] = {"plain": [], "ours": [], "again": []}
    for turn in range(arguments.turns):
        times["plain"].append(as_command(*script))
        times["ours"].append(as_command(*bench, *(["--no-cache"] if turn else [])))
        times["again"].append(as_command(*bench))
    call = {
        "dataset": f"folder:{chosen}", "metrics": "psnr,ssim", "scale": 4, "cost": False,
        "quiet": True, "precision": arguments.precision,
    }  # fmt: skip
    inside = []
    for cached in (False, True, True):  # the first fills torch's caches, the others read ours
        began = time.perf_counter()
        result = sr.bench(checkpoint, cache=cached, **call)[0]
        inside.append(time.perf_counter() - began)
    theirs = plain_script(files, load_generator(checkpoint)[0].eval())
    worst = {"psnr": 0.0, "ssim": 0.0}
    for row, key in zip(result.rows, ("bicubic", "model"), strict=True):
        for place, metric in enumerate(worst):
            far = np.abs(np.array(row.scores[metric]) - [one[place] for one in theirs[key]]).max()
            worst[metric] = max(worst[metric], float(far))
    plain_s, ours_s, again_s = (float(np.median(times[key])) for key in times)
    return {
        "images": len(files),
        "model": "MSRResNet" if arguments.model is None else arguments.model.stem,
        "precision": arguments.precision,
        "plain_s": plain_s,
        "ours_s": ours_s,
        "ratio": plain_s / ours_s,
        "largest_difference": worst,
        "second_command_ratio": ours_s / again_s,
        "second_run_ratio": inside[0] / min(inside[1:]),
    }


if __name__ == "__main__":
    main()
