"""What the pixel store costs once, and what it saves at every step.

    SRTK_TRAIN=FOLDER python benchmarks/pixel_store.py [--json FILE] [--limit-images N]

Decodes the photographs of a folder with one thread and with several, opens the store again, and
draws batches of 16 crops of 96×96 pixels from it and, for comparison, by decoding a PNG per crop.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from sr_toolkit.data.decoding import default_threads
from sr_toolkit.data.files import FileDataset
from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.images.listing import list_images

BATCH, CROP, SCALE = 16, 96, 4


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def png_batch(files: list[Path], rng: np.random.Generator) -> np.ndarray:
    """Decode a file per crop, as a loader without a store does."""
    crops = []
    for index in rng.integers(0, len(files), BATCH):
        image = np.asarray(Image.open(files[index]).convert("RGB"))
        top, left = (int(rng.integers(0, side - CROP + 1)) for side in image.shape[:2])
        crops.append(image[top : top + CROP, left : left + CROP])
    return np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32) / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--limit-images", type=int, default=None, help="of the folder")
    arguments = parser.parse_args()
    root = Path(os.environ["SRTK_TRAIN"])
    files = list_images(root)[: arguments.limit_images]
    dataset = FileDataset("train", files, root)
    figures: dict[str, float] = {"images": len(files), "threads": default_threads()}
    with tempfile.TemporaryDirectory() as name:
        figures["hash_s"] = timed(dataset.fingerprint)
        for form, threads in (("serial", 1), ("parallel", default_threads())):
            os.environ["SRTK_CACHE"] = str(Path(name) / form)

            def decode(threads: int = threads) -> object:
                return open_store(dataset, crop=CROP, threads=threads)

            figures[f"decode_{form}_s"] = timed(decode)
        figures["reuse_s"] = timed(lambda: open_store(dataset, crop=CROP))
        store = open_store(dataset, crop=CROP)
        assert isinstance(store, PixelStore)
        figures["decoded_mb"] = store.pixels.numel() / 1e6
        sampler = CropSampler(store, CROP, SCALE, BATCH, (0,), augment=False)
        pictures = [files[image] for image in store.images][:40]
        pngs = []
        for number, path in enumerate(pictures):
            pngs.append(Path(name) / f"{number}.png")
            Image.open(path).convert("RGB").save(pngs[-1])
        rng = np.random.default_rng(0)
        draws = min(timed(lambda: [sampler.draw(s) for s in range(20)]) for _ in range(3)) / 20
        decodes = min(timed(lambda: png_batch(pngs, rng)) for _ in range(5))
        figures["batch_store_with_lr_s"], figures["batch_png_without_lr_s"] = draws, decodes
    ratios = {
        "parallel_over_serial": figures["decode_serial_s"] / figures["decode_parallel_s"],
        "reuse_over_decode": figures["decode_parallel_s"] / figures["reuse_s"],
        "batch_store_over_png": figures["batch_png_without_lr_s"]
        / figures["batch_store_with_lr_s"],
    }
    for key, value in figures.items():
        print(f"{key:24} {value:.4g}")
    for key, value in ratios.items():
        print(f"{key:24} {value:.2f}×")
    if arguments.json:
        arguments.json.write_text(json.dumps({**figures, **ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
