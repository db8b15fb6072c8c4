"""`srtk upscale`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "upscale",
    "srtk upscale photo.jpg -o big.png --model srgan",
    "srtk upscale photos -o enlarged --model runs/mine",
)
@click.argument("source", type=options.PATH)
@click.option("-o", "--out", type=options.PATH, required=True, help="File, or folder.")
@click.option(
    "--model",
    default="srgan",
    shell_complete=completing.models,
    show_default=True,
    help="Name, run or checkpoint.",
)
@options.scale
@click.option(
    "--tile",
    type=click.IntRange(min=0),
    default=256,
    show_default=True,
    help="Side of a tile in LR pixels; 0: the whole image at once.",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    default=95,
    show_default=True,
    help="Of JPEG and WebP.",
)
@options.device
@click.option(
    "--precision",
    default="fp32",
    shell_complete=completing.precisions,
    show_default=True,
    help="auto, fp32, bf16 or fp16.",
)
@options.together(options.runs, options.overwrite, options.quiet, options.debug)
def command(
    source: Path,
    out: Path,
    model: str,
    scale_text: str | None,
    tile: int,
    quality: int,
    device: str,
    precision: str,
    runs: Path,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Enlarge SOURCE, an image or a folder of images, in tiles that join without a seam."""
    from rich.console import Console
    from rich.progress import Progress

    from sr_toolkit.errors import ImageError
    from sr_toolkit.hardware import Hardware
    from sr_toolkit.upscaling.files import plan_jobs, upscale_files
    from sr_toolkit.upscaling.locate import locate
    from sr_toolkit.upscaling.upscaler import open_located

    jobs = plan_jobs(source, out, overwrite=overwrite)
    scale = options.one_scale(scale_text)
    located = locate(model, runs=runs, quiet=quiet)
    upscaler = open_located(located, Hardware.choose(device, precision), scale=scale)
    console = Console(stderr=True)
    if not quiet:
        click.echo(f"Upscaling with {upscaler.label}: {upscaler.source}", err=True)
        if upscaler.generator.remark:
            click.echo(upscaler.generator.remark, err=True)
    failed = []
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        files = bar.add_task("files", total=len(jobs))
        tiles = bar.add_task("tiles", total=None)
        results = upscale_files(
            upscaler,
            jobs,
            scale=scale,
            tile=tile or None,
            overwrite=overwrite,
            quality=quality,
            progress=lambda done, total: bar.update(tiles, completed=done, total=total),
        )
        for job, error in results:
            bar.advance(files)
            if error is None:
                click.echo(str(job.target))
            elif len(jobs) == 1:
                raise error
            else:
                failed.append(job)
                click.echo(f"Error: {error}", err=True)
    if failed:
        raise ImageError(f"{len(failed)} of {len(jobs)} images failed; the others are written.")
