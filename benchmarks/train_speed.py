"""Training steps of MSRResNet ×4 (batch 16, LR 24²): the usual loop, a plain fast one, and ours.

    python benchmarks/train_speed.py [--device cuda] [--batch N] [--json FILE] [--steps N]

The usual loop is fp32 in NCHW, a DataLoader of two workers that decodes a whole 2040×1356 PNG pair
for each crop, Adam, and `.item()` on the loss at each step. The plain fast loop is bf16 autocast in
channels_last over crops already in memory: what the hardware gives without a trainer. Ours is the
trainer with all it does: drawing crops, making their LR, averaging weights, clipping gradients,
counting losses. They take turns in one process, so that the ratios hold where the machine's speed
drifts. The peak is that of a bf16 matrix product of 4096³ in the same process, on the same threads.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.data.sampler import CropSampler
from sr_toolkit.data.store import PixelStore
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.resize import resize
from sr_toolkit.training.feeding import PairedFeed
from sr_toolkit.training.parts import build_parts
from sr_toolkit.training.recipe import LossTerm, Phase
from sr_toolkit.training.trainer import Trainer

CROP, SCALE = 96, 4
FLOP_A_CROP = 140e9 / 16  # forward and backward of MSRResNet, LR 24²


def as_tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255


class Pairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The usual dataset: decode both images whole, cut one crop."""

    def __init__(self, folder: Path) -> None:
        self.hr = sorted(folder.glob("hr*.png"))
        self.lr = sorted(folder.glob("lr*.png"))

    def __len__(self) -> int:
        return 100_000

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        place = index % len(self.hr)
        hr = np.asarray(Image.open(self.hr[place]))
        lr = np.asarray(Image.open(self.lr[place]))
        top = np.random.randint(0, lr.shape[0] - CROP // SCALE)
        left = np.random.randint(0, lr.shape[1] - CROP // SCALE)
        small = lr[top : top + CROP // SCALE, left : left + CROP // SCALE]
        large = hr[top * SCALE : top * SCALE + CROP, left * SCALE : left * SCALE + CROP]
        return as_tensor(small), as_tensor(large)


def photographs(folder: Path) -> list[np.ndarray]:
    """Write four photographs of DIV2K's usual size with their LR; return the HR."""
    sample = open_dataset("sample", ()).training_part()
    images = []
    for number in range(4):
        image = Image.fromarray(sample.image(number)[..., :3].squeeze()).convert("RGB")
        hr = np.asarray(image.resize((2040, 1356), Image.Resampling.BICUBIC))
        Image.fromarray(hr).save(folder / f"hr{number}.png")
        Image.fromarray(resize(hr, scale=1 / SCALE)).save(folder / f"lr{number}.png")
        images.append(hr)
    return images


def usual_loop(folder: Path, device: str, batch: int) -> Generator[None, None, None]:
    network = build_generator("srgan", {}, (SCALE,)).train().to(device)
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    loader = DataLoader(Pairs(folder), batch, num_workers=2)
    for lr, hr in loader:
        loss = F.l1_loss(network(lr.to(device)), hr.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        yield


def plain_fast_loop(hardware: Hardware, batch: int) -> Generator[None, None, None]:
    network = hardware.place(build_generator("srgan", {}, (SCALE,))).train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4, fused=True)
    lr = torch.rand(batch, 3, CROP // SCALE, CROP // SCALE)
    hr = torch.rand(batch, 3, CROP, CROP)
    lr, hr = (
        x.to(hardware.device).contiguous(memory_format=hardware.memory_format) for x in (lr, hr)
    )
    while True:
        with hardware.autocast():
            loss = F.l1_loss(network(lr).float(), hr)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        yield


def our_trainer(images: list[np.ndarray], hardware: Hardware, batch: int) -> Trainer:
    counts = torch.tensor([image.shape[0] * image.shape[1] for image in images])
    store = PixelStore(
        pixels=torch.from_numpy(np.concatenate([image.reshape(-1, 3) for image in images])),
        offsets=torch.cumsum(counts, 0) - counts,
        heights=torch.tensor([image.shape[0] for image in images]),
        widths=torch.tensor([image.shape[1] for image in images]),
    ).to(torch.device(hardware.device))
    phase = Phase(
        steps=100_000, batch=batch, crop=CROP, losses={"l1": LossTerm()}, ema=0.999, clip=1e6
    )
    feed = PairedFeed(CropSampler(store, CROP, SCALE, batch, (0, 0)))
    generator = build_generator("srgan", {}, (SCALE,))
    parts = build_parts(phase, 3, "")
    return Trainer(phase, parts, generator, feed, hardware, scale=SCALE, seed=(0, 0))


def matmul_peak(hardware: Hardware) -> float:
    """Return the FLOP a second of a 4096³ product, the best of several."""
    dtype = torch.bfloat16 if hardware.precision == "bf16" else torch.float32
    a, b = torch.randn(2, 4096, 4096, device=hardware.device).to(dtype)
    best = min(timed(lambda: a @ b, hardware.device) for _ in range(6))
    return 2 * 4096**3 / best


def timed(action: Callable[[], object], device: str) -> float:
    began = time.perf_counter()
    action()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batch", type=int, default=16, help="crops in a batch")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--steps", type=int, default=12, help="timed steps of each loop")
    arguments = parser.parse_args()
    hardware, batch = Hardware.choose(arguments.device, "auto"), arguments.batch
    with tempfile.TemporaryDirectory() as name:
        images = photographs(Path(name))
        usual = usual_loop(Path(name), hardware.device, batch)
        plain = plain_fast_loop(hardware, batch)
        trainer = our_trainer(images, hardware, batch)
        times: dict[str, list[float]] = {"usual": [], "plain": [], "ours": [], "draw": []}
        # The usual loop's workers would run beside the others: it goes first, alone.
        for step in range(arguments.steps // 2 + 2):
            seconds = timed(usual.__next__, hardware.device)
            if step >= 2:
                times["usual"].append(seconds)
        usual.close()
        for step in range(arguments.steps + 2):
            for label, action in (
                ("plain", plain.__next__),
                ("ours", trainer.advance),
                ("draw", lambda: trainer.feed.draw(0)),
            ):
                seconds = timed(action, hardware.device)
                if step >= 2:
                    times[label].append(seconds)
    peak = matmul_peak(hardware)
    median = {key: statistics.median(values) for key, values in times.items()}
    result = {
        "hardware": hardware.describe(),
        "batch": batch,
        "usual_s": median["usual"],
        "plain_fast_s": median["plain"],
        "ours_s": median["ours"],
        "ratio": median["usual"] / median["ours"],
        "ratio_to_plain_fast": median["plain"] / median["ours"],
        "peak_fraction": FLOP_A_CROP * batch / median["ours"] / peak,
        "sampling_share": median["draw"] / median["ours"],
    }
    print(hardware.describe())
    print(f"usual loop       {median['usual']:8.3f} s a step")
    print(f"plain fast loop  {median['plain']:8.3f} s")
    print(f"ours             {median['ours']:8.3f} s, {1 / median['ours']:.2f} steps a second")
    print(
        f"ours is {result['ratio']:.1f} times as fast as the usual loop and "
        f"{result['ratio_to_plain_fast']:.2f} times the plain fast one;"
    )
    print(
        f"{result['peak_fraction']:.0%} of the matrix product's peak, drawing crops takes "
        f"{result['sampling_share']:.1%} of the step"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
