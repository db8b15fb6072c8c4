"""`srtk bench` on a folder of photographs beside a plain script of the usual kind, same figures.

    python benchmarks/bench_speed.py [--json FILE] [--images N]

The plain script reads each PNG, makes the LR, runs an fp32 network in NCHW, and takes PSNR and SSIM
of Y from scikit-image. Both score bicubic and one MSRResNet of random weights; both must agree.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import sr_toolkit as sr
from sr_toolkit.checkpoint import Metadata, build_generator, save
from sr_toolkit.config import plain
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.images.resize import resize


def plain_script(folder: Path, network: torch.nn.Module) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = {"bicubic": [], "model": []}
    for path in sorted(folder.glob("*.png")):
        hr = np.asarray(Image.open(path).convert("RGB"))
        lr = resize(hr, scale=1 / 4)
        with torch.no_grad():
            tensor = torch.from_numpy(lr.copy()).permute(2, 0, 1)[None].float() / 255
            sr_model = network(tensor)[0].permute(1, 2, 0).numpy() * 255
        for name, image in (("bicubic", resize(lr.astype(float), scale=4.0)), ("model", sr_model)):
            rounded = np.clip(np.floor(image + 0.5), 0, 255).astype(np.uint8)
            y, reference = (rgb2ycbcr(i)[4:-4, 4:-4, 0] for i in (rounded, hr))
            scores[name].append(peak_signal_noise_ratio(reference, y, data_range=255))
            structural_similarity(
                reference, y, data_range=255, gaussian_weights=True, sigma=1.5,
                use_sample_covariance=False,
            )  # fmt: skip
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--images", type=int, default=12, help="photographs of 480×320")
    arguments = parser.parse_args()
    sample = open_dataset("sample", ()).training_part()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "photos"
        folder.mkdir()
        for number in range(arguments.images):
            image = Image.fromarray(sample.image(number % 3)).convert("RGB")
            shifted = image.resize((520, 360)).crop((number, number, number + 480, number + 320))
            shifted.save(folder / f"{number:03d}.png")
        torch.manual_seed(0)
        network = build_generator("srgan", {}, (4,)).eval()
        metadata = Metadata(
            model="srgan", distribution="srtk-srgan", version="0", scales=(4,),
            config=plain(network.config),
        )  # fmt: skip
        checkpoint = Path(name) / "random.safetensors"
        save(checkpoint, network, metadata)
        times: dict[str, list[float]] = {"plain": [], "ours": []}
        for turn in range(4):
            began = time.perf_counter()
            theirs = plain_script(folder, network)
            middle = time.perf_counter()
            result = sr.bench(
                [checkpoint], dataset=f"folder:{folder}", metrics="psnr,ssim", quiet=True
            )
            ended = time.perf_counter()
            if turn:  # the first one warms up
                times["plain"].append(middle - began)
                times["ours"].append(ended - middle)
    for row, key in zip(result.rows, ("bicubic", "model"), strict=True):
        np.testing.assert_allclose(row.scores["psnr"], theirs[key], atol=0.002)
    plain_s, ours_s = (float(np.median(times[key])) for key in ("plain", "ours"))
    model_s = sum(sum(row.seconds) for row in result.rows)
    figures = {
        "images": arguments.images,
        "plain_s": plain_s,
        "ours_s": ours_s,
        "ratio": plain_s / ours_s,
        "model_share": model_s / ours_s,
    }
    print(
        f"plain script {plain_s:.2f} s, ours {ours_s:.2f} s: {plain_s / ours_s:.2f} times as fast"
    )
    print(f"the models alone take {model_s / ours_s:.0%} of ours")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
