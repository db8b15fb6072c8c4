"""`Upscaler`: a generator ready for images: numpy, PIL or torch in, the same kind out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from sr_toolkit.checkpoint import Metadata, build_generator, load_generator
from sr_toolkit.errors import ImageError, ScaleError
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.spec import DEFAULT_SCALE, default_scale
from sr_toolkit.upscaling.channels import CHROMA_RADIUS, through_gray, through_luma
from sr_toolkit.upscaling.locate import Located, locate
from sr_toolkit.upscaling.tiling import Tile, tiles

if TYPE_CHECKING:
    from PIL.Image import Image

ImageT = TypeVar("ImageT", NDArray[Any], Tensor, "Image")
Progress = Callable[[int, int], None]

TILE = 256
"""Default core of a tile in LR pixels: 16-block residual networks at ×4 then need about 2 GB."""


class Upscaler:
    """Runs a generator on images of any size.

    With `quick`, the generator takes its form for inference: fused, and in the memory layout that
    it asks for. Not for a network that is still trained: its weights' layout is its optimizer's.

    Attributes:
        generator: in evaluation mode, on `hardware.device`.
        hardware: device, precision, layout.
        label: what tables call it.
        source: where its weights came from.
        metadata: the checkpoint's header; None for a fixed method.
    """

    def __init__(
        self,
        generator: Generator,
        hardware: Hardware | None = None,
        *,
        label: str = "",
        source: str = "",
        metadata: Metadata | None = None,
        path: Path | None = None,
        quick: bool = False,
    ) -> None:
        self.hardware = hardware or Hardware.choose("cpu", "fp32")
        self._parameters = sum(parameter.numel() for parameter in generator.parameters())
        if quick:
            generator = generator.fused()
            if generator.channels_last:
                self.hardware = dataclasses.replace(self.hardware, channels_last=True)
        self.generator = generator.eval().to(self.hardware.device)
        if self.hardware.channels_last:
            self.generator = self.generator.to(memory_format=torch.channels_last)
        self.label, self.source, self.metadata, self.path = label, source, metadata, path

    @property
    def scales(self) -> tuple[int, ...]:
        """The scales that the weights serve."""
        return self.generator.scales

    def parameters(self) -> int:
        """Return the number of the generator's parameters, as it was trained."""
        return self._parameters

    def choose_scale(self, scale: int | None) -> int:
        """Return `scale`; for None ×4 where it is served, else the largest one.

        Raises:
            ScaleError: the weights do not serve it.
        """
        if scale is None:
            return default_scale(self.scales)
        if scale not in self.scales:
            offered = ", ".join(f"×{s}" for s in self.scales)
            raise ScaleError(
                f"'{self.label}' serves {offered}, not ×{scale}; give --scale one of these, or "
                f"weights that were trained for ×{scale}."
            )
        return scale

    def upscale(
        self,
        image: ImageT,
        *,
        scale: int | None = None,
        tile: int | None = TILE,
        progress: Progress | None = None,
    ) -> ImageT:
        """Return `image` enlarged, of the same kind.

        Args:
            image: PIL image; array (H, W) or (H, W, C), uint8, uint16, or float in [0, 1]; tensor
                (C, H, W) or (N, C, H, W) in [0, 1].
            scale: None for ×4 where it is served, else the largest one.
            tile: core of a tile in LR pixels; None for the whole image at once.
            progress: called with (done, total) tiles.

        Raises:
            ConfigError: a scale that is not served.
            ImageError: a shape or type that is none of these.
        """
        if isinstance(image, Tensor):
            batch = image if image.ndim == 4 else image[None]
            if batch.ndim != 4:
                shape = tuple(image.shape)
                raise ImageError(f"A tensor must be (C, H, W) or (N, C, H, W), not {shape}.")
            if not image.is_floating_point():
                raise ImageError(
                    f"A tensor must be float in [0, 1], not {image.dtype}; give an array for "
                    f"whole numbers."
                )
            sr = self.tensor(batch, scale=scale, tile=tile, progress=progress)
            return sr if image.ndim == 4 else sr[0]
        if isinstance(image, np.ndarray):
            return self.array(image, scale=scale, tile=tile, progress=progress)
        return self._pil(image, scale, tile, progress)

    def array(
        self,
        image: NDArray[Any],
        *,
        scale: int | None = None,
        tile: int | None = TILE,
        progress: Progress | None = None,
    ) -> NDArray[Any]:
        """Return an array enlarged tile by tile; memory beside the output is that of one tile.

        Integer types are kept, values rounded; floats come back as float32, not clamped.

        Raises:
            ImageError: not (H, W) or (H, W, C) with 1, 3 or the generator's channels, or neither
                uint8, uint16 nor float.
        """
        scale = self.choose_scale(scale)
        if image.ndim not in (2, 3) or 0 in image.shape:
            raise ImageError(f"An array must be (H, W) or (H, W, C), not {image.shape}.")
        whole = image.dtype in (np.uint8, np.uint16)
        # Of other whole numbers nobody knows the range: int64 mostly holds 0 to 255.
        if not whole and not np.issubdtype(image.dtype, np.floating):
            raise ImageError(
                f"An array must be uint8, uint16 or float in [0, 1], not {image.dtype}; convert it "
                f"first."
            )
        shaped = image if image.ndim == 3 else image[..., None]
        height, width, channels = shaped.shape
        peak = np.iinfo(image.dtype).max if whole else None
        dtype = image.dtype if peak else np.dtype(np.float32)
        shape = (height * scale, width * scale, channels)
        try:
            result = np.empty(shape, dtype)
        except MemoryError:
            raise ImageError(
                f"An SR of {shape[1]}×{shape[0]} pixels does not fit into memory; cut the image "
                f"into parts first."
            ) from None
        source = np.ascontiguousarray(shaped)
        for rows, columns, sr in self._tiles(source, peak or 1, scale, tile, progress):
            values = sr.squeeze(0).permute(1, 2, 0).numpy()
            if peak:
                self._refuse_nan(values)
                values = np.clip(np.floor(values.astype(np.float64) * peak + (0.5 + 1e-7)), 0, peak)
            result[rows, columns] = values.astype(dtype)
        return result if image.ndim == 3 else result[..., 0]

    def tensor(
        self,
        lr: Tensor,
        *,
        scale: int | None = None,
        tile: int | None = None,
        progress: Progress | None = None,
    ) -> Tensor:
        """Return the SR (N, C, s·H, s·W), not clamped, of an LR (N, C, H, W) in [0, 1].

        The result is on the LR's device in float32 (float64 where a resizer got float64).
        """
        scale = self.choose_scale(scale)
        plan = self._plan(lr.shape[-2], lr.shape[-1], scale, tile)
        if len(plan) == 1:
            return self._forward(lr, (scale,))[scale].to(lr.device)
        shape = (*lr.shape[:2], lr.shape[2] * scale, lr.shape[3] * scale)
        keeps = self.generator.channelwise and lr.dtype == torch.float64
        result = torch.empty(shape, dtype=torch.float64 if keeps else torch.float32)
        for done, piece in enumerate(plan, start=1):
            rows, columns = _sr_slices(piece, scale, lr.shape[-2:])
            window = lr[
                ..., piece.rows.low : piece.rows.high, piece.columns.low : piece.columns.high
            ]
            result[..., rows, columns] = self._piece(window, piece, scale, lr.shape[-2:])
            if progress is not None:
                progress(done, len(plan))
        return result.to(lr.device)

    def all_scales(self, lr: Tensor) -> dict[int, Tensor]:
        """Return the SR at each of `scales`, (N, C, s·H, s·W), of an LR (N, C, H, W) in [0, 1].

        The image goes through whole, once where the generator shares work between its scales; the
        results are on the LR's device, not clamped.

        Raises:
            ImageError: no float tensor of that shape.
        """
        if not isinstance(lr, Tensor) or lr.ndim != 4 or not lr.is_floating_point():
            given = tuple(lr.shape) if isinstance(lr, Tensor) else type(lr).__name__
            raise ImageError(
                f"all_scales takes a float tensor (N, C, H, W) in [0, 1], received {given}; "
                f"upscale(image, scale=…) takes pictures."
            )
        grown = self._forward(lr, self.scales)
        return {scale: grown[scale].to(lr.device) for scale in self.scales}

    def _tiles(
        self,
        source: NDArray[Any],
        peak: float,
        scale: int,
        tile: int | None,
        progress: Progress | None,
    ) -> Iterator[tuple[slice, slice, Tensor]]:
        """Yield (rows, columns, SR on the CPU) of an (H, W, C) array's tiles."""
        size = (source.shape[0], source.shape[1])
        plan = self._plan(size[0], size[1], scale, tile)
        for done, piece in enumerate(plan, start=1):
            rows, columns = piece.rows, piece.columns
            window = source[rows.low : rows.high, columns.low : columns.high]
            # A resizer keeps float64, so that exact halves round as in MATLAB.
            dtype = torch.float64 if self.generator.channelwise else torch.float32
            values = torch.from_numpy(np.array(window)).to(dtype)
            scaled = (values / peak).permute(2, 0, 1)[None]
            yield (*_sr_slices(piece, scale, size), self._piece(scaled, piece, scale, size).cpu())
            if progress is not None:
                progress(done, len(plan))

    def _plan(self, height: int, width: int, scale: int, tile: int | None) -> list[Tile]:
        multiple = self.generator.size_multiple
        radius = self.generator.receptive_field(scale)
        if radius is not None and self.generator.channels[0] == 1:
            radius = max(CHROMA_RADIUS, radius)
        padded = [side + -side % multiple for side in (height, width)]
        size = max(padded) if tile is None or radius is None else tile
        return tiles(padded[0], padded[1], size, radius or 0, multiple)

    def _piece(self, window: Tensor, piece: Tile, scale: int, size: tuple[int, ...]) -> Tensor:
        """Return the SR of a tile's core, (N, C, h, w), from its window of LR pixels."""
        sr = self._forward(window, (scale,))[scale]
        rows, columns = _sr_slices(piece, scale, size)
        top, left = piece.rows.low * scale, piece.columns.low * scale
        return sr[
            ..., rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]

    def _forward(self, lr: Tensor, scales: tuple[int, ...]) -> dict[int, Tensor]:
        """Return the SR of one window at some scales or all; fits the channels."""
        channels, wanted = lr.shape[1], self.generator.channels[0]
        x = lr.to(self.hardware.device)
        if self.generator.channelwise:
            return self._answer(x, scales)
        x = x.float()
        if channels == wanted:
            return self._run(x, scales)
        if channels == 1:
            return through_gray(x, wanted, lambda gray: self._run(gray, scales))
        if (channels, wanted) == (3, 1):
            return through_luma(x, lambda luma: self._run(luma, scales))
        raise ImageError(f"'{self.label}' takes {wanted} channels; the image has {channels}.")

    def _run(self, x: Tensor, scales: tuple[int, ...]) -> dict[int, Tensor]:
        """Return the generator's answer to its own channels; pads to the size multiple."""
        height, width = x.shape[-2:]
        multiple = self.generator.size_multiple
        pad = (0, -width % multiple, 0, -height % multiple)
        if any(pad):
            x = F.pad(x, pad, mode="replicate")
        x = x.contiguous(memory_format=self.hardware.memory_format)
        with self.hardware.autocast():
            answer = self._answer(x, scales)
        return {
            scale: sr.float()[..., : height * scale, : width * scale]
            for scale, sr in answer.items()
        }

    def _answer(self, x: Tensor, scales: tuple[int, ...]) -> dict[int, Tensor]:
        with torch.inference_mode():
            if len(scales) == 1:
                return {scales[0]: self.generator(x, scales[0])}
            return self.generator.all_scales(x)

    def _refuse_nan(self, values: NDArray[Any]) -> None:
        if not np.isfinite(values).all():
            raise ImageError(
                f"'{self.label}' gave values that are not finite (NaN or infinite); take "
                f"--precision fp32 or other weights."
            )

    def _pil(
        self, image: Image, scale: int | None, tile: int | None, progress: Progress | None
    ) -> Image:
        from PIL import Image as PILImage

        from sr_toolkit.images.resize import resize

        if not isinstance(image, PILImage.Image):
            raise ImageError(f"Cannot upscale a {type(image).__name__}: give PIL, numpy or torch.")
        alpha = None
        if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
            image = image.convert("LA" if image.mode == "LA" else "RGBA")
            alpha = np.asarray(image.getchannel("A"))
        if image.mode in ("I", "F"):  # Pillow's conversion would cut them off at 255
            raise ImageError(
                f"Cannot upscale Pillow's mode {image.mode}: its range is not known; give an array."
            )
        if image.mode.startswith("I;16"):
            deep = np.asarray(image).astype(np.uint16)
            return PILImage.fromarray(self.array(deep, scale=scale, tile=tile, progress=progress))
        base = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
        sr = PILImage.fromarray(
            self.array(np.asarray(base), scale=scale, tile=tile, progress=progress)
        )
        if alpha is not None:
            grown = resize(alpha, scale=float(self.choose_scale(scale)))
            sr.putalpha(PILImage.fromarray(grown))
        return sr


