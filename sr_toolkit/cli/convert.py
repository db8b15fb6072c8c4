"""`srtk convert`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import completing, manual, options


@manual.verb(
    "convert",
    "srtk convert RRDB_ESRGAN_x4.pth esrgan.safetensors",
    "srtk convert runs/mine srgan.pth",
    "srtk convert x3.pth x3.safetensors --scale 3",
)
@click.argument("source", metavar="IN")
@click.argument("out", metavar="OUT", type=options.PATH)
@click.option(
    "--model",
    default="",
    shell_complete=completing.models,
    help="The model that IN is of; else it is recognized.",
)
@click.option("--scale", "scale_text", metavar="N", help="Of IN, where its names fit several.")
@options.together(options.runs, options.overwrite, options.as_json, options.quiet, options.debug)
def command(
    source: str,
    out: Path,
    model: str,
    scale_text: str | None,
    runs: Path,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Convert weights: another program's into a checkpoint of ours, or ours into theirs.

    IN is a file of another program (.pth, .pt, .ckpt, .bin, .safetensors), or a model's name, a run
    or a checkpoint. OUT ends in .safetensors for a checkpoint of ours, in .pth for other programs.
    What was written is read back and compared before it is kept.
    """
    from sr_toolkit.checkpoint.converting import convert, variant
    from sr_toolkit.errors import CheckpointError
    from sr_toolkit.upscaling.locate import locate

    located = locate(f"{model}@{source}" if model else source, runs=runs, quiet=quiet)
    if located.path is None:
        raise CheckpointError(f"The model '{source}' has no weights to convert: {located.source}.")
    generator, metadata = convert(
        located.path,
        out,
        model=located.model,
        scale=options.one_scale(scale_text),
        overwrite=overwrite,
    )
    facts = {
        "model": metadata.model,
        "variant": variant(metadata),
        **metadata.config,
        "scales": list(generator.scales),
        "parameters": sum(parameter.numel() for parameter in generator.parameters()),
        "out": str(out),
    }
    if as_json:
        options.print_json(facts)
    elif quiet:
        click.echo(str(out))
    else:
        shown = {**facts, "scales": ", ".join(f"×{scale}" for scale in generator.scales)}
        shown["parameters"] = f"{facts['parameters']:,}"
        for key, value in shown.items():
            if value != "":
                click.echo(f"{key:<12}{value}")
