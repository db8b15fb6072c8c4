"""One image as several models enlarge it: a crop of each side by side, as one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sr_toolkit.benching.choosing import choose_models, choose_scales, passed_over
from sr_toolkit.benching.enlarging import TILE_USED
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.io import as_rgb, read_image, to_uint8
from sr_toolkit.metrics.protocol import Case, get_protocol
from sr_toolkit.metrics.psnr import psnr
from sr_toolkit.metrics.ssim import ssim
from sr_toolkit.reporting.cropping import Crop, most_detailed
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.training.strips import captioned
from sr_toolkit.upscaling.upscaler import open_located

Uint8 = NDArray[np.uint8]

WIDE = 256  # pixels of a panel, about, unless a zoom is given
PROTOCOL = "y"
FOOT, PAD = 12, 4  # pixels of the letters below the panels, and around them
# Pillow's own font has neither × nor ∞: captions say x and inf.


@dataclass(frozen=True)
class Asked:
    """What a strip shows.

    Attributes:
        models: names, runs, checkpoints; bicubic comes first by itself.
        scale: None: ×4, or what the first trained model serves.
        crop: in pixels of HR, or of SR without one; None: where there is most detail.
        reference: is the image HR, and not LR?
        zoom: pixels for one of HR; None: panels of about 256 pixels.
        device: auto, cpu, cuda or cuda:1.
        runs: folder that holds runs.
    """

    models: tuple[str, ...]
    scale: int | None = None
    crop: Crop | None = None
    reference: bool = True
    zoom: int | None = None
    device: str = "auto"
    runs: Path = DEFAULT_RUNS


def make_strip(path: Path, asked: Asked) -> Uint8:
    """Return a strip, RGB uint8 (H, W, 3): LR, bicubic, each model and HR, from left to right.

    Args:
        path: the image.
        asked: what is shown.

    Raises:
        ImageError, DataError: the image cannot be read, is too small, or has no such crop.
        SrtkError: a model that is unknown, damaged, or not for this scale.
    """
    image = as_rgb(to_uint8(read_image(path).pixels))
    groups = choose_models(asked.models, asked.runs)
    scale = choose_scales(groups, () if asked.scale is None else (asked.scale,))[0]
    case = Case.make(image, scale) if asked.reference else None
    lr = image if case is None else case.lr
    large = _enlarged(lr, scale)
    if asked.crop is not None:
        asked.crop.check(large.shape[1], large.shape[0])
    crop = asked.crop or most_detailed(large if case is None else case.hr)
    hardware = Hardware.choose(asked.device, "fp32")
    over = passed_over(groups, scale)
    zoom = asked.zoom or max(1, round(WIDE / crop.width))
    panels = {"LR": _enlarged(crop.cut(large), zoom)}
    captions = {"LR": f"{lr.shape[1]}x{lr.shape[0]}"}
    for located in (one for group in groups for one in group if one.path not in over):
        upscaler = open_located(located, hardware, scale=scale)
        sr = upscaler.array(lr, scale=scale, tile=TILE_USED)
        panels[located.label] = _enlarged(crop.cut(sr), zoom)
        if case is not None:
            captions[located.label] = _scores(case, sr)
    if case is not None:
        panels["HR"] = _enlarged(crop.cut(case.hr), zoom)
        captions["HR"] = f"{case.hr.shape[1]}x{case.hr.shape[0]}"
    words = f"{path.name}, x{scale}, crop {crop}"
    if case is not None:
        words += f"; PSNR in dB and SSIM of the whole image, protocol {PROTOCOL}"
    return _footed(captioned(panels, captions), words)


def _scores(case: Case, sr: Uint8) -> str:
    planes = case.planes(sr, get_protocol(PROTOCOL))
    decibels = psnr(*planes)
    return f"{'inf' if math.isinf(decibels) else f'{decibels:.2f}'} / {_ssim(*planes)}"


def _ssim(sr: NDArray[np.float64], hr: NDArray[np.float64]) -> str:
    try:
        return f"{ssim(sr, hr):.4f}"
    except ValueError:  # smaller than its window
        return "-"


def _enlarged(image: Uint8, zoom: int) -> Uint8:
    return np.repeat(np.repeat(image, zoom, axis=0), zoom, axis=1)


def _footed(strip: Uint8, words: str) -> Uint8:
    """Return the strip above a line of words, broken where it is too long."""
    font = ImageFont.load_default(FOOT)
    width = strip.shape[1]
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width - 2 * PAD:
            lines.append(word)
        else:
            lines[-1] = longer
    height = round(FOOT * 1.4)
    foot = Image.new("L", (width, height * len(lines) + 2 * PAD), 255)
    draw = ImageDraw.Draw(foot)
    for number, line in enumerate(lines):
        draw.text((PAD, PAD + number * height), line, fill=90, font=font)
    band: Uint8 = np.asarray(foot)[..., None].repeat(3, axis=2)
    return np.concatenate([strip, band], axis=0)
