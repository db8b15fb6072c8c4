"""What the usual mistakes cost: the table of docs/bench.md, computed.

    python docs/build_mistakes.py [--dataset set5]

One upscaler (MATLAB's bicubic), one set; each row changes one thing in the rule `y` and says how
the two figures move. `sample` comes along, so that everybody can compute the table.
"""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import structural_similarity

from sr_toolkit.config.places import data_roots
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.images.color import luma
from sr_toolkit.images.resize import resize
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.metrics.ssim import ssim

PAGE = Path(__file__).with_name("bench.md")
BEGIN, END = "<!-- begin generated: mistakes -->\n", "<!-- end generated: mistakes -->\n"
SCALE = 4
Array = NDArray[Any]


def made_lr(hr: Array) -> Array:
    """Return the LR of the rule: MATLAB's bicubic, rounded to uint8."""
    return resize(hr, scale=1 / SCALE)


def rounded(sr: Array) -> Array:
    """Return floats on 0 to 255 as uint8."""
    return np.rint(np.clip(sr, 0, 255)).astype(np.uint8)


def bicubic(lr: Array) -> Array:
    """Return the SR in floats on 0 to 255, neither rounded nor clamped."""
    return resize(lr.astype(np.float64), scale=float(SCALE))


def y(image: Array) -> Array:
    """Return BT.601 Y, 16 to 235, of RGB on 0 to 255; floats stay unrounded and may leave it."""
    return luma(image) if image.dtype == np.uint8 else luma(image / 255.0)


def full_range(image: Array) -> Array:
    """Return Y from 0 to 255, as Pillow's `L` and OpenCV's gray have it."""
    return image.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def as_jpeg(sr: Array) -> Array:
    """Return the SR as it comes back from a JPEG of quality 95."""
    file = io.BytesIO()
    Image.fromarray(sr).save(file, "JPEG", quality=95)
    return np.asarray(Image.open(file))


def by_pillow(hr: Array) -> Array:
    """Return the LR by Pillow's bicubic."""
    size = (hr.shape[1] // SCALE, hr.shape[0] // SCALE)
    return np.asarray(Image.fromarray(hr).resize(size, Image.Resampling.BICUBIC))


def by_opencv(hr: Array) -> Array:
    """Return the LR by OpenCV's bicubic, which does not low-pass."""
    size = (hr.shape[1] // SCALE, hr.shape[0] // SCALE)
    return np.asarray(cv2.resize(hr, size, interpolation=cv2.INTER_CUBIC))


def larger_by_opencv(lr: Array) -> Array:
    """Return the SR by OpenCV's bicubic, whose kernel is another."""
    size = (lr.shape[1] * SCALE, lr.shape[0] * SCALE)
    return np.asarray(cv2.resize(lr, size, interpolation=cv2.INTER_CUBIC)).astype(np.float64)


def uniform_ssim(sr: Array, hr: Array) -> float:
    """Return scikit-image's SSIM as it is without options: a plain window of 7."""
    return float(structural_similarity(sr, hr, data_range=255))


@dataclass(frozen=True)
class Rule:
    """A way to come from an HR to two figures; the defaults are those of the protocol `y`."""

    name: str
    lr: Callable[[Array], Array] = made_lr
    sr: Callable[[Array], Array] = bicubic
    finish: Callable[[Array], Array] = rounded
    plane: Callable[[Array], Array] = y
    border: int = SCALE
    similarity: Callable[[Array, Array], float] = ssim

    def score(self, hr: Array) -> tuple[float, float]:
        """Return PSNR and SSIM of one image."""
        sides = [side - side % SCALE for side in hr.shape[:2]]
        hr = np.ascontiguousarray(hr[: sides[0], : sides[1]])
        sr = self.finish(self.sr(self.lr(hr)))
        inner = (slice(self.border, -self.border or None),) * 2
        one, other = self.plane(sr)[inner], self.plane(hr)[inner]
        if one.ndim == 2:
            return psnr(one, other), self.similarity(one, other)
        channels = [self.similarity(one[..., c], other[..., c]) for c in range(3)]
        return psnr(one, other), float(np.mean(channels))


RULES = (
    Rule("the rule `y`"),
    Rule("PSNR and SSIM over R, G and B", plane=lambda image: image.astype(np.float64)),
    Rule("Y from 0 to 255 (Pillow's `L`, OpenCV's gray) in place of 16 to 235", plane=full_range),
    Rule("Y rounded to 8 bits", plane=lambda image: np.rint(y(image))),
    Rule("R and B swapped before Y is taken (OpenCV's order)", plane=lambda im: y(im[..., ::-1])),
    Rule("no border left out", border=0),
    Rule("a border of 10 pixels left out", border=10),
    Rule("SR clamped, but not rounded", finish=lambda sr: np.clip(sr, 0, 255)),
    Rule("SR neither clamped nor rounded", finish=lambda sr: sr),
    Rule(
        "SR cut off to integers (`astype(uint8)`) in place of rounded",
        finish=lambda sr: np.clip(sr, 0, 255).astype(np.uint8),
    ),
    Rule("SR saved as JPEG of quality 95", finish=lambda sr: as_jpeg(rounded(sr))),
    Rule("LR kept in floats, not rounded", lr=lambda hr: resize(hr.astype(float), scale=1 / SCALE)),
    Rule("LR made by Pillow's bicubic", lr=by_pillow),
    Rule("LR made by OpenCV's bicubic, without low-pass", lr=by_opencv),
    Rule("OpenCV's bicubic as the baseline's upscaler", sr=larger_by_opencv),
    Rule("SSIM with scikit-image's default, a plain window of 7", similarity=uniform_ssim),
)


def images(dataset: str) -> Iterator[Array]:
    """Yield the set's HR as RGB uint8."""
    found = open_dataset(dataset, data_roots())
    for index in range(len(found)):
        image = found.image(index)
        yield np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def table(dataset: str = "sample") -> str:
    """Return the table in Markdown."""
    hrs = list(images(dataset))
    figures = [np.mean([rule.score(hr) for hr in hrs], axis=0) for rule in RULES]
    base = figures[0]
    lines = [
        "| what is done | PSNR, dB | SSIM | error, dB | error, SSIM |",
        "|---|---|---|---|---|",
    ]
    for rule, (decibels, similar) in zip(RULES, figures, strict=True):
        moved = [f"{decibels - base[0]:+.3f}", f"{similar - base[1]:+.4f}"]
        cells = [rule.name, f"{decibels:.3f}", f"{similar:.4f}", *moved]
        if rule is RULES[0]:
            cells[3:] = ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def rebuilt(text: str) -> str:
    """Return the page with its table made anew."""
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}\n{table()}\n{END}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", help="print the table of another set, such as set5")
    chosen = parser.parse_args().dataset
    if chosen is None:
        PAGE.write_text(rebuilt(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table(chosen))
