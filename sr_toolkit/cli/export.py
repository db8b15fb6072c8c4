"""`srtk export`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "export",
    "srtk export srgan -o srgan.onnx",
    "srtk export runs/mine --format pt2",
    "srtk export srgan --tile 256",
)
@click.argument("model", shell_complete=completing.models)
@click.option("-o", "--out", type=options.PATH, help="File; the default is MODEL-xSCALE.FORMAT.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["onnx", "pt2"]),
    help="ONNX, or torch's exported program; the default is that of --out's suffix, else onnx.",
)
@options.scale
@click.option(
    "--tile",
    type=click.IntRange(min=1),
    help="Fix the LR to this side, batch 1; the default is any size.",
)
@options.together(options.runs, options.overwrite, options.quiet, options.debug)
def command(
    model: str,
    out: Path | None,
    file_format: str | None,
    scale_text: str | None,
    tile: int | None,
    runs: Path,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write MODEL, a name, run or checkpoint, as a file that runs without this toolkit.

    The file is run and compared with the model before it is kept.
    """
    from sr_toolkit.upscaling.export import export

    path = export(
        model,
        out,
        format=file_format,
        scale=options.one_scale(scale_text),
        tile=tile,
        overwrite=overwrite,
        runs=runs,
    )
    if not quiet:
        click.echo("Exported and checked against the model:", err=True)
    click.echo(str(path))
