"""`srtk train`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sr_toolkit.cli import completing, manual, options

if TYPE_CHECKING:
    from sr_toolkit.runs import Run
    from sr_toolkit.training.plan import Request


@manual.verb(
    "train",
    "srtk train srgan --preset quick",
    "srtk train srgan --preset small-data --data folder:photos",
    "srtk train srgan --set phases.psnr.steps=2000",
    "srtk train srgan --recipe my.yaml",
    "srtk train --resume runs/mine",
    "srtk train srgan --sweep phases.gan.losses.vgg.weight=.1,1,10",
)
@click.argument("model", required=False, shell_complete=completing.models)
@click.option(
    "--preset", shell_complete=completing.presets, help="Recipe of the model: quick, paper, …."
)
@click.option("--arch", "architecture", metavar="NAME", help="Network of a model that has several.")
@click.option("--recipe", type=options.PATH, help="Recipe in a YAML file ('srtk recipes show').")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the recipe.")
@click.option(
    "--data",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.datasets,
    help="Training sets, comma list.",
)
@click.option(
    "--mix", metavar="N,…", help="How often each set of --data is drawn from; default: by size."
)
@click.option(
    "--lr-data",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.datasets,
    help="Unpaired: sets of LR images.",
)
@click.option(
    "--val",
    multiple=True,
    type=options.Words(),
    shell_complete=completing.datasets,
    help="Validation sets, comma list.",
)
@click.option(
    "--scale",
    "--scales",
    "scale_text",
    metavar="N,…",
    help="Scale; the default is 4, or the model's only one. Several for a model that grows, by "
    "default all that its recipe trains.",
)
@click.option(
    "--from",
    "start_from",
    shell_complete=completing.models,
    metavar="WEIGHTS",
    help="Begin from the weights that fit: run, file, name.",
)
@click.option(
    "--grow-from", metavar="RUN", help="Keep a trained generator, and grow the next scale onto it."
)
@click.option("--phases", multiple=True, type=options.Words(), help="Run these phases alone.")
@options.runs
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights and crops.")
@click.option(
    "--precision",
    shell_complete=completing.precisions,
    help="auto, fp32, bf16 or fp16; the default is the recipe's.",
)
@options.device
@click.option("--deterministic", is_flag=True, help="Exactly repeatable operations, on GPUs too.")
@click.option("-o", "--out", type=options.PATH, help="Run folder; runs/<model>-<date>-<time>.")
@click.option("--resume", type=options.PATH, metavar="RUN", help="Go on with a run.")
@click.option("--steps", metavar="+N", help="With --resume: so many steps more, at the last rate.")
@click.option(
    "--allow-changed", is_flag=True, help="With --resume: although data or recipe changed."
)
@click.option(
    "--save-every", metavar="N|Nmin", help="Steps or minutes between saves, in every phase."
)
@click.option(
    "--sweep", multiple=True, metavar="KEY=V1,V2", help="Train once for each value; combines."
)
@click.option(
    "--ablate", multiple=True, metavar="KEY=VALUE", help="Train a base, and once with each change."
)
@click.option(
    "--tracker", "trackers", multiple=True, help="Log to tensorboard, wandb, mlflow, … too."
)
@click.option(
    "--cache-limit", type=float, metavar="GIB", help="Decoded images on disk; more is streamed."
)
@options.together(
    options.data_root,
    options.pull,
    options.weights_root,
    options.overwrite,
    options.quiet,
    options.debug,
)
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    preset: str | None,
    architecture: str | None,
    recipe: Path | None,
    settings: tuple[str, ...],
    data: tuple[tuple[str, ...], ...],
    mix: str | None,
    lr_data: tuple[tuple[str, ...], ...],
    val: tuple[tuple[str, ...], ...],
    scale_text: str | None,
    start_from: str | None,
    grow_from: str | None,
    phases: tuple[tuple[str, ...], ...],
    runs: Path,
    seed: int,
    precision: str | None,
    device: str,
    deterministic: bool,
    out: Path | None,
    resume: Path | None,
    steps: str | None,
    allow_changed: bool,
    save_every: str | None,
    sweep: tuple[str, ...],
    ablate: tuple[str, ...],
    trackers: tuple[str, ...],
    cache_limit: float | None,
    data_root: Path | None,
    pull: bool,
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
        run = training.resume(
            resume,
            device=None if device == "auto" else device,
            precision=precision,
            steps=_more_steps(steps),
            allow_changed=allow_changed,
            quiet=quiet,
            trackers=trackers,
        )
        _print(run)
        return
    if model is None:
        raise click.UsageError("Name a model, such as srgan ('srtk models list'), or --resume RUN.")
    for name, given in (("--steps", steps), ("--allow-changed", allow_changed)):
        if given:
            raise click.UsageError(f"{name} goes with --resume RUN; leave it out.")
    request = Request(
        model=model,
        preset=preset,
        architecture=architecture,
        recipe=recipe,
        settings=settings,
        phases=options.flatten(phases),
        start_from=start_from,
        grow_from=grow_from,
        runs=runs,
        data=options.flatten(data),
        lr_data=options.flatten(lr_data),
        mix=options.numbers(mix, "--mix"),
        val=options.flatten(val),
        scales=tuple(scale for scale in options.scales(scale_text) if scale),
        seed=seed,
        deterministic=deterministic,
        device=device,
        precision=precision,
        data_root=data_root,
        weights_root=weights_root,
        cache_limit=cache_limit,
        pull=pull,
        everywhere=_saving(save_every),
    )
    if sweep or ablate:
        _sweep(request, sweep, ablate, out, quiet=quiet, trackers=trackers)
        return
    run = training.start(request, out, overwrite=overwrite, quiet=quiet, trackers=trackers)
    _print(run)


def _sweep(
    request: Request,
    sweep: tuple[str, ...],
    ablate: tuple[str, ...],
    out: Path | None,
    *,
    quiet: bool,
    trackers: tuple[str, ...],
) -> None:
    from datetime import datetime

    from sr_toolkit import training
    from sr_toolkit.runs import DEFAULT_RUNS
    from sr_toolkit.training.sweep import run_sweep, table, variants

    folder = out or DEFAULT_RUNS / f"sweep-{request.model}-{datetime.now():%Y%m%d-%H%M%S}"
    rows = run_sweep(
        request,
        variants(sweep, ablate),
        folder,
        begin=lambda one, path: training.start(one, path, quiet=quiet, trackers=trackers),
        go_on=lambda path: training.resume(path, quiet=quiet, trackers=trackers),
        say=lambda text: None if quiet else click.echo(text, err=True),
    )
    options.print_table(*table(rows))
    click.echo(str(folder))


def _saving(text: str | None) -> tuple[str, ...]:
    """Read `--save-every 500` or `--save-every 10min` into settings of a phase."""
    if text is None:
        return ()
    number, minutes = text.removesuffix("min").strip(), text.endswith("min")
    try:
        value = float(number) if minutes else int(number)
    except ValueError:
        value = 0
    if value <= 0:
        raise click.UsageError(
            f"--save-every takes steps such as 500, or minutes such as 10min, not '{text}'."
        )
    return (f"{'save_minutes' if minutes else 'save_every'}={value}",)


def _print(run: Run) -> None:
    """Print the run's folder, once where several processes train."""
    if os.environ.get("RANK", "0") == "0":
        click.echo(str(run.path))


def _more_steps(text: str | None) -> int:
    """Read `--steps +5000`; the sign is asked for, since a bare number could mean the whole."""
    if text is None:
        return 0
    number = text.removeprefix("+")
    if not text.startswith("+") or not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise click.UsageError(f"--steps takes the steps to add, such as +5000, not '{text}'.")
    return int(number)


def _refuse_beside_resume(ctx: click.Context) -> None:
    """A run goes on as it began: its config.yaml says all, so other options would be ignored."""
    from click.core import ParameterSource

    fitting = ("resume", "quiet", "device", "precision", "steps", "allow_changed", "trackers")
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(str(parameter.name)) == ParameterSource.COMMANDLINE
        if given and parameter.name not in fitting:
            raise click.UsageError(
                f"--resume takes everything from the run's config.yaml; leave "
                f"{parameter.opts[0]} out."
            )
