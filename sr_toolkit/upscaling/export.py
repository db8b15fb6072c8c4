"""From a model's name to an exported file."""

from __future__ import annotations

from pathlib import Path

from sr_toolkit.checkpoint import file_hash, load_generator
from sr_toolkit.errors import ExportError
from sr_toolkit.exporting.exporter import choose_format, export_generator
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.upscaling.locate import locate
from sr_toolkit.upscaling.upscaler import Upscaler


def export(
    model: str | Path,
    out: str | Path | None = None,
    *,
    format: str | None = None,
    scale: int | None = None,
    tile: int | None = None,
    overwrite: bool = False,
    runs: Path = DEFAULT_RUNS,
) -> Path:
    """Export a model to one file, checked against the model; return its path.

    Args:
        model: name, run folder or checkpoint, as `load` takes.
        out: the file; None: `<model>-x<scale>.<format>` in the current folder.
        format: `onnx` or `pt2`; None: by the suffix of `out`, else onnx.
        scale: None for 4, or the only or largest one where it is not served.
        tile: side of a fixed LR of batch 1; None: any size.
        overwrite: replace a file that exists?
        runs: folder that holds runs.

    Raises:
        SrtkError: unknown, not exportable, or not written; the message says what to do.
    """
    target = None if out is None else Path(out)
    kind = choose_format(format, target)
    located = locate(str(model), runs=runs)
    if located.path is None:
        raise ExportError(
            f"'{located.label}' is a fixed method without weights, which is not exported; name a "
            f"trained model."
        )
    generator, metadata = load_generator(located.path, model=located.model, scale=scale)
    scale = Upscaler(generator, label=located.label).choose_scale(scale)
    if target is None:
        fixed = "" if tile is None else f"-{tile}"
        target = Path(f"{metadata.model}-x{scale}{fixed}.{kind.name}")
    export_generator(
        generator,
        metadata,
        target,
        kind=kind,
        scale=scale,
        tile=tile,
        weights_sha256=file_hash(located.path),
        overwrite=overwrite,
    )
    return target
