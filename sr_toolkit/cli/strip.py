"""`srtk strip`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "strip",
    "srtk strip photo.png --models srgan,esrgan",
    "srtk strip photo.png --models runs/mine --crop 96,64,128,128 --zoom 3 -o strip.png",
)
@click.argument("image", type=options.PATH)
@click.option(
    "--models",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.models,
    help="Names, runs, checkpoints; comma list.",
)
@click.option(
    "--crop", metavar="X,Y,W,H", help="In HR pixels; the default is where there is most detail."
)
@options.scale
@click.option("--no-reference", is_flag=True, help="The image is LR; there is no HR.")
@click.option(
    "--zoom", type=click.IntRange(1, 16), help="Pixels for one of HR; default: about 256 wide."
)
@click.option(
    "-o", "--out", type=options.PATH, default=Path("strip.png"), show_default=True, help="PNG file."
)
@options.device
@options.together(options.runs, options.overwrite, options.quiet, options.debug)
def command(
    image: Path,
    models: tuple[tuple[str, ...], ...],
    crop: str | None,
    scale_text: str | None,
    no_reference: bool,
    zoom: int | None,
    out: Path,
    device: str,
    runs: Path,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Put a crop of IMAGE side by side: LR, bicubic, each model and HR, with PSNR and SSIM.

    IMAGE is the HR, unless --no-reference is given.
    """
    from sr_toolkit.errors import ImageError
    from sr_toolkit.files import refuse_existing
    from sr_toolkit.images.io import Picture, write_image
    from sr_toolkit.reporting.cropping import Crop
    from sr_toolkit.reporting.strip import Asked, make_strip

    asked = Asked(
        models=options.flatten(models),
        scale=options.one_scale(scale_text),
        crop=None if crop is None else Crop.parse(crop),
        reference=not no_reference,
        zoom=zoom,
        device=device,
        runs=runs,
    )
    if not asked.models:
        raise click.UsageError("No model to show: give --models, such as srgan.")
    if out.suffix.lower() != ".png":
        raise ImageError(f"A strip is a PNG, not '{out}'; end its name in .png.")
    if not overwrite:
        refuse_existing(out)
    write_image(out, Picture(pixels=make_strip(image, asked)), overwrite=overwrite)
    if not quiet:
        click.echo(str(out))
