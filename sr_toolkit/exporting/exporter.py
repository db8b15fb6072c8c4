"""From a generator to a file that was seen to give what the generator gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from sr_toolkit.checkpoint import Metadata
from sr_toolkit.errors import ConfigError, ExportError, OutputError, suggest
from sr_toolkit.exporting.facts import facts
from sr_toolkit.exporting.formats import FORMATS, Format, Run
from sr_toolkit.exporting.trace import trace
from sr_toolkit.files import atomic_path, refuse_existing
from sr_toolkit.interfaces import Generator

TOLERANCE = 1e-4
"""Largest difference to the generator, of values in [0, 1]; of larger ones in proportion."""

CHECKED = ((1, 12, 16), (2, 9, 21), (1, 24, 17))
"""Batch, height and width, in units of the size multiple, that a file is checked at."""

ResultT = TypeVar("ResultT")


def choose_format(name: str | None, out: Path | None) -> Format:
    """Return the format of this name, else that of the suffix of `out`, else ONNX.

    Raises:
        ConfigError: an unknown format.
        OutputError: `out` has another format's suffix, or none.
        ExportError: a package that it needs is missing.
    """
    suffix = out.suffix.lower().removeprefix(".") if out is not None else "onnx"
    chosen = name or (suffix if suffix in FORMATS else "onnx")
    if chosen not in FORMATS:
        raise ConfigError(f"Unknown export format '{chosen}'.{suggest(chosen, FORMATS)}")
    if suffix != chosen and out is not None:
        raise OutputError(
            f"'{out}' does not end in .{chosen}, as a file of the format {chosen} must; give "
            f"another --out or --format."
        )
    FORMATS[chosen].require()
    return FORMATS[chosen]


def export_generator(
    generator: Generator,
    metadata: Metadata,
    path: Path,
    *,
    kind: Format,
    scale: int,
    tile: int | None = None,
    weights_sha256: str = "",
    overwrite: bool = False,
) -> None:
    """Write `generator` at one scale to `path`, run the file, and keep it only if it agrees.

    Args:
        generator: in evaluation mode, in fp32 on the CPU; left as it is.
        metadata: the header of its checkpoint.
        path: the file to write.
        kind: from `choose_format`.
        scale: one of the generator's scales.
        tile: side of a fixed LR, batch 1; None: any size that the generator takes.
        weights_sha256: of its checkpoint.
        overwrite: replace a file that exists?

    Raises:
        ConfigError: a tile that is no multiple of the generator's size multiple.
        ExportError: it cannot be exported, or the file gives something else.
        OutputError: `path` exists, or cannot be written.
    """
    if not overwrite:
        refuse_existing(path)
    multiple = generator.size_multiple
    if tile is not None and (tile < 1 or tile % multiple):
        raise ConfigError(
            f"--tile for '{metadata.model}' at ×{scale} is a multiple of {multiple}, not {tile}; "
            f"take {max(1, round(tile / multiple)) * multiple}."
        )
    if not generator.deterministic:
        raise ExportError(
            f"'{metadata.model}' draws random numbers, so that a file of it could not be checked; "
            f"export a model that does not."
        )
    told = facts(generator, metadata, scale=scale, tile=tile, weights_sha256=weights_sha256)
    what = f"'{metadata.model}' at ×{scale}"
    advice = "give --tile 64 to fix the size of the LR"
    if tile is not None:
        advice = "report it to the model's authors"
    program = _attempt(lambda: trace(generator, scale, tile), f"torch cannot export {what}", advice)
    with atomic_path(path, overwrite=overwrite) as temporary:
        _attempt(
            lambda: kind.write(program, temporary, told, scale),
            f"{what} cannot be written as {kind.name}",
            f"{advice}, or take another --format",
        )
        _attempt(
            lambda: _compare(kind.open(temporary), generator, scale, tile),
            f"The exported {kind.name} of {what} does not run",
            f"{advice}, or take another --format",
        )


def _attempt(action: Callable[[], ResultT], failure: str, advice: str) -> ResultT:
    """Do what runs other people's code, and turn whatever it raises into a sentence."""
    try:
        return action()
    except (ExportError, OSError):
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        cause = f"{type(error).__name__}: {lines[0][:300].rstrip('.') if lines else ''}"
        raise ExportError(f"{failure} ({cause}); {advice}.") from error


def _compare(run: Run, generator: Generator, scale: int, tile: int | None) -> None:
    """Run the file beside the generator.

    Raises:
        ExportError: they differ; says by how much and where.
    """
    for lr in _inputs(generator, tile):
        with torch.inference_mode():
            expected: Tensor = generator(lr, scale)
        sr = run(lr)
        size = f"an LR of {tuple(lr.shape)}"
        if sr.shape != expected.shape:
            raise ExportError(
                f"The exported file gives {tuple(sr.shape)} for {size}, the model "
                f"{tuple(expected.shape)}, so it was not kept; report it with the model's name."
            )
        bound = TOLERANCE * max(1.0, float(expected.abs().max()))
        difference = float((sr - expected).abs().max())
        if not difference <= bound:  # NaN too
            raise ExportError(
                f"The exported file differs from the model by {difference:.2g} for {size}, more "
                f"than {bound:.2g}, so it was not kept; report it with the model's name."
            )


def _inputs(generator: Generator, tile: int | None) -> Iterator[Tensor]:
    """Yield images of noise: of three sizes, or three of the one that is fixed."""
    drawn = torch.Generator().manual_seed(0)
    multiple = generator.size_multiple
    for batch, height, width in CHECKED:
        shape = (1, tile, tile) if tile else (batch, height * multiple, width * multiple)
        yield torch.rand(shape[0], generator.channels[0], *shape[1:], generator=drawn)