def load(
    model: str | Path,
    *,
    scale: int | None = None,
    device: str = "auto",
    precision: str = "fp32",
    runs: Path = DEFAULT_RUNS,
) -> Upscaler:
    """Load a model by name, run folder or checkpoint; on a GPU where there is one.

    Raises:
        SrtkError: unknown, damaged, or not for this scale or device; the message says what to do.
    """
    return open_located(
        locate(str(model), runs=runs), Hardware.choose(device, precision), scale=scale
    )


def open_located(located: Located, hardware: Hardware, *, scale: int | None = None) -> Upscaler:
    """Build the upscaler of a located model; errors as `load`."""
    metadata: Metadata | None = None
    if located.path is None:
        generator = build_generator(located.model, {}, (scale or DEFAULT_SCALE,))
    else:
        generator, metadata = load_generator(located.path, model=located.model, scale=scale)
    upscaler = Upscaler(
        generator,
        hardware,
        label=located.label,
        source=located.source,
        metadata=metadata,
        path=located.path,
        quick=True,
    )
    upscaler.choose_scale(scale)
    return upscaler


def _sr_slices(piece: Tile, scale: int, size: tuple[int, ...]) -> tuple[slice, slice]:
    """Return where a tile's core lies in the SR of an LR of `size`."""
    height, width = size[0], size[1]
    rows = slice(piece.rows.start * scale, min(piece.rows.stop, height) * scale)
    columns = slice(piece.columns.start * scale, min(piece.columns.stop, width) * scale)
    return rows, columns
