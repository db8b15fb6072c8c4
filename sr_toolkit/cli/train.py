"""`srtk train`."""

from __future__ import annotations

from pathlib import Path

import click

from sr_toolkit.cli import options


@click.command(
    "train",
    epilog="Examples: srtk train srgan --preset quick; "
    "srtk train srgan --preset small-data --data folder:photos; "
    "srtk train srgan --set phases.psnr.steps=2000; srtk train --resume runs/srgan-…",
)
@click.argument("model", required=False)
@click.option("--preset", help="Recipe of the model: quick, paper, ….")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the recipe.")
@click.option("--data", multiple=True, type=options.Words(), help="Training sets, comma list.")
@click.option("--val", multiple=True, type=options.Words(), help="Validation sets, comma list.")
@options.scale
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights and crops.")
@click.option("--precision", help="auto, fp32, bf16 or fp16; the default is the recipe's.")
@options.device
@click.option("-o", "--out", type=options.PATH, help="Run folder; runs/<model>-<date>-<time>.")
@click.option("--resume", type=options.PATH, metavar="RUN", help="Go on with a run.")
@options.together(
    options.data_root, options.weights_root, options.overwrite, options.quiet, options.debug
)
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    preset: str | None,
    settings: tuple[str, ...],
    data: tuple[tuple[str, ...], ...],
    val: tuple[tuple[str, ...], ...],
    scale_text: str | None,
    seed: int,
    precision: str | None,
    device: str,
    out: Path | None,
    resume: Path | None,
    data_root: Path | None,
    weights_root: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Train MODEL, phase after phase, into a run folder.

    With nothing else given: DIV2K and the preset 'paper' where DIV2K is found, else the preset
    'quick' on the photographs of 'sample'. Ctrl-C saves; --resume goes on.
    """
    from sr_toolkit import training
    from sr_toolkit.training.plan import Request

    if resume is not None:
        _refuse_beside_resume(ctx)
        chosen = None if device == "auto" else device
        run = training.resume(resume, device=chosen, precision=precision, quiet=quiet)
    elif model is None:
        raise click.UsageError("Name a model, such as srgan ('srtk models list'), or --resume RUN.")
    else:
        request = Request(
            model=model,
            preset=preset,
            settings=settings,
            data=options.flatten(data),
            val=options.flatten(val),
            scale=options.one_scale(scale_text),
            seed=seed,
            device=device,
            precision=precision,
            data_root=data_root,
            weights_root=weights_root,
        )
        run = training.start(request, out, overwrite=overwrite, quiet=quiet)
    click.echo(str(run.path))


def _refuse_beside_resume(ctx: click.Context) -> None:
    """A run goes on as it began: its config.yaml says all, so other options would be ignored."""
    from click.core import ParameterSource

    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(str(parameter.name)) == ParameterSource.COMMANDLINE
        if given and parameter.name not in ("resume", "quiet", "device", "precision"):
            raise click.UsageError(
                f"--resume takes everything from the run's config.yaml; leave "
                f"{parameter.opts[0]} out."
            )
